package import Foundation

/// A calendar day, counted from 1970-01-01. The one calendar: proleptic Gregorian, after Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".
package struct CalendarDay: RawRepresentable, Hashable, Comparable, Sendable, Strideable {
    package var rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package func distance(to other: CalendarDay) -> Int { other.rawValue - rawValue }
    package func advanced(by n: Int) -> CalendarDay { CalendarDay(rawValue: rawValue + n) }
}

extension CalendarDay {
    package struct Date: Hashable, Sendable {
        package var year: Int
        package var month: Int
        package var day: Int

        package init(year: Int, month: Int, day: Int) {
            self.year = year
            self.month = month
            self.day = day
        }
    }

    /// A month beyond December runs into the next years.
    package init(_ date: Date) {
        let months = date.year * 12 + date.month - 1
        // The year begins in March, so that the leap day is its last.
        let shifted = months - 2
        let year = shifted.floorDivided(by: 12)
        let era = year.floorDivided(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (shifted - year * 12) + 2) / 5 + date.day - 1
        self.init(rawValue: era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    /// The day on which a moment falls in a time zone.
    package init(_ moment: Timestamp, in zone: TimeZone) {
        let seconds = Int(moment.milliseconds).floorDivided(by: 1000)
        let offset = zone.secondsFromGMT(for: Foundation.Date(timeIntervalSince1970: Double(seconds)))
        self.init(rawValue: (seconds + offset).floorDivided(by: 86400))
    }

    package var date: Date {
        let shifted = rawValue + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return Date(
            year: era * 400 + yearOfEra + (month < 10 ? 0 : 1), month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1)
    }

    /// From 0 for Monday.
    package var weekday: Int { rawValue + 3 - (rawValue + 3).floorDivided(by: 7) * 7 }

    /// "2026-06-03"
    package var iso8601: String {
        let date = date
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }
}

extension Timestamp {
    /// "2026-06-03T09:05:07.123Z"
    package var iso8601: String {
        let seconds = Int(milliseconds).floorDivided(by: 1000)
        let day = CalendarDay(rawValue: seconds.floorDivided(by: 86400))
        let second = seconds - day.rawValue * 86400
        let clock = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(day.iso8601)T\(clock).\(padded(Int((milliseconds % 1000 + 1000) % 1000), 3))Z"
    }
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int {
    /// Rounded down, also below 0.
    package func floorDivided(by divisor: Int) -> Int {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}
