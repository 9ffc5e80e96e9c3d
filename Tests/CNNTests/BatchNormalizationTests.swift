import CKernels
import Foundation
import Testing
import Threads

@testable import CNN

/// Batch normalisation: kernels against plain loops in Double, gradients against central differences, a whole network
/// against PyTorch, training whatever the threads and the stops, and what predicts against what was trained.
struct BatchNormalizationTests {
    @Test(arguments: KernelLevel.allCases)
    func kernelsAgree(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for columns in Array(1...20) + [31, 32, 33, 48, 64, 67] {
            var noise = Noise(UInt64(columns))
            let rows = noise.integer(1...9)
            let count = rows * columns
            let (x, skip, dy) = (noise.floats(count).map { $0 + 3 }, noise.floats(count), noise.floats(count))
            let (mean, factor, shift) = (noise.floats(columns), noise.floats(columns), noise.floats(columns))
            let slope = noise.floats(columns)
            func at(_ row: Int, _ column: Int) -> Int { row * columns + column }

            let (means, squares) = (Guarded(count: columns), Guarded(count: columns))
            kernels.moments(of: Guarded(x).inside, mean: means.inside, squares: squares.inside)
            var (trueMeans, trueSquares) = ([Double](), [Double]())
            for column in 0..<columns {
                let values = (0..<rows).map { Double(x[at($0, column)]) }
                let mean = values.reduce(0, +) / Double(rows)
                trueMeans.append(mean)
                trueSquares.append(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
            }
            #expect(largestDifference(means.inside.array, trueMeans) < 1e-6)
            #expect(largestDifference(squares.inside.array, trueSquares) < 1e-5)

            let map = ChannelMap(
                mean: Guarded(mean).inside, factor: Guarded(factor).inside, shift: Guarded(shift).inside)
            for (hasSkip, activation) in [(true, Activation.relu), (false, .none), (false, .relu6)] {
                let (y, gradient, dx) = (Guarded(count: count), Guarded(dy), Guarded(count: count))
                let (sums, products) = (Guarded(count: columns), Guarded(count: columns))
                kernels.normalize(
                    Guarded(x).inside, by: map, skip: hasSkip ? Guarded(skip).inside : nil, clamp: activation.clamp,
                    into: y.inside)
                kernels.normalizationSums(
                    gradient.inside, input: Guarded(x).inside, output: y.inside, by: map, clamp: activation.clamp,
                    sums: sums.inside, products: products.inside)
                kernels.normalizationGradient(
                    gradient.inside, input: Guarded(x).inside, by: map, slope: Guarded(slope).inside, into: dx.inside)
                var (trueY, trueDX) = ([Double](), [Double]())
                var trueGradient: [Double] = []
                var trueSums = [Double](repeating: 0, count: columns)
                var trueProducts = trueSums
                for row in 0..<rows {
                    for c in 0..<columns {
                        let distance = Double(x[at(row, c)]) - Double(mean[c])
                        var value = distance * Double(factor[c]) + Double(shift[c])
                        if hasSkip { value += Double(skip[at(row, c)]) }
                        let kept = activation == .none || value > 0 && (activation == .relu || value < 6)
                        trueY.append(kept ? value : value <= 0 ? 0 : 6)
                        let gradient = kept ? Double(dy[at(row, c)]) : 0
                        trueGradient.append(gradient)
                        trueSums[c] += gradient
                        trueProducts[c] += gradient * distance
                        trueDX.append(
                            gradient * Double(factor[c]) + distance * Double(slope[c]) + Double(shift[c]))
                    }
                }
                #expect(largestDifference(y.inside.array, trueY) < 1e-6)
                #expect(largestDifference(gradient.inside.array, trueGradient) < 1e-6)
                #expect(largestDifference(sums.inside.array, trueSums) < 1e-5)
                #expect(largestDifference(products.inside.array, trueProducts) < 1e-5)
                #expect(largestDifference(dx.inside.array, trueDX) < 1e-6)
                let areIntact = [y, gradient, dx, sums, products, means, squares].allSatisfy { $0.isIntact }
                #expect(areIntact)
            }
        }
    }

    private static func node(_ name: String, _ layer: LayerDescription, _ inputs: String...) -> Architecture.Node {
        .init(name, layer, of: inputs)
    }
    private static let norm = LayerDescription.batchNormalization(epsilon: 1e-3, momentum: 0.1)
    private static func convolution(_ filters: Int, _ kernel: Int = 3, stride: Int = 1) -> LayerDescription {
        .convolution(filters: filters, kernel: kernel, stride: stride, padding: .zeros(kernel / 2))
    }

    /// A block with a shortcut and one without, no activations, whose kinks differences do not forgive.
    private static func smooth() throws -> Architecture {
        try Architecture(
            input: Shape(height: 6, width: 5, channels: 3),
            nodes: [
                node("a", convolution(4), "input"), node("a.norm", norm, "a"),
                node("s", convolution(5, 1, stride: 2), "a.norm"), node("b", convolution(5, stride: 2), "a.norm"),
                node("s.norm", norm, "s"), node("b.norm", norm, "b"), node("add", .add, "b.norm", "s.norm"),
                node("d", .depthwiseConvolution(kernel: 3, stride: 1, padding: 1), "add"), node("d.norm", norm, "d"),
                node("add2", .add, "add", "d.norm"), node("pool", .globalAveragePool, "add2"),
                node("head", .dense(units: 3), "pool"),
            ])
    }

    @Test(arguments: KernelLevel.allCases)
    func gradientsAreDifferences(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        let network = Network(try Self.smooth())
        let parameters = network.initialParameters(seed: 2)
        var noise = Noise(4)
        let labels = [0, 2, 1, 1]
        let images = Buffer<Float>(count: labels.count * 90)
        images.copy(from: noise.floats(images.count))
        let pool = ThreadPool(threads: 2)
        func run(_ backpropagation: Backpropagation) throws -> Double {
            try backpropagation.run(labels: labels, randomKeys: labels.map { _ in 0 }) { picture, values in
                values.copy(from: images.slice(picture, of: 90))
            }.reduce(0) { $0 + $1.loss } / Double(labels.count)
        }
        let backpropagation = Backpropagation(
            network, parameters, kernels: kernels, pool: pool, capacity: labels.count)
        let other = Backpropagation(network, parameters, kernels: kernels, pool: pool, capacity: labels.count)
        _ = try run(backpropagation)
        let epsilon: Float = 1e-2
        for tensor in network.tensors where tensor.isLearnt {
            let analytic = backpropagation.gradients[tensor.range].array
            for (index, place) in tensor.range.enumerated() where index % 5 == 0 {
                let value = parameters.values[place..<place + 1].array[0]
                func loss(_ changed: Float) throws -> Double {
                    parameters.change { $0.withMutableSpan { $0[place] = changed } }
                    return try run(other)
                }
                let numeric = try (loss(value + epsilon) - loss(value - epsilon)) / Double(2 * epsilon)
                _ = try loss(value)
                #expect(abs(numeric - Double(analytic[index])) < 1e-3, "\(tensor.name) \(index)")
            }
        }
    }

    /// The network of vectors/normalization.py.
    @Test(arguments: KernelLevel.allCases)
    func pyTorchAgrees(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "vectors/normalization.safetensors")
        let file = try Safetensors(parsing: [UInt8](Data(contentsOf: url)))
        try #require(file.metadata["version"] == "1", "made for another version; see vectors/README.md")
        func decoded<Value: Decodable>(_ key: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(#require(file.metadata[key]).utf8))
        }
        func values(_ name: String) throws -> [Float] {
            try #require(file.tensors.first { $0.name == name }, "\(name)").values
        }
        let network = Network(try decoded("architecture"))
        let labels: [Int] = try decoded("labels")
        let parameters = network.initialParameters(seed: 1)
        for tensor in network.tensors where tensor.isLearnt || !tensor.name.hasSuffix(".bias") {
            let start = try file.values(of: tensor.name, shape: tensor.shape)
            parameters.change { $0[tensor.range].copy(from: start) }
        }
        let images = Buffer<Float>(count: labels.count * network.architecture.input.count)
        images.copy(from: try values("images"))
        let backpropagation = Backpropagation(
            network, parameters, kernels: kernels, pool: ThreadPool(threads: 2), capacity: labels.count + 1)
        let outcome = try backpropagation.run(labels: labels, randomKeys: labels.map { _ in 0 }) { picture, values in
            values.copy(from: images.slice(picture, of: values.count))
        }
        let loss = outcome.reduce(0) { $0 + $1.loss } / Double(labels.count)
        #expect(abs(loss - Double(try values("loss")[0])) < 1e-5)
        for tensor in network.tensors where tensor.isLearnt {
            let expected = try values("gradient." + tensor.name).map(Double.init)
            #expect(largestDifference(backpropagation.gradients[tensor.range].array, expected) < 1e-5, "\(tensor.name)")
        }
        backpropagation.moveRunningStatistics(count: labels.count)
        for tensor in network.tensors where !tensor.isLearnt && !tensor.name.hasSuffix(".bias") {
            let expected = try values("after." + tensor.name).map(Double.init)
            #expect(largestDifference(parameters.values[tensor.range].array, expected) < 1e-6, "\(tensor.name)")
        }
        let folded = try FoldedNetwork(network)
        folded.fold(parameters)
        #expect(folded.network.isPicturewise && !network.isPicturewise)
        let forward = ForwardPass(
            folded.network,
            DerivedWeights(folded.network.convolutions, folded.parameters, kernels: kernels, for: .prediction),
            capacity: labels.count)
        forward.input.copy(from: images)
        #expect(
            largestDifference(forward.run(count: labels.count).array, try values("logits").map(Double.init)) < 1e-5)
    }

    private static func pictures(_ count: Int) -> BytePictures {
        BytePictures(count, side: 6, contrast: 50, noise: 40)
    }

    private static func trainer(
        epochs: Int = 2, averaging: Int? = 3, threads: Int = 2, level: KernelLevel, precision: TrainingPrecision,
        resuming: [UInt8]? = nil
    ) throws -> Trainer {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.seed, options.learningRate) = (epochs, 8, 3, 0.01)
        (options.keep, options.weightDecay, options.weightAveraging) = (.last, 0.05, averaging)
        return try Trainer(
            options: options,
            architecture: Architecture(
                input: Shape(height: 6, width: 6, channels: 3),
                nodes: [
                    node("a", convolution(16), "input"), node("a.norm", norm, "a"), node("a.act", .relu, "a.norm"),
                    node("b", convolution(16), "a.act"), node("b.norm", norm, "b"),
                    node("add", .add, "b.norm", "a.act"),
                    node("b.act", .relu, "add"), node("pool", .globalAveragePool, "b.act"),
                    node("drop", .dropout(rate: 0.1), "pool"), node("head", .dense(units: 3), "drop"),
                ]),
            training: pictures(29), validation: pictures(60), level: level, precision: precision, threads: threads,
            resuming: resuming)
    }

    @discardableResult
    private static func run(_ trainer: Trainer, limit: Int = .max) throws -> Int {
        var steps = 0
        while steps < limit, try trainer.step() != .finished { steps += 1 }
        return steps
    }

    @Test(arguments: KernelLevel.allCases, TrainingPrecision.allCases)
    func neitherThreadsNorStopsChangeAByte(_ level: KernelLevel, _ precision: TrainingPrecision) throws {
        try require(precision, at: level)
        let whole = try Self.trainer(level: level, precision: precision)
        let steps = try Self.run(whole)
        for threads in [1, 3] {
            let other = try Self.trainer(threads: threads, level: level, precision: precision)
            try Self.run(other)
            #expect(other.checkpoint() == whole.checkpoint())
        }
        for stop in 0..<steps {
            let first = try Self.trainer(level: level, precision: precision)
            try Self.run(first, limit: stop)
            let second = try Self.trainer(
                threads: 1, level: level, precision: precision, resuming: first.checkpoint())
            try Self.run(second)
            #expect(second.checkpoint() == whole.checkpoint(), "stopped after \(stop) steps")
        }
    }

    /// Validation goes by the running statistics: what the model, batch normalisation folded in, says of each picture
    /// alone.
    @Test(arguments: KernelLevel.allCases, [nil, 3])
    func itLearnsAndAnEpochsFiguresAreTheModels(_ level: KernelLevel, _ averaging: Int?) throws {
        _ = try kernels(level)
        let trainer = try Self.trainer(epochs: 12, averaging: averaging, level: level, precision: .fp32)
        var step = try trainer.step()
        while step != .finished {
            if case .epoch(let report) = step, report.epoch % 6 == 0 {
                let fresh = try Self.pictures(60).figures(of: trainer)
                #expect(report.validationLoss == fresh.loss && report.validationAccuracy == fresh.accuracy)
            }
            step = try trainer.step()
        }
        let last = try #require(trainer.history.last)
        #expect(last.trainingLoss < 0.5 && (last.validationAccuracy ?? 0) > 0.9)
    }

    @Test func aModelHasNone() throws {
        #expect(throws: ModelFileError.self) {
            try Model(
                untrained: Self.smooth(), seed: 1, classes: ["a", "b", "c"],
                preprocessing: Preprocessing(width: 5, height: 6))
        }
    }

    @Test func itFollowsAConvolutionOfItsOwn() throws {
        let input = Shape(height: 6, width: 5, channels: 3)
        let tail = [Self.node("p", .globalAveragePool, "n"), Self.node("h", .dense(units: 2), "p")]
        #expect(throws: ArchitectureError.self) {
            try Architecture(input: input, nodes: [Self.node("n", Self.norm, "input")] + tail)
        }
        let shared = [
            Self.node("c", Self.convolution(3), "input"), Self.node("m", Self.norm, "c"),
            Self.node("n", .add, "m", "c"),
        ]
        #expect(throws: ArchitectureError.self) { try Architecture(input: input, nodes: shared + tail) }
        for layer in [
            LayerDescription.batchNormalization(epsilon: 0, momentum: 0.1),
            .batchNormalization(epsilon: 1e-5, momentum: 0),
            .batchNormalization(epsilon: 1e-5, momentum: .nan),
        ] {
            #expect(throws: ArchitectureError.self) {
                try Architecture(
                    input: input,
                    nodes: [Self.node("c", Self.convolution(3), "input"), Self.node("n", layer, "c")] + tail)
            }
        }
    }

    @Test func slimIsAsDescribed() throws {
        let slim = try Architecture.slim(classes: 10, side: 128)
        #expect(slim.multiplyAdds <= 140_000_000 && slim.multiplyAdds > 120_000_000)
        #expect((1_600_000...1_650_000).contains(slim.parameterCount))
        let network = Network(slim)
        let parameters = network.initialParameters(seed: 1)
        for norm in network.normalizations {
            let kernel = try #require(
                network.tensors.first { $0.name == "\(slim.resolved[norm.input - 1].name).kernel" })
            // [row][column][input][output]
            let limit = 1 / Float(kernel.shape.dropLast().reduce(1, *)).squareRoot()
            let largest = parameters.values[kernel.range].array.reduce(0) { max($0, abs($1)) }
            #expect(largest <= limit && largest > limit * 0.98, "\(kernel.name)")
            let scale = parameters.values[norm.scale].array
            #expect(scale.allSatisfy { $0 == 1 })
            #expect(parameters.values[norm.variance].array.allSatisfy { $0 == 1 })
        }
        let unlearnt = network.tensors.filter { !$0.isLearnt }
        #expect(unlearnt.count == 3 * network.normalizations.count, "a bias, a mean and a variance each")
        #expect(try slim.folded().multiplyAdds == slim.multiplyAdds && !slim.folded().hasBatchNormalization)
        let decoded = try JSONDecoder().decode(Architecture.self, from: JSONEncoder().encode(slim))
        #expect(decoded == slim)
    }
}
