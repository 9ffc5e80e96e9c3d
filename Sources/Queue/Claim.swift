package import Intake

/// A worker process, unique per boot: a name used again after a restart is another worker.
package struct WorkerID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }
}

package struct WorkerIdentity: Hashable, Sendable {
    package var id: WorkerID
    package var name: String
    package var host: String
    package var pid: Int

    package init(id: WorkerID, name: String, host: String, pid: Int) {
        self.id = id
        self.name = name
        self.host = host
        self.pid = pid
    }
}

/// What a worker may be given.
package struct WorkerAbilities: Hashable, Sendable {
    package var kinds: Set<JobKind>
    /// Kernel levels this machine runs: a training checkpoint made with another one is not claimed.
    package var kernelLevels: Set<String>
    /// The same for the precisions it trains in.
    package var precisions: Set<String>

    package init(
        kinds: Set<JobKind> = Set(JobKind.allCases), kernelLevels: Set<String>, precisions: Set<String> = ["fp32"]
    ) {
        self.kinds = kinds
        self.kernelLevels = kernelLevels
        self.precisions = precisions
    }
}

/// Consecutive items of a job in a shard, at most: what a worker claims.
package let shardSize = 256

/// A worker's hold on a shard. Worker and attempt fence every later write.
package struct Claim: Hashable, Sendable {
    package var job: JobID
    package var shard: Int
    package var attempt: Int
    package var worker: WorkerID
    package var work: Work

    package init(job: JobID, shard: Int, attempt: Int, worker: WorkerID, work: Work) {
        self.job = job
        self.shard = shard
        self.attempt = attempt
        self.worker = worker
        self.work = work
    }
}

package enum Work: Hashable, Sendable {
    case list(ListWork)
    case classify(ClassifyWork)
    case train(TrainWork)
}

package struct ListWork: Hashable, Sendable {
    package var source: Path
    /// How many items are recorded already; the next one gets this number.
    package var itemsListed: Int
    /// Where the lister stood when those were recorded, in its own encoding; nil at the start.
    package var cursor: [UInt8]?
    package var leftOut: [String: Int]
    /// The model has classified pictures before: references are to have their file's stamp, so that those among them
    /// are found.
    package var takesStamps: Bool

    package init(
        source: Path, itemsListed: Int, cursor: [UInt8]?, leftOut: [String: Int], takesStamps: Bool = false
    ) {
        self.source = source
        self.itemsListed = itemsListed
        self.cursor = cursor
        self.leftOut = leftOut
        self.takesStamps = takesStamps
    }
}

package struct ClassifyWork: Hashable, Sendable {
    /// What the items' paths are relative to.
    package var root: Path
    package var model: ModelVersion
    package var precision: Precision
    /// The shard's open items, in order.
    package var items: [Item]
    /// The model had classified pictures before the job was listed: the store is to be asked for these by their bytes
    /// (`known`).
    package var asksForKnown: Bool
    /// The shard has killed workers: take one picture at a time, each written down (`suspect`) before it is touched.
    package var isCautious: Bool

    package init(
        root: Path, model: ModelVersion, precision: Precision, items: [Item], asksForKnown: Bool = false,
        isCautious: Bool
    ) {
        self.root = root
        self.asksForKnown = asksForKnown
        self.model = model
        self.precision = precision
        self.items = items
        self.isCautious = isCautious
    }
}

package struct TrainWork: Hashable, Sendable {
    package var request: TrainRequest
    package var model: ModelVersion
    /// What an earlier attempt left; nil at the start.
    package var checkpoint: Checkpoint?

    package init(request: TrainRequest, model: ModelVersion, checkpoint: Checkpoint?) {
        self.request = request
        self.model = model
        self.checkpoint = checkpoint
    }
}

/// A training job's saved state. A worker whose machine lacks `kernelLevel` or `precision` does not claim the job.
package struct Checkpoint: Hashable, Sendable {
    package var kernelLevel: String
    package var precision: String
    /// Pictures trained on so far.
    package var itemsDone: Int
    package var bytes: [UInt8]

    package init(kernelLevel: String, precision: String, itemsDone: Int, bytes: [UInt8]) {
        self.kernelLevel = kernelLevel
        self.precision = precision
        self.itemsDone = itemsDone
        self.bytes = bytes
    }
}

/// What a fenced write says about the claim it named.
package enum ClaimStanding: Hashable, Sendable {
    /// Go on.
    case held
    /// The job is paused: finish nothing more, release the claim.
    case paused
    /// The claim is gone (cancelled, rescued, finished by another): drop the work; nothing was written.
    case lost
}

/// What a worker says of itself at each heartbeat.
package struct WorkerReport: Hashable, Sendable {
    package enum State: String, Sendable { case idle, working, stopping }

    package var state: State
    package var job: JobID?
    package var ratePerSecond: Double?
    /// What it takes.
    package var kinds: Set<JobKind>

    package init(
        state: State, job: JobID? = nil, ratePerSecond: Double? = nil, kinds: Set<JobKind> = Set(JobKind.allCases)
    ) {
        self.state = state
        self.job = job
        self.ratePerSecond = ratePerSecond
        self.kinds = kinds
    }
}

/// A worker as `status` shows it. One whose lease has run out is not listed.
package struct WorkerRecord: Hashable, Sendable {
    package var identity: WorkerIdentity
    package var report: WorkerReport
    package var heartbeatAt: Timestamp

    package init(identity: WorkerIdentity, report: WorkerReport, heartbeatAt: Timestamp) {
        self.identity = identity
        self.report = report
        self.heartbeatAt = heartbeatAt
    }

    /// Whether it would take a job of this kind that is submitted now.
    package func takes(_ kind: JobKind) -> Bool { report.state != .stopping && report.kinds.contains(kind) }
}
