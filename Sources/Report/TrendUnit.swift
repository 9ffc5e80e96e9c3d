package import Intake

/// What a bucket of `trends --by` spans. Weeks begin on Monday; seasons are the northern meteorological quarters.
package enum TrendUnit: String, CaseIterable, Sendable {
    case day, week, month, season

    /// The first day of the bucket that holds `day`.
    package func start(of day: CalendarDay) -> CalendarDay {
        var date = day.date
        date.day = 1
        switch self {
        case .day: return day
        case .week: return day.advanced(by: -day.weekday)
        case .month: return CalendarDay(date)
        case .season:
            // Winter begins in December of the year before.
            date.month -= date.month % 3
            if date.month == 0 {
                date.month = 12
                date.year -= 1
            }
            return CalendarDay(date)
        }
    }

    /// The first day of the bucket after the one that begins on `start`.
    package func next(after start: CalendarDay) -> CalendarDay {
        var date = start.date
        switch self {
        case .day: return start.advanced(by: 1)
        case .week: return start.advanced(by: 7)
        case .month: date.month += 1
        case .season: date.month += 3
        }
        return CalendarDay(date)
    }

    /// "2026-06-03", "2026-W23", "2026-06", "summer 2026", "winter 2025/26"
    package func label(_ start: CalendarDay) -> String {
        let date = start.date
        switch self {
        case .day: return start.iso8601
        case .week:
            // A week belongs to the year of its Thursday (ISO 8601).
            let thursday = start.advanced(by: 3)
            let newYear = CalendarDay(CalendarDay.Date(year: thursday.date.year, month: 1, day: 1))
            let week = (thursday.rawValue - newYear.rawValue) / 7 + 1
            return "\(thursday.date.year)-W\(week < 10 ? "0" : "")\(week)"
        case .month: return String(start.iso8601.dropLast(3))
        case .season:
            let next = (date.year + 1) % 100
            return switch date.month {
            case 3: "spring \(date.year)"
            case 6: "summer \(date.year)"
            case 9: "autumn \(date.year)"
            default: "winter \(date.year)/\(next < 10 ? "0" : "")\(next)"
            }
        }
    }

    /// The shortest unit that still fits one screen.
    init(fitting days: Int) {
        self = days <= 62 ? .day : days <= 400 ? .week : .month
    }
}
