package import CNN
import Queue

/// What a threshold comes to on labelled pictures. A picture is recognised where it is called a brand, which `_other`
/// is not, with a confidence that reaches the threshold.
package struct ThresholdCoverage: Hashable, Sendable {
    /// How many of some pictures are recognised.
    package struct Share: Hashable, Sendable {
        package var pictures = 0
        package var recognised = 0
    }

    /// Of each class, in the model's order; of `_other` none should be.
    package private(set) var classes: [Share]
    /// Of all brands' pictures.
    package private(set) var brands = Share()
    /// Of all pictures, `_other` included; and those that are of the brand that they are called.
    package private(set) var recognised = 0
    package private(set) var right = 0

    package init(_ counts: HeldOut, classes names: [String], threshold: Double) {
        let least = ConfidenceStep.reaching(threshold)
        classes = names.map { _ in Share() }
        for (cell, count) in counts.counts {
            let recognised = names[cell.predicted] != otherClass && cell.step >= least ? count : 0
            classes[cell.label].pictures += count
            classes[cell.label].recognised += recognised
            self.recognised += recognised
            if cell.label == cell.predicted { right += recognised }
        }
        for (name, share) in zip(names, classes) where name != otherClass {
            brands.pictures += share.pictures
            brands.recognised += share.recognised
        }
    }

    /// The share of the recognised that are right; nil where none is recognised.
    package var precision: Double? { recognised == 0 ? nil : Double(right) / Double(recognised) }
    /// Of the brands' pictures, the share that is recognised; nil without such pictures.
    package var rate: Double? {
        brands.pictures == 0 ? nil : Double(brands.recognised) / Double(brands.pictures)
    }
    /// Whether as many of the recognised are right as is aimed at.
    package var isGood: Bool { precision.map { $0 >= Self.neededPrecision } ?? false }

    package static let neededPrecision = 0.9
    /// What is less likely than not is not recognised, however good the model: strangers are among it.
    package static let lowestThreshold = 0.5
}

extension HeldOut {
    /// The lowest 5 % step from 0.5 on at which 90 % of the recognised are right; where there is none, the one at which
    /// the most are; where nothing is recognised, 0.5.
    func lowestGoodThreshold(classes: [String]) -> Double {
        let steps = ConfidenceStep.reaching(ThresholdCoverage.lowestThreshold)...20
        let all = steps.map { step in
            let threshold = Double(step) / 20
            return (threshold: threshold, coverage: ThresholdCoverage(self, classes: classes, threshold: threshold))
        }
        if let first = all.first(where: { $0.coverage.isGood }) { return first.threshold }
        // Of equals the first, which is the lowest.
        let best = all.max { ($0.coverage.precision ?? 0) < ($1.coverage.precision ?? 0) }
        return best.flatMap { $0.coverage.recognised > 0 ? $0.threshold : nil } ?? ThresholdCoverage.lowestThreshold
    }

    /// Validation pictures' counts.
    init(of logits: LabelledLogits, by model: Model) {
        self.init(part: .validation)
        for (picture, label) in logits.labels.enumerated() {
            let probabilities = logits.probabilities(of: picture, temperature: model.calibration.temperature)
            var flags: PredictionFlags = []
            if let limit = model.familiarity?.limit, let found = logits.familiarities, found[picture] < limit {
                flags = .unfamiliar
            }
            let prediction = Prediction(
                brand: probabilities.span.indexOfLargest, probabilities: probabilities, flags: flags, postTime: nil)
            add(label: label, predicted: prediction.brand, step: prediction.confidenceStep)
        }
    }
}

extension Model {
    /// The pictures that the threshold was chosen by; those that were held out where a file of an earlier version does
    /// not tell.
    package var thresholdCounts: HeldOut? { validation ?? heldOut }

    /// What a threshold comes to on `thresholdCounts`.
    package func coverage(at threshold: Double) -> ThresholdCoverage? {
        thresholdCounts.map { ThresholdCoverage($0, classes: classes, threshold: threshold) }
    }

    /// What keeps a threshold from being relied on, in a sentence; nil for nothing.
    package func thresholdCaution(at threshold: Double) -> String? {
        let from = "from confidence \(Self.twoDecimals(threshold)) on"
        guard let counts = thresholdCounts, let coverage = coverage(at: threshold) else {
            return "no picture was held out: nobody knows how many of those recognised \(from) are right"
        }
        guard !coverage.isGood else { return nil }
        guard coverage.recognised > 0 else {
            return "none of the \(counts.part.rawValue) pictures is recognised \(from)"
        }
        return
            "only \(coverage.right) of the \(coverage.recognised) \(counts.part.rawValue) pictures that are recognised \(from) "
            + "are right, less than the 90 % that are aimed at"
    }

    private static func twoDecimals(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
