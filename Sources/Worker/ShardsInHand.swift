import CNN
import Foundation
import Intake
import Queue
import Threads

/// The shards that this process holds, between the coordinator, the compute threads and the recorder.
final class ShardsInHand: Sendable {
    /// Outcomes wait this long at most for others to share their commit.
    private static let commitInterval: TimeInterval = 0.3
    /// Outcomes that make a commit of their own.
    private static let commitCount = 256
    /// Pictures whose files are asked for before a compute thread takes them.
    private static let readAheadLimit = 64
    /// Outcomes that wait for the recorder before the compute threads pause.
    private static let outboxLimit = 2048

    /// Pictures of one shard, on their way through a compute thread.
    struct Batch {
        var claim: Claim
        /// What the items' paths are relative to.
        var root: Path
        var version: ModelVersion
        var model: Model
        var precision: PredictionPrecision
        var items: [Item]
        /// See `ClassifyWork`.
        var asksForKnown: Bool
    }

    /// Outcomes of one claim, on their way to the store.
    typealias Delivery = (claim: Claim, outcomes: [Outcome])

    private struct Shard {
        var claim: Claim
        var work: ClassifyWork
        var model: Model
        var precision: PredictionPrecision
        /// The first item that no thread has taken.
        var next = 0
        /// The first item whose file has not been asked for.
        var unread = 0
        var unrecorded: Int
        /// Items that a thread could say nothing of.
        var undone = 0
        var isGivenBack = false
        /// Why it is given back, where something outside of it keeps it from being worked on.
        var trouble: String?
        var waiting: Int { isGivenBack ? 0 : work.items.count - next }
        var inFlight: Int { unrecorded - undone - (work.items.count - next) }
    }

    private struct State {
        /// In the order of their claims.
        var shards: [Shard] = []
        var outbox: [Delivery] = []
        var outboxCount = 0
        var oldestDelivery = Date.distantFuture
        var isClosed = false
        var computing = 0
        /// What the recorder is writing for right now.
        var recording: Claim?
        var error: StoreError?

        func index(of claim: Claim) -> Int? {
            shards.firstIndex { $0.claim.isSameHold(as: claim) }
        }

        /// A lost claim's work is dropped at once, a paused one gets no more pictures.
        mutating func heed(_ standing: ClaimStanding, of claim: Claim) {
            guard standing != .held, let index = index(of: claim) else { return }
            if standing == .lost {
                Log.lost(claim)
                shards.remove(at: index)
            } else {
                shards[index].isGivenBack = true
            }
        }

        /// The deliveries that wait, those of one claim together.
        mutating func takeOutbox() -> [Delivery] {
            var byClaim: [Delivery] = []
            for (claim, outcomes) in outbox {
                if let index = byClaim.firstIndex(where: { $0.claim.isSameHold(as: claim) }) {
                    byClaim[index].outcomes += outcomes
                } else {
                    byClaim.append((claim, outcomes))
                }
            }
            outbox = []
            outboxCount = 0
            oldestDelivery = .distantFuture
            return byClaim
        }
    }

    private let state = Monitor(State())
    private let news: Monitor<Int>

    /// - news: is counted up when a shard is done.
    init(news: Monitor<Int>) {
        self.news = news
    }

    var claims: [Claim] { state.withLock { $0.shards.map(\.claim) } }
    /// A trouble that ended a thread; all others end too.
    var error: StoreError? { state.withLock(\.error) }
    /// Whether a thread has pictures in hand right now.
    var isComputing: Bool { state.withLock { $0.computing > 0 } }

    /// Ends all threads at once: what is in hand is left to the lease.
    func end(because error: StoreError) {
        state.withLock { $0.error = $0.error ?? error }
    }

    // MARK: Of the coordinator

    func add(_ claim: Claim, _ work: ClassifyWork, model: Model, precision: PredictionPrecision) {
        let shard = Shard(
            claim: claim, work: work, model: model, precision: precision, unrecorded: work.items.count)
        state.withLock { $0.shards.append(shard) }
    }

    /// Waits until fewer than `backlog` pictures are left to hand out, or until `deadline`. False when it is not so, or
    /// an error ended the threads.
    func wait(untilBacklogBelow backlog: Int, until deadline: Date) -> Bool {
        wait(until: deadline) { $0.shards.reduce(0) { $0 + $1.waiting } < backlog }
    }

    /// Waits until no shard is left here, or until `deadline`. False when it is not so, or an error ended the threads.
    func wait(untilEmptyBy deadline: Date) -> Bool {
        wait(until: deadline) { $0.shards.isEmpty }
    }

    private func wait(until deadline: Date, _ isSo: (State) -> Bool) -> Bool {
        state.wait(until: deadline) { $0.error != nil ? false : isSo($0) ? true : nil } ?? false
    }

    /// Acts on what a renewal said of the claim. One that the recorder writes for may be lost because it is done: then
    /// what its own write says counts.
    func heed(_ standing: ClaimStanding, of claim: Claim) {
        state.withLock { state in
            if standing == .lost, state.recording?.isSameHold(as: claim) == true { return }
            state.heed(standing, of: claim)
        }
    }

    /// Hands out no more pictures; shards go back once what is in hand is recorded. Threads end.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for index in state.shards.indices { state.shards[index].isGivenBack = true }
        }
    }

    // MARK: Of the read-ahead and the compute threads

    /// The next files to ask for; nil once closed.
    func nextToReadAhead() -> [PicturePlace]? {
        state.wait { state -> [PicturePlace]?? in
            if state.isClosed || state.error != nil { return .some(nil) }
            var ahead = 0
            for index in state.shards.indices where !state.shards[index].isGivenBack {
                let shard = state.shards[index]
                let start = max(shard.unread, shard.next)
                ahead += start - shard.next
                if ahead >= Self.readAheadLimit { return nil }
                let end = min(start + PictureClassifier.batchSize, shard.work.items.count)
                if start == end { continue }
                state.shards[index].unread = end
                return shard.work.items[start..<end].map { $0.reference.place.under(shard.work.root) }
            }
            return nil
        } ?? nil
    }

    /// The next pictures to classify, in the order of the claims; nil once closed.
    func nextBatch() -> Batch? {
        state.wait { state -> Batch?? in
            if state.error != nil { return .some(nil) }
            if let index = state.shards.firstIndex(where: { $0.waiting > 0 }), state.outboxCount < Self.outboxLimit {
                let shard = state.shards[index]
                let end = min(shard.next + PictureClassifier.batchSize, shard.work.items.count)
                state.shards[index].next = end
                state.computing += 1
                return Batch(
                    claim: shard.claim, root: shard.work.root, version: shard.work.model, model: shard.model,
                    precision: shard.precision, items: Array(shard.work.items[shard.next..<end]),
                    asksForKnown: shard.work.asksForKnown)
            }
            return state.isClosed ? .some(nil) : nil
        } ?? nil
    }

    /// What became of a batch.
    func deliver(_ outcomes: [Outcome], of claim: Claim) {
        state.withLock { state in
            state.computing -= 1
            if state.outbox.isEmpty { state.oldestDelivery = Date() }
            state.outbox.append((claim, outcomes))
            state.outboxCount += outcomes.count
        }
    }

    /// A shard goes back, for its source cannot be read just now.
    /// - undone: Items that have no outcome for that reason.
    func postpone(_ claim: Claim, undone: Int, because trouble: String) {
        state.withLock { state in
            guard let index = state.index(of: claim) else { return }
            state.shards[index].undone += undone
            state.shards[index].isGivenBack = true
            state.shards[index].trouble = trouble
        }
    }

    // MARK: Of the recorder

    /// What waits, by claim: as soon as all that is in hand is among it, or it has waited long enough. Empty when only
    /// a shard is to be given back; nil once closed, and everything recorded and given back.
    func nextDeliveries() -> [Delivery]? {
        while true {
            let deadline = state.withLock { $0.oldestDelivery.addingTimeInterval(Self.commitInterval) }
            let taken = state.wait(until: min(deadline, Date(timeIntervalSinceNow: Self.commitInterval))) {
                state -> [Delivery]?? in
                if state.error != nil { return .some(nil) }
                let isDue =
                    state.outboxCount >= Self.commitCount
                    || state.oldestDelivery.timeIntervalSinceNow <= -Self.commitInterval
                let isAll = state.computing == 0 && !state.outbox.isEmpty
                if isDue || isAll { return .some(state.takeOutbox()) }
                if state.shards.contains(where: { $0.isGivenBack && $0.inFlight == 0 }) { return .some([]) }
                return state.isClosed && state.shards.isEmpty && state.outbox.isEmpty ? .some(nil) : nil
            }
            if let taken { return taken }
        }
    }

    func begin(recording claim: Claim) {
        state.withLock { $0.recording = claim }
    }

    /// Counts recorded outcomes off; a shard with none left is done.
    func settle(_ claim: Claim, _ standing: ClaimStanding, count: Int) {
        state.withLock { state in
            state.recording = nil
            state.heed(standing, of: claim)
            guard let index = state.index(of: claim) else { return }
            state.shards[index].unrecorded -= count
            guard state.shards[index].unrecorded == 0 else { return }
            state.shards.remove(at: index)
            news.withLock { $0 += 1 }
        }
    }

    /// Lets go of the shards that are to go back, and of which nothing is in hand any more.
    func takeGivenBack() -> [(claim: Claim, trouble: String?)] {
        state.withLock { state in
            let back = state.shards.filter { $0.isGivenBack && $0.inFlight == 0 }
            state.shards.removeAll { $0.isGivenBack && $0.inFlight == 0 }
            return back.map { ($0.claim, $0.trouble) }
        }
    }
}

extension Claim {
    func isSameHold(as other: Claim) -> Bool {
        job == other.job && shard == other.shard && attempt == other.attempt
    }
}
