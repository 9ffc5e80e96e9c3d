import Foundation
package import Intake

/// Where the store takes times from: the wall clock for what people read, the boot clock for leases, which are
/// durations.
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
