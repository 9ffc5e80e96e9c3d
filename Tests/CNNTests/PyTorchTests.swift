import Foundation
import Testing
import Threads

@testable import CNN

/// Forward pass, gradients and training against vectors made by PyTorch: vectors/README.md.
struct PyTorchTests {
    private struct Vectors {
        let file: Safetensors
        let architecture: Architecture
        let labels: [Int]
        let learningRate: Double

        init() throws {
            let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "vectors/network.safetensors")
            let file = try Safetensors(parsing: [UInt8](Data(contentsOf: url)))
            try #require(file.metadata["version"] == "1", "made for another version; see vectors/README.md")
            self.file = file
            func text(_ key: String) throws -> String { try #require(file.metadata[key]) }
            architecture = try JSONDecoder().decode(Architecture.self, from: Data(text("architecture").utf8))
            labels = try JSONDecoder().decode([Int].self, from: Data(text("labels").utf8))
            learningRate = try Double(text("rate")) ?? .nan
        }

        func values(_ name: String) throws -> [Float] {
            try #require(file.tensors.first { $0.name == name }).values
        }

        func parameters(of network: Network, prefix: String = "") throws -> Buffer<Float> {
            let parameters = Buffer<Float>(count: network.parameterCount)
            for tensor in network.tensors {
                parameters[tensor.range].copy(from: try file.values(of: prefix + tensor.name, shape: tensor.shape))
            }
            return parameters
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func forwardAndGradientsAgree(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        let vectors = try Vectors()
        let network = Network(vectors.architecture)
        let parameters = Parameters(try vectors.parameters(of: network))
        let images = try vectors.values("images")

        let count = vectors.labels.count
        let weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
        let forward = ForwardPass(network, weights, capacity: count)
        forward.input.copy(from: images)
        let logits = forward.run(count: count)
        #expect(largestDifference(logits.array, try vectors.values("logits").map(Double.init)) < 1e-5)

        let backpropagation = Backpropagation(
            network, parameters, kernels: kernels, pool: ThreadPool(threads: 2), capacity: count)
        let input = Buffer<Float>(count: images.count)
        input.copy(from: images)
        let size = vectors.architecture.input.count
        let outcome = try backpropagation.run(labels: vectors.labels, randomKeys: vectors.labels.map { _ in 0 }) {
            picture, values in
            values.copy(from: input.slice(picture, of: size))
        }
        let loss = outcome.reduce(0) { $0 + $1.loss } / Double(count)
        #expect(abs(loss - Double(try vectors.values("losses")[0])) < 1e-5)
        for tensor in network.tensors {
            let expected = try vectors.values("gradient." + tensor.name).map(Double.init)
            #expect(largestDifference(backpropagation.gradients[tensor.range].array, expected) < 1e-5, "\(tensor.name)")
        }
    }

    private struct Pictures: TrainingPictures {
        let labels: [Int]
        let values: [Float]

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
            for i in picture.indices { picture[i] = values[index * picture.count + i] }
        }
    }

    /// One batch an epoch: its order does not matter but for rounding.
    @Test(arguments: KernelLevel.allCases)
    func tenStepsOfTrainingAgree(_ level: KernelLevel) throws {
        _ = try kernels(level)
        let vectors = try Vectors()
        let expected = try vectors.values("losses")
        var options = TrainingOptions()
        (options.epochs, options.learningRate, options.keep) = (expected.count, vectors.learningRate, .last)
        let network = Network(vectors.architecture)
        let fresh = try Trainer(
            options: options, architecture: vectors.architecture,
            training: Pictures(labels: vectors.labels, values: try vectors.values("images")),
            validation: Pictures(labels: [], values: []), level: level, threads: 2)
        let start = try vectors.parameters(of: network)
        fresh.keptParameters.change { $0.copy(from: start) }
        var losses: [Float] = []
        while true {
            let step = try fresh.step()
            if case .batch(let loss) = step { losses.append(Float(loss)) }
            if step == .finished { break }
        }
        #expect(largestDifference(losses, expected.map(Double.init)) < 1e-4)
        #expect(losses.count == 10 && losses[9] < losses[0])
    }
}
