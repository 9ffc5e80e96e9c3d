import Foundation
import Intake
import Queue
import Report

enum SeasonsCommand: Command {
    static let spec = CommandSpec(
        "seasons", summary: "Says which brands each season of the last two years was about.",
        options: [
            TrendOptions.seasonStart,
            .init("--brand", "B", "only this brand; may be given several times"),
            .init("--model", "M", "the model whose sightings are counted (the active one)"),
            .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
            TrendOptions.threshold,
            .init("--json", nil, "as JSON"),
            .init("--csv", nil, "as CSV, a row for each season and brand"),
        ],
        details: """
            Each season is compared with the same one a year before, as far as it has gone. A brand leads where
            its lead over the next is clear, not merely counted.
            """,
        example: "bagq seasons\nbagq seasons --season-start fashion")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        if arguments.has("--json"), arguments.has("--csv") {
            throw UsageError("--json and --csv exclude each other", command: spec.name)
        }
        let chosen = try arguments.threshold()
        let calendar = try arguments.seasonCalendar()
        let session = try Session(arguments)
        let store = session.store
        let timeZone = try store.timeZone
        guard let zone = TimeZone(identifier: timeZone) else { throw TrendRangeError.unknownTimeZone(timeZone) }
        let today = CalendarDay(.now, in: zone)
        let model = try session.model(arguments.value("--model"), command: spec.name)
        let threshold = chosen ?? model.threshold
        // A season that is over is also what the same one a year later is compared with.
        var windows: [Range<CalendarDay>: TrendWindow] = [:]
        func window(_ days: Range<CalendarDay>) throws -> TrendWindow {
            if days.isEmpty { return TrendWindow() }
            if let known = windows[days] { return known }
            let window = try store.trends(
                of: model.version,
                TrendQuery(
                    days: days, spans: [days.lowerBound], thresholdStep: ConfidenceStep.reaching(threshold)))
            windows[days] = window
            return window
        }
        let seasons = try SeasonsReport(
            SeasonsReport.seasons(of: calendar, upTo: today).map { season in
                let range = TrendRange(season: season, in: calendar, today: today, timeZone: timeZone)
                return try SeasonsReport.Entry(
                    season: season,
                    report: TrendReport(
                        range: range, model: model.version, classes: model.classes, threshold: threshold,
                        window: window(range.days), before: window(range.before), today: nil, dates: dates,
                        brands: arguments.values("--brand")))
            })
        if arguments.has("--json") {
            Terminal.print(seasons.json.text)
        } else if arguments.has("--csv") {
            Terminal.print(rows: seasons.csv)
        } else {
            let repeated = ["--model", "--dates", "--threshold"].flatMap { name in
                arguments.value(name).map { [name, $0] } ?? []
            }
            Terminal.print(seasons.text(width: Terminal.width, options: repeated), terminator: "")
        }
        return .done
    }
}
