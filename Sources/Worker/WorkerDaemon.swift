package import CNN
import Foundation
import Intake
package import Queue
import Synchronization
import Threads

/// A worker process: claims shards, keeps their leases, and ends when asked or when there is nothing left to do.
///
/// Threads: the caller's coordinates (claims, trains); `threads` compute; one reads ahead; one records; one lists; one
/// keeps leases, heartbeats and the watchdog.
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
        package var ending: Ending

        package init(
            identity: WorkerIdentity, threads: Int, kinds: Set<JobKind> = Set(JobKind.allCases),
            level: KernelLevel, leaseSeconds: Double, pictureCacheBytes: Int = 1 << 30,
            checkpointSeconds: Double = 30, ending: Ending = .never
        ) {
            self.identity = identity
            self.threads = threads
            self.kinds = kinds
            self.level = level
            self.leaseSeconds = leaseSeconds
            self.pictureCacheBytes = pictureCacheBytes
            self.checkpointSeconds = checkpointSeconds
            self.ending = ending
        }
    }

    private let store: any JobStore
    private let options: Options
    private let stop: StopRequest
    private let abilities: WorkerAbilities
    private let shards: ShardLife
    private let lister: Lister
    /// What this process does alone, if anything: training, or a shard that has killed workers.
    private let solo = Monitor<Solo?>(nil)
    private let finishedAlone = Atomic(0)
    /// Counts what may let this process claim or end: items listed here, shards that are done.
    private let news = Monitor(0)
    private let isEnding = Monitor(false)

    package init(store: any JobStore, options: Options, stop: StopRequest) {
        self.store = store
        self.options = options
        self.stop = stop
        abilities = WorkerAbilities(
            kinds: options.kinds, kernelLevels: Set(KernelLevel.supported.map(\.rawValue)),
            precisions: Set(KernelLevel.supported.flatMap(TrainingPrecision.supported).map(\.rawValue)))
        shards = ShardLife(store: store, level: options.level, news: news)
        lister = Lister(store: store, news: news)
    }

    /// Works until the ending. Gives back what it holds before it returns or throws.
    package func run() throws(StoreError) {
        let notifier = ServiceNotifier()
        Log.started(options.identity, threads: options.threads, kernels: options.level.rawValue)
        try store.heartbeat(options.identity, WorkerReport(state: .idle))
        var threads = (0..<options.threads).map { number in
            WorkerThread("compute-\(number)") { [shards] in shards.compute() }
        }
        threads.append(WorkerThread("read-ahead") { [shards] in shards.readAhead() })
        threads.append(WorkerThread("record") { [shards] in shards.record() })
        threads.append(WorkerThread("list") { [lister] in lister.run() })
        let keeper = WorkerThread("keep") { [self] in keep(notifier) }
        notifier.ready()

        var failure: StoreError?
        do { try coordinate() } catch { failure = error }

        notifier.stopping()
        shards.close()
        lister.close()
        for thread in threads { thread.join() }
        isEnding.withLock { $0 = true }
        keeper.join()
        failure = failure ?? shards.error ?? lister.error
        if let failure {
            try? store.leave(options.identity)
            throw failure
        }
        try store.leave(options.identity)
        Log.stopped(options.identity, pictures: shards.pictures.load(ordering: .relaxed) + picturesAlone)
    }

    // MARK: Coordinating

    private func coordinate() throws(StoreError) {
        var models = ModelLibrary(store: store)
        let backlog = 2 * options.threads * PictureClassifier.batchSize
        while !stop.isMade {
            if let error = shards.error ?? lister.error { throw error }
            guard shards.wait(untilBacklogBelow: backlog, until: Date(timeIntervalSinceNow: 0.2)) else { continue }
            let known = news.withLock(\.self)
            if try hasEnded() { return }
            guard let claim = try claim() else {
                if case .drained = options.ending, shards.claims.isEmpty, lister.claims.isEmpty,
                    try patiently({ () throws(StoreError) in try store.hasUnfinishedWork(for: abilities) }) == false
                {
                    return
                }
                _ = news.wait(until: Date(timeIntervalSinceNow: idlePause())) { $0 == known ? nil : true }
                continue
            }
            switch claim.work {
            case .list(let work):
                lister.add(claim, work)
            case .classify(let work):
                do {
                    let (model, precision) = try models.model(work.model, work.precision)
                    // A source that has gone since is told picture by picture, like any unreadable file.
                    let root = (try? SourceLister.root(of: work.source)) ?? work.source
                    if work.isCautious {
                        try classifyCautiously(claim, work, root: root, model: model, precision: precision)
                    } else {
                        shards.add(claim, work, root: root, model: model, precision: precision)
                    }
                } catch let error as StoreError {
                    throw error
                } catch {
                    Log.failed(claim, because: "\(error)")
                    _ = try store.fail(claim, because: "\(work.model) cannot be used: \(error)")
                }
            case .train(let work):
                try train(claim, work)
            }
        }
    }

    private func claim() throws(StoreError) -> Claim? {
        try patiently { () throws(StoreError) in
            try store.claim(for: options.identity, abilities: abilities)
        } ?? nil
    }

    /// The call's answer, or nil when the store is busy or in trouble that may pass.
    private func patiently<Result>(_ call: () throws(StoreError) -> Result) throws(StoreError) -> Result? {
        do {
            return try call()
        } catch {
            if case .newer = error { throw error }
            Log.storeTrouble(error)
            return nil
        }
    }

    private func hasEnded() throws(StoreError) -> Bool {
        guard case .finished(let id) = options.ending else { return false }
        let state = try patiently { () throws(StoreError) in try store.job(id).state }
        return state.map { $0.isFinal || $0 == .paused } ?? false
    }

    /// Without news here there may be some of other processes. Short while this one has work, so that the next shard is
    /// there in time; jittered, so that idle workers do not ask in step.
    private func idlePause() -> TimeInterval {
        if !shards.claims.isEmpty { return .random(in: 0.02...0.06) }
        if case .never = options.ending { return .random(in: 0.5...1.5) }
        return .random(in: 0.1...0.2)
    }

    /// Waits until no shard and no listing is under way here. False when asked to stop first.
    private func waitUntilAlone() -> Bool {
        while !stop.isMade {
            if shards.wait(untilEmptyBy: Date(timeIntervalSinceNow: 0.2)), lister.claims.isEmpty { return true }
        }
        return false
    }

    /// A shard that has killed workers: nothing else runs in this process, and each picture is written down before it
    /// is touched, so that a death is blamed on the right one.
    private func classifyCautiously(
        _ claim: Claim, _ work: ClassifyWork, root: Path, model: Model, precision: PredictionPrecision
    ) throws {
        Log.cautious(claim)
        let solo = begin(claim)
        defer { end(solo) }
        guard waitUntilAlone() else {
            _ = try store.release(claim)
            return
        }
        let classifier = try PictureClassifier(model, precision: precision, level: options.level, capacity: 1)
        for item in work.items {
            if stop.isMade {
                _ = try store.release(claim)
                return
            }
            var standing = try persistently { () throws(StoreError) in try store.suspect(item, of: claim) }
            if standing == .held {
                let outcomes = classifier.outcomes(of: [item], under: root)
                standing = try persistently { () throws(StoreError) in try store.record(outcomes, for: claim) }
                solo.pictures.add(1, ordering: .relaxed)
            }
            if standing == .paused { _ = try store.release(claim) }
            if standing != .held { return }
        }
    }

    private func train(_ claim: Claim, _ work: TrainWork) throws(StoreError) {
        let solo = begin(claim)
        defer { end(solo) }
        guard waitUntilAlone() else {
            _ = try store.release(claim)
            return
        }
        try TrainingJob(
            claim: claim, work: work, store: store, abilities: abilities, threads: options.threads,
            level: options.level, cacheBytes: options.pictureCacheBytes,
            checkpointSeconds: options.checkpointSeconds, solo: solo, stop: stop
        ).run()
    }

    private func begin(_ claim: Claim) -> Solo {
        let solo = Solo(claim: claim)
        self.solo.withLock { $0 = solo }
        return solo
    }

    private func end(_ solo: Solo) {
        self.solo.withLock { $0 = nil }
        finishedAlone.add(solo.pictures.load(ordering: .relaxed), ordering: .relaxed)
    }

    private var picturesAlone: Int {
        finishedAlone.load(ordering: .relaxed) + (solo.withLock { $0 }?.pictures.load(ordering: .relaxed) ?? 0)
    }

    // MARK: Keeping

    /// Renews leases, says how the worker fares, and feeds the watchdog for as long as pictures move or none is in hand.
    private func keep(_ notifier: ServiceNotifier) {
        var interval = min(2, options.leaseSeconds / 4)
        if let watchdog = notifier.watchdogInterval { interval = min(interval, watchdog / 2) }
        var rate = RateMeter()
        var lastProgress = -1
        while !isEnding.withLock(\.self) {
            let solo = self.solo.withLock { $0 }
            let pictures = shards.pictures.load(ordering: .relaxed) + picturesAlone
            let progress = pictures + lister.items + (solo?.signsOfLife.load(ordering: .relaxed) ?? 0)
            if progress != lastProgress || (solo == nil && !shards.isComputing) { notifier.alive() }
            lastProgress = progress
            rate.note(pictures, at: Date())

            let held = shards.claims + lister.claims + (solo.map { [$0.claim] } ?? [])
            let isWorking = !held.isEmpty
            let report = WorkerReport(
                state: stop.isMade ? .stopping : isWorking ? .working : .idle, job: held.first?.job,
                ratePerSecond: isWorking ? rate.perSecond : nil)
            notifier.status(
                held.first.map { "job \($0.job), \(Int(rate.perSecond.rounded())) pictures/s" } ?? "idle")
            do throws(StoreError) {
                for claim in held {
                    let progress = solo.flatMap { $0.claim.isSameHold(as: claim) ? $0.trainingProgress : nil }
                    let standing = try store.renew(claim, itemsDone: progress?.done, itemsTotal: progress?.total)
                    shards.heed(standing, of: claim)
                    lister.heed(standing, of: claim)
                    solo?.heed(standing, of: claim)
                }
                try store.heartbeat(options.identity, report)
            } catch {
                Log.storeTrouble(error)
            }
            _ = isEnding.wait(until: Date(timeIntervalSinceNow: interval)) { $0 ? true : nil }
        }
    }
}
