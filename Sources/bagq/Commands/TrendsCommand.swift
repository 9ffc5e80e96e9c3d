import Foundation
import Intake
import Queue
import Report

enum TrendsCommand: Command {
    static let spec = CommandSpec(
        "trends", summary: "Counts the brands seen, and how their shares have changed.",
        options: [
            .init("--since", "T", "7d, 4w, 3m, 1y, week, month, season, or a date (7d: seven complete days)"),
            .init("--until", "T", "the last day that counts, or so long ago (now)"),
            .init("--by", "UNIT", "day, week, month or season (what fits the window)"),
            .init("--table", nil, "the numbers of each day, week, month or season"),
            .init("--brand", "B", "only this brand; may be given several times"),
            .init("--model", "M", "the model whose sightings are counted (the active one)"),
            .init("--job", "J", "only the sightings of one job"),
            .init("--compare", "WITH", "previous (the window before) or year (364 days earlier)"),
            .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
            TrendOptions.threshold, TrendOptions.seasonStart,
            .init("--json", nil, "as JSON"),
            .init("--csv", nil, "as CSV, a row for each day, week, month or season and brand"),
            .init("--chart", "FILE.svg", "write a chart"),
            .init("--narrow", nil, "the chart as wide as a phone"),
        ],
        details: """
            A sighting is one picture in one post; the same folder submitted twice counts once. Shares are of
            the recognised sightings. Today is shown apart, for it is not over.
            """,
        example: "bagq trends --since 4w --by week --compare year\nbagq trends --since 1y --by month --table")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let unit = try arguments.choice("--by", TrendUnit.self)
        let comparison = try arguments.choice("--compare", TrendComparison.self) ?? .previous
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        let job = try arguments.integer("--job", in: 1...Int.max).map { JobID(rawValue: Int64($0)) }
        if let first = ["--json", "--csv", "--table"].filter(arguments.has).dropFirst().first {
            let both = arguments.has("--json") ? "--json" : "--csv"
            throw UsageError("\(both) and \(first) exclude each other", command: spec.name)
        }
        let threshold = try arguments.threshold()
        let seasons = try arguments.seasonCalendar()
        let chart = try arguments.chart(spec.name)
        let session = try Session(arguments)
        let store = session.store
        let range = try range(arguments, unit, comparison, seasons, timeZone: store.timeZone)
        if let job { _ = try store.job(job) }
        let model = try session.model(arguments.value("--model"), command: spec.name)
        func report(_ range: TrendRange) throws -> TrendReport {
            let threshold = threshold ?? model.threshold
            func window(_ days: Range<CalendarDay>, spans: [CalendarDay]) throws -> TrendWindow {
                if days.isEmpty { return TrendWindow() }
                return try store.trends(
                    of: model.version,
                    TrendQuery(
                        days: days, job: job, spans: spans, thresholdStep: ConfidenceStep.reaching(threshold)))
            }
            return try TrendReport(
                range: range, model: model.version, classes: model.classes, threshold: threshold,
                window: window(range.days, spans: range.buckets.map(\.days.lowerBound)),
                before: window(range.before, spans: [range.before.lowerBound]),
                today: range.today.map { try window($0..<$0.advanced(by: 1), spans: []) }, dates: dates,
                brands: arguments.values("--brand"))
        }
        var trends = try report(range)
        if let chart {
            while let longer = trends.legibleRange { trends = try report(longer) }
            try chart.write(Array(trends.svg(width: arguments.has("--narrow") ? 390 : 960).utf8))
        }
        if arguments.has("--json") {
            Terminal.print(trends.json.text)
        } else if arguments.has("--csv") {
            Terminal.print(rows: trends.csv)
        } else if chart == nil || arguments.has("--table") {
            let repeated = ["--model", "--job", "--dates", "--threshold"].flatMap { name in
                arguments.value(name).map { [name, $0] } ?? []
            }
            let text =
                arguments.has("--table")
                ? trends.periodText(width: Terminal.width, options: repeated)
                : trends.text(width: Terminal.width, options: repeated)
            Terminal.print(text, terminator: "")
        }
        return .done
    }

    private static func range(
        _ arguments: Arguments, _ unit: TrendUnit?, _ comparison: TrendComparison, _ seasons: SeasonCalendar,
        timeZone: String
    ) throws -> TrendRange {
        do {
            return try TrendRange(
                since: arguments.value("--since") ?? "7d", until: arguments.value("--until"), by: unit,
                compare: comparison, seasons: seasons, now: .now, timeZone: timeZone)
        } catch {
            throw UsageError("\(error)", command: spec.name)
        }
    }
}
