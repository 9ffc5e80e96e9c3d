package import CNN
import Foundation
package import Imaging
package import Intake
import Synchronization
import Threads

/// Classifies files on `threads` threads and hands the results on, on the calling thread, in the order of the paths, each
/// as soon as it and all before it are there. False when `isStopped` became true first.
@discardableResult
package func classifyInOrder(
    _ paths: [Path], with model: Model, precision: PredictionPrecision, level: KernelLevel, threads: Int,
    isStopped: @escaping @Sendable () -> Bool = { false },
    each: (_ index: Int, _ result: Result<PictureClassifier.Classified, PictureError>) -> Void
) throws -> Bool {
    let capacity = PictureClassifier.batchSize
    let batches = (paths.count + capacity - 1) / capacity
    let waiting = Monitor<[Int: [Result<PictureClassifier.Classified, PictureError>]]>([:])
    let next = Atomic(0)
    let failure = Monitor<(any Error)?>(nil)
    let workers = (0..<max(1, min(threads, batches))).map { number in
        WorkerThread("classify-\(number)") {
            let classifier: PictureClassifier
            do {
                classifier = try PictureClassifier(model, precision: precision, level: level, capacity: capacity)
            } catch {
                return failure.withLock { $0 = error }
            }
            while !isStopped() {
                let batch = next.add(1, ordering: .relaxed).oldValue
                guard batch < batches else { return }
                let range = batch * capacity..<min((batch + 1) * capacity, paths.count)
                let results = classifier.classify(Array(paths[range]))
                waiting.withLock { $0[batch] = results }
            }
        }
    }
    defer { for worker in workers { worker.join() } }
    for batch in 0..<batches {
        var results: [Result<PictureClassifier.Classified, PictureError>]?
        while results == nil {
            if isStopped() { return false }
            if let error = failure.withLock({ $0 }) { throw error }
            results = waiting.wait(until: Date(timeIntervalSinceNow: 0.2)) { $0.removeValue(forKey: batch) }
        }
        for (offset, result) in (results ?? []).enumerated() { each(batch * capacity + offset, result) }
    }
    return true
}
