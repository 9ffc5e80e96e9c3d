package import Intake

/// What a bucket of `trends --by` spans. Weeks begin on Monday (ISO 8601).
package enum TrendUnit: String, CaseIterable, Sendable {
    case day, week, month, season

    /// The bucket that holds `day`: "2026-06-03", "2026-W23", "2026-06", "summer 2026". Days of no season are a bucket
    /// too.
    package func period(of day: CalendarDay, in seasons: SeasonCalendar = .north) -> Period {
        switch self {
        case .day: return Period(name: day.iso8601, days: day..<day.advanced(by: 1))
        case .week:
            let monday = day.advanced(by: -day.weekday)
            // A week belongs to the year of its Thursday (ISO 8601).
            let thursday = monday.advanced(by: 3)
            let newYear = CalendarDay(CalendarDay.Date(year: thursday.date.year, month: 1, day: 1))
            let week = (thursday.rawValue - newYear.rawValue) / 7 + 1
            return Period(
                name: "\(thursday.iso8601.prefix(4))-W\(twoDigits(week))", days: monday..<monday.advanced(by: 7))
        case .month:
            var date = day.date
            date.day = 1
            let first = CalendarDay(date)
            date.month += 1
            return Period(name: String(first.iso8601.dropLast(3)), days: first..<CalendarDay(date))
        case .season: return seasons.season(of: day) ?? seasons.gap(at: day)
        }
    }

    /// The bucket after this one.
    func next(after period: Period, in seasons: SeasonCalendar) -> Period {
        self.period(of: period.days.upperBound, in: seasons)
    }

    /// "the days", for people.
    var plural: String { "\(rawValue)s" }

    /// The shortest unit of which a window has no more than a line holds.
    init(fitting days: Int) {
        self = days <= 31 ? .day : days <= 217 ? .week : .month
    }
}
