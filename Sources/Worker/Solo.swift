import Queue
import Synchronization
import Threads

/// The one claim that a process works on with nothing else under way, and how far it is.
final class Solo: Sendable {
    let claim: Claim
    /// Pictures classified or trained on by this process, for the rate.
    let pictures = Atomic(0)
    /// Anything done, however small, for the watchdog.
    let signsOfLife = Atomic(0)
    private let lost = Atomic(false)
    private let progress = Monitor<(done: Int, total: Int)?>(nil)

    init(claim: Claim) {
        self.claim = claim
    }

    /// A training job's pictures, over all epochs; nil for other work.
    var trainingProgress: (done: Int, total: Int)? { progress.withLock { $0 } }

    var isLost: Bool { lost.load(ordering: .acquiring) }

    func heed(_ standing: ClaimStanding, of claim: Claim) {
        if standing == .lost, claim.isSameHold(as: self.claim) { lost.store(true, ordering: .releasing) }
    }

    func note(done: Int, total: Int) {
        progress.withLock { $0 = (done, total) }
    }
}

/// What this process does alone, if anything: training, or a shard that has killed workers.
final class WorkAlone: Sendable {
    private let state = Monitor<(current: Solo?, finished: Int)>((nil, 0))

    var current: Solo? { state.withLock(\.current) }
    /// Pictures of all work alone, ever.
    var pictures: Int {
        state.withLock { $0.finished + ($0.current?.pictures.load(ordering: .relaxed) ?? 0) }
    }

    func run<Failure>(_ claim: Claim, _ body: (Solo) throws(Failure) -> Void) throws(Failure) {
        let solo = Solo(claim: claim)
        state.withLock { $0.current = solo }
        defer {
            state.withLock { state in
                state.current = nil
                state.finished += solo.pictures.load(ordering: .relaxed)
            }
        }
        try body(solo)
    }
}
