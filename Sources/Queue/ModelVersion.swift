package import Intake

/// An immutable model's name and number, written `luxe@3`.
package struct ModelVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var name: String
    package var number: Int

    package init(name: String, number: Int) {
        self.name = name
        self.number = number
    }

    package var description: String { "\(name)@\(number)" }

    package static func < (left: ModelVersion, right: ModelVersion) -> Bool {
        (left.name, left.number) < (right.name, right.number)
    }
}

/// What a user types for a model: `luxe` (its newest ready number) or `luxe@3`.
package struct ModelSelector: Hashable, Sendable, CustomStringConvertible {
    package var name: String
    package var number: Int?

    /// Nil unless `text` is a name of letters, digits, `.`, `_` and `-`, with or without `@` and a number from 1.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, ModelSelector.isName(String(first)) else { return nil }
        name = String(first)
        if parts.count == 2 {
            guard let number = Int(parts[1]), number > 0 else { return nil }
            self.number = number
        }
    }

    /// Exactly this one.
    package init(_ version: ModelVersion) {
        (name, number) = (version.name, version.number)
    }

    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || scalar == "." || scalar == "_" || scalar == "-"
            }
    }

    package var description: String { number.map { "\(name)@\($0)" } ?? name }
}

/// A model as the store lists it. The file itself is fetched apart: `JobStore.modelFile`.
package struct ModelRecord: Hashable, Sendable {
    /// `reserved` by a training job under way; `failed` or `cancelled` when that job ended so, without a model.
    package enum State: String, Sendable { case reserved, ready, failed, cancelled }

    package var version: ModelVersion
    package var state: State
    package var isActive: Bool
    /// In the order of the network's outputs. Empty until ready.
    package var classes: [String]
    /// Confidence from which a prediction counts as recognised, a multiple of 0.05.
    package var threshold: Double
    /// What `auto` comes to with this model.
    package var precision: Precision
    package var byteCount: Int
    package var createdAt: Timestamp
    /// One line for people, for instance "blog, 97.1 % of 372 test pictures".
    package var summary: String

    package init(
        version: ModelVersion, state: State, isActive: Bool, classes: [String], threshold: Double,
        precision: Precision, byteCount: Int, createdAt: Timestamp, summary: String
    ) {
        self.version = version
        self.state = state
        self.isActive = isActive
        self.classes = classes
        self.threshold = threshold
        self.precision = precision
        self.byteCount = byteCount
        self.createdAt = createdAt
        self.summary = summary
    }
}

/// A finished model on its way into the store: the file, and what the store itself must know of it.
package struct NewModel: Hashable, Sendable {
    package var classes: [String]
    package var threshold: Double
    /// What `auto` comes to with this model: `fp32` or `int8`.
    package var precision: Precision
    package var summary: String
    /// A safetensors file.
    package var file: [UInt8]

    package init(classes: [String], threshold: Double, precision: Precision, summary: String, file: [UInt8]) {
        self.classes = classes
        self.threshold = threshold
        self.precision = precision
        self.summary = summary
        self.file = file
    }
}

/// The class that stands for "no brand of ours": predicted, counted as `other`.
package let otherClass = "_other"
