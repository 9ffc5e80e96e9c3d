package import Foundation

/// A time as dumps write it, in text or as a number: read to the millisecond, and no more certain than it was written.
package enum TimeText: Hashable, Sendable {
    case moment(Timestamp)
    /// Without a zone.
    case wallClock(WallClock)
    /// Without a time of day.
    case day(CalendarDay)
}

/// Which comes first in dates such as 01/05/2024. One value rarely tells; a column of them does: `DayOrderEvidence`.
package enum DayOrder: Hashable, Sendable {
    case dayFirst, monthFirst
}

extension TimeText {
    /// Nil for what is no time. Whether the time is plausible is the caller's to see, except that a number is a time
    /// only from 1990 to 2100: years, counts and ids are numbers too.
    ///
    /// Understood are ISO 8601 with `T` or a blank, a fraction of any length, and `Z`, `+02:00`, `+0200`, `+02` or no
    /// zone; the same with EXIF's colons or with slashes; `20240501`, `20240501T101112Z`; RFC 2822; X's `Tue Jan 24
    /// 15:09:43 +0000 2017`; `May 1, 2024, 6:30 PM UTC`; seconds, milliseconds, microseconds and nanoseconds since
    /// 1970, also with a fraction or an exponent.
    /// - dayOrder: For `01/05/2024` and `13.5.2024`, which are no times without it.
    package init?(_ text: Span<UInt8>, dayOrder: DayOrder? = nil) {
        var parser = TimeTextParser(text, dayOrder)
        guard let time = parser.parse() else { return nil }
        self = time
    }

    /// As for bytes.
    package init?(_ text: ArraySlice<UInt8>, dayOrder: DayOrder? = nil) {
        self.init(text.span, dayOrder: dayOrder)
    }

    /// As for bytes.
    package init?(_ text: String, dayOrder: DayOrder? = nil) {
        self.init(text.utf8.span, dayOrder: dayOrder)
    }

    /// A number's moment, in whichever unit since 1970 its size tells.
    package init?(number: Double) {
        let scale: Double =
            switch number {
            case ..<1e11: 1000
            case ..<1e14: 1
            case ..<1e17: 1e-3
            default: 1e-6
            }
        let milliseconds = (number * scale).rounded(.down)
        // 1990-01-01 and 2100-01-01.
        guard milliseconds >= 631_152_000_000, milliseconds < 4_102_444_800_000 else { return nil }
        self = .moment(Timestamp(milliseconds: Int64(milliseconds)))
    }

    /// The moment.
    ///
    /// A day is taken at its noon in `zone`, even where clocks are in UTC: so it stays that day in the calendar that
    /// people see.
    /// - zone: The database's.
    /// - clocksAreUTC: Whether whoever wrote this writes UTC where no zone stands, as gallery-dl does; else such a
    ///   clock is in `zone`.
    package func timestamp(in zone: TimeZone, clocksAreUTC: Bool = false) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .wallClock(let clock): clocksAreUTC ? clock.timestamp(minutesAheadOfUTC: 0) : clock.timestamp(in: zone)
        case .day(let day): day.noon(in: zone)
        }
    }
}

extension CalendarDay {
    /// Twelve o'clock, which no zone skips.
    fileprivate func noon(in zone: TimeZone) -> Timestamp {
        let date = date
        let noon = WallClock(year: date.year, month: date.month, day: date.day, hour: 12, minute: 0, second: 0)
        return noon?.timestamp(in: zone) ?? Timestamp(milliseconds: Int64(rawValue) * 86_400_000 + 43_200_000)
    }
}

/// Finds the order of day and month from a column's values: wherever one is beyond 12, it is the day.
package struct DayOrderEvidence: Sendable {
    private var isFirstADay = false
    private var isSecondADay = false

    package init() {}

    /// Values of other shapes say nothing.
    package mutating func add(_ text: Span<UInt8>) {
        var parser = TimeTextParser(text, nil)
        guard let (first, second, _) = parser.ambiguousDate() else { return }
        if (13...31).contains(first) { isFirstADay = true }
        if (13...31).contains(second) { isSecondADay = true }
    }

    /// Nil while nothing tells, and where values contradict one another.
    package var order: DayOrder? {
        isFirstADay == isSecondADay ? nil : isFirstADay ? .dayFirst : .monthFirst
    }
}
