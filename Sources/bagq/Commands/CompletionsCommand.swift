enum CompletionsCommand: Command {
    enum Shell: String, CaseIterable { case bash, zsh, fish }

    static let spec = CommandSpec(
        "completions", "SHELL", 1...1, summary: "Prints completions for bash, zsh or fish.",
        example: "bagq completions bash > ~/.local/share/bash-completion/completions/bagq")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let name = arguments.operands[0]
        guard let shell = Shell(rawValue: name) else {
            throw UsageError(
                "completions are there for bash, zsh and fish, not \(name)"
                    + didYouMean(name, among: Shell.allCases.map(\.rawValue)), command: spec.name)
        }
        switch shell {
        case .bash: Terminal.print(bash)
        case .zsh: Terminal.print("autoload -U +X bashcompinit && bashcompinit\n" + bash)
        case .fish: Terminal.print(fish)
        }
        return .done
    }

    private static var bash: String {
        let cases = commands.map { command in
            "    \(command.spec.name)) words=\"\(command.spec.allOptions.map(\.name).joined(separator: " "))\" ;;"
        }
        return """
            _bagq() {
              local word="${COMP_WORDS[COMP_CWORD]}" words=""
              if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W "\(commands.map { $0.spec.name }.joined(separator: " "))" -- "$word"))
                return
              fi
              case "${COMP_WORDS[1]}" in
            \(cases.joined(separator: "\n"))
              esac
              case "$word" in
                -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
                *) COMPREPLY=($(compgen -f -- "$word")) ;;
              esac
            }
            complete -o filenames -F _bagq bagq
            """
    }

    private static var fish: String {
        commands.flatMap { command in
            let spec = command.spec
            let name = "complete -c bagq -n __fish_use_subcommand -f -a \(spec.name) -d \(quoted(spec.summary))"
            return [name]
                + spec.allOptions.map { option in
                    "complete -c bagq -n '__fish_seen_subcommand_from \(spec.name)' -l \(option.name.dropFirst(2))"
                        + "\(option.value == nil ? "" : " -r") -d \(quoted(option.help))"
                }
        }.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
