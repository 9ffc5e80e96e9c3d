/// How a model did on pictures that it was not trained on: counts by true class, predicted class and confidence step.
package struct HeldOut: Codable, Hashable, Sendable {
    /// Which pictures: those that chose the epoch flatter the model, those of the test do not.
    package enum Part: String, Codable, Sendable { case test, validation }

    package let part: Part
    /// [true class][predicted class][whole 5 % steps in the confidence, 0 to 20].
    package private(set) var counts: [[[Int]]]

    package static let confidenceSteps = 21

    package init(part: Part, classes: Int) {
        self.part = part
        let row = [[Int]](repeating: [Int](repeating: 0, count: Self.confidenceSteps), count: classes)
        counts = [[[Int]]](repeating: row, count: classes)
    }

    /// Counts one picture.
    package mutating func add(label: Int, probabilities: [Float]) {
        let predicted = probabilities.span.indexOfLargest
        counts[label][predicted][Self.confidenceStep(probabilities[predicted])] += 1
    }

    /// Pictures.
    package var total: Int { counts.joined().joined().reduce(0, +) }
    package var right: Int { counts.indices.reduce(0) { $0 + counts[$1][$1].reduce(0, +) } }

    /// Whole 5 % steps, 0 to 20. The allowance counts a probability that is 0.95 but for rounding as 0.95.
    package static func confidenceStep(_ confidence: Float) -> Int {
        min(confidenceSteps - 1, max(0, Int((Double(confidence) * 20 + 1e-6).rounded(.down))))
    }

    /// Whether these can be a model's of so many classes: a file may say anything.
    func fits(classes: Int) -> Bool {
        counts.count == classes
            && counts.allSatisfy { rows in
                rows.count == classes
                    && rows.allSatisfy { steps in
                        steps.count == Self.confidenceSteps && steps.allSatisfy { (0...1 << 32).contains($0) }
                    }
            }
    }
}
