import Foundation
package import Intake

/// Where the store takes times from: the wall clock for what people read, the boot clock for leases, which are durations.
package struct StoreClock: Sendable {
    package struct Boot: Hashable, Sendable {
        /// Differs after every restart of the machine.
        package var id: String
        /// Since that restart, sleep included.
        package var milliseconds: Int64

        package init(id: String, milliseconds: Int64) {
            self.id = id
            self.milliseconds = milliseconds
        }
    }

    package var now: @Sendable () -> Timestamp
    package var boot: @Sendable () -> Boot

    package init(now: @escaping @Sendable () -> Timestamp, boot: @escaping @Sendable () -> Boot) {
        self.now = now
        self.boot = boot
    }

    package static let real = StoreClock(
        now: { Timestamp(milliseconds: milliseconds(of: CLOCK_REALTIME)) },
        boot: { Boot(id: bootID, milliseconds: milliseconds(of: CLOCK_BOOTTIME)) })

    private static let bootID =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? "unknown"

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Turns moments into calendar days of one time zone.
final class DayCounter {
    let timeZone: String
    private let zone: TimeZone
    private var offsets: [Int64: Int64] = [:]

    /// Nil where this machine knows no such zone.
    init?(timeZone: String) {
        guard let zone = TimeZone(identifier: timeZone) else { return nil }
        self.timeZone = timeZone
        self.zone = zone
    }

    /// Days from 1970-01-01 to the day of `time`; nil outside of the years 1 to 9999.
    func day(of time: Timestamp) -> Int? {
        guard (-62_135_596_800_000...253_402_300_799_999).contains(time.milliseconds) else { return nil }
        // Zones change at whole quarters of an hour, so one look-up a quarter is exact.
        let quarter = floorDivide(time.milliseconds, 900_000)
        let offset: Int64
        if let known = offsets[quarter] {
            offset = known
        } else {
            if offsets.count >= 100_000 { offsets.removeAll() }
            offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(quarter) * 900))) * 1000
            offsets[quarter] = offset
        }
        return Int(floorDivide(time.milliseconds + offset, 86_400_000))
    }

    private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
