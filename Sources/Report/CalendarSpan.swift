package import Intake

extension CalendarDay {
    /// The days of an ISO week such as `2026-W23`; nil for what is none.
    package static func days(ofWeek text: String) -> Range<CalendarDay>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, let year = Int(parts[0]), year > 0,
            parts[1].utf8.count == 3, parts[1].uppercased().hasPrefix("W"), let week = Int(parts[1].dropFirst()),
            week > 0
        else { return nil }
        // The week of 4 January is the year's first.
        let first = TrendUnit.week.start(of: CalendarDay(CalendarDay.Date(year: year, month: 1, day: 4)))
        let start = first.advanced(by: 7 * (week - 1))
        // A year has 52 or 53: the next one's first week is not this one's.
        guard start.advanced(by: 3).date.year == year else { return nil }
        return start..<start.advanced(by: 7)
    }
}

extension Range<CalendarDay> {
    /// "1 June to 7 June 2026"; one day by itself.
    var text: String {
        let last = upperBound.advanced(by: -1)
        if count == 1 { return last.longText }
        let isOneYear = lowerBound.date.year == last.date.year
        return "\(isOneYear ? lowerBound.shortText : lowerBound.longText) to \(last.longText)"
    }
}

extension TrendRange {
    /// Its days, for people.
    package var daysText: String { days.text }
}
