package import CNN
import Foundation
package import Intake
package import Queue
import Synchronization
import Threads

/// A worker process: claims shards, keeps their leases, and ends when asked or when there is nothing left to do.
///
/// The caller's thread coordinates, and does alone what is done alone. Beside it run those of `ShardLife` (computing,
/// reading ahead, recording), the `Lister`'s and the `LeaseKeeper`'s.
package final class WorkerDaemon: Sendable {
    package enum Ending: Sendable {
        /// Only when asked to stop.
        case never
        /// When no work is left that this worker could do, now or after other workers.
        case drained
        /// When the job has ended, or waits for somebody to resume it.
        case finished(JobID)
    }

    package struct Options: Sendable {
        package var identity: WorkerIdentity
        package var threads: Int
        package var kinds: Set<JobKind>
        package var level: KernelLevel
        package var leaseSeconds: Double
        /// Memory for decoded training pictures, in bytes.
        package var pictureCacheBytes: Int
        /// The least time between two checkpoints of a training job.
        package var checkpointSeconds: Double
        /// How posts write brands, beside the models' classes.
        package var brandSpellings: [BrandSpellings]
        package var ending: Ending

        package init(
            identity: WorkerIdentity, threads: Int, kinds: Set<JobKind> = Set(JobKind.allCases),
            level: KernelLevel, leaseSeconds: Double, pictureCacheBytes: Int = 1 << 30,
            checkpointSeconds: Double = 30, brandSpellings: [BrandSpellings] = [], ending: Ending = .never
        ) {
            self.identity = identity
            self.threads = threads
            self.kinds = kinds
            self.level = level
            self.leaseSeconds = leaseSeconds
            self.pictureCacheBytes = pictureCacheBytes
            self.checkpointSeconds = checkpointSeconds
            self.brandSpellings = brandSpellings
            self.ending = ending
        }
    }

    private let store: any JobStore
    private let options: Options
    private let stop: StopRequest
    private let patience: StorePatience
    private let abilities: WorkerAbilities
    /// Of the store's calendar.
    private let zone: TimeZone
    private let shards: ShardLife
    private let lister: Lister
    private let alone = WorkAlone()
    /// Counts what may let this process claim or end: items listed here, shards that are done.
    private let news = Monitor(0)

    package convenience init(store: any JobStore, options: Options, stop: StopRequest) throws(StoreError) {
        try self.init(store: store, options: options, stop: stop, say: Log.store)
    }

    init(
        store: any JobStore, options: Options, stop: StopRequest, say: @escaping @Sendable (StorePatience.News) -> Void
    ) throws(StoreError) {
        self.store = store
        self.options = options
        self.stop = stop
        patience = StorePatience(stop: stop, say: say)
        abilities = WorkerAbilities(
            kinds: options.kinds, kernelLevels: Set(KernelLevel.supported.map(\.rawValue)),
            precisions: Set(KernelLevel.supported.flatMap(TrainingPrecision.supported).map(\.rawValue)))
        let name = try store.timeZone
        guard let zone = TimeZone(identifier: name) else {
            throw .refused(why: "this machine does not know the database's time zone \(name); install tzdata")
        }
        self.zone = zone
        shards = ShardLife(store: store, patience: patience, level: options.level, zone: zone, news: news)
        lister = Lister(
            store: store, patience: patience, zone: zone, spellings: options.brandSpellings, news: news)
    }

    /// Works until the ending. Gives back what it holds before it returns or throws.
    package func run() throws(StoreError) { try run(notifying: ServiceNotifier()) }

    func run(notifying notifier: ServiceNotifier) throws(StoreError) {
        Log.started(options.identity, threads: options.threads, kernels: options.level.rawValue)
        try patience { () throws(StoreError) in
            try store.heartbeat(options.identity, WorkerReport(state: .idle, kinds: options.kinds))
        }
        let threads =
            shards.startThreads(computing: options.threads) + [WorkerThread("list") { [lister] in lister.run() }]
        let isEnding = Monitor(false)
        let keeper = LeaseKeeper(
            store: store, patience: patience, options: options, stop: stop, shards: shards, lister: lister,
            alone: alone,
            notifier: notifier, isEnding: isEnding)
        let keeping = WorkerThread("keep") { keeper.run() }
        notifier.ready()

        var failure: StoreError?
        do { try coordinate() } catch { failure = error }

        notifier.stopping()
        shards.inHand.close()
        lister.close()
        for thread in threads { thread.join() }
        isEnding.withLock { $0 = true }
        keeping.join()
        if let failure = failure ?? trouble {
            try? store.leave(options.identity)
            throw failure
        }
        try patience { () throws(StoreError) in try store.leave(options.identity) }
        Log.stopped(options.identity, pictures: shards.pictures.load(ordering: .relaxed) + alone.pictures)
    }

    /// What ended a thread beside this one.
    private var trouble: StoreError? { shards.inHand.error ?? lister.error }

    private func coordinate() throws(StoreError) {
        var models = ModelLibrary(store: store, patience: patience)
        let backlog = 2 * options.threads * PictureClassifier.batchSize
        while !stop.isMade {
            if let trouble { throw trouble }
            guard shards.inHand.wait(untilBacklogBelow: backlog, until: Date(timeIntervalSinceNow: 0.2)) else {
                continue
            }
            let known = news.withLock(\.self)
            if try hasEnded() { return }
            let claim = try patience { () throws(StoreError) in
                try store.claim(for: options.identity, abilities: abilities)
            }
            guard let claim else {
                // An idle worker takes up what a killed command left.
                if try patience({ () throws(StoreError) in try store.finishForgetting() }) { continue }
                if try isDrained() { return }
                _ = news.wait(until: Date(timeIntervalSinceNow: idlePause())) { $0 == known ? nil : true }
                continue
            }
            switch claim.work {
            case .list(let work): lister.add(claim, work)
            case .classify(let work): try classify(claim, work, &models)
            case .train(let work): try train(claim, work)
            }
        }
    }

    private func classify(_ claim: Claim, _ work: ClassifyWork, _ models: inout ModelLibrary) throws(StoreError) {
        do {
            let (model, precision) = try models.model(work.model, work.precision)
            guard work.isCautious else {
                return shards.inHand.add(claim, work, model: model, precision: precision)
            }
            Log.cautious(claim)
            try alone.run(claim) { solo in
                guard try waitUntilAlone(with: claim) else { return }
                try CautiousShard(claim: claim, work: work, store: store, patience: patience, solo: solo, stop: stop)
                    .run(model: model, precision: precision, level: options.level, zone: zone)
            }
        } catch let error as StoreError {
            throw error
        } catch {
            Log.failed(claim, because: "\(error)")
            _ = try patience { () throws(StoreError) in
                try store.fail(claim, because: "\(work.model) cannot be used: \(error)")
            }
        }
    }

    private func train(_ claim: Claim, _ work: TrainWork) throws(StoreError) {
        try alone.run(claim) { solo throws(StoreError) in
            guard try waitUntilAlone(with: claim) else { return }
            try TrainingJob(
                claim: claim, work: work, store: store, patience: patience, abilities: abilities,
                threads: options.threads,
                level: options.level, cacheBytes: options.pictureCacheBytes,
                checkpointSeconds: options.checkpointSeconds, solo: solo, stop: stop
            ).run()
        }
    }

    /// Waits until no shard and no listing is under way here. False when asked to stop first: then the claim is given
    /// back.
    private func waitUntilAlone(with claim: Claim) throws(StoreError) -> Bool {
        while !stop.isMade {
            if let trouble { throw trouble }
            if shards.inHand.wait(untilEmptyBy: Date(timeIntervalSinceNow: 0.2)), lister.claims.isEmpty { return true }
        }
        _ = try patience { () throws(StoreError) in try store.release(claim) }
        return false
    }

    private func hasEnded() throws(StoreError) -> Bool {
        guard case .finished(let id) = options.ending else { return false }
        let state = try patience { () throws(StoreError) in try store.job(id).state }
        return state.isFinal || state == .paused
    }

    private func isDrained() throws(StoreError) -> Bool {
        guard case .drained = options.ending, shards.inHand.claims.isEmpty, lister.claims.isEmpty else { return false }
        return try !patience { () throws(StoreError) in try store.hasUnfinishedWork(for: abilities) }
    }

    /// Without news here there may be some of other processes. Short while this one has work, so that the next shard is
    /// there in time; jittered, so that idle workers do not ask in step.
    private func idlePause() -> TimeInterval {
        if !shards.inHand.claims.isEmpty { return .random(in: 0.02...0.06) }
        if case .never = options.ending { return .random(in: 0.5...1.5) }
        return .random(in: 0.1...0.2)
    }
}
