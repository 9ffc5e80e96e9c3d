import Foundation
import Intake
import Queue
import SQLiteStore
import Synchronization

/// A `JobStore` in memory, as plain as the words it is made from: nothing is kept that can be counted. The conformance
/// suite compares the real store with it.
final class MemoryStore: JobStore {
    private let clock: TestClock
    private let state = Mutex(State())
    let timeZone: String
    private let leaseMilliseconds: Int64 = 60_000

    init(clock: TestClock, timeZone: String) {
        self.clock = clock
        self.timeZone = timeZone
    }

    /// Works on a copy, so that a call that throws has changed nothing.
    func call<T: Sendable>(_ body: (inout State) throws -> T) throws(StoreError) -> T {
        do {
            return try state.withLock { state in
                var copy = state
                copy.now = clock.now
                copy.lease = Lease(boot: clock.boot.id, until: clock.boot.milliseconds + leaseMilliseconds)
                copy.boot = clock.boot
                let result = try body(&copy)
                state = copy
                return result
            }
        } catch {
            throw error as? StoreError ?? .defect(why: "\(error)")
        }
    }

    // MARK: Jobs

    func submit(_ request: JobRequest) throws(StoreError) -> Job {
        try call { state in
            let model: ModelVersion
            switch request {
            case .classify(let classify):
                model = classify.model
                guard [.ready, .reserved].contains(try state.model(model).state) else {
                    throw StoreError.refused(why: "failed model")
                }
            case .train(let train): model = try state.reserve(train.modelName)
            }
            state.jobs.append(Entry(request: request, model: model, createdAt: state.now))
            return try state.job(JobID(rawValue: Int64(state.jobs.count)))
        }
    }

    func job(_ id: JobID) throws(StoreError) -> Job { try call { try $0.job(id) } }

    func jobs(limit: Int) throws(StoreError) -> [Job] {
        try call { state in
            let all = try state.jobIDs.reversed().map { try state.job($0) }
            return Array((all.filter { !$0.state.isFinal } + all.filter { $0.state.isFinal }).prefix(limit))
        }
    }

    func cancel(_ id: JobID) throws(StoreError) {
        try call { state in
            guard try !state.job(id).state.isFinal else { throw StoreError.refused(why: "ended") }
            state.end(id, as: .cancelled, error: nil)
            state[id].checkpoint = nil
        }
    }

    func pause(_ id: JobID) throws(StoreError) {
        try call { state in
            guard [.waiting, .running].contains(try state.job(id).state) else { throw StoreError.refused(why: "no") }
            state[id].state = .paused
        }
    }

    func resume(_ id: JobID) throws(StoreError) {
        try call { state in
            guard try state.job(id).state == .paused else { throw StoreError.refused(why: "not paused") }
            state[id].state = state[id].startedAt == nil ? .waiting : .running
        }
    }

    func retry(_ id: JobID, restarting: Bool) throws(StoreError) -> Int {
        try call { state in
            guard try state.job(id).state.isFinal else { throw StoreError.refused(why: "not ended") }
            var job = state[id]
            guard let model = try? state.model(job.model) else { throw StoreError.refused(why: "model removed") }
            if model.state == .failed || model.state == .cancelled {
                guard job.request.kind == .train else { throw StoreError.refused(why: "failed model") }
                state.update(job.model) { $0.state = .reserved }
            }
            let failed = Set(job.outcomes.filter { $0.value.isFailure }.keys)
            for index in job.shards.indices {
                let shard = job.shards[index]
                if shard.state == .failed || shard.state == .open || !failed.isDisjoint(with: shard.numbers) {
                    job.shards[index] = Shard(numbers: shard.numbers, attempt: shard.attempt)
                }
            }
            guard job.shards.contains(where: { $0.state == .open }) else { throw StoreError.refused(why: "nothing") }
            if restarting { job.checkpoint = nil }
            if job.checkpoint == nil { job.trained = 0 }
            for item in failed { job.outcomes[item] = nil }
            (job.state, job.startedAt, job.finishedAt, job.error, job.trouble) = (.waiting, nil, nil, nil, nil)
            state[id] = job
            return job.request.kind == .train ? 0 : job.items.count - job.outcomes.count
        }
    }

    func forget(_ id: JobID) throws(StoreError) {
        try call { state in
            guard try state.job(id).state.isFinal else { throw StoreError.refused(why: "not ended") }
            state[id].isForgotten = true
            state.known = state.known.filter { $0.value.job != id }
            for (identity, var sighting) in state.sightings {
                sighting.jobs.remove(id)
                sighting.items[id] = nil
                state.sightings[identity] = sighting.jobs.isEmpty ? nil : sighting
            }
        }
    }

    func forget(author: String) throws(StoreError) -> Int {
        try call { state in
            guard state.authors.contains(author) else { throw StoreError.notFound(what: "author") }
            let theirs = state.sightings.filter { $0.value.author == author }.keys
            for identity in theirs { state.sightings[identity] = nil }
            state.forgottenAuthors.insert(author)
            return theirs.count
        }
    }

    func finishForgetting() throws(StoreError) -> Bool { false }

    // MARK: Work

    func claim(for worker: WorkerIdentity, abilities: WorkerAbilities) throws(StoreError) -> Claim? {
        try call { state in
            state.rescue()
            for id in state.liveJobs() where state.isUntroubled(id) {
                for index in state[id].shards.indices {
                    guard state[id].shards[index].state == .open, state.canRun(id, index, abilities) else {
                        continue
                    }
                    if let claim = state.claim(id, index, for: worker.id) { return claim }
                }
            }
            return nil
        }
    }

    func renew(_ claim: Claim, itemsDone: Int?, itemsTotal: Int?) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            guard state[claim.job].request.kind == .train else { return }
            if let itemsDone { state[claim.job].trained = itemsDone }
            if let itemsTotal { state[claim.job].total = itemsTotal }
        }
    }

    func standing(of claim: Claim) throws(StoreError) -> ClaimStanding { try call { $0.standing(claim) } }

    func append(
        _ references: [PictureReference], firstNumber: Int, root: Path, cursor: [UInt8], leftOut: [String: Int],
        isLast: Bool, to claim: Claim
    ) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            var job = state[claim.job]
            if !references.isEmpty && firstNumber + references.count == job.items.count { return }
            guard firstNumber == job.items.count else { throw StoreError.refused(why: "gap") }
            for var reference in references {
                reference.stamp = nil
                job.items.append(Item(number: job.items.count, reference: reference))
            }
            job.root = job.root ?? root
            state.authors.formUnion(references.compactMap(\.post.author))
            for first in stride(from: firstNumber, to: job.items.count, by: 256) {
                job.shards.append(Shard(numbers: first..<min(first + 256, job.items.count)))
            }
            (job.cursor, job.leftOut) = (isLast ? nil : cursor, leftOut)
            if isLast { (job.total, job.shards[0].state) = (job.items.count, .done) }
            state[claim.job] = job
            if !references.isEmpty { state.noteProgress(claim) }
            for (offset, reference) in references.enumerated() {
                state.recordIfKnown(Item(number: firstNumber + offset, reference: reference), claim.job)
            }
            for index in state[claim.job].shards.indices.dropFirst() where state[claim.job].shards[index].state == .open
            {
                state.endShardIfAllDone(claim.job, index)
            }
            state.endIfNothingRuns(claim.job)
        }
    }

    func known(_ fingerprints: [Fingerprint], for claim: Claim) throws(StoreError) -> [Fingerprint: Prediction] {
        try call { state in
            guard state.jobIDs.contains(claim.job) else { return [:] }
            return Dictionary(
                uniqueKeysWithValues: Set(fingerprints).compactMap { fingerprint in
                    guard var (prediction, _, _) = state.earlier(.bytes(fingerprint), claim.job) else { return nil }
                    prediction.postTime = nil
                    return (fingerprint, prediction)
                })
        }
    }

    func suspect(_ item: Item, of claim: Claim) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            try state.changeShard(claim) { shard in
                guard shard.numbers.contains(item.number) else { throw StoreError.refused(why: "not its item") }
                if shard.suspect != item.number { shard.deaths = 0 }
                shard.suspect = item.number
                shard.suspectAttempt = shard.attempt
            }
        }
    }

    func record(_ outcomes: [Outcome], for claim: Claim) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            for outcome in outcomes { try state.record(outcome, claim) }
            state.endShardIfAllDone(claim.job, claim.shard)
        }
    }

    func save(_ checkpoint: Checkpoint, for claim: Claim) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            if checkpoint.itemsDone > state[claim.job].checkpoint?.itemsDone ?? 0 {
                state.noteProgress(claim)
            }
            state[claim.job].checkpoint = checkpoint
        }
    }

    func finish(_ claim: Claim, with model: NewModel, note: String?) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            guard state[claim.job].request.kind == .train else { throw StoreError.refused(why: "no training") }
            state.makeReady(state[claim.job].model, model)
            state[claim.job].error = note
            state[claim.job].checkpoint = nil
            state.changeShard(claim) { $0.state = .done }
            state.endIfNothingRuns(claim.job)
        }
    }

    func release(_ claim: Claim, because trouble: String?) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { state in
            state.changeShard(claim) { $0.state = .open }
            guard let trouble else { return }
            state[claim.job].trouble = (
                trouble, Lease(boot: state.boot.id, until: state.boot.milliseconds + leaseMilliseconds / 4)
            )
        }
    }

    func fail(_ claim: Claim, because message: String) throws(StoreError) -> ClaimStanding {
        try fenced(claim) { $0.giveUp(claim.job, claim.shard, because: message) }
    }

    func isOutranked(_ claim: Claim, abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try call { state in
            guard let own = try? state.entry(claim.job) else { return false }
            return state.liveJobs().contains { id in
                state[id].request.priority > own.request.priority && state.isUntroubled(id)
                    && state[id].shards.indices.contains {
                        state[id].shards[$0].state == .open && state.canRun(id, $0, abilities)
                    }
            }
        }
    }

    func hasUnfinishedWork(for abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try call { state in
            state.liveJobs().contains { id in
                let job = state[id]
                let isMaking = state.liveJobs().contains { maker in
                    state[maker].request.kind == .train && state[maker].model == job.model
                        && state[maker].shards[0].isClaimed
                }
                return job.shards.indices.contains { index in
                    (job.shards[index].state == .open || job.shards[index].isClaimed)
                        && (state.canRun(id, index, abilities)
                            || job.request.kind == .classify && abilities.kinds.contains(.classify) && isMaking)
                }
            }
        }
    }

    private func fenced(_ claim: Claim, _ body: (inout State) throws -> Void) throws(StoreError) -> ClaimStanding {
        try call { state in
            let standing = state.standing(claim)
            if standing == .lost { return .lost }
            state.changeShard(claim) { [lease = state.lease] in $0.state = .claimed(claim.worker, lease) }
            try body(&state)
            return standing
        }
    }

    // MARK: Workers

    func heartbeat(_ worker: WorkerIdentity, _ report: WorkerReport) throws(StoreError) {
        try call { state in
            let record = WorkerRecord(identity: worker, report: report, heartbeatAt: state.now)
            state.workers[worker.id] = (record, state.lease)
        }
    }

    func workers() throws(StoreError) -> [WorkerRecord] {
        try call { state in
            state.liveWorkers().sorted {
                ($0.identity.name, $0.identity.id.rawValue) < ($1.identity.name, $1.identity.id.rawValue)
            }
        }
    }

    func leave(_ worker: WorkerIdentity) throws(StoreError) {
        try call { state in
            state.workers[worker.id] = nil
            for id in state.jobIDs {
                for index in state[id].shards.indices {
                    if case .claimed(worker.id, _) = state[id].shards[index].state {
                        state[id].shards[index].state = .open
                    }
                }
            }
        }
    }

    // MARK: What came out

    func results(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [ResultRow] {
        try call { state in
            let entry = try state.entry(job)
            guard let model = state.models.first(where: { $0.record.version == entry.model })?.record else { return [] }
            let rows = entry.outcomes.sorted { $0.key < $1.key }.compactMap { number, result -> ResultRow? in
                guard number > after, case .prediction(let prediction, _) = result else { return nil }
                let brand = model.classes[prediction.brand]
                return ResultRow(
                    item: entry.items[number], prediction: prediction, brand: brand,
                    recognition: Recognition(
                        brand: brand, confidenceStep: prediction.confidenceStep, threshold: model.threshold))
            }
            return Array(rows.prefix(max(0, limit)))
        }
    }

    func failures(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [FailureRow] {
        try call { state in
            let entry = try state.entry(job)
            let rows = entry.outcomes.sorted { $0.key < $1.key }.compactMap { number, result -> FailureRow? in
                guard number > after, case .failure(let failure) = result else { return nil }
                return FailureRow(item: entry.items[number], failure: failure)
            }
            return Array(rows.prefix(max(0, limit)))
        }
    }

    func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow {
        try call { try $0.trends(of: model, query, timeZone: timeZone) }
    }

    func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double
    ) throws(StoreError) -> [EngagementRow] {
        try call {
            try $0.engagement(of: model, query, strengths: strengths, threshold: threshold, timeZone: timeZone)
        }
    }

    func unseenAuthors(among names: [String]) throws(StoreError) -> [String] {
        try call { state in names.filter { !state.authors.contains($0) } }
    }

    // MARK: Models

    func models() throws(StoreError) -> [ModelRecord] {
        try call { $0.models.filter { !$0.isRemoved }.map(\.record).sorted { $0.version < $1.version } }
    }

    func resolve(_ selector: ModelSelector?) throws(StoreError) -> ModelRecord {
        try call { state in
            let present = state.models.filter { !$0.isRemoved }.map(\.record).sorted { $0.version > $1.version }
            func first(_ states: [ModelRecord.State]) -> ModelRecord? {
                present.first { record in
                    guard let selector else { return record.isActive }
                    guard record.version.name == selector.name else { return false }
                    return selector.number.map { $0 == record.version.number } ?? states.contains(record.state)
                }
            }
            let found = first([.ready]) ?? first([.reserved])
            guard let found else { throw StoreError.notFound(what: "model") }
            return found
        }
    }

    func modelFile(_ version: ModelVersion, upTo limit: Int?) throws(StoreError) -> [UInt8] {
        try call { state in
            guard try state.model(version).state == .ready else { throw StoreError.refused(why: "not ready") }
            return Array(try state.models[state.index(of: version)].file.prefix(limit ?? .max))
        }
    }

    func add(_ model: NewModel, named name: String) throws(StoreError) -> ModelVersion {
        try call { state in
            let version = try state.reserve(name)
            state.makeReady(version, model)
            return version
        }
    }

    func activate(_ version: ModelVersion, threshold: Double?) throws(StoreError) {
        try call { state in
            guard try state.model(version).state == .ready else { throw StoreError.refused(why: "not ready") }
            if let threshold, !(0...1).contains(threshold) { throw StoreError.refused(why: "no threshold") }
            for index in state.models.indices {
                let isMeant = state.models[index].record.version == version
                state.models[index].record.isActive = isMeant
                if isMeant, let threshold { state.models[index].record.threshold = threshold }
            }
        }
    }

    func rename(_ name: String, to newName: String) throws(StoreError) {
        try call { state in
            let renamed = state.models.filter { !$0.isRemoved && $0.record.version.name == name }.map(\.record.version)
            guard ModelSelector.isName(newName) else { throw StoreError.refused(why: "no name") }
            guard let last = renamed.max() else { throw StoreError.notFound(what: "model") }
            let isTaken = state.models.contains { $0.record.version.name == newName }
            let isNeeded = state.jobs.contains { renamed.contains($0.model) && !$0.state.isFinal }
            guard !isTaken, !isNeeded else { throw StoreError.refused(why: "taken or needed") }
            func moved(_ version: ModelVersion) -> ModelVersion {
                renamed.contains(version) ? ModelVersion(name: newName, number: version.number) : version
            }
            guard var tombstone = state.models.first(where: { $0.record.version == last }) else { return }
            tombstone.isRemoved = true
            tombstone.record.isActive = false
            for index in state.models.indices where !state.models[index].isRemoved {
                state.models[index].record.version = moved(state.models[index].record.version)
            }
            state.models.append(tombstone)
            for index in state.jobs.indices { state.jobs[index].model = moved(state.jobs[index].model) }
            for index in state.samples.indices { state.samples[index].model = moved(state.samples[index].model) }
            state.sightings = state.sightings.mapValues { sighting in
                var sighting = sighting
                sighting.classes = Dictionary(uniqueKeysWithValues: sighting.classes.map { (moved($0), $1) })
                return sighting
            }
            state.known = Dictionary(
                uniqueKeysWithValues: state.known.map { key, value in
                    var key = key
                    key.model = moved(key.model)
                    return (key, value)
                })
        }
    }

    func trainingJob(of version: ModelVersion) throws(StoreError) -> Job? {
        try call { state in
            _ = try state.model(version)
            return try state.jobIDs.last { state[$0].model == version && state[$0].request.kind == .train }
                .map { try state.job($0) }
        }
    }

    func sightingCount(of version: ModelVersion) throws(StoreError) -> Int {
        try call { state in
            _ = try state.model(version)
            return state.sightings.values.count { $0.classes[version] != nil }
        }
    }
    func remove(_ version: ModelVersion) throws(StoreError) {
        try call { state in
            let isNeeded = state.jobs.contains { $0.model == version && !$0.state.isFinal }
            let index = try state.index(of: version)
            guard !state.models[index].record.isActive, !isNeeded else { throw StoreError.refused(why: "needed") }
            state.models[index].isRemoved = true
            state.known = state.known.filter { $0.key.model != version }
        }
    }

    // MARK: Keeping

    func recount() throws(StoreError) -> RecountReport {
        try call { RecountReport(sightings: $0.sightings.count, sums: 0, differences: []) }
    }

    func backup(to path: Path) throws(StoreError) { throw .refused(why: "nothing to copy") }
}

extension JobRequest {
    var priority: Int {
        switch self {
        case .classify(let request): request.priority
        case .train(let request): request.priority
        }
    }
}

extension Outcome.Result {
    var isFailure: Bool { if case .failure = self { true } else { false } }
}

extension Outcome.Result {
    /// Given without asking the model again.
    var isEarlier: Bool {
        if case .prediction(let prediction, _) = self { prediction.flags.contains(.earlier) } else { false }
    }
}
