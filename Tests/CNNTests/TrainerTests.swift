import Foundation
import Testing

@testable import CNN

struct TrainerTests {
    /// Pictures that a tiny network learns: their label says which of their rows is bright. Augmentation and index
    /// decide the noise.
    private struct Stripes: TrainingPictures {
        static let side = 9
        var labels: [Int]
        var brokenIndex: Int?
        var brightness: Float = 1

        init(_ count: Int, classes: Int = 3) { labels = (0..<count).map { $0 * 7 % classes } }

        struct Broken: Error, Equatable { var index: Int }

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) throws {
            if let brokenIndex, index >= brokenIndex { throw Broken(index: index) }
            var noise = Noise((augmentation ?? 0) &+ UInt64(index))
            let row = 2 + 2 * labels[index]
            for i in picture.indices {
                picture[i] = (i / (Self.side * 3) == row ? 0.8 : 0.2) * brightness + 0.1 * noise.floats(1)[0]
            }
        }
    }

    private static func bytePictures(_ count: Int) -> BytePictures {
        BytePictures(count, side: 9, contrast: 20, noise: 60)
    }

    private static func architecture(classes: Int = 3) throws -> Architecture {
        try Architecture(
            input: Shape(height: Stripes.side, width: Stripes.side, channels: 3),
            layers: [
                .convolution(filters: 4, kernel: 3, stride: 1, padding: 1), .relu, .maxPool(size: 2, stride: 2),
                .convolution(filters: 6, kernel: 3, stride: 1, padding: 0), .relu, .flatten, .dense(units: 8), .relu,
                .dropout(rate: 0.25), .dense(units: classes),
            ])
    }

    private static var options: TrainingOptions {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.seed, options.learningRate) = (3, 8, 11, 0.01)
        return options
    }

    private static func trainer(
        _ options: TrainingOptions = options, threads: Int = 2, training: Stripes = Stripes(29),
        validation: Stripes = Stripes(10), level: KernelLevel? = nil, precision: TrainingPrecision = .fp32,
        resuming: [UInt8]? = nil
    ) throws -> Trainer {
        try Trainer(
            options: options, architecture: architecture(), training: training, validation: validation,
            level: level ?? .chosen(nil), precision: precision, threads: threads, resuming: resuming)
    }

    /// Steps to the end, or `limit` steps; returns what they did.
    @discardableResult
    private static func run(_ trainer: Trainer, limit: Int = .max) throws -> [TrainingStep] {
        var steps: [TrainingStep] = []
        while steps.count < limit {
            let step = try trainer.step()
            if step == .finished { break }
            steps.append(step)
        }
        return steps
    }

    @Test(arguments: KernelLevel.allCases, TrainingPrecision.allCases)
    func threadsDoNotChangeAByte(_ level: KernelLevel, _ precision: TrainingPrecision) throws {
        try require(precision, at: level)
        let results = try [1, 2, 3].map { threads in
            let trainer = try Self.trainer(threads: threads, level: level, precision: precision)
            try Self.run(trainer)
            return trainer.checkpoint()
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test(arguments: TrainingPrecision.allCases)
    func resumingAnywhereDoesNotChangeAByte(_ precision: TrainingPrecision) throws {
        try require(precision, at: .chosen(nil))
        let whole = try Self.trainer(precision: precision)
        let steps = try Self.run(whole)
        #expect(steps.count == 3 * 5)
        for stop in 0...steps.count {
            let first = try Self.trainer(precision: precision)
            try Self.run(first, limit: stop)
            let second = try Self.trainer(threads: 1, precision: precision, resuming: first.checkpoint())
            #expect(second.picturesDone == first.picturesDone && second.history == first.history)
            #expect(try Self.run(second) == Array(steps[stop...]))
            #expect(second.checkpoint() == whole.checkpoint(), "stopped after \(stop) steps")
        }
    }

    @Test(arguments: TrainingPrecision.allCases)
    func aTinyNetworkLearns(_ precision: TrainingPrecision) throws {
        try require(precision, at: .chosen(nil))
        var options = Self.options
        options.epochs = 30
        let trainer = try Self.trainer(options, precision: precision)
        try Self.run(trainer)
        let (first, last) = (try #require(trainer.history.first), try #require(trainer.history.last))
        #expect(last.trainingLoss < first.trainingLoss / 2)
        #expect(trainer.history.contains { $0.validationAccuracy == 1 })
        #expect(trainer.picturesDone == 30 * 29 && trainer.picturesTotal == 30 * 29)
    }

    @Test func anotherSeedIsAnotherModel() throws {
        var options = Self.options
        let first = try Self.trainer(options)
        options.seed += 1
        let second = try Self.trainer(options)
        #expect(first.keptParameters.array != second.keptParameters.array)
        guard case .batch(let loss) = try first.step(), case .batch(let other) = try second.step() else {
            Issue.record("the first step is a batch")
            return
        }
        #expect(loss != other)
    }

    @Test func theBestEpochIsKeptAndPatienceEndsTraining() throws {
        var options = Self.options
        (options.epochs, options.patience) = (60, 2)
        let trainer = try Self.trainer(options)
        var best: [Float] = []
        for step in try Self.run(trainer) {
            guard case .epoch(let report) = step else { continue }
            #expect(report == trainer.history[report.epoch - 1])
        }
        let history = trainer.history
        #expect(history.count < 60 && trainer.picturesTotal == trainer.picturesDone)
        let bestEpoch = try #require(history.last { $0.isBest }?.epoch)
        #expect(history.count - bestEpoch == 2)

        // The same training, stopped where the best epoch ended, has the weights that were kept.
        options.patience = nil
        let again = try Self.trainer(options)
        while again.history.count < bestEpoch { _ = try again.step() }
        best = again.keptParameters.array
        #expect(trainer.keptParameters.array == best)
        options.keep = .last
        let last = try Self.trainer(options)
        while last.history.count < history.count { _ = try last.step() }
        #expect(last.keptParameters.array != best)
    }

    /// Wide enough for Winograd's convolution, whose weights are transformed.
    private static func wideTrainer(
        _ options: TrainingOptions, level: KernelLevel, precision: TrainingPrecision, resuming: [UInt8]? = nil
    ) throws -> Trainer {
        let layers: [LayerDescription] = [
            .convolution(filters: 16, kernel: 3, stride: 1, padding: 1), .relu,
            .convolution(filters: 16, kernel: 3, stride: 1, padding: 1), .relu, .maxPool(size: 2, stride: 2), .flatten,
            .dense(units: 3),
        ]
        return try Trainer(
            options: options,
            architecture: Architecture(
                input: Shape(height: 9, width: 9, channels: 3), layers: layers),
            training: bytePictures(40), validation: bytePictures(300), level: level, precision: precision, threads: 2,
            resuming: resuming)
    }

    /// What an epoch reports is true of the weights that it ended with, also where training was stopped in mid-epoch
    /// and in mid-validation.
    @Test(arguments: KernelLevel.allCases, TrainingPrecision.allCases)
    func anEpochsFiguresAreThoseOfItsWeights(_ level: KernelLevel, _ precision: TrainingPrecision) throws {
        try require(precision, at: level)
        var options = Self.options
        (options.epochs, options.keep) = (4, .last)
        var trainer = try Self.wideTrainer(options, level: level, precision: precision)
        var accuracies: Set<Double> = []
        for number in 1... {
            let step = try trainer.step()
            if step == .finished { break }
            if number.isMultiple(of: 4) {
                trainer = try Self.wideTrainer(
                    options, level: level, precision: precision, resuming: trainer.checkpoint())
            }
            guard case .epoch(let report) = step else { continue }
            let fresh = try Self.bytePictures(300).figures(of: trainer)
            #expect(report.validationLoss == fresh.loss && report.validationAccuracy == fresh.accuracy)
            accuracies.insert(fresh.accuracy)
        }
        #expect(trainer.history.count == 4 && accuracies.count > 1, "it learns something")
    }

    /// The epoch that is kept, and the one at which patience ends, follow from losses computed afresh.
    @Test(arguments: TrainingPrecision.allCases)
    func theBestEpochIsTheOneWithTheLowestTrueLoss(_ precision: TrainingPrecision) throws {
        let level = try KernelLevel.chosen(nil)
        try require(precision, at: level)
        var options = Self.options
        (options.epochs, options.keep, options.learningRate) = (30, .last, 0.03)
        let whole = try Self.wideTrainer(options, level: level, precision: precision)
        var losses: [Double] = []
        var weights: [[Float]] = []
        while true {
            let step = try whole.step()
            if step == .finished { break }
            guard case .epoch = step else { continue }
            losses.append(try Self.bytePictures(300).figures(of: whole).loss)
            weights.append(whole.keptParameters.array)
        }
        let patience = 2
        func best(upTo epoch: Int) -> Int { losses[...epoch].indices.min { losses[$0] < losses[$1] } ?? 0 }
        let last = losses.indices.first { $0 - best(upTo: $0) >= patience } ?? losses.count - 1
        #expect(last < losses.count - 1, "patience has something to end")

        (options.keep, options.patience) = (.best, patience)
        let patient = try Self.wideTrainer(options, level: level, precision: precision)
        try Self.run(patient)
        #expect(patient.history.count == last + 1)
        #expect(patient.keptParameters.array == weights[best(upTo: last)])
    }

    @Test func weightsDerivedBeforeAChangeAreMadeAnew() throws {
        let kernels = try #require(Kernels(.portable))
        let shape = Shape(height: 5, width: 5, channels: 16)
        let convolution = Convolution(
            input: shape, output: Shape(height: 3, width: 3, channels: 16), size: 3, stride: 1, activation: .none,
            pool: nil, kernel: 0..<2304, bias: 2304..<2320)
        let parameters = Parameters(Buffer(count: 2320))
        let derived = DerivedWeights([convolution], parameters, kernels: kernels, for: .prediction)
        let before = derived.current()[convolution].transformed?.array
        parameters.change { $0.fill(with: 1) }
        #expect(before?.allSatisfy { $0 == 0 } == true)
        #expect(derived.current()[convolution].transformed?.array.contains { $0 != 0 } == true)
    }

    @Test func withoutValidationTheLastEpochIsKept() throws {
        let trainer = try Self.trainer(validation: Stripes(0))
        let steps = try Self.run(trainer)
        #expect(trainer.history.count == 3)
        #expect(trainer.history.allSatisfy { $0.validationAccuracy == nil && $0.validationLoss == nil && !$0.isBest })
        #expect(!steps.contains(.validation))
        let resumed = try Self.trainer(validation: Stripes(0), resuming: trainer.checkpoint())
        #expect(resumed.isFinished && resumed.keptParameters.array == trainer.keptParameters.array)
    }

    @Test func validationGoesInPieces() throws {
        let steps = try Self.run(Self.trainer(validation: Stripes(600)))
        #expect(steps.count { $0 == .validation } == 3 * 2)
    }

    @Test func aDivergingLossIsAnError() throws {
        var training = Stripes(29)
        training.brightness = .infinity
        let trainer = try Self.trainer(training: training)
        #expect(throws: TrainingError.diverged(epoch: 1)) { try Self.run(trainer) }
    }

    @Test func aPictureThatFailsToLoadEndsTheStep() throws {
        var training = Stripes(29)
        training.brokenIndex = 0
        for threads in [1, 3] {
            let trainer = try Self.trainer(threads: threads, training: training)
            #expect(throws: Stripes.Broken.self) { try trainer.step() }
        }
    }

    @Test func impossibleOptionsAreRefused() throws {
        let changes: [(inout TrainingOptions) -> Void] = [
            { $0.epochs = 0 }, { $0.batch = 0 }, { $0.batch = .max }, { $0.learningRate = .nan },
            { $0.learningRate = -1 }, { $0.patience = 0 }, { $0.headRate = 0 }, { $0.weightDecay = 1 },
            { $0.clipping = 0 }, { $0.weightAveraging = -1 }, { $0.labelSmoothing = -0.1 }, { $0.cutMix = 1.1 },
        ]
        for change in changes {
            var options = Self.options
            change(&options)
            #expect(throws: TrainingError.self) { try Self.trainer(options) }
        }
        var outside = Stripes(29)
        outside.labels[3] = 3
        #expect(throws: TrainingError.self) { try Self.trainer(training: outside) }
        #expect(throws: TrainingError.pictures("there are none")) { try Self.trainer(training: Stripes(0)) }
    }

    @Test func optionsLeftOutOfJSONHaveDefaults() throws {
        let options = try JSONDecoder().decode(TrainingOptions.self, from: Data(#"{"epochs":7}"#.utf8))
        var expected = TrainingOptions()
        expected.epochs = 7
        #expect(options == expected)
    }

    @Test func anotherTrainersCheckpointIsRefused() throws {
        let trainer = try Self.trainer()
        _ = try Self.run(trainer, limit: 3)
        let checkpoint = trainer.checkpoint()
        var options = Self.options
        options.seed += 1
        #expect(throws: TrainingError.checkpoint("it belongs to other pictures or other options")) {
            try Self.trainer(options, resuming: checkpoint)
        }
        #expect(throws: TrainingError.checkpoint("it belongs to other pictures or other options")) {
            try Self.trainer(training: Stripes(30), resuming: checkpoint)
        }
        if let fastest = KernelLevel.supported.last, fastest != .portable {
            #expect(throws: TrainingError.self) { try Self.trainer(level: .portable, resuming: checkpoint) }
        }
        if try TrainingPrecision.supported(at: .chosen(nil)).contains(.bf16) {
            #expect(throws: TrainingError.checkpoint("it was made in fp32, this is bf16")) {
                try Self.trainer(precision: .bf16, resuming: checkpoint)
            }
        }
    }

    @Test func thePrecisionIsWhatIsWantedOrTheFastest() throws {
        for level in KernelLevel.supported {
            let supported = TrainingPrecision.supported(at: level)
            let fastest = try TrainingPrecision.chosen(nil, at: level)
            #expect(try supported.contains(fastest) && TrainingPrecision.chosen(nil, at: level) == fastest)
            #expect(try TrainingPrecision.chosen(.fp32, at: level) == .fp32)
            guard !supported.contains(.bf16) else { continue }
            #expect(throws: TrainingPrecisionError.unsupported(.bf16, level)) {
                try TrainingPrecision.chosen(.bf16, at: level)
            }
            #expect(throws: TrainingPrecisionError.unsupported(.bf16, level)) {
                try Self.trainer(level: level, precision: .bf16)
            }
        }
    }

    @Test func damagedCheckpointsAreRefusedOrHarmless() throws {
        let trainer = try Self.trainer()
        _ = try Self.run(trainer, limit: 7)
        let checkpoint = trainer.checkpoint()
        for length in [0, 7, 8, 100, checkpoint.count / 2, checkpoint.count - 1] {
            #expect(throws: TrainingError.self) { try Self.trainer(resuming: Array(checkpoint[..<length])) }
        }
        #expect(throws: TrainingError.self) { try Self.trainer(resuming: checkpoint + [0]) }
        // Whatever a header says, the trainer throws or goes on; it never traps.
        let headerLength = checkpoint[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var noise = Noise(4)
        for _ in 0..<150 {
            var damaged = checkpoint
            damaged[8 + noise.integer(0...headerLength - 1)] = UInt8(noise.integer(32...126))
            if let resumed = try? Self.trainer(threads: 1, resuming: damaged) { _ = try resumed.step() }
        }
        for (key, value) in [("position", "-5"), ("steps", "-1"), ("epochs", "9"), ("best", "7"), ("count", "99")] {
            let text = String(decoding: checkpoint[8..<8 + headerLength], as: UTF8.self)
            let digits = try #require(text.firstRange(of: try Regex("\(key)\\\\\":\\d+")))
            let changed = Array(text.replacingCharacters(in: digits, with: "\(key)\\\":\(value)").utf8)
            let length = (0..<8).map { UInt8(truncatingIfNeeded: changed.count >> (8 * $0)) }
            #expect(throws: TrainingError.self, "\(key) \(value)") {
                try Self.trainer(resuming: length + changed + checkpoint[(8 + headerLength)...])
            }
        }
    }
}

struct RandomTests {
    @Test func randomNumbersAreWhereTheyShouldBe() {
        var random = Random(key: 2)
        let values = (0..<10_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { (0..<1).contains($0) })
        #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.01)
        let order = Random.permutation(of: 1_000, key: 3)
        #expect(order.sorted() == Array(0..<1_000) && order != Array(0..<1_000))
        #expect(Random.permutation(of: 1_000, key: 3) == order && Random.permutation(of: 0, key: 3).isEmpty)
        let keys = Set((0..<100).flatMap { a in (0..<100).map { Random.key(1, .order, a, $0) } })
        #expect(keys.count == 10_000)
    }
}
