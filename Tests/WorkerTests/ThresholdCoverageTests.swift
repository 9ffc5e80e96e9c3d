import CNN
import Queue
import TestSupport
import Testing

@testable import Worker

/// Thresholds and what they cost, against a naive count over the pictures one by one.
struct ThresholdCoverageTests {
    private static let classes = ["chanel", "gucci", "_other"]

    private typealias Answer = (label: Int, predicted: Int, step: Int)

    /// Right with the chance that the confidence says, but for `_other`, of which a share is taken for a brand.
    private static func drawn(_ count: Int, quality: Int, using random: inout Generator) -> [Answer] {
        (0..<count).map { _ in
            let label = Int.random(in: 0..<3, using: &random)
            let step = Int.random(in: 7...20, using: &random)
            let isRight = Int.random(in: 0..<20, using: &random) < step + quality
            return (label, isRight ? label : (label + Int.random(in: 1...2, using: &random)) % 3, step)
        }
    }

    private static func counts(_ answers: [Answer]) -> HeldOut {
        var counts = HeldOut(part: .validation)
        for answer in answers { counts.add(label: answer.label, predicted: answer.predicted, step: answer.step) }
        return counts
    }

    private static func recognised(_ answers: [Answer], _ threshold: Double) -> [Answer] {
        answers.filter { $0.predicted != 2 && Double($0.step) / 20 >= threshold - 1e-9 }
    }

    @Test func theThresholdIsTheLowestThatIsGood() {
        var random = Generator(state: 1)
        var reached = 0
        for round in 0..<300 {
            let answers = Self.drawn(Int.random(in: 1...60, using: &random), quality: round % 9 - 5, using: &random)
            var (naive, best, isReached) = (0.5, -1.0, false)
            for threshold in stride(from: 0.5, to: 1.01, by: 0.05) where !isReached {
                let chosen = Self.recognised(answers, threshold)
                guard !chosen.isEmpty else { continue }
                let precision = Double(chosen.count { $0.label == $0.predicted }) / Double(chosen.count)
                isReached = precision >= 0.9
                if isReached || precision > best { (naive, best) = (threshold, precision) }
            }
            reached += isReached ? 1 : 0
            let threshold = Self.counts(answers).lowestGoodThreshold(classes: Self.classes)
            #expect(abs(threshold - naive) < 1e-9, "\(answers)")
            #expect(
                ThresholdCoverage(Self.counts(answers), classes: Self.classes, threshold: threshold).isGood == isReached
            )
        }
        #expect((30..<270).contains(reached))
        #expect(HeldOut(part: .validation).lowestGoodThreshold(classes: Self.classes) == 0.5)
    }

    @Test func coverageIsCounted() {
        var random = Generator(state: 2)
        let answers = Self.drawn(200, quality: 0, using: &random)
        for step in 0...20 {
            let threshold = Double(step) / 20
            let coverage = ThresholdCoverage(Self.counts(answers), classes: Self.classes, threshold: threshold)
            let recognised = Self.recognised(answers, threshold)
            #expect(coverage.recognised == recognised.count)
            #expect(coverage.right == recognised.count { $0.label == $0.predicted })
            for label in 0..<3 {
                #expect(coverage.classes[label].pictures == answers.count { $0.label == label })
                #expect(coverage.classes[label].recognised == recognised.count { $0.label == label })
            }
            #expect(coverage.brands.pictures == answers.count { $0.label != 2 })
            #expect(coverage.brands.recognised == recognised.count { $0.label != 2 })
        }
    }

    @Test func whatCannotBeReliedOnIsSaid() throws {
        var model = try Model(
            untrained: Architecture.blog(classes: 3), seed: 0, classes: Self.classes,
            preprocessing: Preprocessing(width: 150, height: 150))
        #expect(model.thresholdCaution(at: 0.5)?.contains("no picture was held out") == true)
        model.heldOut = Self.counts([(0, 0, 19), (1, 0, 18), (2, 0, 17), (2, 2, 20)])
        #expect(
            model.thresholdCaution(at: 0.85)
                == "only 1 of the 3 validation pictures that are recognised from confidence 0.85 on are right, less than "
                + "the 90 % that are aimed at")
        #expect(model.thresholdCaution(at: 0.95) == nil)
        #expect(
            model.thresholdCaution(at: 1) == "none of the validation pictures is recognised from confidence 1.00 on")
        // The pictures that chose go before those that are quoted.
        model.heldOut = HeldOut(part: .test)
        model.validation = Self.counts([(0, 0, 10)])
        #expect(model.thresholdCaution(at: 0.5) == nil && model.coverage(at: 0.55)?.recognised == 0)
    }
}
