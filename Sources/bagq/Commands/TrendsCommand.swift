import Foundation
import Intake
import Queue
import Report

enum TrendsCommand: Command {
    static let spec = CommandSpec(
        "trends", summary: "Counts the brands seen, and how their shares have changed.",
        options: windowOptions + TrendSelection.options + formatOptions,
        details: """
            A sighting is one picture in one post; the same folder submitted twice counts once. Shares are of
            the recognised sightings. Today is shown apart, for it is not over.
            """,
        example: "bagq trends --since 4w --by week --compare year\nbagq trends --since 1y --by month --table")

    private static let windowOptions: [CommandSpec.Option] = [
        .init("--since", "T", "7d, 4w, 3m, 1y, week, month, season or a date (7d, complete days)"),
        .init("--until", "T", "the last day that counts, or so long ago (now)"),
        .init("--by", "UNIT", "day, week, month or season (what fits the window)"),
        .init("--table", nil, "the numbers of each day, week, month or season"),
        .init("--brand", "B", "only this brand; may be given several times"),
        .init("--model", "M", "the model whose sightings are counted (the active one)"),
        .init("--job", "J", "only the sightings of one job"),
        .init("--compare", "WITH", "previous (the window before) or year (364 days earlier)"),
        .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
        TrendOptions.threshold, TrendOptions.seasonStart,
    ]

    private static let formatOptions: [CommandSpec.Option] = [
        .init("--json", nil, "as JSON"),
        .init("--csv", nil, "as CSV, a row for each day, week, month or season and brand"),
        .init("--chart", "FILE.svg", "write a chart"),
        .init("--narrow", nil, "the chart as wide as a phone"),
    ]

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
        let selection = try TrendSelection(arguments, job: job)
        let chart = try arguments.chart(spec.name)
        let session = try Session(arguments)
        let store = session.store
        let range = try range(arguments, unit, comparison, seasons, timeZone: store.timeZone)
        if let job { _ = try store.job(job) }
        let model = try session.model(arguments.value("--model"), command: spec.name)
        let parts = try selection.parts(store)
        let known = KnownTruth(store, model, threshold: threshold ?? model.threshold)
        func report(_ range: TrendRange, _ part: TrendSelection.Part) throws -> TrendReport {
            let threshold = threshold ?? model.threshold
            func window(_ days: Range<CalendarDay>, spans: [CalendarDay]) throws -> TrendWindow {
                if days.isEmpty { return TrendWindow() }
                var query = part.query
                (query.days, query.spans, query.dates) = (days, spans, dates)
                // They are said of the window alone.
                query.includesUndated = days == range.days
                query.thresholdStep = ConfidenceStep.reaching(threshold)
                return try store.trends(of: model.version, query)
            }
            let counted = try window(range.days, spans: range.buckets.map(\.days.lowerBound))
            return try TrendReport(
                range: range, model: model.version, classes: model.classes, threshold: threshold, unit: selection.unit,
                window: counted,
                before: window(range.before, spans: [range.before.lowerBound]),
                today: range.today.map { try window($0..<$0.advanced(by: 1), spans: []) }, dates: dates,
                brands: arguments.values("--brand"),
                adjustment: known.adjustment(of: range.days, part.query, window: counted, dates: dates))
        }
        if let chart {
            var trends = try report(range, parts[0])
            while let longer = trends.legibleRange { trends = try report(longer, parts[0]) }
            try chart.write(Array(trends.svg(width: arguments.has("--narrow") ? 390 : 960).utf8))
            if !arguments.has("--json"), !arguments.has("--csv"), !arguments.has("--table") { return .done }
        }
        let tables = try parts.map { part in
            let trends = try report(range, part)
            return TrendTable(
                part: part, trends: trends,
                engagement: selection.wantsEngagement ? try engagement(of: trends, part, model, store) : nil)
        }
        if arguments.has("--json") {
            Terminal.print(TrendTable.json(tables).text)
        } else if arguments.has("--csv") {
            Terminal.print(rows: TrendTable.csv(tables))
        } else {
            let repeated = ["--model", "--job", "--dates", "--threshold"].flatMap { name in
                arguments.value(name).map { [name, $0] } ?? []
            }
            let texts = tables.map {
                $0.text(
                    width: Terminal.width, byPeriod: arguments.has("--table"), options: repeated + selection.words)
            }
            Terminal.print(texts.joined(separator: "\n"), terminator: "")
        }
        return .done
    }

    private static func engagement(
        of trends: TrendReport, _ part: TrendSelection.Part, _ model: ModelRecord, _ store: any JobStore
    ) throws -> EngagementTable {
        var query = part.query
        query.days = trends.range.days
        return EngagementTable(
            try store.engagement(
                of: model.version, query, strengths: trends.shown.strengths, threshold: trends.threshold),
            classes: model.classes, brands: trends.brands.filter(\.isSeen).map(\.name))
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
