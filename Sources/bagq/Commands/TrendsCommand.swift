import Foundation
import Intake
import Queue
import Report

enum TrendsCommand: Command {
    static let spec = CommandSpec(
        "trends", summary: "Counts the brands seen, and how their shares have changed.",
        options: [
            .init("--since", "T", "7d, 4w, 3m, 1y, or a date (7d: the last seven complete days)"),
            .init("--until", "T", "the last day that counts, or so long ago (now)"),
            .init("--by", "UNIT", "day, week, month or season (what fits the window)"),
            .init("--brand", "B", "only this brand; may be given several times"),
            .init("--model", "M", "the model whose sightings are counted (the active one)"),
            .init("--job", "J", "only the sightings of one job"),
            .init("--compare", "WITH", "previous (the window before) or year (364 days earlier)"),
            .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
            .init("--json", nil, "as JSON"),
            .init("--csv", nil, "as CSV: start, brand, count, share, dates"),
            .init("--chart", "FILE.svg", "write a chart"),
        ],
        details: """
            A sighting is one picture in one post; the same folder submitted twice counts once. Shares are of
            the recognised sightings. Today is shown apart, for it is not over.
            """,
        example: "bagq trends --since 4w --by week --compare year")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let unit = try arguments.choice("--by", TrendUnit.self)
        let comparison = try arguments.choice("--compare", TrendComparison.self) ?? .previous
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        let job = try arguments.integer("--job", in: 1...Int.max).map { JobID(rawValue: Int64($0)) }
        if arguments.has("--json"), arguments.has("--csv") {
            throw UsageError("--json and --csv exclude each other", command: spec.name)
        }
        let chart = try arguments.chart(spec.name)
        let session = try Session(arguments)
        let store = session.store
        let range = try range(arguments, unit, comparison, timeZone: store.timeZone)
        if let job { _ = try store.job(job) }
        let model = try session.model(arguments.value("--model"), command: spec.name)
        let report = try TrendReport(
            range: range, model: model.version, classes: model.classes, threshold: model.threshold,
            window: store.trends(of: model.version, TrendQuery(days: range.days, job: job)),
            before: store.trends(of: model.version, TrendQuery(days: range.before, job: job)),
            today: range.today.map {
                try store.trends(of: model.version, TrendQuery(days: $0..<$0.advanced(by: 1), job: job))
            },
            dates: dates, brands: arguments.values("--brand"))
        if let chart { try chart.write(Array(report.svg.utf8)) }
        if arguments.has("--json") {
            Terminal.print(report.json.text)
        } else if arguments.has("--csv") {
            Terminal.print(rows: report.csv)
        } else if chart == nil {
            let repeated = ["--model", "--job", "--dates"].flatMap { name in
                arguments.value(name).map { [name, $0] } ?? []
            }
            Terminal.print(report.text(width: Terminal.width, options: repeated), terminator: "")
        }
        return .done
    }

    private static func range(
        _ arguments: Arguments, _ unit: TrendUnit?, _ comparison: TrendComparison, timeZone: String
    ) throws -> TrendRange {
        do {
            return try TrendRange(
                since: arguments.value("--since") ?? "7d", until: arguments.value("--until"), by: unit,
                compare: comparison, now: .now, timeZone: timeZone)
        } catch {
            throw UsageError("\(error)", command: spec.name)
        }
    }
}
