import Foundation
import Testing
import Threads

@testable import CNN

struct WeightAverageTests {
    /// Of n steps, step t weighs (t^(p + 1) - (t - 1)^(p + 1)) / n^(p + 1): about t^p, and all of them 1.
    private static func mean(_ steps: [[Float]], power: Int) -> [Double] {
        func weight(_ step: Int) -> Double {
            func part(_ step: Int) -> Double { pow(Double(step) / Double(steps.count), Double(power + 1)) }
            return part(step) - part(step - 1)
        }
        return steps[0].indices.map { index in
            steps.indices.reduce(0) { $0 + weight($1 + 1) * Double(steps[$1][index]) }
        }
    }

    @Test(arguments: [0, 1, 9, 1_000])
    func laterStepsWeighMore(_ power: Int) throws {
        // More than one unit of work.
        let count = 70_001
        var noise = Noise(1)
        let average = WeightAverage(power: power, count: count, pool: ThreadPool(threads: 2))
        let weights = Parameters(Buffer(count: count))
        var steps: [[Float]] = []
        for step in 1...12 {
            steps.append(noise.floats(count))
            weights.change { $0.copy(from: steps[step - 1]) }
            let version = average.parameters.version
            try average.add(weights, step: step)
            #expect(average.parameters.version != version)
        }
        #expect(largestDifference(average.parameters.array, Self.mean(steps, power: power)) < 1e-6)
    }

    private struct Flat: TrainingPictures {
        let labels = (0..<29).map { $0 % 3 }

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
            var noise = Noise(UInt64(index) &+ (augmentation ?? 0))
            let values = noise.floats(picture.count)
            for i in picture.indices { picture[i] = Float(labels[index]) + values[i] }
        }
    }

    private static func trainer(_ averaging: Int?, keep: TrainingOptions.Keep) throws -> Trainer {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.keep, options.weightAveraging) = (3, 8, keep, averaging)
        return try Trainer(
            options: options,
            architecture: Architecture(
                input: Shape(height: 6, width: 6, channels: 3),
                nodes: [
                    .init("a", .convolution(filters: 16, kernel: 3, stride: 1, padding: 1), of: ["input"]),
                    .init("norm", .batchNormalization(epsilon: 1e-5, momentum: 0.1), of: ["a"]),
                    .init("act", .relu, of: ["norm"]), .init("pool", .globalAveragePool, of: ["act"]),
                    .init("head", .dense(units: 3), of: ["pool"]),
                ]),
            training: Flat(), validation: Flat(), level: .chosen(nil), threads: 2)
    }

    /// Averaging changes what is kept and judged, not the way there.
    @Test(arguments: [TrainingOptions.Keep.last, .best])
    func theModelIsTheMeanOfItsTrainingsSteps(_ keep: TrainingOptions.Keep) throws {
        let (plain, averaged) = (try Self.trainer(nil, keep: .last), try Self.trainer(5, keep: keep))
        var (steps, kept): ([[Float]], [Double]) = ([], [])
        var step = try plain.step()
        while step != .finished {
            let other = try averaged.step()
            switch (step, other) {
            case (.batch(let loss), .batch(let averagedLoss)):
                #expect(loss == averagedLoss)
                steps.append(plain.keptParameters.array)
            case (.epoch(let report), .epoch(let averagedReport)):
                #expect(report.trainingLoss == averagedReport.trainingLoss)
                #expect(report.validationLoss != averagedReport.validationLoss)
                if keep == .last || averagedReport.isBest { kept = Self.mean(steps, power: 5) }
            default: #expect(step == other)
            }
            step = try plain.step()
        }
        #expect(steps.count == 12 && averaged.keptParameters.array != plain.keptParameters.array)
        #expect(largestDifference(averaged.keptParameters.array, kept) < 1e-5)
    }

    /// It says what it is a checkpoint of: one without its mean is none of an averaged training's.
    @Test func aCheckpointWithoutTheMeanIsRefused() throws {
        let trainer = try Self.trainer(5, keep: .last)
        for _ in 0..<3 { _ = try trainer.step() }
        var checkpoint = try TrainingCheckpoint(parsing: trainer.checkpoint())
        try checkpoint.validate(against: checkpoint.header, parameterCount: checkpoint.m.count)
        checkpoint.average = nil
        #expect(throws: TrainingError.checkpoint("its progress is damaged")) {
            try checkpoint.validate(against: checkpoint.header, parameterCount: checkpoint.m.count)
        }
    }
}
