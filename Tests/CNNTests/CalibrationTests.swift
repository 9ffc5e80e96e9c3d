import Foundation
import Testing

@testable import CNN

/// Temperatures and calibration errors, each found another way.
struct CalibrationTests {
    /// Logits of pictures whose labels are drawn from softmax(logits / temperature).
    private static func drawn(
        _ count: Int, classes: Int, temperature: Double, seed: UInt64 = 3
    ) -> (logits: [Float], labels: [Int]) {
        var random = Random(key: seed)
        var (logits, labels): ([Float], [Int]) = ([], [])
        for _ in 0..<count {
            let row = (0..<classes).map { _ in 12 * random.uniform() - 6 }
            let weights = row.map { exp(Double($0) / temperature) }
            var rest = Double(random.uniform()) * weights.reduce(0, +)
            labels.append(
                weights.firstIndex { weight in
                    rest -= weight
                    return rest < 0
                } ?? classes - 1)
            logits += row
        }
        return (logits, labels)
    }

    /// -ln p[label], with the system's functions.
    private static func loss(_ logits: [Float], _ labels: [Int], temperature: Double) -> Double {
        let classes = logits.count / labels.count
        return labels.enumerated().reduce(0) { total, picture in
            let row = logits[picture.offset * classes..<(picture.offset + 1) * classes].map {
                Double($0) / temperature
            }
            return total + log(row.reduce(0) { $0 + exp($1) }) - row[picture.element]
        } / Double(labels.count)
    }

    @Test(arguments: [0.4, 1, 2.5])
    func theTemperatureIsTheLikeliest(truth: Double) throws {
        let (logits, labels) = Self.drawn(600, classes: 4, temperature: truth)
        let answers = LabelledLogits(logits, labels: labels, classes: 4)
        #expect(abs(answers.loss(temperature: 1.7) - Self.loss(logits, labels, temperature: 1.7)) < 1e-9)
        // By brute force, over a grid.
        let grid = (-150...150).map { exp(0.01 * Double($0)) }
        let losses = grid.map { 600 * Self.loss(logits, labels, temperature: $0) }
        let costs = zip(grid, losses).map { temperature, loss in loss + pow(1 / temperature - 1, 2) / 2 }
        let best = try #require(costs.indices.min { costs[$0] < costs[$1] })
        #expect(abs(log(answers.bestTemperature / grid[best])) < 0.006)
        // The other term hardly moves it, and it is near what the labels were drawn with.
        let likeliest = try #require(losses.indices.min { losses[$0] < losses[$1] })
        #expect(abs(log(answers.bestTemperature / grid[likeliest])) < 0.05)
        #expect(abs(log(answers.bestTemperature / truth)) < 0.15)
    }

    @Test func fewPicturesThatAreAllRightSaySomethingButNotEverything() {
        let logits: [Float] = (0..<24).flatMap { picture in (0..<3).map { $0 == picture % 3 ? 2.5 : 0 } }
        let answers = LabelledLogits(logits, labels: (0..<24).map { $0 % 3 }, classes: 3)
        #expect((0.3..<0.9).contains(answers.bestTemperature))
        #expect(LabelledLogits([], labels: [], classes: 3).bestTemperature == 1)
        // An answer that is none changes nothing.
        let broken = LabelledLogits(logits + [.nan, 1, 2], labels: (0..<25).map { $0 % 3 }, classes: 3)
        #expect(abs(broken.bestTemperature - answers.bestTemperature) < 1e-5)
    }

    /// Whose logits are 2.5 times too large: wrong more often than it says, until it has its temperature.
    @Test func aModelThatIsTooSureBecomesCalibrated() throws {
        let (known, new) = (
            Self.drawn(3_000, classes: 5, temperature: 2.5), Self.drawn(800, classes: 5, temperature: 2.5, seed: 6)
        )
        let temperature = LabelledLogits(known.logits, labels: known.labels, classes: 5).bestTemperature
        let answers = LabelledLogits(new.logits, labels: new.labels, classes: 5)
        func measured(_ temperature: Double) throws -> (Reliability, [[Float]]) {
            let rows = new.labels.indices.map { answers.probabilities(of: $0, temperature: temperature) }
            return (try #require(Reliability(probabilities: rows, labels: new.labels)), rows)
        }
        let (before, _) = try measured(1)
        let (after, rows) = try measured(temperature)
        #expect(before.error > 0.1 && before.error > before.expectedErrorLimit)
        #expect(after.error < after.expectedErrorLimit && after.error < before.error / 3)
        #expect(after.loss < before.loss - 0.1)
        #expect(abs(after.loss - Self.loss(new.logits, new.labels, temperature: temperature)) < 1e-6)
        // Back again, from the probabilities alone.
        for (picture, row) in rows.enumerated() {
            let raw = answers.probabilities(of: picture, temperature: 1)
            #expect(zip(uncalibrated(row, temperature: temperature), raw).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    /// A network that has learnt smoothed labels says (1 - e) p + e / K where p is the truth.
    @Test func labelSmoothingIsTakenBack() throws {
        let (classes, smoothing) = (5, 0.1)
        let (truth, labels) = Self.drawn(2_000, classes: classes, temperature: 1)
        var (learnt, expected): ([Float], [Double]) = ([], [])
        for picture in labels.indices {
            let row = truth[picture * classes..<(picture + 1) * classes].map { exp(Double($0)) }
            let probabilities = row.map { $0 / row.reduce(0, +) }
            expected += probabilities
            learnt += probabilities.map { Float(log((1 - smoothing) * $0 + smoothing / Double(classes)) + 3) }
        }
        let answers = LabelledLogits(learnt, labels: labels, classes: classes, labelSmoothing: smoothing)
        for picture in labels.indices {
            let found = answers.probabilities(of: picture, temperature: 1)
            for (found, expected) in zip(found, expected[(picture * classes)...]) {
                // Below a tenth of its share a class is held there, at the others' cost.
                #expect(abs(Double(found) - expected) < 0.01)
            }
            let loss = -log(answers.probabilities(of: picture, temperature: 0.8).map(Double.init)[labels[picture]])
            let alone = LabelledLogits(
                Array(learnt[picture * classes..<(picture + 1) * classes]), labels: [labels[picture]], classes: classes,
                labelSmoothing: smoothing)
            #expect(abs(alone.loss(temperature: 0.8) - loss) < 1e-4)
        }
        // So the temperature has nothing to mend, and without it no temperature mends as much.
        #expect(abs(log(answers.bestTemperature)) < 0.1)
        let smoothed = LabelledLogits(learnt, labels: labels, classes: classes)
        #expect(answers.loss(temperature: 1) < smoothed.loss(temperature: smoothed.bestTemperature) - 0.003)
    }

    @Test func theErrorIsThatOfFifteenBins() throws {
        let (logits, labels) = Self.drawn(500, classes: 3, temperature: 1.5)
        let answers = LabelledLogits(logits, labels: labels, classes: 3)
        let rows = labels.indices.map { answers.probabilities(of: $0, temperature: 1) }
        let measured = try #require(Reliability(probabilities: rows, labels: labels))
        var error = 0.0
        for bin in 0..<15 {
            let (low, high) = (Double(bin) / 15, Double(bin + 1) / 15)
            let inside = labels.indices.filter { picture in
                let confidence = Double(rows[picture].max() ?? 0)
                return confidence > low && confidence <= high
            }
            guard !inside.isEmpty else { continue }
            let confidence = inside.map { Double(rows[$0].max() ?? 0) }.reduce(0, +) / Double(inside.count)
            let right = inside.count { rows[$0].max() == rows[$0][labels[$0]] }
            error += abs(confidence - Double(right) / Double(inside.count)) * Double(inside.count) / 500
        }
        #expect(abs(measured.error - error) < 1e-9)
        #expect(measured.expectedError < measured.expectedErrorLimit)

        // Of pictures in one bin: right k times of n, binomially.
        let coin = [[Float]](repeating: [0.7, 0.3], count: 50)
        let tossed = try #require(Reliability(probabilities: coin, labels: (0..<50).map { $0 % 2 }))
        #expect(abs(tossed.error - 0.2) < 1e-6)
        let chances = (0...50).map { right in
            exp(
                lgamma(51) - lgamma(Double(right) + 1) - lgamma(51 - Double(right)) + Double(right) * log(0.7)
                    + Double(50 - right) * log(0.3))
        }
        let mean = chances.enumerated().reduce(0) { $0 + abs(Double($1.offset) / 50 - 0.7) * $1.element }
        #expect(abs(tossed.expectedError - mean) < 0.005)
        #expect(abs(tossed.expectedErrorLimit - 1.96 * (0.21 / 50).squareRoot()) < 0.02)
        #expect(Reliability(probabilities: [], labels: []) == nil)
    }
}
