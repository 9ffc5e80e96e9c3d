import Intake
import Queue
import SQLiteStore

/// What `MemoryStore` remembers, and the steps that several of its calls share.
struct State {
    /// Job 1 first.
    var jobs: [Entry] = []
    var models: [(record: ModelRecord, file: [UInt8], isRemoved: Bool)] = []
    var workers: [WorkerID: (record: WorkerRecord, lease: Lease)] = [:]
    var sightings: [SightingKey: Sighting] = [:]
    /// Also those that are gone.
    var sightingCount = 0
    /// An item with a prediction for what is known: the first with its bytes, the newest with its file.
    var known: [KnownKey: (job: JobID, number: Int)] = [:]
    var authors: Set<String> = []
    var forgottenAuthors: Set<String> = []
    var samples: [MemorySample] = []
    // Of the call under way:
    var now = Timestamp(milliseconds: 0)
    var boot = StoreClock.Boot(id: "", milliseconds: 0)
    var lease = Lease(boot: "", until: 0)
}

struct Lease: Hashable {
    var boot: String
    var until: Int64
}

struct Entry {
    var request: JobRequest
    var model: ModelVersion
    var state = JobState.waiting
    var createdAt: Timestamp
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var error: String?
    var leftOut: [String: Int] = [:]
    var root: Path?
    var takesKnown = false
    var cursor: [UInt8]?
    var total: Int?
    var trained = 0
    var items: [Item] = []
    var outcomes: [Int: Outcome.Result] = [:]
    /// The first is the listing or the training.
    var shards = [Shard(numbers: 0..<0)]
    var checkpoint: Checkpoint?
    var isForgotten = false
    var trouble: (text: String, lease: Lease)?

    init(request: JobRequest, model: ModelVersion, createdAt: Timestamp) {
        self.request = request
        self.model = model
        self.createdAt = createdAt
    }
}

struct Shard {
    enum Stage: Hashable { case open, claimed(WorkerID, Lease), done, failed }

    var numbers: Range<Int>
    var state = Stage.open
    var attempt = 0
    var fruitless = 0
    var suspect: Int?
    var suspectAttempt = 0
    var deaths = 0

    var isClaimed: Bool { if case .claimed = state { true } else { false } }
}

struct KnownKey: Hashable {
    enum Picture: Hashable { case file(Path, FileSlice?, FileStamp), bytes(Fingerprint) }

    var model: ModelVersion
    var precision: Precision?
    var picture: Picture
}

enum SightingKey: Hashable {
    case post(Fingerprint, platform: String, id: String, place: Int)
    case author(Fingerprint, String?)
}

struct Sighting {
    var number: Int
    var time: PostTime?
    var author: String?
    /// What the first dump said that knew more than what makes the identity.
    var post: Post
    var jobs: Set<JobID> = []
    /// Of each job the item that showed it first.
    var items: [JobID: Int] = [:]
    var classes: [ModelVersion: (brand: Int, step: Int)] = [:]
}

extension Post {
    /// It says nothing of itself but where it stands.
    var isBare: Bool { hashtags.isEmpty && mentions.isEmpty && engagement == Engagement() && !isRepost && !hasText }
}

extension Sighting {
    var isBare: Bool { post.isBare }
}

extension State {
    // MARK: Jobs

    subscript(id: JobID) -> Entry {
        get { jobs[Int(id.rawValue) - 1] }
        set { jobs[Int(id.rawValue) - 1] = newValue }
    }

    var jobIDs: [JobID] {
        jobs.indices.filter { !jobs[$0].isForgotten }.map { JobID(rawValue: Int64($0) + 1) }
    }

    func entry(_ id: JobID) throws -> Entry {
        guard jobIDs.contains(id) else { throw StoreError.notFound(what: "job") }
        return self[id]
    }

    func job(_ id: JobID) throws -> Job {
        let entry = try entry(id)
        let failed = entry.outcomes.values.count { $0.isFailure }
        let rates = liveWorkers().filter { $0.report.job == id }.compactMap(\.report.ratePerSecond)
        let model = models.first { $0.record.version == entry.model && $0.record.byteCount > 0 }?.record
        return Job(
            id: id, request: entry.request, state: entry.state, model: entry.model,
            precision: entry.request.precision?.resolved(preferring: model?.precision), itemsTotal: entry.total,
            itemsDone: entry.request.kind == .train ? entry.trained : entry.outcomes.count - failed,
            itemsFailed: failed, itemsEarlier: entry.outcomes.values.count { $0.isEarlier }, leftOut: entry.leftOut,
            createdAt: entry.createdAt, startedAt: entry.startedAt,
            finishedAt: entry.finishedAt, ratePerSecond: rates.isEmpty ? nil : rates.reduce(0, +), error: entry.error,
            trouble: entry.state.isFinal ? nil : entry.trouble?.text)
    }

    /// In the order in which workers take from them.
    func liveJobs() -> [JobID] {
        jobIDs.filter { self[$0].state == .waiting || self[$0].state == .running }
            .sorted { (-self[$0].request.priority, $0) < (-self[$1].request.priority, $1) }
    }

    mutating func end(_ id: JobID, as state: JobState, error: String?) {
        (self[id].state, self[id].finishedAt) = (state, now)
        self[id].error = error ?? self[id].error
        for index in self[id].shards.indices where self[id].shards[index].isClaimed {
            self[id].shards[index].state = .open
        }
        guard self[id].request.kind == .train, state != .done else { return }
        let model = self[id].model
        update(model) { $0.state = state == .cancelled ? .cancelled : .failed }
        for waiting in jobIDs where self[waiting].model == model && !self[waiting].state.isFinal {
            let how = state == .cancelled ? "was cancelled" : "failed"
            end(waiting, as: .failed, error: "it waited for \(model), but training job \(id) \(how)")
        }
    }

    mutating func endIfNothingRuns(_ id: JobID) {
        let job = self[id]
        if job.state.isFinal || job.shards.contains(where: { $0.state == .open || $0.isClaimed }) { return }
        end(id, as: job.shards.contains { $0.state == .failed } ? .failed : .done, error: nil)
    }

    mutating func giveUp(_ id: JobID, _ shard: Int, because message: String) {
        self[id].shards[shard].state = .failed
        self[id].error = self[id].error ?? message
        endIfNothingRuns(id)
    }

    mutating func endShardIfAllDone(_ id: JobID, _ shard: Int) {
        guard self[id].shards[shard].numbers.allSatisfy({ self[id].outcomes[$0] != nil }) else { return }
        self[id].shards[shard].state = .done
        endIfNothingRuns(id)
    }

    // MARK: Claims

    func standing(_ claim: Claim) -> ClaimStanding {
        let job = self[claim.job]
        guard !job.isForgotten, case .claimed(claim.worker, _) = job.shards[claim.shard].state,
            job.shards[claim.shard].attempt == claim.attempt
        else { return .lost }
        return job.state == .paused ? .paused : .held
    }

    mutating func changeShard<E>(_ claim: Claim, _ change: (inout Shard) throws(E) -> Void) throws(E) {
        try change(&self[claim.job].shards[claim.shard])
    }

    mutating func noteProgress(_ claim: Claim) {
        changeShard(claim) { $0.fruitless = 0 }
        self[claim.job].trouble = nil
    }

    /// Whether nothing keeps it from being worked on just now.
    func isUntroubled(_ id: JobID) -> Bool {
        guard let lease = self[id].trouble?.lease else { return true }
        return lease.boot != boot.id || lease.until <= boot.milliseconds
    }

    func canRun(_ id: JobID, _ shard: Int, _ abilities: WorkerAbilities) -> Bool {
        let job = self[id]
        guard abilities.kinds.contains(job.request.kind) else { return false }
        if job.request.kind == .train {
            return job.checkpoint.map {
                abilities.kernelLevels.contains($0.kernelLevel) && abilities.precisions.contains($0.precision)
            } ?? true
        }
        return shard == 0 || models.contains { $0.record.version == job.model && $0.record.state == .ready }
    }

    mutating func claim(_ id: JobID, _ index: Int, for worker: WorkerID) -> Claim? {
        var job = self[id]
        var shard = job.shards[index]
        let open = shard.numbers.filter { job.outcomes[$0] == nil }
        shard.attempt += 1
        if index > 0 && open.isEmpty {
            shard.state = .done
            self[id].shards[index] = shard
            endIfNothingRuns(id)
            return nil
        }
        shard.state = .claimed(worker, lease)
        job.shards[index] = shard
        if index == 0, job.items.isEmpty { job.takesKnown = known.keys.contains { $0.model == job.model } }
        if job.state == .waiting { (job.state, job.startedAt) = (.running, now) }
        self[id] = job
        let work: Work =
            switch job.request {
            case .classify(let request) where index == 0:
                .list(
                    ListWork(
                        source: request.source, itemsListed: job.items.count, cursor: job.cursor, leftOut: job.leftOut,
                        takesStamps: job.takesKnown))
            case .classify(let request):
                .classify(
                    ClassifyWork(
                        root: job.root ?? request.source, model: request.model, precision: request.precision,
                        items: open.map { job.items[$0] }, asksForKnown: job.takesKnown,
                        isCautious: shard.fruitless >= 2 || shard.deaths > 0))
            case .train(let request):
                .train(TrainWork(request: request, model: job.model, checkpoint: job.checkpoint))
            }
        return Claim(job: id, shard: index, attempt: shard.attempt, worker: worker, work: work)
    }

    mutating func rescue() {
        for id in jobIDs {
            for index in self[id].shards.indices {
                var shard = self[id].shards[index]
                guard case .claimed(let worker, let lease) = shard.state, isSilent(worker, lease) else { continue }
                shard.state = .open
                shard.fruitless += 1
                if let suspect = shard.suspect, shard.suspectAttempt == shard.attempt {
                    shard.deaths += 1
                    if shard.deaths == 3 {
                        self[id].outcomes[suspect] = .failure(
                            Failure(
                                reason: "crashed", message: "3 workers died while they had this picture alone in hand"))
                        (shard.fruitless, shard.suspect, shard.deaths) = (0, nil, 0)
                    }
                }
                self[id].shards[index] = shard
                if index > 0 { endShardIfAllDone(id, index) }
                if shard.fruitless >= 6 { giveUp(id, index, because: "gave up") }
            }
        }
    }

    func liveWorkers() -> [WorkerRecord] {
        workers.filter { !isSilent($0.key, $0.value.lease) }.map(\.value.record)
    }

    /// By the lease where it is of this boot, else by the heartbeat.
    private func isSilent(_ worker: WorkerID, _ lease: Lease) -> Bool {
        if lease.boot == boot.id { return lease.until <= boot.milliseconds }
        guard let heartbeat = workers[worker]?.record.heartbeatAt else { return true }
        return abs(heartbeat.milliseconds - now.milliseconds) >= 60_000
    }

    // MARK: Outcomes

    mutating func record(_ outcome: Outcome, _ claim: Claim) throws {
        let number = outcome.item.number
        let shard = self[claim.job].shards[claim.shard]
        guard shard.numbers.contains(number) else { throw StoreError.refused(why: "not its item") }
        guard self[claim.job].outcomes[number] == nil else { return }
        record(outcome, claim.job)
        noteProgress(claim)
        changeShard(claim) { shard in
            if shard.suspect == number { (shard.suspect, shard.deaths) = (nil, 0) }
        }
    }

    /// Gives an item of a listing the prediction that its file has had, if any.
    mutating func recordIfKnown(_ item: Item, _ job: JobID) {
        guard let picture = picture(item.reference, job),
            let (prediction, fingerprint, postedAt) = earlier(picture, job)
        else { return }
        let time = item.reference.post.time
        var mine = prediction
        // A file's own time is known where it was the stronger one.
        if time != postedAt {
            if let time, time.source > .exif {
                mine.postTime = time
            } else if prediction.postTime == postedAt {
                return
            } else if let time, time.source >= prediction.postTime?.source ?? .none {
                mine.postTime = time
            }
        }
        record(Outcome(item: item, result: .prediction(mine, fingerprint)), job)
    }

    func earlier(_ picture: KnownKey.Picture, _ job: JobID) -> (Prediction, Fingerprint, PostTime?)? {
        guard let (earlier, number) = known[key(picture, job)],
            case .prediction(var prediction, let fingerprint) = self[earlier].outcomes[number]
        else { return nil }
        prediction.flags.insert(.earlier)
        return (prediction, fingerprint, self[earlier].items[number].reference.post.time)
    }

    private func key(_ picture: KnownKey.Picture, _ job: JobID) -> KnownKey {
        let model = models.first { $0.record.version == self[job].model }?.record
        let precision = self[job].request.precision?.resolved(preferring: model?.precision)
        return KnownKey(model: self[job].model, precision: precision, picture: picture)
    }

    private func picture(_ reference: PictureReference, _ job: JobID) -> KnownKey.Picture? {
        guard let root = self[job].root, let stamp = reference.stamp else { return nil }
        var slice = reference.place.slice
        slice?.name = Path("")
        return .file(root.appending(reference.place.path), slice, stamp)
    }

    private mutating func record(_ outcome: Outcome, _ job: JobID) {
        let number = outcome.item.number
        self[job].outcomes[number] = outcome.result
        guard case .prediction(let prediction, let fingerprint) = outcome.result,
            case .classify(let request) = self[job].request
        else { return }
        let bytes = key(.bytes(fingerprint), job)
        if known[bytes] == nil { known[bytes] = (job, number) }
        if let picture = picture(outcome.item.reference, job) { known[key(picture, job)] = (job, number) }
        let reference = self[job].items[number].reference
        guard request.countsInTrends, prediction.flags.isDisjoint(with: .incomplete), reference.post.role == .picture
        else { return }
        if let author = reference.post.author, forgottenAuthors.contains(author) { return }
        let post = reference.post
        let key: SightingKey =
            if let id = post.id {
                .post(fingerprint, platform: post.platform ?? "", id: id, place: post.place ?? 0)
            } else {
                .author(fingerprint, post.author)
            }
        sightingCount += sightings[key] == nil ? 1 : 0
        var sighting = sightings[key] ?? Sighting(number: sightingCount, author: post.author, post: post)
        if sighting.isBare, !post.isBare { sighting.post = post }
        if let time = prediction.postTime ?? reference.post.time, time.source > sighting.time?.source ?? .none {
            sighting.time = time
        }
        sighting.jobs.insert(job)
        sighting.items[job] = sighting.items[job] ?? number
        sighting.classes[request.model] =
            sighting.classes[request.model] ?? (prediction.brand, prediction.confidenceStep)
        sightings[key] = sighting
    }

    // MARK: Models

    func index(of version: ModelVersion) throws -> Int {
        guard let index = models.firstIndex(where: { $0.record.version == version && !$0.isRemoved }) else {
            throw StoreError.notFound(what: "model")
        }
        return index
    }

    func model(_ version: ModelVersion) throws -> ModelRecord { try models[index(of: version)].record }

    mutating func update(_ version: ModelVersion, _ change: (inout ModelRecord) -> Void) {
        for index in models.indices where models[index].record.version == version { change(&models[index].record) }
    }

    mutating func reserve(_ name: String) throws -> ModelVersion {
        guard ModelSelector.isName(name) else { throw StoreError.refused(why: "name") }
        let number = (models.map(\.record.version).filter { $0.name == name }.map(\.number).max() ?? 0) + 1
        let version = ModelVersion(name: name, number: number)
        let record = ModelRecord(
            version: version, state: .reserved, isActive: false, classes: [], threshold: 0, precision: .fp32,
            byteCount: 0,
            createdAt: now,
            summary: "")
        models.append((record, [], false))
        return version
    }

    mutating func makeReady(_ version: ModelVersion, _ model: NewModel) {
        let isFirst = !models.contains { $0.record.isActive }
        update(version) { record in
            (record.state, record.isActive, record.classes) = (.ready, isFirst, model.classes)
            (record.threshold, record.byteCount, record.summary) = (model.threshold, model.file.count, model.summary)
            record.precision = model.precision
        }
        for index in models.indices where models[index].record.version == version { models[index].file = model.file }
    }
}
