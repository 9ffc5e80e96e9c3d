import Foundation

/// A named thread that can be waited for, with a stack fit for image libraries. It runs on when this is dropped.
package final class WorkerThread: Sendable {
    private let isDone = Monitor(false)

    @discardableResult
    package init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [isDone] in
            body()
            isDone.withLock { $0 = true }
        }
        thread.name = name
        thread.stackSize = 1 << 21
        thread.start()
    }

    package func join() {
        _ = isDone.wait { $0 ? true : nil }
    }
}
