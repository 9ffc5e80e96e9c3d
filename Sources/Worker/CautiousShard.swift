import CNN
import Foundation
import Queue
import Synchronization

/// The other way of a shard, once it has killed workers (DESIGN.md, invariant 7): nothing else runs in this process,
/// and each picture is written down before it is touched, so that a death is blamed on the right one.
struct CautiousShard {
    let claim: Claim
    let work: ClassifyWork
    let store: any JobStore
    let patience: StorePatience
    let solo: Solo
    let stop: StopRequest

    /// Classifies all, or gives the rest back when asked to stop.
    /// - throws: `StoreError`; else why the model cannot be used.
    func run(model: Model, precision: PredictionPrecision, level: KernelLevel, zone: TimeZone) throws {
        let classifier = try PictureClassifier(model, precision: precision, level: level, capacity: 1, zone: zone)
        for item in work.items {
            if stop.isMade { return try giveBack() }
            var standing = try patience { () throws(StoreError) in try store.suspect(item, of: claim) }
            if standing == .held {
                let (outcomes, trouble) = classifier.outcomes(of: [item], under: work.root)
                if let trouble { return try giveBack(because: trouble) }
                standing = try patience { () throws(StoreError) in try store.record(outcomes, for: claim) }
                solo.pictures.add(1, ordering: .relaxed)
            }
            if standing == .paused { try giveBack() }
            if standing != .held { return }
        }
    }

    private func giveBack(because trouble: String? = nil) throws(StoreError) {
        if let trouble { Log.postponed(claim, because: trouble) }
        _ = try patience { () throws(StoreError) in try store.release(claim, because: trouble) }
    }
}
