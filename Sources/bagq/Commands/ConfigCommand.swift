import Report

enum ConfigCommand: Command {
    static let spec = CommandSpec(
        "config", summary: "Shows every setting, its value and where that comes from.",
        options: [.init("--json", nil, "as JSON")],
        details: """
            Flags go before the environment, that before your file ($XDG_CONFIG_HOME/bagq/bagq.env, else
            ~/.config/bagq/bagq.env), that before the machine's (/etc/bagq/bagq.env), that before the default.
            """,
        example: "bagq config")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        let rows = try Setting.allCases.map { ($0.rawValue, try settings.shown($0)) }
        if arguments.has("--json") {
            let objects = rows.map { name, value in
                JSONValue.object([
                    ("setting", .string(name)), ("value", .string(value.text)), ("origin", .string(value.origin)),
                ])
            }
            Terminal.print(JSONValue.array(objects).text)
        } else {
            var table = Table([.left("SETTING"), .flexible("VALUE"), .flexible("ORIGIN")])
            for (name, value) in rows { table.add([name, value.text, value.origin]) }
            Terminal.print(table.text(width: Terminal.width), terminator: "")
        }
        for name in settings.unknown {
            let near = didYouMean(name, among: Setting.allCases.map(\.rawValue))
            Terminal.complain("the environment's \(name) is no setting and changes nothing\(near)")
        }
        return .done
    }
}
