import Synchronization

/// Threads that wait for parallel loops. Not Swift's cooperative pool: these may block in a decoder or on a disk.
package final class ThreadPool: Sendable {
    package let threads: Int
    private let state = Monitor(State())

    /// The calling thread works too, so `threads` - 1 are started.
    package init(threads: Int) {
        precondition(threads > 0)
        self.threads = threads
        for worker in 1..<threads { WorkerThread("pool-\(worker)") { [state] in state.serve(as: worker) } }
    }

    deinit { state.withLock { $0.isStopped = true } }

    /// Runs `body(worker, unit)` for each unit below `count` and returns when all are done. A worker, 0..<threads, runs
    /// one unit at a time, so what belongs to the worker needs no lock. Units start in order, on whichever worker is
    /// free. One loop at a time: called by one thread, and not from within `body`.
    ///
    /// - throws: What the lowest unit that failed threw; units after it may not have run.
    package func forEach(_ count: Int, _ body: @Sendable (_ worker: Int, _ unit: Int) throws -> Void) throws {
        try withoutActuallyEscaping(body) { body in
            let loop = Loop(count: count, body: body)
            state.withLock { state in
                state.loop = loop
                state.generation += 1
            }
            loop.run(as: 0)
            // A thread that wakes only now finds no loop and waits on.
            state.withLock { $0.loop = nil }
            _ = state.wait { $0.running == 0 ? true : nil }
            try loop.rethrow()
        }
    }
}

/// What the pool and its threads share; outlives the pool until the last thread has left.
///
///     forEach: loop set, generation + 1 ─▶ each thread runs it once, running - 1 ─▶ loop dropped, running is 0
private struct State {
    var loop: Loop?
    var generation = 0
    var running = 0
    var isStopped = false
}

extension Monitor<State> {
    /// A thread's whole work: every loop once, until the pool is gone.
    fileprivate func serve(as worker: Int) {
        var seen = 0
        while runNext(after: &seen, as: worker) { withLock { $0.running -= 1 } }
    }

    /// False once the pool is gone. The loop is let go before the caller says so: its body does not outlive `forEach`.
    private func runNext(after seen: inout Int, as worker: Int) -> Bool {
        guard let loop = next(after: &seen) else { return false }
        loop.run(as: worker)
        return true
    }

    private func next(after seen: inout Int) -> Loop? {
        let (loop, generation) =
            wait { state -> (Loop?, Int)? in
                if state.isStopped { return (nil, state.generation) }
                guard state.generation != seen, let loop = state.loop else { return nil }
                state.running += 1
                return (loop, state.generation)
            } ?? (nil, seen)
        seen = generation
        return loop
    }
}

/// One parallel loop.
private final class Loop: Sendable {
    private let count: Int
    private let body: @Sendable (Int, Int) throws -> Void
    private let next = Atomic(0)
    private let failure = Monitor<(unit: Int, error: any Error)?>(nil)

    init(count: Int, body: @escaping @Sendable (Int, Int) throws -> Void) {
        self.count = count
        self.body = body
    }

    func run(as worker: Int) {
        while true {
            let unit = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard unit < count else { return }
            do {
                try body(worker, unit)
            } catch {
                // Units start in order, so all lower ones have started and will have their say.
                next.store(count, ordering: .relaxed)
                failure.withLock { failure in
                    if unit < failure?.unit ?? .max { failure = (unit, error) }
                }
            }
        }
    }

    func rethrow() throws {
        if let failure = failure.withLock({ $0 }) { throw failure.error }
    }
}
