/// Whether a model is right as often as it says, measured on pictures whose class is known.
package struct Reliability: Codable, Hashable, Sendable {
    /// The expected calibration error (Guo et al. 2017): over 15 equally wide bins of the confidence, the mean distance
    /// between a bin's mean confidence and the share of its pictures that are right, weighted by its pictures.
    package var error: Double
    /// Such an error is never 0, for a bin's pictures are few. What a model would show that had the same confidences
    /// and were right just so often: the mean, and what 95 of 100 such models do not exceed.
    package var expectedError: Double
    package var expectedErrorLimit: Double
    /// The mean of -ln p[label] (negative log likelihood, NLL).
    package var loss: Double

    package static let binCount = 15
    private static let simulations = 1_000

    /// Nil without pictures.
    /// - probabilities: Each picture's, in the order of the classes.
    /// - labels: The pictures' true classes.
    package init?(probabilities: [[Float]], labels: [Int]) {
        precondition(probabilities.count == labels.count)
        guard !labels.isEmpty else { return nil }
        let answers = probabilities.map { $0.span.indexOfLargest }
        let bins = Bins(confidences: zip(probabilities, answers).map { Double($0[$1]) })
        error = bins.error { answers[$0] == labels[$0] }
        var random = Random(key: Random.key(0, .simulation))
        let errors = (0..<Self.simulations).map { _ in
            bins.error { Double(random.uniform()) < bins.confidences[$0] }
        }.sorted()
        expectedError = errors.reduce(0, +) / Double(errors.count)
        expectedErrorLimit = errors[errors.count * 95 / 100 - 1]
        let losses = zip(probabilities, labels).map { row, label in
            -logarithm(Double(max(row[label], .leastNormalMagnitude)))
        }
        loss = losses.reduce(0, +) / Double(losses.count)
    }

    private struct Bins {
        let confidences: [Double]
        private let bins: [Int]
        private let sums: [Double]

        init(confidences: [Double]) {
            self.confidences = confidences
            // A bin holds its upper end, as in the paper.
            bins = confidences.map { max(0, Int(($0 * Double(binCount)).rounded(.up)) - 1) }
            var sums = [Double](repeating: 0, count: binCount)
            for (bin, confidence) in zip(bins, confidences) { sums[bin] += confidence }
            self.sums = sums
        }

        func error(isRight: (Int) -> Bool) -> Double {
            var right = [Double](repeating: 0, count: binCount)
            for (picture, bin) in bins.enumerated() where isRight(picture) { right[bin] += 1 }
            return zip(right, sums).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(bins.count)
        }
    }
}

/// The probabilities that a temperature of 1 would have given where one of `temperature` gave these.
package func uncalibrated(_ probabilities: [Float], temperature: Double) -> [Float] {
    let powers = probabilities.map { exponential(temperature * logarithm(Double(max($0, .leastNormalMagnitude)))) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
}
