import Foundation
import Testing
import Threads

@testable import CNN

/// Networks that branch, in training, prediction and 8 bits.
struct NetworkTests {
    private static func node(_ name: String, _ layer: LayerDescription, _ inputs: String...) -> Architecture.Node {
        Architecture.Node(name, layer, of: inputs)
    }

    /// A skip over one layer and a skip over two within it, an input taken twice by one layer, a value that is both
    /// added and pooled.
    private static func architecture(classes: Int = 3) throws -> Architecture {
        try Architecture(
            input: Shape(height: 9, width: 10, channels: 3),
            nodes: [
                node("stem", .convolution(filters: 6, kernel: 3, stride: 2, padding: .same), "input"),
                node("stem.act", .relu6, "stem"),
                node("wide", .convolution(filters: 6, kernel: 1, stride: 1, padding: 0), "stem.act"),
                node("wide.act", .relu, "wide"),
                node("deep", .depthwiseConvolution(kernel: 3, stride: 1, padding: 1), "wide.act"),
                node("inner", .add, "deep", "wide.act"), node("outer", .add, "inner", "stem.act"),
                node("outer.act", .relu, "outer"), node("twice", .add, "outer.act", "outer.act"),
                node("pool", .maxPool(size: 3, stride: 2, padding: 1), "twice"),
                node("side", .maxPool(size: 3, stride: 2, padding: 1), "outer.act"), node("join", .add, "pool", "side"),
                node("all", .globalAveragePool, "join"), node("classes", .dense(units: classes), "all"),
            ], border: [0.5, 0.25, 0.75])
    }

    private static func picture(_ number: Int, _ count: Int) -> [Float] {
        var noise = Noise(UInt64(number) + 77)
        return noise.floats(count).map { $0 / 2 + 0.5 }
    }

    private static func gradients(
        _ network: Network, _ parameters: Parameters, threads: Int, labels: [Int]
    ) throws -> (loss: Double, gradients: [Float]) {
        let kernels = try #require(Kernels(.portable))
        let work = Backpropagation(
            network, parameters, kernels: kernels, pool: ThreadPool(threads: threads), capacity: 8, smoothing: 0.1)
        let outcome = try work.run(labels: labels, randomKeys: labels.indices.map { UInt64($0) }) { picture, values in
            values.copy(from: Self.picture(picture, values.count))
        }
        return (outcome.reduce(0) { $0 + $1.loss } / Double(labels.count), work.gradients.array)
    }

    @Test func gradientsOfBranchesAreDifferences() throws {
        let network = Network(try Self.architecture())
        #expect(network.isPicturewise)
        let parameters = network.initialParameters(seed: 4)
        parameters.change { values in values.withMutableSpan { for i in $0.indices { $0[i] *= 2 } } }
        let labels = [0, 2, 1, 1, 0]
        let analytic = try Self.gradients(network, parameters, threads: 2, labels: labels).gradients
        var compared = 0
        for tensor in network.tensors {
            for index in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 3) {
                func loss(_ change: Float) throws -> Double {
                    let moved = Parameters(Buffer(count: parameters.count))
                    moved.change { values in
                        values.copy(from: parameters.values)
                        values.withMutableSpan { $0[index] += change }
                    }
                    return try Self.gradients(network, moved, threads: 1, labels: labels).loss
                }
                let (above, below, here) = (try loss(1e-3), try loss(-1e-3), try loss(0))
                // A kink between the two shows as different slopes.
                guard abs((above - here) - (here - below)) < 2e-6 else { continue }
                compared += 1
                let numeric = (above - below) / 2e-3
                #expect(abs(numeric - Double(analytic[index])) < 1e-3 + 0.01 * abs(numeric), "\(tensor.name) \(index)")
            }
        }
        #expect(compared > 60)
    }

    @Test func gradientsDoNotDependOnTheThreads() throws {
        let network = Network(try Self.architecture())
        let parameters = network.initialParameters(seed: 4)
        let labels = [0, 2, 1, 1, 0, 2, 2, 1]
        let alone = try Self.gradients(network, parameters, threads: 1, labels: labels)
        let together = try Self.gradients(network, parameters, threads: 4, labels: labels)
        #expect(alone.gradients == together.gradients && alone.loss == together.loss)
    }

    /// Prediction shares memory between values, training keeps them all.
    @Test func predictionAndTrainingComputeTheSame() throws {
        let network = Network(try Self.architecture())
        let plan = BufferPlan(
            network.stages.flatMap(\.steps).map { ($0.sources, $0.target) }, counts: network.valueCounts,
            held: network.crossingValues)
        #expect(plan.sizes.count < network.valueCounts.count { $0 > 0 } - 2)
        let (kernels, parameters) = (try #require(Kernels(.portable)), network.initialParameters(seed: 9))
        let derived = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
        let forward = ForwardPass(network, derived, capacity: 3)
        let count = network.architecture.input.count
        for picture in 0..<3 { forward.input.slice(picture, of: count).copy(from: Self.picture(picture, count)) }
        let logits = forward.run(count: 3).array
        for picture in 0..<3 {
            let memory = BackpropagationMemory(network, use: .prediction, capacity: 1, threads: 1)
            let pass = LayerPass(kernels: kernels, weights: derived.current(), scratch: memory.scratch[0])
            let work = PictureWork(memory: memory, picture: 0, worker: 0, pass: pass)
            work.value(0).copy(from: Self.picture(picture, count))
            work.forward(network.stages.flatMap(\.steps))
            #expect(work.value(network.lastValue).array == Array(logits[picture * 3..<(picture + 1) * 3]))
        }
        // What is still wanted lies nowhere that another value is written to.
        let steps = network.stages.flatMap(\.steps)
        for (made, step) in steps.enumerated() {
            guard let lastUse = steps.lastIndex(where: { $0.sources.contains(step.target) }) else { continue }
            for other in steps[(made + 1)...lastUse] {
                #expect(plan.slots[other.target] == nil || plan.slots[other.target] != plan.slots[step.target])
            }
        }
    }

    private struct Pictures: PixelPictures {
        let count: Int

        func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) {
            var noise = Noise(UInt64(index) + 5)
            for i in pixels.indices { pixels[i] = UInt8(noise.integer(0...255)) }
        }
    }

    @Test func branchesRunInBytes() throws {
        let architecture = try Self.architecture(classes: 4)
        var model = try Model(
            untrained: architecture, seed: 3, classes: ["a", "b", "c", "d"],
            preprocessing: Preprocessing(width: 10, height: 9))
        let pictures = Pictures(count: 40)
        try model.quantize(
            calibration: pictures, choice: pictures, comparison: pictures, level: .portable, threads: 2)
        let agreement = try #require(model.quantization?.agreement)
        #expect(agreement.agreeing >= 38 && agreement.meanDifference < 0.01)
        let ranges = try #require(model.quantization?.ranges)
        #expect(Set(ranges.keys) == ["stem.act", "wide.act", "deep", "inner", "outer.act", "twice", "join"])
        #expect(ranges["deep"].map { $0.low < 0 } == true && ranges["outer.act"]?.low == 0)
        let back = try Model(safetensors: model.safetensors())
        #expect(back.quantization == model.quantization && back.network.architecture == architecture)

        var pixels = [UInt8](repeating: 0, count: 3 * architecture.input.count)
        var noise = Noise(1)
        for index in pixels.indices { pixels[index] = UInt8(noise.integer(0...255)) }
        func logits(_ precision: PredictionPrecision, _ level: KernelLevel) throws -> [Float] {
            try Predictor(model: back, precision: precision, level: level, capacity: 3)
                .logits(of: pixels.span, count: 3).array
        }
        let expected = try logits(.int8, .portable)
        for level in KernelLevel.supported { #expect(try logits(.int8, level) == expected) }
        let real = try logits(.fp32, .portable)
        let largest = real.reduce(0) { max($0, abs($1)) }
        #expect(zip(expected, real).allSatisfy { abs($0 - $1) < 0.06 * largest } && expected != real)
    }

    @Test func whatHasNo8BitFormSaysSo() throws {
        let architecture = try Architecture(
            input: Shape(height: 8, width: 8, channels: 3),
            nodes: [
                Self.node("mean", .averagePool(size: 2, stride: 2), "input"),
                Self.node("all", .globalAveragePool, "mean"),
                Self.node("classes", .dense(units: 2), "all"),
            ])
        var model = try Model(
            untrained: architecture, seed: 3, classes: ["a", "b"], preprocessing: Preprocessing(width: 8, height: 8))
        let pictures = Pictures(count: 2)
        #expect(throws: QuantizationError(layer: "mean", problem: "has no 8-bit form")) {
            try model.quantize(
                calibration: pictures, choice: pictures, comparison: pictures, level: .portable, threads: 1)
        }
    }

    /// Models of version 1 name their ranges by order.
    @Test func olderModelsPredictTheSame() throws {
        let layers: [LayerDescription] = [
            .convolution(filters: 4, kernel: 3, stride: 1, padding: 0), .relu, .maxPool(size: 2, stride: 2), .flatten,
            .dense(units: 5), .relu, .dropout(rate: 0.5), .dense(units: 2),
        ]
        var model = try Model(
            untrained: Architecture(input: Shape(height: 8, width: 8, channels: 3), layers: layers), seed: 3,
            classes: ["a", "b"], preprocessing: Preprocessing(width: 8, height: 8))
        let pictures = Pictures(count: 10)
        try model.quantize(
            calibration: pictures, choice: pictures, comparison: pictures, level: .portable, threads: 1)
        let quantization = try #require(model.quantization)
        var file = try Safetensors(parsing: model.safetensors())
        file.metadata["version"] = "1"
        let high = try ["max_pooling2d_1", "relu_2"].map { try #require(quantization.ranges[$0]).high }
        func older(_ ranges: [Double]) -> [UInt8] {
            file.metadata["quantization"] = #"{"percentile":\#(quantization.percentile),"ranges":\#(ranges)}"#
            return file.serialized()
        }
        let back = try Model(safetensors: older(high))
        #expect(back.quantization?.ranges == quantization.ranges)
        #expect(throws: ModelFileError.self) { try Model(safetensors: older(high + [1])) }
        #expect(throws: ModelFileError.self) { try Model(safetensors: older([high[0]])) }
    }
}
