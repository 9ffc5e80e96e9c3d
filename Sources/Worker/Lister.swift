import Foundation
import Intake
import Queue
import Threads

/// Lists sources into the store, one at a time, on a thread of its own, so that shards are classified meanwhile.
final class Lister: Sendable {
    private struct State {
        var waiting: [(claim: Claim, work: ListWork)] = []
        var current: Claim?
        var items = 0
        var isClosed = false
        var error: StoreError?
    }

    private let store: any JobStore
    private let patience: StorePatience
    private let state = Monitor(State())
    private let news: Monitor<Int>
    private let zone: TimeZone
    private let spellings: [BrandSpellings]

    /// - zone: The store's.
    /// - spellings: Of brands beside the models' classes.
    /// - news: is counted up when items were listed, or a listing has ended.
    init(
        store: any JobStore, patience: StorePatience, zone: TimeZone, spellings: [BrandSpellings], news: Monitor<Int>
    ) {
        self.zone = zone
        self.spellings = spellings
        self.store = store
        self.patience = patience
        self.news = news
    }

    func add(_ claim: Claim, _ work: ListWork) {
        state.withLock { $0.waiting.append((claim, work)) }
    }

    var claims: [Claim] {
        state.withLock { state in (state.current.map { [$0] } ?? []) + state.waiting.map(\.claim) }
    }
    /// Items listed, ever.
    var items: Int { state.withLock(\.items) }
    var error: StoreError? { state.withLock(\.error) }

    func heed(_ standing: ClaimStanding, of claim: Claim) {
        guard standing == .lost else { return }
        state.withLock { state in
            state.waiting.removeAll { $0.claim.isSameHold(as: claim) }
            if state.current?.isSameHold(as: claim) == true { state.current = nil }
        }
    }

    /// Ends the thread after the batch in hand; what is not done is given back.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// The thread's whole work.
    func run() {
        do throws(StoreError) {
            while let (claim, work) = next() {
                try list(claim, work)
                state.withLock { $0.current = nil }
                news.withLock { $0 += 1 }
            }
            for claim in claims { try giveBack(claim) }
        } catch {
            state.withLock { $0.error = error }
        }
    }

    private func next() -> (Claim, ListWork)? {
        state.wait { state -> (Claim, ListWork)?? in
            if state.isClosed { return .some(nil) }
            guard !state.waiting.isEmpty else { return nil }
            let (claim, work) = state.waiting.removeFirst()
            state.current = claim
            return .some((claim, work))
        } ?? nil
    }

    private func list(_ claim: Claim, _ work: ListWork) throws(StoreError) {
        do {
            let root = try SourceLister.root(of: work.source)
            let listing = ListingAhead(work, under: root, try context(of: claim))
            defer { listing.close() }
            try append(listing, under: root, to: claim, after: work.itemsListed)
        } catch let error as StoreError {
            throw error
        } catch let error as IntakeError where error.mayPass {
            try giveBack(claim, because: "\(error)")
        } catch let error as IntakeError where work.itemsListed > 0 && SourceLister.absence(of: work.source) != nil {
            try giveBack(claim, because: "\(error)")
        } catch {
            Log.failed(claim, because: "\(error)")
            _ = try patience { () throws(StoreError) in try store.fail(claim, because: "\(error)") }
        }
    }

    /// The brands that texts may name are those that the job's model knows and those of the setting; a model in
    /// training knows none yet.
    private func context(of claim: Claim) throws(StoreError) -> IntakeContext {
        let classes = try patience { () throws(StoreError) in
            let version = try store.job(claim.job).model
            return try store.models().first { $0.version == version }?.classes ?? []
        }
        return IntakeContext(zone: zone, brands: BrandNames(classes: classes, file: spellings))
    }

    private func append(_ listing: ListingAhead, under root: Path, to claim: Claim, after itemsListed: Int) throws {
        var listed = itemsListed
        while let batch = try listing.next() {
            let standing = try patience { () throws(StoreError) in
                try store.append(
                    batch.references, firstNumber: listed, root: root, cursor: batch.cursor, leftOut: batch.leftOut,
                    isLast: batch.isLast, to: claim)
            }
            if standing == .lost { return Log.lost(claim) }
            listed += batch.references.count
            state.withLock { $0.items += batch.references.count }
            news.withLock { $0 += 1 }
            if batch.isLast { return Log.listed(claim, items: listed) }
            if standing == .paused || state.withLock(\.isClosed) {
                return try giveBack(claim)
            }
        }
    }

    private func giveBack(_ claim: Claim, because trouble: String? = nil) throws(StoreError) {
        if let trouble { Log.postponed(claim, because: trouble) }
        _ = try patience { () throws(StoreError) in try store.release(claim, because: trouble) }
    }
}
