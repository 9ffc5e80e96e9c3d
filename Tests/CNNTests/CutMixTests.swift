import Testing

@testable import CNN

struct CutMixTests {
    private static let shape = Shape(height: 12, width: 20, channels: 3)

    @Test func theShareIsWhatThePasteChanges() {
        var random = Random(key: 3)
        var shares: [Double] = []
        var partners = [Int](repeating: 0, count: 5)
        for _ in 0..<4_000 {
            let mix = CutMix(pictures: 5, shape: Self.shape, using: &random)
            var picture = [Float](repeating: 0, count: Self.shape.count)
            var span = picture.mutableSpan
            mix.paste([Float](repeating: 1, count: Self.shape.count).span, into: &span, shape: Self.shape)
            let changed = picture.indices.filter { picture[$0] == 1 }
            #expect(abs(Double(changed.count) / Double(picture.count) - mix.share) < 1e-12)
            #expect(
                changed.allSatisfy {
                    let (row, column) = ($0 / (Self.shape.width * 3), $0 / 3 % Self.shape.width)
                    return mix.rows.contains(row) && mix.columns.contains(column)
                })
            shares.append(mix.share)
            partners[mix.partner] += 1
        }
        #expect(partners.allSatisfy { (700...900).contains($0) })
        // A box of area u = s² with its centre anywhere keeps s - s²/4 of its side each way: the mean of (s - s²/4)² is
        // 77/240.
        let mean = shares.reduce(0, +) / Double(shares.count)
        #expect(abs(mean - 77 / 240) < 0.04)
        #expect(shares.contains { $0 < 0.05 } && shares.contains { $0 > 0.8 })
    }

    @Test func twoLabelsHaveTheLossesOfEachInTheirShares() {
        var noise = Noise(8)
        let logits = noise.floats(6).map { 4 * $0 }
        func loss(_ label: Int, _ other: (Int, Double)?, smoothing: Double) -> (Double, [Float]) {
            var gradient = [Float](repeating: 0, count: 6)
            var span = gradient.mutableSpan
            let loss = SoftmaxCrossEntropy.loss(
                of: logits.span, label: label, other: other, smoothing: smoothing, scale: 1, dLogits: &span)
            return (loss, gradient)
        }
        for smoothing in [0, 0.1] {
            let (first, second) = (loss(1, nil, smoothing: smoothing), loss(4, nil, smoothing: smoothing))
            for share in [0, 0.3, 1] {
                let mixed = loss(1, (4, share), smoothing: smoothing)
                #expect(abs(mixed.0 - (1 - share) * first.0 - share * second.0) < 1e-12)
                let gradient = zip(first.1, second.1).map { (1 - Float(share)) * $0 + Float(share) * $1 }
                #expect(largestDifference(mixed.1, gradient.map(Double.init)) < 1e-6)
            }
            let same = loss(1, (1, 0.4), smoothing: smoothing)
            #expect(abs(same.0 - first.0) < 1e-12)
            #expect(largestDifference(same.1, first.1.map(Double.init)) < 1e-6)
        }
    }

    /// Each picture is one number, which is its label.
    private struct Flat: TrainingPictures {
        let labels: [Int]

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
            for i in picture.indices { picture[i] = Float(labels[index]) - 1 + (augmentation == nil ? 0 : 0.25) }
        }
    }

    private static func trainer(
        _ options: TrainingOptions, labels: [Int], threads: Int = 2, resuming: [UInt8]? = nil
    ) throws -> Trainer {
        try Trainer(
            options: options,
            architecture: Architecture(
                input: shape,
                layers: [
                    .convolution(filters: 4, kernel: 3, stride: 2, padding: 1), .relu, .globalAveragePool,
                    .dense(units: 3),
                ]),
            training: Flat(labels: labels), validation: Flat(labels: []), level: .chosen(nil), threads: threads,
            resuming: resuming)
    }

    @Test func threadsAndStopsChangeNothing() throws {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.cutMix) = (2, 4, 0.6)
        let labels = (0..<11).map { $0 % 3 }
        func finish(_ trainer: Trainer) throws -> [UInt8] {
            while try trainer.step() != .finished {}
            return trainer.checkpoint()
        }
        let whole = try finish(Self.trainer(options, labels: labels))
        #expect(try finish(Self.trainer(options, labels: labels, threads: 3)) == whole)
        let stopped = try Self.trainer(options, labels: labels)
        for _ in 0..<4 { _ = try stopped.step() }
        #expect(try finish(Self.trainer(options, labels: labels, threads: 1, resuming: stopped.checkpoint())) == whole)
    }

    @Test func picturesThatAreNotVariedAreNotMixed() throws {
        let labels = (0..<11).map { $0 % 3 }
        func parameters(_ cutMix: Double, _ augment: TrainingOptions.Augment?) throws -> [Float] {
            var options = TrainingOptions()
            (options.epochs, options.batch, options.cutMix, options.augment) = (1, 4, cutMix, augment)
            let trainer = try Self.trainer(options, labels: labels)
            while try trainer.step() != .finished {}
            return trainer.keptParameters.array
        }
        let plain = try parameters(0, nil)
        #expect(try parameters(1, .nothing) == plain)
        #expect(try parameters(1, nil) != plain)
    }

    /// The first step's loss, recomputed from pictures that are mixed here.
    @Test(arguments: [0, 1.0]) func theLossIsThatOfTheMixedPictures(_ balance: Double) throws {
        var options = TrainingOptions()
        (options.batch, options.cutMix, options.balance) = (12, 0.5, balance)
        let labels = (0..<12).map { $0 % 5 == 0 ? 2 : $0 % 2 }
        let trainer = try Self.trainer(options, labels: labels)
        let network = Network(trainer.architecture)
        let kernels = try #require(Kernels(trainer.level))
        let forward = ForwardPass(
            network,
            DerivedWeights(network.convolutions, trainer.keptParameters, kernels: kernels, for: .prediction),
            capacity: 1)
        let weights = options.classWeights(of: labels, classes: 3)
        let varied = VariedPictures(Flat(labels: labels), options, shape: Self.shape)
        var (expected, mixed) = (0.0, 0)
        for index in labels.indices {
            var picture = [Float](repeating: Float(labels[index]) - 0.75, count: Self.shape.count)
            var random = Random(key: Random.key(options.seed, .mixing, 0, index))
            var other: (label: Int, share: Double)?
            if Double(random.uniform()) < options.cutMix {
                let mix = CutMix(pictures: labels.count, shape: Self.shape, using: &random)
                other = (labels[mix.partner], mix.share)
                mixed += 1
                for row in mix.rows {
                    for column in mix.columns {
                        for i in 0..<3 {
                            picture[(row * Self.shape.width + column) * 3 + i] = Float(labels[mix.partner]) - 0.75
                        }
                    }
                }
            }
            #expect(try varied.picture(index, epoch: 0) == picture)
            forward.input.slice(0, of: Self.shape.count).copy(from: picture)
            let logits = forward.run(count: 1).array
            func loss(_ label: Int) -> Double {
                var ignored = logits
                var span = ignored.mutableSpan
                return weights[label]
                    * SoftmaxCrossEntropy.loss(of: logits.span, label: label, scale: 1, dLogits: &span)
            }
            let share = other?.share ?? 0
            expected += (1 - share) * loss(labels[index]) + share * (other.map { loss($0.label) } ?? 0)
        }
        #expect(mixed > 2 && mixed < 11)
        guard case .batch(let loss) = try trainer.step() else {
            Issue.record("the first step is a batch")
            return
        }
        #expect(abs(loss - expected / 12) < 1e-5)
    }
}
