import Foundation
package import Intake

/// What the change of a trend is measured against: the window just before, or the one 364 days earlier, whose weekdays
/// are the same.
package enum TrendComparison: String, CaseIterable, Sendable {
    case previous, year
}

/// The days that a trend report covers, as its user asked for them.
package struct TrendRange: Hashable, Sendable {
    /// Complete days, unless today alone was asked for.
    package let days: Range<CalendarDay>
    /// The days that the change is measured against; empty where there are none.
    package let before: Range<CalendarDay>
    package let unit: TrendUnit
    /// Nil for a season, which is compared with that of the year before.
    package let comparison: TrendComparison?
    package let seasons: SeasonCalendar
    /// An IANA name.
    package let timeZone: String
    /// Whether the unit was asked for.
    let isUnitChosen: Bool
    let currentDay: CalendarDay
    private let reachesToday: Bool

    /// - since: `7d`, `4w`, `3m`, `1y` (so many complete days, weeks, months or years up to yesterday), `today`,
    ///   `yesterday`, `week`, `month`, `season` (the present one, up to yesterday), a season's name, an ISO date, week,
    ///   month or date and time.
    /// - until: the same, the last day that counts; nil for now.
    /// - unit: nil for the shortest of which a line holds the window's.
    /// - timeZone: the store's.
    package init(
        since: String = "7d", until: String? = nil, by unit: TrendUnit? = nil,
        compare comparison: TrendComparison = .previous, seasons: SeasonCalendar = .north, now: Timestamp,
        timeZone: String
    ) throws(TrendRangeError) {
        guard let zone = TimeZone(identifier: timeZone) else { throw .unknownTimeZone(timeZone) }
        let today = CalendarDay(now, in: zone)
        let reader = TrendTimeReader(today: today, zone: zone, seasons: seasons)
        guard let start = reader.start(since) else {
            if since == TrendUnit.season.rawValue { throw .noSeason(today) }
            throw .unreadable(option: "--since", text: since)
        }
        if start > today { throw .inTheFuture(start) }
        var end = today.advanced(by: 1)
        if let until {
            guard let asked = reader.end(until) else { throw .unreadable(option: "--until", text: until) }
            if asked <= start { throw .empty(since: start, until: asked.advanced(by: -1)) }
            end = min(end, asked)
        }
        reachesToday = end > today
        days = start..<(start == today ? end : min(end, today))
        let shift = comparison == .year ? 364 : days.count
        before = days.lowerBound.advanced(by: -shift)..<days.upperBound.advanced(by: -shift)
        self.comparison = comparison
        self.seasons = seasons
        self.unit = unit ?? TrendUnit(fitting: days.count)
        isUnitChosen = unit != nil
        self.timeZone = timeZone
        currentDay = today
        if days.count > 10_000 && self.unit == .day { throw .tooFine(days: days.count) }
    }

    /// A season up to yesterday (up to today on its first day), against as many days of the same season a year before;
    /// a season that is over against all of that one.
    /// - today: a day of the season or after it.
    package init(season: Period, in seasons: SeasonCalendar, today: CalendarDay, timeZone: String) {
        let first = season.days.lowerBound
        let end = min(season.days.upperBound, max(today, first.advanced(by: 1)))
        days = first..<end
        let isOver = season.days.upperBound <= end
        if let earlier = seasons.yearBefore(season)?.days {
            before =
                isOver
                ? earlier
                : earlier.lowerBound..<min(earlier.upperBound, earlier.lowerBound.advanced(by: days.count))
        } else {
            before = first..<first
        }
        unit = .season
        isUnitChosen = true
        comparison = nil
        self.seasons = seasons
        self.timeZone = timeZone
        currentDay = today
        reachesToday = false
    }

    private init(_ range: TrendRange, by unit: TrendUnit) {
        days = range.days
        before = range.before
        self.unit = unit
        comparison = range.comparison
        seasons = range.seasons
        timeZone = range.timeZone
        isUnitChosen = range.isUnitChosen
        currentDay = range.currentDay
        reachesToday = range.reachesToday
    }

    /// The same days in other buckets.
    package func by(_ unit: TrendUnit) -> TrendRange { TrendRange(self, by: unit) }

    /// Today, where the window reaches up to it: shown apart, because it is not over.
    package var today: CalendarDay? { reachesToday && !days.contains(currentDay) ? currentDay : nil }

    /// The buckets that hold the window's days, in order.
    package var buckets: [Period] {
        var periods: [Period] = []
        var period = unit.period(of: days.lowerBound, in: seasons)
        while period.days.lowerBound < days.upperBound {
            periods.append(period)
            period = unit.next(after: period, in: seasons)
        }
        return periods
    }

    /// Whether all days of a bucket are in the window, and over.
    package func isComplete(_ bucket: Period) -> Bool {
        bucket.days.lowerBound >= days.lowerBound && bucket.days.upperBound <= min(days.upperBound, currentDay)
    }
}

package enum TrendRangeError: Error, Hashable, CustomStringConvertible {
    case unreadable(option: String, text: String)
    case empty(since: CalendarDay, until: CalendarDay)
    case inTheFuture(CalendarDay)
    case noSeason(CalendarDay)
    case tooFine(days: Int)
    case unknownTimeZone(String)

    package var description: String {
        switch self {
        case .unreadable(let option, let text):
            "\(Escaping.terminal(text)) is no time for \(option); write 7d, 4w, 3m, 1y, week, month, season, a date such as 2026-06-03 or 2026-06-03T18:00Z, 2026-06, 2026-W23, a season's name, or today"
        case .empty(let since, let until): "--since \(since.iso8601) is after --until \(until.iso8601); swap them"
        case .inTheFuture(let day): "--since \(day.iso8601) is in the future; give an earlier day"
        case .noSeason(let day):
            "no season of --season-start holds \(day.longText); give --since a season's name or a date"
        case .tooFine(let days): "\(Format.count(days)) days are too many for --by day; use --by week, month or season"
        case .unknownTimeZone(let name):
            "the database's time zone \(Escaping.terminal(name)) is unknown here; install tzdata"
        }
    }
}
