package import Foundation

/// A date and a time of day without a zone, as cameras and file names write them.
package struct WallClock: Hashable, Sendable {
    private let day: CalendarDay
    private let second: Int
    private let millisecond: Int

    /// Nil where there is no such day or time.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int = 0) {
        let date = CalendarDay.Date(year: year, month: month, day: day)
        guard (1...9999).contains(year), (1...12).contains(month), CalendarDay(date).date == date,
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1000).contains(millisecond)
        else { return nil }
        self.day = CalendarDay(date)
        self.second = (hour * 60 + minute) * 60 + second
        self.millisecond = millisecond
    }

    /// The moment, where the clock is so many minutes ahead of UTC.
    package func timestamp(minutesAheadOfUTC minutes: Int) -> Timestamp {
        Timestamp(milliseconds: Int64((seconds - minutes * 60) * 1000 + millisecond))
    }

    /// The moment in a zone. Of an hour that comes twice it is the first one or the second; an hour that is skipped
    /// counts on from the one before.
    package func timestamp(in zone: TimeZone) -> Timestamp {
        func offset(_ utc: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc))) }
        let first = seconds - offset(seconds)
        let second = seconds - offset(first)
        let utc = second + offset(second) == seconds ? second : max(first, second)
        return Timestamp(milliseconds: Int64(utc * 1000 + millisecond))
    }

    /// Since 1970 as if it were UTC.
    private var seconds: Int { day.rawValue * 86_400 + second }
}

extension Timestamp {
    /// Whether a picture can be of then: no clock that nobody set, none that runs a day ahead.
    /// - now: The machine's clock.
    package func isPlausible(now: Timestamp = .now) -> Bool {
        // 1990-01-01.
        milliseconds >= 631_152_000_000 && milliseconds <= now.milliseconds + 86_400_000
    }
}
