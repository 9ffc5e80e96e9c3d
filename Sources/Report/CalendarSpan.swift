package import Intake

extension Range<CalendarDay> {
    package var last: CalendarDay { upperBound.advanced(by: -1) }

    /// "1 June to 7 June 2026", "28 December 2025 to 3 January 2026", "3 June 2026"
    package var text: String {
        if count == 1 { return last.longText }
        let isOneYear = lowerBound.date.year == last.date.year
        return "\(isOneYear ? lowerBound.shortText : lowerBound.longText) to \(last.longText)"
    }
}

extension CalendarDay {
    /// The days of an ISO week such as `2026-W23`; nil for what is none.
    package static func days(ofWeek text: String) -> Range<CalendarDay>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 3,
            parts[1].uppercased().hasPrefix("W"), let year = wholeNumber(Array(parts[0].utf8)), year > 0,
            let week = wholeNumber(Array(parts[1].utf8.dropFirst())), week > 0
        else { return nil }
        // The week of 4 January is the year's first.
        let first = TrendUnit.week.period(of: CalendarDay(CalendarDay.Date(year: year, month: 1, day: 4)))
        let monday = first.days.lowerBound.advanced(by: 7 * (week - 1))
        // A year has 52 or 53: the next one's first week is not this one's.
        guard monday.advanced(by: 3).date.year == year else { return nil }
        return monday..<monday.advanced(by: 7)
    }
}
