package import Foundation

/// State that several threads share: one at a time is inside, and any can wait for another to change it.
@safe package final class Monitor<State>: @unchecked Sendable {
    private let condition = NSCondition()
    private var state: State

    package init(_ state: sending State) {
        self.state = state
    }

    /// Runs `body` with the state to itself, then wakes the waiting threads.
    package func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Waits until `body`, tried now and after each change, gives a value; nil when `deadline`, if there
    /// is one, passes first.
    package func wait<Result>(until deadline: Date? = nil, _ body: (inout State) -> Result?) -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = body(&state) { return result }
            // `wait(until:)` traps on dates too distant to count in nanoseconds.
            guard let deadline else {
                condition.wait()
                continue
            }
            if !condition.wait(until: deadline) { return body(&state) }
        }
    }
}
