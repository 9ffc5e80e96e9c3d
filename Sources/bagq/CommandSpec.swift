/// What a subcommand takes. Parsing, help and shell completions all read this one table.
struct CommandSpec: Sendable {
    struct Option: Sendable {
        /// With its dashes.
        let name: String
        /// What stands for the value in help; nil for a switch.
        let value: String?
        let help: String

        init(_ name: String, _ value: String? = nil, _ help: String) {
            self.name = name
            self.value = value
            self.help = help
        }
    }

    let name: String
    /// As in `JOB…`; empty when there is none.
    let operands: String
    let operandCount: ClosedRange<Int>
    let summary: String
    let options: [Option]
    let details: String
    let example: String

    init(
        _ name: String, _ operands: String = "", _ operandCount: ClosedRange<Int> = 0...0, summary: String,
        options: [Option] = [], details: String = "", example: String
    ) {
        self.name = name
        self.operands = operands
        self.operandCount = operandCount
        self.summary = summary
        self.options = options
        self.details = details
        self.example = example
    }

    /// What every subcommand takes besides.
    static let common = [
        Option("--db", "FILE", "the database (else BAGQ_DATABASE, else its usual place)"),
        Option("--help", nil, "this help"),
    ]

    var allOptions: [Option] { options + Self.common }

    /// `bagq submit SOURCE [--model NAME[@N]] …`, in lines of at most 100 columns with its title.
    var usage: String {
        let shown = options.map { "[\([$0.name, $0.value].compactMap(\.self).joined(separator: " "))]" }
        var lines = ["Usage: bagq \(name)"]
        for word in (operands.isEmpty ? [] : [operands]) + shown {
            let line = "\(lines.removeLast()) \(word)"
            if line.count <= 100 {
                lines.append(line)
            } else {
                lines += [String(line.dropLast(word.count + 1)), "           \(word)"]
            }
        }
        return lines.joined(separator: "\n")
    }

    var help: String {
        var text = "\(summary)\n\n\(usage)\n"
        if !details.isEmpty { text += "\n\(details)\n" }
        let rows = allOptions.map { ([$0.name, $0.value].compactMap(\.self).joined(separator: " "), $0.help) }
        let width = rows.map(\.0.count).max() ?? 0
        text += "\nOptions:\n"
        for (name, help) in rows {
            text += "  \(name)\(String(repeating: " ", count: width - name.count + 2))\(help)\n"
        }
        return text + "\nExample:\n" + example.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
}

/// A subcommand: its table, and what it does with parsed arguments.
protocol Command: Sendable {
    static var spec: CommandSpec { get }
    static func run(_ arguments: Arguments) throws -> ExitStatus
}

/// What a process says at its end, as documented in the help.
enum ExitStatus: Int32 {
    case done = 0
    case doneWithFailedItems = 1
    case failed = 2
    case usage = 64
    case tryAgain = 75
    case configuration = 78
    case interrupted = 130
}
