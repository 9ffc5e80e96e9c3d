import Queue

/// Step 3 of `ShardLife`: the one thread that writes outcomes to the store, several batches a commit, and gives shards
/// back.
struct Recorder {
    let store: any JobStore
    let patience: StorePatience
    let inHand: ShardsInHand

    /// The thread's whole work: returns once closed and everything in hand is recorded and given back.
    func run() {
        do throws(StoreError) {
            while let deliveries = inHand.nextDeliveries() {
                for (claim, outcomes) in deliveries {
                    inHand.begin(recording: claim)
                    let standing = try patience { () throws(StoreError) in
                        try store.record(outcomes, for: claim)
                    }
                    inHand.settle(claim, standing, count: outcomes.count)
                }
                for (claim, trouble) in inHand.takeGivenBack() {
                    if let trouble { Log.postponed(claim, because: trouble) }
                    _ = try patience { () throws(StoreError) in try store.release(claim, because: trouble) }
                }
            }
        } catch {
            inHand.end(because: error)
        }
    }
}
