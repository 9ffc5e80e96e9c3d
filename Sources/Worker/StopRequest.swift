import Foundation
import Synchronization
import Threads

/// A request to stop, made once by a signal or by code, seen by every thread that looks.
package final class StopRequest: Sendable {
    /// What a stop may take, whatever the store or a disk does.
    private static let limit: TimeInterval = 8
    /// What of that goes to a store that does not answer.
    private let storeLimit: TimeInterval

    private let requested = Atomic(false)
    private let heedsSignals = Atomic(false)
    /// When the request was first seen.
    private let seen = Mutex<Date?>(nil)

    package convenience init() { self.init(storeLimit: 5) }

    init(storeLimit: TimeInterval) {
        self.storeLimit = storeLimit
    }

    package var isMade: Bool {
        requested.load(ordering: .acquiring)
            || (heedsSignals.load(ordering: .acquiring) && signals.load(ordering: .acquiring) > 0)
    }

    /// Whether a store that does not answer has had its time since the request.
    var isUrgent: Bool { secondsSinceMade > storeLimit }

    package func make() {
        requested.store(true, ordering: .releasing)
    }

    /// From now on SIGTERM and SIGINT make the request, and none is lost; a second one ends the process at once. So
    /// does this, with `status`, where the first did not within ten seconds: leases give back what could not be.
    package func heedSignals(exitStatus status: Int32) {
        heedsSignals.store(true, ordering: .releasing)
        // Loaded once before a signal can come: a handler must not be the first to touch it.
        _ = signals.load(ordering: .relaxed)
        for number in [SIGTERM, SIGINT] {
            signal(number) { number in
                if signals.add(1, ordering: .relaxed).oldValue > 0 { _exit(128 + number) }
            }
        }
        WorkerThread("stop") { [self] in
            while !isMade { Thread.sleep(forTimeInterval: 0.05) }
            Log.stopRequested()
            while secondsSinceMade < Self.limit { Thread.sleep(forTimeInterval: 0.1) }
            Log.stopForced()
            _exit(status)
        }
    }

    private var secondsSinceMade: TimeInterval {
        guard isMade else { return 0 }
        return seen.withLock { seen in
            let first = seen ?? Date()
            seen = first
            return -first.timeIntervalSinceNow
        }
    }
}

/// How many have come that ask to stop. Signals are the process's, so this is, too; and a handler may only count.
private let signals = Atomic(0)
