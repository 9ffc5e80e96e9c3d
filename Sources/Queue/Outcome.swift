package import Intake

/// One picture of a job: its number, from 0, and what the source says of it.
package struct Item: Hashable, Sendable {
    package var number: Int
    package var reference: PictureReference

    package init(number: Int, reference: PictureReference) {
        self.number = number
        self.reference = reference
    }
}

/// A model's answer for an item.
package struct Prediction: Hashable, Sendable {
    /// Index of the most probable class.
    package var brand: Int
    /// Of all classes, in the model's order, summing to 1.
    package var probabilities: [Float]
    package var flags: PredictionFlags
    /// The strongest time known: the source's, else EXIF, else mtime.
    package var postTime: PostTime?

    package init(brand: Int, probabilities: [Float], flags: PredictionFlags = [], postTime: PostTime?) {
        self.brand = brand
        self.probabilities = probabilities
        self.flags = flags
        self.postTime = postTime
    }

    /// The brand's probability.
    package var confidence: Float { probabilities[brand] }
}

package struct PredictionFlags: OptionSet, Hashable, Sendable {
    package var rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The picture's file ends before its last scan line.
    package static let truncated = PredictionFlags(rawValue: 1)
    /// The picture's compressed data make no sense in places.
    package static let damaged = PredictionFlags(rawValue: 2)
    /// The model's answer to the same file or the same bytes in an earlier item: it was not asked again.
    package static let earlier = PredictionFlags(rawValue: 4)
    /// Less like the pictures that the model learnt from than almost all that it was shown to set the limit: it is not
    /// recognised, whatever the confidence.
    package static let unfamiliar = PredictionFlags(rawValue: 8)
    /// A picture with one of these makes no sighting.
    package static let incomplete: PredictionFlags = [.truncated, .damaged]

    /// In the order of the bits.
    package var names: [String] {
        [
            (PredictionFlags.truncated, "truncated"), (.damaged, "damaged"), (.earlier, "earlier"),
            (.unfamiliar, "unfamiliar"),
        ].filter { contains($0.0) }.map(\.1)
    }
}

/// Why an item has no prediction.
package struct Failure: Hashable, Sendable {
    /// A stable code: `empty`, `not_an_image`, `unsupported_format`, `corrupt`, `too_large`, `too_small`, `unreadable`
    /// or `crashed`.
    package var reason: String
    /// A sentence for people.
    package var message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}

/// What became of an item. An item has exactly one outcome or is open. With a prediction, the item's reference has the
/// stamp of the file as it was read, if the same file is to be known again.
package struct Outcome: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        /// With the fingerprint of the file's bytes, which identifies the sighting.
        case prediction(Prediction, Fingerprint)
        case failure(Failure)
    }

    package var item: Item
    package var result: Result

    package init(item: Item, result: Result) {
        self.item = item
        self.result = result
    }
}

/// Whether a prediction counts for its brand.
package enum Recognition: String, CaseIterable, Sendable {
    case recognised, other, unsure

    /// - confidenceStep: See `ConfidenceStep`.
    package init(brand: String, confidenceStep: Int, threshold: Double) {
        if brand == otherClass {
            self = .other
        } else if confidenceStep >= ConfidenceStep.reaching(threshold) {
            self = .recognised
        } else {
            self = .unsure
        }
    }
}

extension Prediction {
    /// That counts: none of an unfamiliar picture's.
    package var confidenceStep: Int { flags.contains(.unfamiliar) ? 0 : ConfidenceStep.of(confidence) }
}

/// A row of `bagq results`.
package struct ResultRow: Hashable, Sendable {
    package var item: Item
    package var prediction: Prediction
    package var brand: String
    package var recognition: Recognition

    package init(item: Item, prediction: Prediction, brand: String, recognition: Recognition) {
        self.item = item
        self.prediction = prediction
        self.brand = brand
        self.recognition = recognition
    }

    /// The names that results print: the prediction's, and what the picture is if it makes no sighting of its own.
    package var flagNames: [String] {
        let post = item.reference.post
        return prediction.flags.names + (post.role == .picture ? [] : [post.role.rawValue])
            + (post.isRepost ? ["repost"] : [])
    }
}

/// A row of `bagq failures`.
package struct FailureRow: Hashable, Sendable {
    package var item: Item
    package var failure: Failure

    package init(item: Item, failure: Failure) {
        self.item = item
        self.failure = failure
    }
}
