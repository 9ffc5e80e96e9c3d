/// When the deaths of workers speak against a shard or a picture (DESIGN.md, invariant 7): rules that every store
/// follows.
package enum Guilt {
    /// Deaths without progress after which a shard's pictures are taken one at a time.
    package static let cautiousFrom = 2
    /// Workers that die on a picture, alone and written down, before it is guilty.
    package static let deathsOfGuilt = 3
    /// Deaths without progress after which a shard is given up. More than the five that finding a guilty picture takes:
    /// two that make the shard cautious, three deaths.
    package static let mostAttempts = 6

    package static let failure = Failure(
        reason: "crashed", message: "\(deathsOfGuilt) workers died while they had this picture alone in hand")
}
