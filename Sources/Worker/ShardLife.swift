import CNN
import Foundation
import Imaging
import Intake
import Queue
import Synchronization
import Threads

/// The life of a classify shard in this process, top to bottom:
///
///     claim ───────▶ read ▶ decode ▶ classify ───────▶ record
///     coordinator    each compute thread, a batch      recorder
///                    ▲ files are in memory by then: the read-ahead thread
///
/// Pictures are independent, so a compute thread takes a batch all the way with scratch memory of its own. It never
/// waits for a commit: outcomes go to the recorder, and the coordinator adds the next shard before the last is done.
final class ShardLife: Sendable {
    /// Outcomes wait this long at most for others to share their commit.
    private static let commitInterval: TimeInterval = 0.3
    /// Pictures whose files are asked for before a compute thread takes them.
    private static let readAheadLimit = 64
    /// Outcomes that wait for the recorder before the compute threads pause.
    private static let outboxLimit = 2048

    private struct Shard {
        var claim: Claim
        var work: ClassifyWork
        /// What the items' paths are relative to.
        var root: Path
        var model: Model
        var precision: PredictionPrecision
        var next = 0
        /// The first item whose file has not been asked for.
        var unread = 0
        var unrecorded: Int
        var isGivenBack = false
        var handedOut: Int { next }
        var inFlight: Int { unrecorded - (work.items.count - next) }
    }

    private struct State {
        /// In the order of their claims.
        var shards: [Shard] = []
        var outbox: [(claim: Claim, outcomes: [Outcome])] = []
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
        mutating func takeOutbox() -> [(claim: Claim, outcomes: [Outcome])] {
            var byClaim: [(claim: Claim, outcomes: [Outcome])] = []
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

    private struct Batch {
        var claim: Claim
        var source: Path
        var version: ModelVersion
        var model: Model
        var precision: PredictionPrecision
        var items: [Item]
    }

    private let store: any JobStore
    private let level: KernelLevel
    private let state = Monitor(State())
    private let news: Monitor<Int>
    /// Pictures with an outcome, ever.
    let pictures = Atomic(0)

    /// - news: is counted up when a shard is done.
    init(store: any JobStore, level: KernelLevel, news: Monitor<Int>) {
        self.store = store
        self.level = level
        self.news = news
    }

    // MARK: Claim

    /// Takes a claimed shard in; its pictures follow those of earlier shards.
    func add(
        _ claim: Claim, _ work: ClassifyWork, root: Path, model: Model, precision: PredictionPrecision
    ) {
        state.withLock {
            $0.shards.append(
                Shard(
                    claim: claim, work: work, root: root, model: model, precision: precision,
                    unrecorded: work.items.count))
        }
    }

    /// Waits until fewer than `backlog` pictures are left to hand out, or until `deadline`. True when it is so.
    func wait(untilBacklogBelow backlog: Int, until deadline: Date) -> Bool {
        state.wait(until: deadline) { state in
            state.shards.reduce(0) { $0 + ($1.isGivenBack ? 0 : $1.work.items.count - $1.next) } < backlog
                || state.error != nil ? true : nil
        } ?? false
    }

    /// Waits until no shard is left here, or until `deadline`. True when it is so.
    func wait(untilEmptyBy deadline: Date) -> Bool {
        state.wait(until: deadline) { $0.shards.isEmpty || $0.error != nil ? true : nil } ?? false
    }

    var claims: [Claim] { state.withLock { $0.shards.map(\.claim) } }
    /// A trouble that ended the recorder.
    var error: StoreError? { state.withLock(\.error) }
    /// Whether a thread has pictures in hand right now.
    var isComputing: Bool { state.withLock { $0.computing > 0 } }

    /// Acts on what a renewal said of the claim. One that the recorder writes for may be lost because it is done: then what
    /// its own write says counts.
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

    // MARK: Read ahead

    /// The read-ahead thread's whole work: returns after `close`. Only the disk's and the network's waiting is moved here;
    /// a file that does not open fails where it is read.
    func readAhead() {
        while let paths = nextToReadAhead() {
            for path in paths { PictureFile.readAhead(path) }
        }
    }

    private func nextToReadAhead() -> [Path]? {
        state.wait { state -> [Path]?? in
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
                return shard.work.items[start..<end].map { shard.root.appending($0.reference.path) }
            }
            return nil
        } ?? nil
    }

    // MARK: Read, decode, classify

    /// A compute thread's whole work: returns after `close`.
    func compute() {
        var current: (version: ModelVersion, precision: PredictionPrecision, classifier: PictureClassifier)?
        while let batch = nextBatch() {
            do {
                let classifier =
                    if let current, (current.version, current.precision) == (batch.version, batch.precision) {
                        current.classifier
                    } else {
                        try PictureClassifier(
                            batch.model, precision: batch.precision, level: level,
                            capacity: PictureClassifier.batchSize)
                    }
                current = (batch.version, batch.precision, classifier)
                deliver(classifier.outcomes(of: batch.items, under: batch.source), of: batch.claim)
            } catch {
                state.withLock { $0.error = .broken(why: "a compute thread cannot start: \(error)") }
            }
        }
    }

    private func nextBatch() -> Batch? {
        state.wait { state -> Batch?? in
            if state.error != nil { return .some(nil) }
            let next = state.shards.firstIndex { !$0.isGivenBack && $0.next < $0.work.items.count }
            if let index = next, state.outboxCount < Self.outboxLimit {
                let shard = state.shards[index]
                let end = min(shard.next + PictureClassifier.batchSize, shard.work.items.count)
                state.shards[index].next = end
                state.computing += 1
                return Batch(
                    claim: shard.claim, source: shard.root, version: shard.work.model, model: shard.model,
                    precision: shard.precision, items: Array(shard.work.items[shard.next..<end]))
            }
            return state.isClosed ? .some(nil) : nil
        } ?? nil
    }

    private func deliver(_ outcomes: [Outcome], of claim: Claim) {
        state.withLock { state in
            state.computing -= 1
            if state.outbox.isEmpty { state.oldestDelivery = Date() }
            state.outbox.append((claim, outcomes))
            state.outboxCount += outcomes.count
        }
        pictures.add(outcomes.count, ordering: .relaxed)
    }

    // MARK: Record

    /// The recorder's whole work: returns once closed and everything in hand is recorded and given back.
    func record() {
        do throws(StoreError) {
            while let deliveries = nextDeliveries() {
                for (claim, outcomes) in deliveries {
                    state.withLock { $0.recording = claim }
                    let standing = try persistently { () throws(StoreError) in
                        try store.record(outcomes, for: claim)
                    }
                    settle(claim, standing, count: outcomes.count)
                }
                for claim in takeGivenBack() {
                    _ = try persistently { () throws(StoreError) in try store.release(claim) }
                }
            }
        } catch {
            state.withLock { $0.error = error }
        }
    }

    /// What waits, by claim: as soon as a shard's last picture is among it, or it has waited long enough. Empty when
    /// only a shard is to be given back.
    private func nextDeliveries() -> [(claim: Claim, outcomes: [Outcome])]? {
        while true {
            let deadline = state.withLock { $0.oldestDelivery.addingTimeInterval(Self.commitInterval) }
            let taken = state.wait(until: min(deadline, Date(timeIntervalSinceNow: Self.commitInterval))) {
                state -> [(claim: Claim, outcomes: [Outcome])]?? in
                if state.error != nil { return .some(nil) }
                let isDue =
                    state.outboxCount >= 256 || state.oldestDelivery.timeIntervalSinceNow <= -Self.commitInterval
                let isAll = state.computing == 0 && !state.outbox.isEmpty
                if isDue || isAll { return .some(state.takeOutbox()) }
                if state.shards.contains(where: { $0.isGivenBack && $0.inFlight == 0 }) { return .some([]) }
                return state.isClosed && state.shards.isEmpty && state.outbox.isEmpty ? .some(nil) : nil
            }
            if let taken { return taken }
        }
    }

    /// Counts recorded outcomes off; a shard with none left is done.
    private func settle(_ claim: Claim, _ standing: ClaimStanding, count: Int) {
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

    private func takeGivenBack() -> [Claim] {
        state.withLock { state in
            let back = state.shards.filter { $0.isGivenBack && $0.inFlight == 0 }
            state.shards.removeAll { $0.isGivenBack && $0.inFlight == 0 }
            return back.map(\.claim)
        }
    }
}

extension Claim {
    func isSameHold(as other: Claim) -> Bool {
        job == other.job && shard == other.shard && attempt == other.attempt
    }
}

/// Repeats a store call until the store answers: fenced calls may be sent again, and a full disk or a long lock must not
/// lose what was computed. Throws only what waiting cannot mend.
func persistently<Result>(_ call: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    var pause = 0.1
    while true {
        do {
            return try call()
        } catch {
            switch error {
            case .busy, .broken:
                Log.storeTrouble(error)
                Thread.sleep(forTimeInterval: pause)
                pause = min(pause * 2, 30)
            case .notFound, .refused, .newer:
                throw error
            }
        }
    }
}
