import Foundation
import Imaging
import Intake
import Queue
import SQLiteStore
import Synchronization

/// A clock that tests move. Wall and boot time go together unless the machine restarts.
final class TestClock: Sendable {
    private struct State {
        var now: Int64 = 1_600_000_000_000
        var boot = 1
        var bootMilliseconds: Int64 = 1000
    }

    private let state = Mutex(State())

    func advance(seconds: Double) {
        state.withLock { state in
            state.now += Int64(seconds * 1000)
            state.bootMilliseconds += Int64(seconds * 1000)
        }
    }

    /// As after a power cut: another boot id, and boot time from the start.
    func restartMachine() {
        state.withLock { state in
            state.boot += 1
            state.bootMilliseconds = 10
        }
    }

    var now: Timestamp { state.withLock { Timestamp(milliseconds: $0.now) } }
    var boot: StoreClock.Boot {
        state.withLock { StoreClock.Boot(id: "boot \($0.boot)", milliseconds: $0.bootMilliseconds) }
    }
    var forStore: StoreClock { StoreClock(now: { self.now }, boot: { self.boot }) }
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "bagq-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> PicturePath { PicturePath(path + "/" + name) }
}

/// The stores that must keep the contract of `JobStore`.
enum StoreKind: String, CaseIterable {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// A store of a kind with a clock, and the models most tests want.
final class StoreHarness {
    let clock = TestClock()
    let store: any JobStore
    private let folder = TemporaryFolder()

    init(_ kind: StoreKind) throws {
        switch kind {
        case .memory: fatalError()
        case .sqlite:
            store = try SQLiteStore(
                path: folder("bagq.db"), mode: .create(timeZone: "Europe/Paris"),
                options: SQLiteStore.Options(keepsAuthorNames: true), clock: clock.forStore)
        }
    }
}
