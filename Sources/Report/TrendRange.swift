import Foundation
package import Intake

/// What the change of a trend is measured against: the window just before, or the one 364 days earlier, whose weekdays are the same.
package enum TrendComparison: String, CaseIterable, Sendable {
    case previous, year
}

/// The days that a trend report covers, as its user asked for them.
package struct TrendRange: Hashable, Sendable {
    /// Complete days, unless today alone was asked for.
    package let days: Range<CalendarDay>
    /// The days that the change is measured against.
    package let before: Range<CalendarDay>
    package let unit: TrendUnit
    package let comparison: TrendComparison
    /// An IANA name.
    package let timeZone: String
    let currentDay: CalendarDay
    private let reachesToday: Bool

    /// - since: `7d`, `4w`, `3m`, `1y` (so many complete days, weeks, months or years up to yesterday), `today`, `yesterday`,
    ///   an ISO date, month or date and time. - until: the same, the last day that counts; nil for now.
    /// - unit: nil for the shortest that fits a screen. - timeZone: the store's.
    package init(
        since: String = "7d", until: String? = nil, by unit: TrendUnit? = nil,
        compare comparison: TrendComparison = .previous, now: Timestamp,
        timeZone: String
    ) throws(TrendRangeError) {
        guard let zone = TimeZone(identifier: timeZone) else { throw .unknownTimeZone(timeZone) }
        let today = CalendarDay(now, in: zone)
        let reader = TrendTimeReader(today: today, zone: zone)
        guard let start = reader.start(since) else { throw .unreadable(option: "--since", text: since) }
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
        self.unit = unit ?? TrendUnit(fitting: days.count)
        self.timeZone = timeZone
        currentDay = today
        if days.count > 10_000 && self.unit == .day { throw .tooFine(days: days.count) }
    }

    /// Today, where the window reaches up to it: shown apart, because it is not over.
    package var today: CalendarDay? { reachesToday && !days.contains(currentDay) ? currentDay : nil }

    /// The first days of the buckets that hold the window's days, in order.
    package var bucketStarts: [CalendarDay] {
        var starts: [CalendarDay] = []
        var start = unit.start(of: days.lowerBound)
        while start < days.upperBound {
            starts.append(start)
            start = unit.next(after: start)
        }
        return starts
    }

    /// Whether all days of the bucket that begins on `start` are in the window, and over.
    package func isComplete(_ start: CalendarDay) -> Bool {
        let end = unit.next(after: start)
        return start >= days.lowerBound && end <= days.upperBound && end <= currentDay
    }
}

package enum TrendRangeError: Error, Hashable, CustomStringConvertible {
    case unreadable(option: String, text: String)
    case empty(since: CalendarDay, until: CalendarDay)
    case inTheFuture(CalendarDay)
    case tooFine(days: Int)
    case unknownTimeZone(String)

    package var description: String {
        switch self {
        case .unreadable(let option, let text):
            "\(Escaping.terminal(text)) is no time for \(option); write 7d, 4w, 3m, 1y, a date such as 2026-06-03 or 2026-06-03T18:00Z, or today"
        case .empty(let since, let until): "--since \(since.iso8601) is after --until \(until.iso8601); swap them"
        case .inTheFuture(let day): "--since \(day.iso8601) is in the future; give an earlier day"
        case .tooFine(let days): "\(Format.count(days)) days are too many for --by day; use --by week, month or season"
        case .unknownTimeZone(let name):
            "the database's time zone \(Escaping.terminal(name)) is unknown here; install tzdata"
        }
    }
}
