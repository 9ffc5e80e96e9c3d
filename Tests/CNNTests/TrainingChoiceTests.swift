import Foundation
import Testing
import Threads

@testable import CNN

/// What a user may ask of a training besides its recipe: minutes, weights of the classes.
struct TrainingChoiceTests {
    private struct Noises: TrainingPictures {
        let labels: [Int]

        init(_ count: Int) { labels = (0..<count).map { $0 * $0 % 3 } }

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
            var noise = Noise((augmentation ?? 0) &+ UInt64(index))
            for (i, value) in noise.floats(picture.count, in: 0...1).enumerated() { picture[i] = value }
        }
    }

    /// - isLinear: Without kinks, for differences.
    private static func architecture(isLinear: Bool = false) throws -> Architecture {
        let activation: [LayerDescription] = isLinear ? [] : [.relu]
        return try Architecture(
            input: Shape(height: 7, width: 7, channels: 3),
            layers: [.convolution(filters: 4, kernel: 3, stride: 1, padding: 1)] + activation
                + [.flatten, .dropout(rate: 0.25), .dense(units: 3)])
    }

    private static func trainer(_ options: TrainingOptions, resuming: [UInt8]? = nil) throws -> Trainer {
        try Trainer(
            options: options, architecture: architecture(), training: Noises(29), validation: Noises(10),
            level: .chosen(nil), threads: 2, resuming: resuming)
    }

    private static func options(minutes: Int? = nil, epochs: Int = 3) -> TrainingOptions {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.minutes, options.schedule) = (epochs, 8, minutes, .oneCycle)
        return options
    }

    @Test func epochsAreThoseThatFit() {
        let pace = TrainingPace(secondsPerEpoch: 6.3, secondsPerPrediction: 0.25)
        let seconds = [0, -5, 6.9, 7.01, 13.9, 14.01, 70.01]
        #expect(seconds.map { pace.epochs(within: $0) } == [1, 1, 1, 1, 1, 2, 10])
        // A tenth is kept back, and what comes after the epochs.
        #expect(pace.epochs(within: 24.1, predictions: 36) == 2 && pace.epochs(within: 23.9, predictions: 36) == 1)
        #expect(pace.epochs(within: 1e300) == 100 && pace.epochs(within: .infinity) == 100)
        #expect(TrainingPace(secondsPerEpoch: 0, secondsPerPrediction: 0).epochs(within: 60) == 100)
        #expect(pace.seconds(of: 2) == 12.6)
    }

    @Test func measuringLeavesTheTrainerAsItWas() throws {
        let (measured, plain) = (try Self.trainer(Self.options()), try Self.trainer(Self.options()))
        let before = measured.checkpoint()
        let pace = try measured.measurePace()
        #expect(pace.secondsPerEpoch > 10 * pace.secondsPerPrediction && pace.secondsPerPrediction > 0)
        #expect(measured.checkpoint() == before)
        for trainer in [measured, plain] { while try trainer.step() != .finished {} }
        #expect(measured.checkpoint() == plain.checkpoint())
    }

    @Test func theChosenEpochsOutliveAKill() throws {
        let whole = try Self.trainer(Self.options(minutes: 5, epochs: 8))
        whole.choose(epochs: 2)
        let checkpoint = whole.checkpoint()
        #expect(whole.picturesTotal == 2 * 29)
        let resumed = try Self.trainer(Self.options(minutes: 5, epochs: 8), resuming: checkpoint)
        #expect(resumed.options.epochs == 2)
        for trainer in [whole, resumed] { while try trainer.step() != .finished {} }
        #expect(resumed.history.count == 2 && resumed.checkpoint() == whole.checkpoint())
        // The schedule is that of two epochs asked for, too.
        let asked = try Self.trainer(Self.options(epochs: 2))
        while try asked.step() != .finished {}
        #expect(asked.keptParameters.array == whole.keptParameters.array)

        #expect(throws: TrainingError.self) { try Self.trainer(Self.options(epochs: 8), resuming: checkpoint) }
        #expect(throws: TrainingError.self) {
            try Self.trainer(Self.options(minutes: 6, epochs: 8), resuming: checkpoint)
        }
    }

    @Test func weightsOfClassesAreTheInverseOfTheirShares() {
        let labels = [0, 0, 0, 0, 0, 2, 2, 3]
        var options = TrainingOptions()
        #expect(options.classWeights(of: labels, classes: 4) == [1, 1, 1, 1])
        for balance in [0.25, 1] {
            options.balance = balance
            let weights = options.classWeights(of: labels, classes: 4)
            for (label, count) in [(0, 5.0), (2, 2.0), (3, 1.0)] {
                // Three classes that are there would have a third of the 8 pictures each.
                #expect(abs(weights[label] - ((1 - balance) + balance * (8.0 / 3) / count)) < 1e-12)
            }
            let mean = labels.reduce(0) { $0 + weights[$1] } / Double(labels.count)
            #expect(abs(mean - 1) < 1e-12)
        }
    }

    /// Against each picture's own gradient without a weight, and against differences of the weighted loss.
    @Test func weightsMultiplyLossesAndGradients() throws {
        let network = Network(try Self.architecture(isLinear: true))
        let kernels = try #require(Kernels(.portable))
        let parameters = network.initialParameters(seed: 2)
        let (labels, weights) = ([0, 2, 1, 1, 0], [0.5, 1.25, 3])
        func run(_ pictures: [Int], _ weights: [Double]?, _ parameters: Parameters) throws -> (
            losses: [Double], gradients: [Float]
        ) {
            let work = Backpropagation(
                network, parameters, kernels: kernels, pool: ThreadPool(threads: 2), capacity: 5, smoothing: 0.1,
                classWeights: weights)
            let outcome = try work.run(
                labels: pictures.map { labels[$0] }, randomKeys: pictures.map { UInt64($0) }
            ) { picture, values in
                var noise = Noise(UInt64(pictures[picture]))
                values.copy(from: noise.floats(values.count, in: 0...1))
            }
            return (outcome.map(\.loss), work.gradients.array)
        }
        let all = Array(labels.indices)
        let weighted = try run(all, weights, parameters)
        var expected = [Double](repeating: 0, count: network.parameterCount)
        for picture in all {
            let alone = try run([picture], nil, parameters)
            let weight = weights[labels[picture]]
            #expect(abs(weighted.losses[picture] - weight * alone.losses[0]) < 1e-6)
            for i in expected.indices { expected[i] += weight * Double(alone.gradients[i]) / Double(labels.count) }
        }
        #expect(zip(weighted.gradients, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })

        for tensor in network.tensors {
            let index = tensor.range.lowerBound + tensor.range.count / 2
            func loss(_ change: Float) throws -> Double {
                let moved = Parameters(Buffer(count: parameters.count))
                moved.change { values in
                    values.copy(from: parameters.values)
                    values.slice(index, of: 1).fill(with: parameters.array[index] + change)
                }
                return try run(all, weights, moved).losses.reduce(0, +) / Double(labels.count)
            }
            let difference = (try loss(0.005) - loss(-0.005)) / 0.01
            #expect(abs(difference - Double(weighted.gradients[index])) < 2e-3, "\(tensor.name)")
        }
    }

    @Test func optionsOfThePastMeanWhatTheyMeant() throws {
        let old = try JSONDecoder().decode(TrainingOptions.self, from: Data(#"{"recipe":"blog","epochs":7}"#.utf8))
        var expected = TrainingOptions()
        expected.epochs = 7
        #expect(old == expected && old.minutes == nil && old.balance == 0 && old.augment == nil)
        var options = Self.options(minutes: 25)
        (options.balance, options.augment) = (0.5, .nothing)
        let json = try JSONEncoder().encode(options)
        #expect(try JSONDecoder().decode(TrainingOptions.self, from: json) == options)
        #expect(String(decoding: json, as: UTF8.self).contains(#""augment":"none""#))
        for change in [{ $0.minutes = 0 }, { $0.balance = 1.1 }, { $0.balance = .nan }]
            as [(inout TrainingOptions) -> Void]
        {
            var options = Self.options()
            change(&options)
            #expect(options.problem != nil)
        }
    }
}
