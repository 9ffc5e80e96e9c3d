import Foundation
import Synchronization

/// Threads that wait for parallel loops. Not Swift's cooperative pool: these may block in a decoder or on a disk.
package final class ThreadPool: Sendable {
    package let threads: Int
    private let shared = Shared()

    /// The calling thread works too, so `threads` - 1 are started.
    package init(threads: Int) {
        precondition(threads > 0)
        self.threads = threads
        let shared = shared
        for worker in 1..<max(threads, 1) {
            let thread = Thread { shared.serve(as: worker) }
            thread.name = "cnn-\(worker)"
            thread.start()
        }
    }

    deinit { shared.stop() }

    /// Runs `body(worker, unit)` for each unit below `count` and returns when all are done. A worker, 0..<threads, runs one
    /// unit at a time, so what belongs to the worker needs no lock. Units start in order, on whichever worker is free.
    /// One loop at a time: called by one thread, and not from within `body`.
    ///
    /// - throws: What the lowest unit that failed threw; units after it may not have run.
    package func forEach(_ count: Int, _ body: @Sendable (_ worker: Int, _ unit: Int) throws -> Void) throws {
        try withoutActuallyEscaping(body) { body in
            let loop = Loop(count: count, body: body)
            shared.start(loop)
            loop.run(as: 0)
            shared.finish()
            try loop.rethrow()
        }
    }
}

/// One parallel loop.
private final class Loop: Sendable {
    private let count: Int
    private let body: @Sendable (Int, Int) throws -> Void
    private let next = Atomic(0)
    private let failure = Mutex<(unit: Int, error: any Error)?>(nil)

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

/// What the pool and its threads share; outlives the pool until the last thread has left.
///
///     start: loop set, generation + 1 ─▶ each thread runs it once, running - 1 ─▶ finish: running is 0, loop dropped
private final class Shared: @unchecked Sendable {
    private let condition = NSCondition()
    private var loop: Loop?
    private var generation = 0
    private var running = 0
    private var isStopped = false

    func serve(as worker: Int) {
        condition.lock()
        var seen = 0
        while true {
            while generation == seen, !isStopped { condition.wait() }
            if isStopped { break }
            seen = generation
            guard let loop else { continue }
            running += 1
            condition.unlock()
            loop.run(as: worker)
            condition.lock()
            running -= 1
            if running == 0 { condition.broadcast() }
        }
        condition.unlock()
    }

    func start(_ loop: Loop) {
        condition.lock()
        self.loop = loop
        generation += 1
        condition.broadcast()
        condition.unlock()
    }

    /// Returns once no thread runs the loop. One that wakes only now finds none and waits on.
    func finish() {
        condition.lock()
        loop = nil
        while running > 0 { condition.wait() }
        condition.unlock()
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}
