import Queue
import Report

enum RowFormat: String, CaseIterable { case csv, jsonl }

enum ResultsCommand: Command {
    static let spec = CommandSpec(
        "results", "JOB", 1...1, summary: "Prints a job's predictions, one row a picture.",
        options: [
            .init("--format", "F", "csv or jsonl (csv)"),
            .init("--json", nil, "the same as --format jsonl"),
        ],
        details: "Columns: item, path, brand, confidence, recognised, posted_at, author, flags.",
        example: "bagq results 12 --format csv > october.csv")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let format = try rowFormat(arguments)
        let store = try Session(arguments).store
        let id = try Session.jobs(arguments)[0]
        _ = try store.job(id)
        if format == .csv { Terminal.print(ResultRows.csvHeader) }
        try paged { after, limit in
            let rows = try store.results(of: id, after: after, limit: limit)
            return rows.map { ($0.item.number, format == .csv ? ResultRows.csv($0) : ResultRows.json($0).text) }
        }
        return .done
    }
}

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
        let store = try Session(arguments).store
        let id = try Session.jobs(arguments)[0]
        _ = try store.job(id)
        if format == .csv { Terminal.print(FailureRows.csvHeader) }
        try paged { after, limit in
            let rows = try store.failures(of: id, after: after, limit: limit)
            return rows.map { ($0.item.number, format == .csv ? FailureRows.csv($0) : FailureRows.json($0).text) }
        }
        return .done
    }
}

private func rowFormat(_ arguments: Arguments) throws(UsageError) -> RowFormat {
    let format = try arguments.choice("--format", RowFormat.self)
    if arguments.has("--json"), format == .csv {
        throw UsageError("--json and --format csv exclude each other", command: arguments.spec.name)
    }
    return format ?? (arguments.has("--json") ? .jsonl : .csv)
}

/// Prints page after page, so that neither memory nor a read transaction grows with the job.
private func paged(_ page: (_ after: Int, _ limit: Int) throws -> [(number: Int, line: String)]) throws {
    var last = -1
    while true {
        let lines = try page(last, 4096)
        guard let end = lines.last else { return }
        Terminal.print(lines.map(\.line).joined(separator: "\n"))
        last = end.number
    }
}
