import Foundation

/// A named thread that can be waited for, with a stack fit for image libraries.
final class WorkerThread: Sendable {
    private let isDone = Monitor(false)

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [isDone] in
            body()
            isDone.withLock { $0 = true }
        }
        thread.name = name
        thread.stackSize = 1 << 21
        thread.start()
    }

    func join() {
        _ = isDone.wait { $0 ? true : nil }
    }
}

/// Runs `body` on `count` new threads at once and waits for all.
func withThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let threads = (0..<max(1, count)).map { WorkerThread("prepare-\($0)", body) }
    for thread in threads { thread.join() }
}
