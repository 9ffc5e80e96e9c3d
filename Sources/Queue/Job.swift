package import Intake

/// A job's number, from 1, never used twice in one database.
package struct JobID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package var rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { String(rawValue) }
}

package enum JobKind: String, CaseIterable, Sendable {
    case classify, train
}

/// A job's life.
///
///     waiting ──first claim──▶ running ──no shard can run──▶ done | failed
///        │  ▲                   │   ▲
///      pause └─────resume────▶ paused          cancel: from waiting, running or paused ──▶ cancelled
///
/// `retry` takes a job from `done`, `failed` or `cancelled` back to `waiting`.
package enum JobState: String, CaseIterable, Sendable {
    case waiting, running, paused, done, failed, cancelled

    package var isFinal: Bool { self == .done || self == .failed || self == .cancelled }
}

/// The arithmetic that predictions are made with. `auto` leaves the choice to the model.
package enum Precision: String, CaseIterable, Sendable {
    case auto, fp32, int8

    /// What it comes to with a model that prefers `preferred`; nil where that is not known yet.
    package func resolved(preferring preferred: Precision?) -> Precision? { self == .auto ? preferred : self }
}

/// What `submit` asks for.
package enum JobRequest: Hashable, Sendable {
    case classify(ClassifyRequest)
    case train(TrainRequest)

    package var kind: JobKind {
        switch self {
        case .classify: .classify
        case .train: .train
        }
    }

    /// Nil for training.
    package var precision: Precision? { if case .classify(let request) = self { request.precision } else { nil } }
}

package struct ClassifyRequest: Hashable, Sendable {
    /// Absolute path of a folder, a dump or a list of files.
    package var source: Path
    package var name: String
    package var priority: Int
    package var model: ModelVersion
    /// False keeps the job's pictures out of the sightings.
    package var countsInTrends: Bool
    package var precision: Precision

    package init(
        source: Path, name: String, priority: Int = 0, model: ModelVersion,
        countsInTrends: Bool = true, precision: Precision = .auto
    ) {
        self.source = source
        self.name = name
        self.priority = priority
        self.model = model
        self.countsInTrends = countsInTrends
        self.precision = precision
    }
}

package struct TrainRequest: Hashable, Sendable {
    /// Absolute path of the folder of labelled pictures.
    package var data: Path
    /// The model's name; `submit` reserves its next number.
    package var modelName: String
    package var priority: Int
    /// The training options as JSON, opaque to the store: the trainer reads them back.
    package var options: String

    package init(data: Path, modelName: String, priority: Int = 0, options: String) {
        self.data = data
        self.modelName = modelName
        self.priority = priority
        self.options = options
    }
}

/// A job as the store knows it.
package struct Job: Hashable, Sendable {
    package var id: JobID
    package var request: JobRequest
    package var state: JobState
    /// The model that classifies, or the one that training will make.
    package var model: ModelVersion
    /// What the job's predictions are made with; nil for training, and while what `auto` comes to is not known yet.
    package var precision: Precision?
    /// Nil while the source is being listed. For training: pictures an epoch times epochs.
    package var itemsTotal: Int?
    /// Items with a prediction. For training: pictures trained on.
    package var itemsDone: Int
    package var itemsFailed: Int
    /// Of those that are done, the ones that the model had classified before and was not asked about again.
    package var itemsEarlier: Int
    /// What the lister left out, by reason, for instance `["hidden": 3, "not_a_picture": 120]`.
    package var leftOut: [String: Int]
    package var createdAt: Timestamp
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    /// Pictures a second, summed over the live workers that are on this job; nil when none is.
    package var ratePerSecond: Double?
    /// Why the job failed, or what training says of itself (bad pictures left out, for instance).
    package var error: String?
    /// What keeps an unfinished job from being worked on; workers look again now and then.
    package var trouble: String?

    package init(
        id: JobID, request: JobRequest, state: JobState, model: ModelVersion, precision: Precision? = nil,
        itemsTotal: Int?,
        itemsDone: Int, itemsFailed: Int, itemsEarlier: Int = 0, leftOut: [String: Int], createdAt: Timestamp,
        startedAt: Timestamp?, finishedAt: Timestamp?, ratePerSecond: Double?, error: String?, trouble: String? = nil
    ) {
        self.id = id
        self.request = request
        self.state = state
        self.model = model
        self.precision = precision
        self.itemsTotal = itemsTotal
        self.itemsDone = itemsDone
        self.itemsFailed = itemsFailed
        self.itemsEarlier = itemsEarlier
        self.leftOut = leftOut
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.ratePerSecond = ratePerSecond
        self.error = error
        self.trouble = trouble
    }
}
