package import CNN
import Foundation
package import Imaging
package import Intake
import Synchronization
import Threads

/// Classifies files on `threads` threads and hands the results on, on the calling thread, in the order of the paths,
/// each as soon as it and all before it are there. False when `isStopped` became true first.
@discardableResult
package func classifyInOrder(
    _ paths: [Path], with model: Model, precision: PredictionPrecision, level: KernelLevel, threads: Int,
    isStopped: @escaping @Sendable () -> Bool = { false },
    each: (_ index: Int, _ result: Result<PictureClassifier.Classified, PictureError>) -> Void
) throws -> Bool {
    let capacity = PictureClassifier.batchSize
    return try inOrder((paths.count + capacity - 1) / capacity, threads: threads, isStopped: isStopped) {
        let classifier = try PictureClassifier(
            model, precision: precision, level: level, capacity: capacity, zone: .gmt)
        return { batch in
            classifier.classify(
                paths[batch * capacity..<min((batch + 1) * capacity, paths.count)].map { PicturePlace(path: $0) })
        }
    } each: { batch, results in
        for (offset, result) in results.enumerated() { each(batch * capacity + offset, result) }
    }
}

/// Computes what belongs to each number below `count` on `threads` threads, and hands it on, on the calling thread, in
/// order. Whatever ends this ends all threads after what they have in hand.
/// - makeWorker: Called once on each thread.
/// - throws: What making a worker threw.
/// - returns: False when `isStopped` became true first.
func inOrder<Value>(
    _ count: Int, threads: Int, isStopped: @escaping @Sendable () -> Bool,
    makeWorker: @escaping @Sendable () throws -> (Int) -> sending Value, each: (Int, Value) -> Void
) throws -> Bool {
    let waiting = Monitor<[Int: Value]>([:])
    let next = Atomic(0)
    let isOver = Atomic(false)
    let failure = Monitor<(any Error)?>(nil)
    let workers = (0..<max(1, min(threads, count))).map { number in
        WorkerThread("classify-\(number)") {
            do {
                let work = try makeWorker()
                while !isStopped(), !isOver.load(ordering: .relaxed) {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    let value = work(index)
                    waiting.withLock { $0[index] = value }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }
    defer {
        isOver.store(true, ordering: .relaxed)
        for worker in workers { worker.join() }
    }
    for index in 0..<count {
        var value: Value?
        while value == nil {
            if isStopped() { return false }
            if let error = failure.withLock({ $0 }) { throw error }
            value = waiting.wait(until: Date(timeIntervalSinceNow: 0.2)) { $0.removeValue(forKey: index) }
        }
        if let value { each(index, value) }
    }
    return true
}
