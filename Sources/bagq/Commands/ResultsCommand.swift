import Queue
import Report

enum ResultsCommand: Command {
    static let spec = CommandSpec(
        "results", "JOB", 1...1, summary: "Prints a job's predictions, one row a picture.",
        options: [
            .init("--format", "F", "csv or jsonl (csv)"),
            .init("--json", nil, "the same as --format jsonl"),
        ],
        details: "Columns: item, path, brand, confidence, recognised, posted_at, author, flags, time_source.",
        example: "bagq results 12 --format csv > october.csv")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let format = try rowFormat(arguments)
        let id = try Session.jobs(arguments)[0]
        let store = try Session(arguments).store
        _ = try store.job(id)
        let lines = ResultLines(format: format)
        Terminal.print(lines.header, terminator: "")
        try paged { after, limit in
            try store.results(of: id, after: after, limit: limit).map { ($0.item.number, lines.line($0)) }
        }
        return .done
    }
}

/// What `--format` and `--json` ask for.
func rowFormat(_ arguments: Arguments) throws(UsageError) -> RowFormat {
    let format = try arguments.choice("--format", RowFormat.self)
    if arguments.has("--json"), format == .csv {
        throw UsageError("--json and --format csv exclude each other", command: arguments.spec.name)
    }
    return format ?? (arguments.has("--json") ? .jsonl : .csv)
}

/// Prints page after page, so that neither memory nor a read transaction grows with the job.
func paged(_ page: (_ after: Int, _ limit: Int) throws -> [(number: Int, line: String)]) throws {
    var last = -1
    while true {
        let lines = try page(last, 4096)
        guard let end = lines.last else { return }
        Terminal.print(rows: lines.map(\.line))
        last = end.number
    }
}
