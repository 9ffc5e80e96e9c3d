import Foundation
import Testing
import Threads

@testable import CNN

/// The last layer trained alone, on what the rest of the network makes of each picture once.
struct FrozenBodyTests {
    private struct Noises: TrainingPictures {
        static let shape = Shape(height: 6, width: 7, channels: 3)
        let labels: [Int]
        var isMirrored = false

        init(_ count: Int, isMirrored: Bool = false) {
            labels = (0..<count).map { $0 * $0 % 3 }
            self.isMirrored = isMirrored
        }

        func values(_ index: Int) -> [Float] {
            var noise = Noise(UInt64(index))
            let shape = Self.shape
            let values = noise.floats(shape.count, in: 0...1).enumerated().map { i, value in
                i % 3 == labels[index] ? min(1, value + 0.3) : value
            }
            guard isMirrored else { return values }
            var mirrored: [Float] = []
            for row in 0..<shape.height {
                for column in (0..<shape.width).reversed() {
                    let start = (row * shape.width + column) * 3
                    mirrored += values[start..<start + 3]
                }
            }
            return mirrored
        }

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
            for (i, value) in values(index).enumerated() { picture[i] = value }
        }
    }

    private enum Form: CaseIterable { case graph, flat, hidden }

    /// With a skip connection; with a flattened picture; with a hidden layer and dropout behind it, as `blog` has it.
    private static func architecture(_ form: Form) throws -> Architecture {
        func node(_ name: String, _ layer: LayerDescription, _ inputs: String...) -> Architecture.Node {
            Architecture.Node(name, layer, of: inputs)
        }
        switch form {
        case .graph:
            return try Architecture(
                input: Noises.shape,
                nodes: [
                    node("stem", .convolution(filters: 5, kernel: 3, stride: 1, padding: 1), "input"),
                    node("more", .convolution(filters: 5, kernel: 3, stride: 1, padding: 1), "stem"),
                    node("act", .relu6, "more"), node("join", .add, "act", "stem"),
                    node("pool", .globalAveragePool, "join"), node("classifier", .dense(units: 3), "pool"),
                ])
        case .flat, .hidden:
            let last: [LayerDescription] =
                form == .hidden
                ? [.dense(units: 9), .relu, .dropout(rate: 0.25), .dense(units: 3)] : [.dense(units: 3)]
            return try Architecture(
                input: Noises.shape,
                layers: [.convolution(filters: 4, kernel: 3, stride: 2, padding: 1), .relu, .flatten] + last)
        }
    }

    private static func body(_ form: Form) throws -> FrozenBody {
        let architecture = try architecture(form)
        return try FrozenBody(architecture, Network(architecture).initialParameters(seed: 5))
    }

    private static func logits(
        _ architecture: Architecture, _ parameters: Parameters, of pictures: some TrainingPictures,
        augmentation: UInt64? = nil
    ) throws -> [Float] {
        let network = Network(architecture)
        let kernels = try #require(Kernels(.portable))
        let weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
        let pass = ForwardPass(network, weights, capacity: 1)
        return try pictures.labels.indices.flatMap { index in
            try pass.input.withMutableSpan { span throws in
                try pictures.load(index, augmentation: augmentation, into: &span)
            }
            return pass.run(count: 1).array
        }
    }

    @Test(arguments: Form.allCases) private func theHeadMakesOfFeaturesWhatTheNetworkMakesOfPictures(_ form: Form)
        throws
    {
        let body = try Self.body(form)
        let parameters = Network(body.network.architecture).initialParameters(seed: 5)
        let all = try [1, 3].map { threads in
            try #require(
                try body.features(of: Noises(11), forTraining: true, level: .portable, threads: threads))
        }
        for features in all {
            // Even seeds leave a picture as it is, odd ones mirror it.
            for (augmentation, isMirrored) in [(nil, false), (8, false), (9, true)] as [(UInt64?, Bool)] {
                let found = try Self.logits(body.head, body.headStart, of: features, augmentation: augmentation)
                let expected = try Self.logits(
                    body.network.architecture, parameters, of: Noises(11, isMirrored: isMirrored))
                #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == 33)
            }
        }
        let flat = all.map { features in (0..<11).map { Self.values(features, $0, 9, body.head.input.count) } }
        #expect(flat[0] == flat[1], "whatever the threads")
        #expect(body.byteCount(training: 11, validation: 5) == (22 + 5) * 4 * body.head.input.count)
        #expect(
            try body.features(of: Noises(3), forTraining: false, level: .portable, threads: 1, isStopped: { true })
                == nil)
    }

    private static func values(_ features: FrozenFeatures, _ index: Int, _ seed: UInt64?, _ count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        features.load(index, augmentation: seed, into: &span)
        return values
    }

    /// What training the whole network would do to its last layer.
    @Test(arguments: [Form.graph, .flat]) private func theHeadsGradientIsTheNetworks(_ form: Form) throws {
        let body = try Self.body(form)
        let kernels = try #require(Kernels(.portable))
        func gradients(
            _ architecture: Architecture, _ parameters: Parameters, _ pictures: any TrainingPictures
        ) throws -> [String: [Float]] {
            let network = Network(architecture)
            let work = Backpropagation(
                network, parameters, kernels: kernels, pool: ThreadPool(threads: 2), capacity: 8, smoothing: 0.1)
            _ = try work.run(
                labels: pictures.labels, randomKeys: pictures.labels.map { UInt64($0) }
            ) { picture, values in
                try values.withMutableSpan { span throws in
                    try pictures.load(picture, augmentation: nil, into: &span)
                }
            }
            return Dictionary(uniqueKeysWithValues: network.tensors.map { ($0.name, work.gradients[$0.range].array) })
        }
        let features = try #require(
            try body.features(of: Noises(8), forTraining: false, level: .portable, threads: 2))
        let alone = try gradients(body.head, body.headStart, features)
        let whole = try gradients(
            body.network.architecture, Network(body.network.architecture).initialParameters(seed: 5), Noises(8))
        #expect(alone.count == 2)
        for (name, values) in alone {
            let expected = try #require(whole[name])
            #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name)")
            #expect(values.contains { abs($0) > 1e-3 } && values.count == expected.count)
        }
    }

    private static func trainer(_ body: FrozenBody, threads: Int, resuming: [UInt8]? = nil) throws -> Trainer {
        var options = TrainingOptions()
        (options.epochs, options.batch, options.learningRate, options.freeze) = (6, 8, 0.02, true)
        options.labelSmoothing = 0.1
        let level = try KernelLevel.chosen(nil)
        let training = try #require(
            try body.features(of: Noises(40), forTraining: true, level: level, threads: threads))
        let validation = try #require(
            try body.features(of: Noises(13), forTraining: false, level: level, threads: threads))
        return try Trainer(
            options: options, architecture: body.head, start: body.headStart, training: training,
            validation: validation, level: level, threads: threads, resuming: resuming)
    }

    @Test(arguments: Form.allCases) private func theModelIsTheBodyWithTheTrainedHead(_ form: Form) throws {
        let body = try Self.body(form)
        let trainer = try Self.trainer(body, threads: 2)
        while try trainer.step() != .finished {}
        let preprocessing = Preprocessing(width: Noises.shape.width, height: Noises.shape.height)
        func model(_ trainer: Trainer, _ body: FrozenBody) throws -> Model {
            try Model(trainedBy: trainer, body: body, classes: ["a", "b", "c"], preprocessing: preprocessing)
        }
        let file = try model(trainer, body).safetensors()
        let read = try Model(safetensors: file)
        #expect(read.calibration.labelSmoothing == 0.1, "its training's is taken back")
        #expect(read.training?.options.freeze == true && read.network.architecture == body.network.architecture)
        let start = Network(body.network.architecture).initialParameters(seed: 5)
        let head = Set(Network(body.head).tensors.map(\.name))
        for tensor in read.network.tensors {
            let isSame = read.parameters.values[tensor.range].array == start.values[tensor.range].array
            #expect(isSame != head.contains(tensor.name), "\(tensor.name)")
        }
        // The last epoch's accuracy is that of the model on the pictures themselves.
        let best = try #require(trainer.history.last { $0.isBest })
        let logits = try Self.logits(read.network.architecture, read.parameters, of: Noises(13))
        let right = Noises(13).labels.enumerated().count { index, label in
            let own = logits[index * 3..<(index + 1) * 3]
            return own.firstIndex(of: own.max() ?? 0) == index * 3 + label
        }
        #expect(best.validationAccuracy == Double(right) / 13 && right > 6)

        // Killed anywhere, with other threads: the same file.
        for steps in [0, 7, 20] {
            let killed = try Self.trainer(body, threads: 2)
            for _ in 0..<steps { _ = try killed.step() }
            let again = try Self.body(form)
            let resumed = try Self.trainer(again, threads: 1, resuming: killed.checkpoint())
            while try resumed.step() != .finished {}
            #expect(try model(resumed, again).safetensors() == file, "killed after \(steps) steps")
        }
    }

    @Test func aNetworkThatIsAHeadHasNothingToFreeze() throws {
        let architecture = try Architecture(input: Noises.shape, layers: [.flatten, .dense(units: 3)])
        #expect(throws: ArchitectureError.self) {
            try FrozenBody(architecture, Network(architecture).initialParameters(seed: 1))
        }
    }
}
