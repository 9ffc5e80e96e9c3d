import CNN
import Foundation
import Imaging
import Intake
import Queue
import Synchronization
import Threads

/// The life of a classify shard in this process, top to bottom. Show this file to a newcomer first.
///
///     claim ──────▶ read ▶ decode ▶ classify ──────▶ record ──────▶ done, or given back
///     coordinator   each compute thread, a batch     recorder
///                   ▲ files are in memory by then: the read-ahead thread
///
/// 1. **Claim.** The coordinator (`WorkerDaemon`) claims a shard from the store, at most 256 pictures, and adds it to
///    the `ShardsInHand`. It claims the next one before the present one is done, so that cores do not wait for commits.
/// 2. **Read, decode, classify.** Pictures are independent: a compute thread takes a batch all the way
///    (`PictureClassifier`, on `PicturePreparer` and the network's `Predictor`) with scratch memory of its own. It
///    never waits for a commit. Pictures that the model has classified before are looked up by their bytes and not
///    decoded.
/// 3. **Record.** Outcomes wait in an outbox for the one thread that writes: `Recorder`. Each commit renews the lease
///    and says whether the claim still holds. With its last outcome the shard is done.
/// 4. **Or give back.** A stop, a pause, a source that is not there: no more pictures are handed out, what is in hand
///    is recorded, and the shard goes back at no cost. A lost claim's work is dropped at once.
///
/// A shard that has killed workers goes another way, one picture at a time: `CautiousShard`. What all threads share is
/// in `ShardsInHand`; `LeaseKeeper` keeps the leases meanwhile.
final class ShardLife: Sendable {
    let inHand: ShardsInHand
    /// Pictures with an outcome, ever.
    let pictures = Atomic(0)
    private let store: any JobStore
    private let level: KernelLevel
    private let zone: TimeZone
    private let recorder: Recorder

    /// - news: is counted up when a shard is done.
    init(
        store: any JobStore, patience: StorePatience, level: KernelLevel, zone: TimeZone, news: Monitor<Int>
    ) {
        inHand = ShardsInHand(news: news)
        self.store = store
        self.level = level
        self.zone = zone
        recorder = Recorder(store: store, patience: patience, inHand: inHand)
    }

    /// The threads that carry shards through, each with its whole work: all return after `inHand.close()`.
    func startThreads(computing threads: Int) -> [WorkerThread] {
        (0..<threads).map { number in WorkerThread("compute-\(number)") { self.compute() } } + [
            WorkerThread("read-ahead") { self.readAhead() }, WorkerThread("record") { self.recorder.run() },
        ]
    }

    // MARK: Read ahead

    /// Only the disk's and the network's waiting is moved here; a file that does not open fails where it is read.
    private func readAhead() {
        while let places = inHand.nextToReadAhead() {
            for place in places { PictureFile.readAhead(place) }
        }
    }

    // MARK: Read, decode, classify

    private func compute() {
        var current: (version: ModelVersion, precision: PredictionPrecision, classifier: PictureClassifier)?
        while let batch = inHand.nextBatch() {
            do {
                let classifier =
                    if let current, (current.version, current.precision) == (batch.version, batch.precision) {
                        current.classifier
                    } else {
                        try PictureClassifier(
                            batch.model, precision: batch.precision, level: level,
                            capacity: PictureClassifier.batchSize, zone: zone)
                    }
                current = (batch.version, batch.precision, classifier)
                // It only saves work: whatever ails the store, the recorder will say.
                let memory: PictureClassifier.Memory? =
                    batch.asksForKnown ? { (try? self.store.known($0, for: batch.claim)) ?? [:] } : nil
                let (outcomes, trouble) = classifier.outcomes(
                    of: batch.items, under: batch.root, remembering: memory)
                inHand.deliver(outcomes, of: batch.claim)
                if let trouble {
                    inHand.postpone(batch.claim, undone: batch.items.count - outcomes.count, because: trouble)
                }
                pictures.add(batch.items.count, ordering: .relaxed)
            } catch {
                inHand.end(because: .outOfMemory(why: "a compute thread cannot start: \(error)"))
            }
        }
    }
}
