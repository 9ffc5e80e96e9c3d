package import Intake

/// What a prediction makes of its sighting: what shares are counted from, and review samples are drawn by.
package enum Stratum: Hashable, Sendable {
    /// Recognised as the class of that index.
    case brand(Int)
    case other
    case unsure

    /// - brand: Index in `classes`.
    package init(brand: Int, confidenceStep: Int, classes: [String], threshold: Double) {
        switch Recognition(brand: classes[brand], confidenceStep: confidenceStep, threshold: threshold) {
        case .recognised: self = .brand(brand)
        case .other: self = .other
        case .unsure: self = .unsure
        }
    }

    /// All that a model's predictions can come to: its brands in order, `other` where it has that class, `unsure`.
    package static func all(of classes: [String]) -> [Stratum] {
        classes.indices.filter { classes[$0] != otherClass }.map(Stratum.brand)
            + (classes.contains(otherClass) ? [.other] : []) + [.unsure]
    }

    /// The brand's name, `other` or `unsure`.
    package func name(in classes: [String]) -> String {
        switch self {
        case .brand(let index): classes[index]
        case .other: Recognition.other.rawValue
        case .unsure: Recognition.unsure.rawValue
        }
    }
}

/// Which sightings are meant.
package struct SightingQuery: Hashable, Sendable {
    package var days: Range<CalendarDay>
    /// Strengths of dates that count. `undated` adds none: such sightings have no day.
    package var strengths: Set<DateStrength>
    /// Confidence from which a prediction counts as recognised, a multiple of 0.05.
    package var threshold: Double
    /// Only the sightings of one job.
    package var job: JobID?

    package init(days: Range<CalendarDay>, strengths: Set<DateStrength>, threshold: Double, job: JobID? = nil) {
        self.days = days
        self.strengths = strengths
        self.threshold = threshold
        self.job = job
    }
}

package enum SightingOrder: Hashable, Sendable {
    case mostConfident, leastConfident
}

/// A sighting with the picture that showed it last.
package struct SightingRow: Hashable, Sendable {
    /// The sighting's number in this store.
    package var number: Int
    /// Index of the model's class.
    package var brand: Int
    package var confidenceStep: Int
    /// Nil where the prediction is gone.
    package var confidence: Float?
    package var time: PostTime?
    package var day: CalendarDay?
    /// Without its time, role and mentions, and whether it has a text.
    package var post: Post
    package var picture: Picture?

    /// Where a sighting's picture lies, or lay when a job listed it.
    package struct Picture: Hashable, Sendable {
        package var job: JobID
        /// What the place is relative to.
        package var root: Path
        package var place: PicturePlace
        /// Of the bytes that were classified.
        package var fingerprint: Fingerprint?

        package init(job: JobID, root: Path, place: PicturePlace, fingerprint: Fingerprint?) {
            self.job = job
            self.root = root
            self.place = place
            self.fingerprint = fingerprint
        }

        /// The place itself.
        package var file: PicturePlace { place.under(root) }
    }

    package init(
        number: Int, brand: Int, confidenceStep: Int, confidence: Float?, time: PostTime?, day: CalendarDay?,
        post: Post, picture: Picture?
    ) {
        self.number = number
        self.brand = brand
        self.confidenceStep = confidenceStep
        self.confidence = confidence
        self.time = time
        self.day = day
        self.post = post
        self.picture = picture
    }

    /// The confidence, or the least of its step.
    package var knownConfidence: Double { confidence.map(Double.init) ?? Double(confidenceStep) / 20 }
}

/// Among so many sightings at the end of the order, `JobStore.sightings` knows each one's exact confidence; beyond them
/// it goes by 5 % steps and prefers the newest.
package let exactlyOrderedSightings = 4096
