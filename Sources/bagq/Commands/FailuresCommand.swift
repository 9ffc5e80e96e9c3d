import Queue
import Report

enum FailuresCommand: Command {
    static let spec = CommandSpec(
        "failures", "JOB", 1...1, summary: "Prints why pictures of a job have no prediction, one row a picture.",
        options: [
            .init("--format", "F", "csv or jsonl (csv)"),
            .init("--json", nil, "the same as --format jsonl"),
        ],
        details: "Columns: item, path, reason, message.",
        example: "bagq failures 12")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let format = try rowFormat(arguments)
        let id = try Session.jobs(arguments)[0]
        let store = try Session(arguments).store
        _ = try store.job(id)
        let lines = FailureLines(format: format)
        Terminal.print(lines.header, terminator: "")
        try paged { after, limit in
            try store.failures(of: id, after: after, limit: limit).map { ($0.item.number, lines.line($0)) }
        }
        return .done
    }
}
