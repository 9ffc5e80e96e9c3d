import Intake
import Queue
import Report

/// The sightings that a command's words mean: a model's, of a range of days, by the dates that count.
struct SightingWindow {
    let session: Session
    let model: ModelRecord
    let range: TrendRange
    let query: SightingQuery
    let shown: TrendReport.Shown

    /// What such a command takes.
    static let options: [CommandSpec.Option] = [
        .init("--since", "T", "7d, 4w, 3m, 1y, or a date (7d: the last seven complete days)"),
        .init("--until", "T", "the last day that counts, or so long ago (now)"),
        .init("--model", "M", "the model whose sightings are meant (the active one)"),
        .init("--job", "J", "only the sightings of one job"),
        .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
        TrendOptions.threshold,
    ]

    /// - week: An ISO week in place of `--since` and `--until`.
    init(_ arguments: Arguments, week: String? = nil) throws {
        let command = arguments.spec.name
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        let job = try arguments.integer("--job", in: 1...Int.max).map { JobID(rawValue: Int64($0)) }
        var (since, until) = (arguments.value("--since") ?? "7d", arguments.value("--until"))
        if let week {
            guard arguments.value("--since") == nil, until == nil else {
                throw UsageError("--week excludes --since and --until", command: command)
            }
            guard let days = CalendarDay.days(ofWeek: week) else {
                throw UsageError("--week takes a week such as 2026-W23, not \(week)", command: command)
            }
            since = days.lowerBound.iso8601
            until = days.upperBound.advanced(by: -1).iso8601
        }
        session = try Session(arguments)
        let store = session.store
        if let job { _ = try store.job(job) }
        let zone = try store.timeZone
        do {
            range = try TrendRange(since: since, until: until, now: .now, timeZone: zone)
        } catch {
            throw UsageError("\(error)", command: command)
        }
        model = try session.model(arguments.value("--model"), command: command)
        let threshold = try arguments.threshold() ?? model.threshold
        let sums = try store.trends(
            of: model.version, TrendQuery(days: range.days, job: job, spans: [range.days.lowerBound], thresholdStep: 0)
        ).sums
        shown = TrendReport.Shown(sums, dates: dates)
        query = SightingQuery(
            days: range.days, strengths: shown.strengths, threshold: threshold, job: job)
    }

    /// "luxe@3, 1 June to 7 June 2026, strong dates".
    var text: String { "\(model.version), \(range.days.text), \(shown.rawValue) dates" }
}
