enum HelpCommand: Command {
    static let spec = CommandSpec(
        "help", "[COMMAND]", 0...1, summary: "Shows the commands, or one command's help.", example: "bagq help submit")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        if let name = arguments.operands.first {
            Terminal.print(try command(named: name).spec.help, terminator: "")
            return .done
        }
        let width = commands.map { $0.spec.name.count }.max() ?? 0
        let list = commands.map { command in
            let padding = String(repeating: " ", count: width - command.spec.name.count + 2)
            return "  \(command.spec.name)\(padding)\(command.spec.summary)"
        }
        Terminal.print(
            """
            bagq finds handbag brands in folders of pictures, and says which brands are rising.

            Usage: bagq COMMAND [OPTION…]      a bare `bagq` is `bagq status`

            \(list.joined(separator: "\n"))

            `bagq help COMMAND` shows its options and an example. `bagq demo` shows it all on made-up pictures.
            `bagq --version` says which bagq this is.

            Exit status: 0 done; 1 done, but items failed; 2 failed, cancelled or could not do it;
            64 wrong usage; 75 try again; 78 wrong configuration; 130 interrupted.
            """)
        return .done
    }
}
