import Intake
import Queue

/// A real store whose every call is announced to a script first, which may refuse it, hold it up or change the world
/// meanwhile.
struct ScriptedStore: JobStore {
    let inner: any JobStore
    /// Is given the call's name.
    let script: @Sendable (String) throws(StoreError) -> Void

    var timeZone: String { get throws(StoreError) { try inner.timeZone } }

    func submit(_ request: JobRequest) throws(StoreError) -> Job {
        try script("submit")
        return try inner.submit(request)
    }

    func job(_ id: JobID) throws(StoreError) -> Job {
        try script("job")
        return try inner.job(id)
    }

    func jobs(limit: Int) throws(StoreError) -> [Job] {
        try script("jobs")
        return try inner.jobs(limit: limit)
    }

    func cancel(_ id: JobID) throws(StoreError) {
        try script("cancel")
        try inner.cancel(id)
    }

    func pause(_ id: JobID) throws(StoreError) {
        try script("pause")
        try inner.pause(id)
    }

    func resume(_ id: JobID) throws(StoreError) {
        try script("resume")
        try inner.resume(id)
    }

    func retry(_ id: JobID, restarting: Bool) throws(StoreError) -> Int {
        try script("retry")
        return try inner.retry(id, restarting: restarting)
    }

    func forget(_ id: JobID) throws(StoreError) {
        try script("forget")
        try inner.forget(id)
    }

    func forget(author: String) throws(StoreError) -> Int {
        try script("forget")
        return try inner.forget(author: author)
    }

    func finishForgetting() throws(StoreError) -> Bool {
        try script("finishForgetting")
        return try inner.finishForgetting()
    }

    func claim(for worker: WorkerIdentity, abilities: WorkerAbilities) throws(StoreError) -> Claim? {
        try script("claim")
        return try inner.claim(for: worker, abilities: abilities)
    }

    func renew(_ claim: Claim, itemsDone: Int?, itemsTotal: Int?) throws(StoreError) -> ClaimStanding {
        try script("renew")
        return try inner.renew(claim, itemsDone: itemsDone, itemsTotal: itemsTotal)
    }

    func standing(of claim: Claim) throws(StoreError) -> ClaimStanding {
        try script("standing")
        return try inner.standing(of: claim)
    }

    func append(
        _ references: [PictureReference], firstNumber: Int, root: Path, cursor: [UInt8], leftOut: [String: Int],
        isLast: Bool,
        to claim: Claim
    ) throws(StoreError) -> ClaimStanding {
        try script("append")
        return try inner.append(
            references, firstNumber: firstNumber, root: root, cursor: cursor, leftOut: leftOut, isLast: isLast,
            to: claim)
    }

    func known(_ fingerprints: [Fingerprint], for claim: Claim) throws(StoreError) -> [Fingerprint: Prediction] {
        try script("known")
        return try inner.known(fingerprints, for: claim)
    }

    func suspect(_ item: Item, of claim: Claim) throws(StoreError) -> ClaimStanding {
        try script("suspect")
        return try inner.suspect(item, of: claim)
    }

    func record(_ outcomes: [Outcome], for claim: Claim) throws(StoreError) -> ClaimStanding {
        try script("record")
        return try inner.record(outcomes, for: claim)
    }

    func save(_ checkpoint: Checkpoint, for claim: Claim) throws(StoreError) -> ClaimStanding {
        try script("save")
        return try inner.save(checkpoint, for: claim)
    }

    func finish(_ claim: Claim, with model: NewModel, note: String?) throws(StoreError) -> ClaimStanding {
        try script("finish")
        return try inner.finish(claim, with: model, note: note)
    }

    func release(_ claim: Claim, because trouble: String?) throws(StoreError) -> ClaimStanding {
        try script("release")
        return try inner.release(claim, because: trouble)
    }

    func fail(_ claim: Claim, because message: String) throws(StoreError) -> ClaimStanding {
        try script("fail")
        return try inner.fail(claim, because: message)
    }

    func isOutranked(_ claim: Claim, abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try script("isOutranked")
        return try inner.isOutranked(claim, abilities: abilities)
    }

    func hasUnfinishedWork(for abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try script("hasUnfinishedWork")
        return try inner.hasUnfinishedWork(for: abilities)
    }

    func heartbeat(_ worker: WorkerIdentity, _ report: WorkerReport) throws(StoreError) {
        try script("heartbeat")
        try inner.heartbeat(worker, report)
    }

    func workers() throws(StoreError) -> [WorkerRecord] {
        try script("workers")
        return try inner.workers()
    }

    func leave(_ worker: WorkerIdentity) throws(StoreError) {
        try script("leave")
        try inner.leave(worker)
    }

    func results(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [ResultRow] {
        try script("results")
        return try inner.results(of: job, after: after, limit: limit)
    }

    func failures(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [FailureRow] {
        try script("failures")
        return try inner.failures(of: job, after: after, limit: limit)
    }

    func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow {
        try script("trends")
        return try inner.trends(of: model, query)
    }

    func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double
    ) throws(StoreError) -> [EngagementRow] {
        try script("engagement")
        return try inner.engagement(of: model, query, strengths: strengths, threshold: threshold)
    }

    func unseenAuthors(among names: [String]) throws(StoreError) -> [String] {
        try script("unseenAuthors")
        return try inner.unseenAuthors(among: names)
    }

    func models() throws(StoreError) -> [ModelRecord] {
        try script("models")
        return try inner.models()
    }

    func resolve(_ selector: ModelSelector?) throws(StoreError) -> ModelRecord {
        try script("resolve")
        return try inner.resolve(selector)
    }

    func modelFile(_ version: ModelVersion, upTo limit: Int?) throws(StoreError) -> [UInt8] {
        try script("modelFile")
        return try inner.modelFile(version, upTo: limit)
    }

    func add(_ model: NewModel, named name: String) throws(StoreError) -> ModelVersion {
        try script("add")
        return try inner.add(model, named: name)
    }

    func activate(_ version: ModelVersion, threshold: Double?) throws(StoreError) {
        try script("activate")
        try inner.activate(version, threshold: threshold)
    }

    func rename(_ name: String, to newName: String) throws(StoreError) {
        try script("rename")
        try inner.rename(name, to: newName)
    }

    func trainingJob(of version: ModelVersion) throws(StoreError) -> Job? {
        try script("trainingJob")
        return try inner.trainingJob(of: version)
    }

    func sightingCount(of version: ModelVersion) throws(StoreError) -> Int {
        try script("sightingCount")
        return try inner.sightingCount(of: version)
    }

    func remove(_ version: ModelVersion) throws(StoreError) {
        try script("remove")
        try inner.remove(version)
    }

    func recount() throws(StoreError) -> RecountReport {
        try script("recount")
        return try inner.recount()
    }

    func backup(to path: Path) throws(StoreError) {
        try script("backup")
        try inner.backup(to: path)
    }
}
