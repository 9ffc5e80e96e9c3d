import Foundation
import Intake
import Queue
import Report

/// Counts what a model saw, window after window, as `trends`, `seasons` and `report` are asked to.
final class SeenBrands {
    let store: any JobStore
    let model: ModelRecord
    let threshold: Double
    private let dates: TrendDates
    private let brands: [String]
    private let truth: KnownTruth
    /// Of whole windows: a season that is over is also what the same one a year later is compared with.
    private var windows: [Range<CalendarDay>: TrendWindow] = [:]

    init(store: any JobStore, model: ModelRecord, threshold: Double, dates: TrendDates, brands: [String]) {
        self.store = store
        self.model = model
        self.threshold = threshold
        self.dates = dates
        self.brands = brands
        truth = KnownTruth(store, model, threshold: threshold)
    }

    /// Without what today has.
    func report(_ range: TrendRange) throws -> TrendReport {
        try report(range, window(range.days, spans: range.buckets.map(\.days.lowerBound)))
    }

    private func report(_ range: TrendRange, _ counted: TrendWindow) throws -> TrendReport {
        try TrendReport(
            range: range, model: model.version, classes: model.classes, threshold: threshold, window: counted,
            before: window(range.before), today: nil, dates: dates, brands: brands,
            adjustment: truth.adjustment(of: range.days, TrendQuery(days: range.days), window: counted, dates: dates))
    }

    /// Those of the last two years.
    func seasons(of calendar: SeasonCalendar, timeZone: String) throws -> SeasonsReport {
        guard let zone = TimeZone(identifier: timeZone) else { throw TrendRangeError.unknownTimeZone(timeZone) }
        let today = CalendarDay(.now, in: zone)
        return try SeasonsReport(
            SeasonsReport.seasons(of: calendar, upTo: today).map { season in
                let range = TrendRange(season: season, in: calendar, today: today, timeZone: timeZone)
                return try SeasonsReport.Entry(season: season, report: report(range, window(range.days)))
            })
    }

    /// - spans: The first days of those to be told apart; none for the window as a whole.
    private func window(_ days: Range<CalendarDay>, spans: [CalendarDay]? = nil) throws -> TrendWindow {
        if days.isEmpty { return TrendWindow() }
        if spans == nil, let known = windows[days] { return known }
        let window = try store.trends(
            of: model.version,
            TrendQuery(
                days: days, spans: spans ?? [days.lowerBound], thresholdStep: ConfidenceStep.reaching(threshold),
                dates: dates))
        if spans == nil { windows[days] = window }
        return window
    }
}
