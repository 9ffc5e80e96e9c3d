package import Intake

/// The one door to what bagq remembers, in job terms. `SQLiteStore` is one store; another may stand beside it, and
/// the conformance suite in QueueTests says what each must do.
///
/// Calls block, are safe from any thread, and throw `StoreError`. Each call is one transaction unless it says
/// otherwise: after a crash at any point it has happened whole or not at all. Calls about a claim name worker and
/// attempt and return `.lost`, having written nothing, once another has taken the shard. They can be repeated without
/// effect.
package protocol JobStore: Sendable {
    // Jobs

    /// Records a job durably (it survives a power cut) and returns it. Training reserves the model's next number.
    func submit(_ request: JobRequest) throws(StoreError) -> Job
    func job(_ id: JobID) throws(StoreError) -> Job
    /// Unfinished jobs first, then finished ones, each newest first; at most `limit`.
    func jobs(limit: Int) throws(StoreError) -> [Job]
    /// Ends the job. A training's checkpoint goes with it.
    func cancel(_ id: JobID) throws(StoreError)
    func pause(_ id: JobID) throws(StoreError)
    func resume(_ id: JobID) throws(StoreError)
    /// Deletes the job's failures and opens their shards again, and shards that failed. Returns how many items are open
    /// again.
    /// - restarting: Gives up a training job's checkpoint: it starts over.
    func retry(_ id: JobID, restarting: Bool) throws(StoreError) -> Int
    /// Removes a finished job with all that it recorded, and the sightings that no other job has; corrects the sums.
    /// The job is gone at once, what it recorded in several transactions; the next call of this goes on after a crash.
    func forget(_ id: JobID) throws(StoreError)
    /// Removes an author's sightings and corrects the sums, in several transactions. None of them comes back with a
    /// later picture. Returns how many there were.
    func forget(author: String) throws(StoreError) -> Int
    /// Goes on with forgetting that was cut short. False where there was none.
    func finishForgetting() throws(StoreError) -> Bool

    // Work

    /// The next shard for this worker: highest priority, then oldest job, then lowest shard. Nil when there is none
    /// now. Rescues shards whose lease has run out first. The lease lasts `leaseSeconds` of the store.
    func claim(for worker: WorkerIdentity, abilities: WorkerAbilities) throws(StoreError) -> Claim?
    /// Renews the lease. `itemsDone` and `itemsTotal` are training's progress, nil for other work.
    func renew(_ claim: Claim, itemsDone: Int?, itemsTotal: Int?) throws(StoreError) -> ClaimStanding
    /// Reads whether the claim still holds; writes nothing.
    func standing(of claim: Claim) throws(StoreError) -> ClaimStanding
    /// Appends a batch of a listing: items numbered from `firstNumber`, cut into shards that can be claimed at once.
    /// `leftOut` is cumulative. `isLast` ends the listing.
    ///
    /// An item whose file the model has classified before, in the same precision and with the same path, stamp and
    /// slice, is given that prediction at once (flag `earlier`), with the time that its own post and the file come to,
    /// and is counted as if recorded.
    /// - root: What the references' paths are relative to: of a listing's first batch it holds for all.
    func append(
        _ references: [PictureReference], firstNumber: Int, root: Path, cursor: [UInt8], leftOut: [String: Int],
        isLast: Bool, to claim: Claim
    ) throws(StoreError) -> ClaimStanding
    /// What the claim's model has said of pictures with these bytes, in the precision of the claim's job: without a
    /// time, and with the flag `earlier`. Waits for no commit of this process.
    func known(_ fingerprints: [Fingerprint], for claim: Claim) throws(StoreError) -> [Fingerprint: Prediction]
    /// Writes down, before it is touched, the one picture a cautious worker is about to try.
    func suspect(_ item: Item, of claim: Claim) throws(StoreError) -> ClaimStanding
    /// Records outcomes with their sightings, sums and counters, and renews the lease. The shard is done, and the claim
    /// with it, once none of its items is open.
    func record(_ outcomes: [Outcome], for claim: Claim) throws(StoreError) -> ClaimStanding
    /// Overwrites the job's one checkpoint, in several small fenced transactions of which the last makes it count.
    func save(_ checkpoint: Checkpoint, for claim: Claim) throws(StoreError) -> ClaimStanding
    /// Ends training with its model, which becomes active if none is. `note` is kept as the job's remark, if any.
    func finish(_ claim: Claim, with model: NewModel, note: String?) throws(StoreError) -> ClaimStanding
    /// Gives the shard back at no cost. With `trouble`, something outside of it keeps its job from being worked on:
    /// nobody is given any of it for a quarter of a lease, and the job says so until work on it gets something done.
    func release(_ claim: Claim, because trouble: String?) throws(StoreError) -> ClaimStanding
    /// Ends the shard as failed, for good, and with it its job once no other shard can run.
    func fail(_ claim: Claim, because message: String) throws(StoreError) -> ClaimStanding
    /// Whether work of higher priority than this claim's waits for a worker with these abilities.
    func isOutranked(_ claim: Claim, abilities: WorkerAbilities) throws(StoreError) -> Bool
    /// Whether a worker with these abilities could still get work: now, or once other workers' claims end. Paused jobs
    /// do not count.
    func hasUnfinishedWork(for abilities: WorkerAbilities) throws(StoreError) -> Bool

    // Workers

    /// Says that a worker lives, until its lease runs out.
    func heartbeat(_ worker: WorkerIdentity, _ report: WorkerReport) throws(StoreError)
    func workers() throws(StoreError) -> [WorkerRecord]
    /// Removes the worker at its orderly end and releases what it still holds.
    func leave(_ worker: WorkerIdentity) throws(StoreError)

    // What came out

    /// Predictions with item numbers above `after`, in order, at most `limit`.
    func results(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [ResultRow]
    func failures(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [FailureRow]
    /// What a model saw in the days that the query names, as sums.
    func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow
    /// How the posts were liked in which the model recognised each brand, in the order of the brands that have any such
    /// posts.
    /// - query: Its unit, spans and threshold step mean nothing here.
    /// - strengths: Of the dates that count.
    /// - threshold: The confidence from which a brand is recognised.
    func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double
    ) throws(StoreError) -> [EngagementRow]
    /// Those of the names under which no post has been seen.
    func unseenAuthors(among names: [String]) throws(StoreError) -> [String]
    /// Sightings of a stratum in that order, at most `limit`, each with the newest picture that shows it; see
    /// `exactlyOrderedSightings`.
    func sightings(
        of model: ModelVersion, in stratum: Stratum, _ query: SightingQuery, order: SightingOrder, limit: Int
    ) throws(StoreError) -> [SightingRow]
    /// Where the sightings of those days with dates of those strengths came from, classified by any model or none.
    func origins(days: Range<CalendarDay>, strengths: Set<DateStrength>) throws(StoreError) -> Origins
    /// Sources of dated sightings of those days that a model has not classified, the largest first.
    func unclassified(by model: ModelVersion, days: Range<CalendarDay>) throws(StoreError) -> [Origins.Source]
    /// Failures of all jobs by reason, the most frequent first.
    func failureCounts() throws(StoreError) -> [FailureCount]
    /// The time zone in which this store counts days, an IANA name.
    var timeZone: String { get throws(StoreError) }

    // Reviews

    /// Draws at random up to `perStratum` sightings of each stratum, and remembers them. The same seed draws the same
    /// ones of the same sightings. Refused where there are none.
    func drawReview(
        of model: ModelVersion, _ query: SightingQuery, perStratum: Int, seed: UInt64
    ) throws(StoreError) -> ReviewSample
    func reviewSample(_ number: Int) throws(StoreError) -> ReviewSample
    /// Stores a person's answers by the sightings' numbers, over earlier ones. Refused where one was not drawn in that
    /// sample.
    func apply(_ answers: [Int: Truth], toReview number: Int) throws(StoreError)
    /// Answers about a model's predictions: all, or those that are as good as drawn at random from the sightings that a
    /// query means. These are about its sightings, and of samples that left none of them out for their job or their
    /// dates' strength, by the same threshold. Such a sample may have been drawn from other days too, or from a part of
    /// the query's: `ReviewSum.days` says so.
    func reviews(of model: ModelVersion, _ query: SightingQuery?) throws(StoreError) -> [ReviewSum]

    // Models

    func models() throws(StoreError) -> [ModelRecord]
    /// The model a user means: a number, else the name's newest ready one or, where none is, the newest in training;
    /// nil for the active one.
    func resolve(_ selector: ModelSelector?) throws(StoreError) -> ModelRecord
    /// - limit: at most so many bytes of it, the first, which is fast where it is large; nil for all.
    func modelFile(_ version: ModelVersion, upTo limit: Int?) throws(StoreError) -> [UInt8]
    /// Adds a model under the name's next number; it becomes active if none is.
    func add(_ model: NewModel, named name: String) throws(StoreError) -> ModelVersion
    /// - threshold: From which confidence on it recognises from now on, also in what it has classified already; nil to
    ///   leave that.
    func activate(_ version: ModelVersion, threshold: Double?) throws(StoreError)
    /// Gives all numbers of a name another, which none has had. Their old ones are not used again. Refused while an
    /// unfinished job needs one.
    func rename(_ name: String, to newName: String) throws(StoreError)
    /// The job that made it; nil where it was imported, or the job has been forgotten.
    func trainingJob(of version: ModelVersion) throws(StoreError) -> Job?
    /// Sightings that the trends count by this model.
    func sightingCount(of version: ModelVersion) throws(StoreError) -> Int
    /// Refused while an unfinished job needs it, or while it is active. Its trends go with it.
    func remove(_ version: ModelVersion) throws(StoreError)

    // Keeping

    /// Counts sightings and sums again and compares; changes nothing.
    func recount() throws(StoreError) -> RecountReport
    /// Copies the whole store, as of one moment, into a new file at `path`.
    func backup(to path: Path) throws(StoreError)
}

extension JobStore {
    package func release(_ claim: Claim) throws(StoreError) -> ClaimStanding { try release(claim, because: nil) }
    package func retry(_ id: JobID) throws(StoreError) -> Int { try retry(id, restarting: false) }
}

/// What a store refuses or cannot do, each with a sentence that says what to do next.
package enum StoreError: Error, Hashable, CustomStringConvertible {
    /// There is no such job, model or author: `what` is a whole sentence.
    case notFound(what: String)
    /// The call makes no sense in the present state: `why` is a whole sentence.
    case refused(why: String)
    /// Others kept the store locked for too long; trying again may help.
    case busy(why: String)
    /// The store was made by a newer bagq.
    case newer(found: Int, known: Int)
    // `why` is a whole sentence that says what to do:
    /// It cannot be written or read just now: a full disk, a read that failed.
    case unavailable(why: String)
    /// This process is out of memory.
    case outOfMemory(why: String)
    /// What it holds is damaged, or it is not where it was: no waiting mends that.
    case damaged(why: String)
    /// What should not happen.
    case defect(why: String)

    package var description: String {
        switch self {
        case .notFound(let what): what
        case .refused(let why), .busy(let why), .unavailable(let why), .outOfMemory(let why), .damaged(let why),
            .defect(let why):
            why
        case .newer(let found, let known):
            "the database has schema \(found), this bagq knows \(known); install the newer bagq"
        }
    }

    /// True when the same call may succeed later: who can wait, waits.
    package var mayPass: Bool {
        switch self {
        case .busy, .unavailable, .outOfMemory: true
        case .notFound, .refused, .newer, .damaged, .defect: false
        }
    }
}

extension JobStore {
    /// The whole file.
    package func modelFile(_ version: ModelVersion) throws(StoreError) -> [UInt8] {
        try modelFile(version, upTo: nil)
    }
}
