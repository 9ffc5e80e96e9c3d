import Foundation
package import Intake

/// Turns moments into calendar days of one time zone, quickly: what every store must agree on. For one thread at a
/// time.
package final class DayCounter {
    package let timeZone: String
    private let zone: TimeZone
    /// Seconds ahead of UTC, by quarters of an hour since 1970.
    private var offsets: [Int: Int] = [:]

    /// Nil where this machine knows no such zone, an IANA name.
    package init?(timeZone: String) {
        guard let zone = TimeZone(identifier: timeZone) else { return nil }
        self.timeZone = timeZone
        self.zone = zone
    }

    /// Nil outside of the years 1 to 9999.
    package func day(of time: Timestamp) -> CalendarDay? {
        guard (-62_135_596_800_000...253_402_300_799_999).contains(time.milliseconds) else { return nil }
        let seconds = Int(time.milliseconds).floorDivided(by: 1000)
        // Zones change at whole quarters of an hour, so one look-up a quarter is exact.
        let quarter = seconds.floorDivided(by: 900)
        let offset: Int
        if let known = offsets[quarter] {
            offset = known
        } else {
            if offsets.count >= 100_000 { offsets.removeAll() }
            offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(quarter * 900)))
            offsets[quarter] = offset
        }
        return CalendarDay(rawValue: (seconds + offset).floorDivided(by: 86_400))
    }
}
