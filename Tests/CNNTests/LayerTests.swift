import Foundation
import Testing

@testable import CNN

/// Every layer's gradients against central differences: the loss is a fixed random weighting of the outputs, summed in
/// Double. Inputs keep away from the kinks of ReLU and maximum, so that a step of epsilon crosses none.
struct LayerTests {
    private static let epsilon: Float = 1e-2
    private static let tolerance = 1e-3

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var layer: any PictureLayer
        var parameterCount = 0
        /// How much the largest value of a pooling window exceeds the next, and ReLU's input 0.
        var needsMargin = false
        var convolutions: [Convolution] { (layer as? Convolution).map { [$0] } ?? [] }
    }

    private static func convolution(
        _ input: Shape, filters: Int, size: Int, stride: Int = 1, padding: Int = 0, activation: Activation = .none,
        pool: (size: Int, stride: Int)? = nil, bandRows: Int = 100, isDirect: Bool = false
    ) -> Case {
        var output = input
        output.height = (input.height + 2 * padding - size) / stride + 1
        output.width = (input.width + 2 * padding - size) / stride + 1
        output.channels = filters
        let maxPool = pool.map { pool in
            var pooled = output
            pooled.height = (output.height - pool.size) / pool.stride + 1
            pooled.width = (output.width - pool.size) / pool.stride + 1
            return MaxPool(input: output, output: pooled, size: pool.size, stride: pool.stride)
        }
        let weights = size * size * input.channels * filters
        let layer = Convolution(
            input: input, output: output, size: size, stride: stride,
            padding: .init(top: padding, left: padding, bottom: padding, right: padding), activation: activation,
            pool: maxPool,
            kernel: 0..<weights, bias: weights..<weights + filters, bandCount: bandRows * output.width * filters,
            maySaveMultiplications: !isDirect)
        return Case(
            testDescription:
                "\(size)x\(size) / \(stride) + \(padding), \(activation), pool \(pool, default: "none"), bands of \(bandRows)",
            layer: layer, parameterCount: weights + filters, needsMargin: activation != .none || pool != nil)
    }

    static func cases() -> [Case] {
        let input = Shape(height: 6, width: 7, channels: 3)
        let pooled = Shape(height: 3, width: 3, channels: 3)
        return [
            convolution(input, filters: 5, size: 3),
            convolution(input, filters: 4, size: 3, padding: 1),
            convolution(input, filters: 4, size: 3, stride: 2, padding: 2),
            convolution(input, filters: 2, size: 1, stride: 3),
            convolution(input, filters: 4, size: 3, padding: 1, bandRows: 2),
            convolution(input, filters: 4, size: 3, stride: 2, padding: 2, bandRows: 1),
            convolution(input, filters: 3, size: 2, padding: 1, activation: .relu, pool: (2, 2), bandRows: 3),
            convolution(input, filters: 2, size: 1, activation: .relu, pool: (1, 2), bandRows: 2),
            convolution(input, filters: 4, size: 3, activation: .relu),
            convolution(input, filters: 3, size: 2, pool: (2, 2)),
            convolution(input, filters: 3, size: 3, padding: 1, activation: .relu, pool: (2, 2)),
            convolution(input, filters: 2, size: 2, activation: .relu, pool: (2, 3)),
            Case(testDescription: "relu", layer: ReLU(input: input, activation: .relu), needsMargin: true),
            Case(
                testDescription: "max-pooling 2 / 2",
                layer: MaxPool(input: input, output: pooled, size: 2, stride: 2),
                needsMargin: true),
            Case(
                testDescription: "max-pooling 3 / 1",
                layer: MaxPool(input: input, output: Shape(height: 4, width: 5, channels: 3), size: 3, stride: 1),
                needsMargin: true),
            Case(testDescription: "dropout", layer: Dropout(input: input, rate: 0.4, number: 1)),
            Case(testDescription: "relu6", layer: ReLU(input: input, activation: .relu6), needsMargin: true),
            Case(
                testDescription: "max-pooling 3 / 2 + 1",
                layer: MaxPool(
                    input: input, output: Shape(height: 3, width: 4, channels: 3), size: 3, stride: 2,
                    padding: .init(top: 1, left: 1, bottom: 1, right: 1)), needsMargin: true),
            Case(
                testDescription: "average pooling 2 / 2",
                layer: AveragePool(input: input, output: pooled, size: 2, stride: 2)),
            Case(testDescription: "global average pooling", layer: AveragePool(over: input)),
            depthwise(input, size: 3, stride: 1, activation: .none),
            depthwise(input, size: 3, stride: 2, activation: .relu6),
            depthwise(input, size: 5, stride: 2, activation: .relu),
            // TensorFlow's "SAME" at stride 2, and a border that is not black.
            Case(
                testDescription: "3x3 / 2, same, grey border",
                layer: Convolution(
                    input: input, output: Shape(height: 3, width: 4, channels: 4), size: 3, stride: 2,
                    padding: .init(top: 0, left: 1, bottom: 1, right: 1), border: [0.5, 0.25, 0.375], activation: .none,
                    pool: nil, kernel: 0..<108, bias: 108..<112), parameterCount: 112),
        ]
    }

    /// Padded as TensorFlow pads.
    private static func depthwise(_ input: Shape, size: Int, stride: Int, activation: Activation) -> Case {
        func edges(_ length: Int) -> (count: Int, before: Int, after: Int) {
            let count = (length + stride - 1) / stride
            let total = max((count - 1) * stride + size - length, 0)
            return (count, total / 2, total - total / 2)
        }
        let (rows, columns) = (edges(input.height), edges(input.width))
        let weights = size * size * input.channels
        let layer = DepthwiseConvolution(
            input: input, output: Shape(height: rows.count, width: columns.count, channels: input.channels),
            size: size, stride: stride,
            padding: .init(top: rows.before, left: columns.before, bottom: rows.after, right: columns.after),
            activation: activation, kernel: 0..<weights, bias: weights..<weights + input.channels)
        return Case(
            testDescription: "depthwise \(size)x\(size) / \(stride), \(activation)", layer: layer,
            parameterCount: weights + input.channels, needsMargin: activation != .none)
    }

    @Test(arguments: KernelLevel.allCases)
    func gradientsAreDifferences(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for test in Self.cases() {
            // Seeds are tried until no kink is near: with so few windows one comes soon.
            let checked = try (1...200).first { try Self.check(test, seed: UInt64($0), kernels) }
            #expect(checked != nil, "\(test.testDescription): no seed keeps its distance")
        }
    }

    /// False where the values drawn come too close to a kink.
    private static func check(_ test: Case, seed: UInt64, _ kernels: Kernels) throws -> Bool {
        let layer = test.layer
        var noise = Noise(seed)
        // Large inputs and weights put most values far from the kinks.
        let scale: Float = test.needsMargin ? 8 : 1
        let x = Buffer<Float>(count: layer.input.count)
        let parameters = Buffer<Float>(count: test.parameterCount)
        x.copy(from: noise.floats(x.count).map { $0 * scale })
        parameters.copy(from: noise.floats(parameters.count))
        let weighting = noise.floats(layer.output.count)
        let learnt = Parameters(parameters)
        let derived = DerivedWeights(test.convolutions, learnt, kernels: kernels, for: .training(nil))
        let scratch = LayerScratch(layer.scratchCount, for: .training(nil))
        scratch.floats.fill(with: 1e9)
        var pass: LayerPass {
            LayerPass(kernels: kernels, weights: derived.current(), scratch: scratch, randomKey: 5)
        }
        let (y, places) = (Buffer<Float>(count: layer.output.count), Buffer<UInt8>(count: layer.placeCount))
        let changed = (Buffer<Float>(count: y.count), Buffer<UInt8>(count: places.count))
        layer.forward(x, into: y, places: places, pass)

        let gradients = Buffer<Float>(count: test.parameterCount)
        let (dy, dx) = (Buffer<Float>(count: y.count), Buffer<Float>(count: x.count))
        dy.copy(from: weighting)
        dx.fill(with: 1e9)
        layer.backward(dy, x: x, y: y, places: places, gradients: gradients, into: dx, pass)

        let cut = y.array.map { $0 == 0 || $0 == 6 }
        func loss() -> (value: Double, isSmooth: Bool) {
            layer.forward(x, into: changed.0, places: changed.1, pass)
            let values = changed.0.array
            let isSmooth = changed.1.array == places.array && values.map { $0 == 0 || $0 == 6 } == cut
            return (zip(values, weighting).reduce(0) { $0 + Double($1.0) * Double($1.1) }, isSmooth)
        }
        for (values, analytic) in [(x, dx), (parameters, gradients)] {
            for i in 0..<values.count {
                let value = values.span[i]
                func moved(to changed: Float) -> (value: Double, isSmooth: Bool) {
                    learnt.change { _ in values.withMutableSpan { $0[i] = changed } }
                    defer { learnt.change { _ in values.withMutableSpan { $0[i] = value } } }
                    return loss()
                }
                let (above, below) = (moved(to: value + epsilon), moved(to: value - epsilon))
                guard above.isSmooth, below.isSmooth else { return false }
                let numeric = (above.value - below.value) / Double((value + epsilon) - (value - epsilon))
                let difference = largestDifference([analytic.span[i]], [numeric])
                #expect(difference < tolerance, "\(test.testDescription), seed \(seed), value \(i)")
            }
        }
        return true
    }

    /// By Winograd's way or not, to rounding, also with a border and with pooling, forward and backward.
    @Test(arguments: KernelLevel.allCases)
    func winogradsConvolutionIsTheSame(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        let input = Shape(height: 9, width: 10, channels: 16)
        func cases(isDirect: Bool) -> [Case] {
            [
                Self.convolution(input, filters: 16, size: 3, activation: .relu, isDirect: isDirect),
                Self.convolution(
                    input, filters: 17, size: 3, padding: 1, activation: .relu, pool: (2, 2), isDirect: isDirect),
                Self.convolution(input, filters: 32, size: 3, padding: 2, pool: (3, 3), isDirect: isDirect),
                Self.convolution(input, filters: 33, size: 3, padding: 1, isDirect: isDirect),
                Self.convolution(input, filters: 16, size: 3, padding: 2, activation: .relu6, isDirect: isDirect),
                Self.convolution(input, filters: 16, size: 3, padding: 3, activation: .relu, isDirect: isDirect),
            ]
        }
        for (test, direct) in zip(cases(isDirect: false), cases(isDirect: true)) {
            var noise = Noise(8)
            let layer = test.layer
            let x = Buffer<Float>(count: layer.input.count)
            let parameters = Buffer<Float>(count: test.parameterCount)
            x.copy(from: noise.floats(x.count))
            parameters.copy(from: noise.floats(parameters.count))
            let weighting = noise.floats(layer.output.count)
            let results = [direct, test].map { test in
                let layer = test.layer
                let scratch = LayerScratch(layer.scratchCount, for: .training(nil))
                let derived = DerivedWeights(
                    test.convolutions, Parameters(parameters), kernels: kernels, for: .training(nil))
                let pass = LayerPass(kernels: kernels, weights: derived.current(), scratch: scratch)
                let (y, places) = (Buffer<Float>(count: layer.output.count), Buffer<UInt8>(count: layer.placeCount))
                layer.forward(x, into: y, places: places, pass)
                let (dy, gradients) = (Buffer<Float>(count: y.count), Buffer<Float>(count: parameters.count))
                dy.copy(from: weighting)
                let dx = Buffer<Float>(count: x.count)
                dx.fill(with: .nan)
                layer.backward(dy, x: x, y: y, places: places, gradients: gradients, into: dx, pass)
                return (y: y.array, places: places.array, dx: dx.array, gradients: gradients.array)
            }
            let (direct, winograd) = (results[0], results[1])
            #expect(direct.y != winograd.y, "it did not take Winograd's way")
            #expect(largestDifference(winograd.y, direct.y.map(Double.init)) < 1e-5)
            #expect(direct.places == winograd.places)
            // Where values are pooled, or padded so far that some of the padding reaches nothing, backward is direct.
            let isWinograd = layer.placeCount == 0 && test.convolutions[0].padding.top < 3
            #expect((direct.dx != winograd.dx) == isWinograd, "\(test.testDescription)")
            #expect(largestDifference(winograd.dx, direct.dx.map(Double.init)) < 1e-5)
            #expect(largestDifference(winograd.gradients, direct.gradients.map(Double.init)) < 1e-5)
        }
    }

    @Test(arguments: KernelLevel.allCases, [(1, 5, 3), (4, 33, 70), (7, 130, 2)])
    func denseGradientsAreDifferences(_ level: KernelLevel, _ size: (count: Int, inputs: Int, outputs: Int)) throws {
        let kernels = try kernels(level)
        let (count, inputs, outputs) = size
        let weights = inputs * outputs
        let dense = Dense(
            inputs: inputs, outputs: outputs, activation: .none, kernel: 0..<weights, bias: weights..<weights + outputs)
        var noise = Noise(3)
        let (x, parameters) = (Buffer<Float>(count: count * inputs), Buffer<Float>(count: weights + outputs))
        x.copy(from: noise.floats(x.count))
        parameters.copy(from: noise.floats(parameters.count))
        let weighting = noise.floats(count * outputs)
        let (y, dy) = (Buffer<Float>(count: count * outputs), Buffer<Float>(count: count * outputs))
        func loss() -> Double {
            for unit in 0..<dense.forwardUnits {
                dense.forward(x, count: count, into: y, unit: unit, parameters: parameters, kernels)
            }
            return zip(y.array, weighting).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        _ = loss()
        let (gradients, dx) = (Buffer<Float>(count: parameters.count), Buffer<Float>(count: x.count))
        let scratch = Buffer<Float>(count: dense.scratchCount)
        dy.copy(from: weighting)
        dense.prepareBackward(dy, y: y, count: count, gradients: gradients, kernels)
        for unit in 0..<dense.backwardUnits {
            dense.backward(
                dy, x: x, count: count, unit: unit, parameters: parameters, gradients: gradients, into: dx,
                scratch: scratch, kernels)
        }
        for (values, analytic) in [(x, dx), (parameters, gradients)] {
            // All of them for small sizes, some for large ones.
            for i in stride(from: 0, to: values.count, by: values.count / 150 + 1) {
                let value = values.span[i]
                values.withMutableSpan { $0[i] = value + Self.epsilon }
                let above = loss()
                values.withMutableSpan { $0[i] = value - Self.epsilon }
                let below = loss()
                values.withMutableSpan { $0[i] = value }
                let numeric = (above - below) / (2 * Double(Self.epsilon))
                #expect(largestDifference([analytic.span[i]], [numeric]) < Self.tolerance)
            }
        }
    }

    @Test func crossEntropyGradientIsADifference() {
        var noise = Noise(2)
        let logits = noise.floats(7).map { 3 * $0 }
        func loss(_ logits: [Float], _ gradient: inout [Float]) -> Double {
            var span = gradient.mutableSpan
            return SoftmaxCrossEntropy.loss(of: logits.span, label: 4, scale: 1, dLogits: &span)
        }
        var (gradient, ignored) = ([Float](repeating: 0, count: 7), [Float](repeating: 0, count: 7))
        _ = loss(logits, &gradient)
        for i in logits.indices {
            var (above, below) = (logits, logits)
            above[i] += Self.epsilon
            below[i] -= Self.epsilon
            let numeric = (loss(above, &ignored) - loss(below, &ignored)) / (2 * Double(Self.epsilon))
            #expect(largestDifference([gradient[i]], [numeric]) < Self.tolerance)
        }
    }

    @Test func softmaxIsSafeAtTheEnds() {
        func softmax(_ logits: [Float], smoothing: Double = 0, temperature: Double = 1) -> [Float] {
            var result = [Float](repeating: -1, count: logits.count)
            var span = result.mutableSpan
            SoftmaxCrossEntropy.probabilities(
                of: logits.span, Calibration(labelSmoothing: smoothing, temperature: temperature), into: &span, from: 0)
            return result
        }
        #expect(softmax([1000, 0, -1000]) == [1, 0, 0])
        #expect(softmax([3e38, 3e38]) == [0.5, 0.5])
        #expect(softmax([.nan, 1]) == [0.5, 0.5])
        #expect(softmax([.infinity, 1, 2, 3]) == [0.25, 0.25, 0.25, 0.25])
        #expect(abs(softmax([2, 0], temperature: 2)[0] - 0.731_058_6) < 1e-6)
        // Nothing is impossible: 0.95 and a tenth of 0.05 are left.
        let rest = Float(0.005 / 0.955)
        let taken = softmax([1000, -1000], smoothing: 0.1)
        #expect(abs(taken[0] - (1 - rest)) < 1e-7 && abs(taken[1] - rest) < 1e-7)
        #expect(softmax([3e38, 3e38], smoothing: 0.1) == [0.5, 0.5])
        #expect(softmax([.nan, 1], smoothing: 0.1) == [0.5, 0.5])
        for smoothing in [Double.leastNonzeroMagnitude, 0.999_999] {
            for temperature in [0.001, 1_000] {
                let ends = softmax([800, 0, -800], smoothing: smoothing, temperature: temperature)
                #expect(ends.allSatisfy { $0.isFinite && $0 >= 0 } && abs(ends.reduce(0, +) - 1) < 1e-6)
                #expect(ends[0] >= ends[1] && ends[1] >= ends[2])
                let equal = softmax([7, 7, 7, 7], smoothing: smoothing, temperature: temperature)
                #expect(equal == [0.25, 0.25, 0.25, 0.25])
            }
        }
    }

    @Test func ownExponentialAndLogarithmAreExact() {
        for i in -700...700 {
            let x = Double(i) * 1.000_1
            let relative = exponential(x) / Self.systemExponential(x) - 1
            #expect(abs(relative) < 4e-16, "e^\(x)")
            #expect(abs(logarithm(exponential(x)) - x) <= max(abs(x), 1) * 4e-16, "ln e^\(x)")
        }
        #expect(exponential(0) == 1 && exponential(-1000) == 0 && exponential(.nan).isNaN)
        #expect(exponential(1000) == .infinity && logarithm(1) == 0)
        #expect(logarithm(.nan).isNaN && logarithm(.infinity).isNaN && logarithm(-1).isNaN)
    }

    private static func systemExponential(_ x: Double) -> Double { exp(x) }

    @Test func dropoutDropsItsShareAndKeepsTheMean() {
        let shape = Shape(height: 1, width: 1, channels: 20_000)
        let (x, y) = (Buffer<Float>(count: shape.count), Buffer<Float>(count: shape.count))
        x.fill(with: 1)
        guard let kernels = Kernels(.portable) else { return }
        let none = DerivedWeights([], Parameters(Buffer(count: 0)), kernels: kernels, for: .prediction)
        var pass = LayerPass(
            kernels: kernels, weights: none.current(), scratch: LayerScratch(ScratchCount(), for: .prediction),
            randomKey: 9)
        Dropout(input: shape, rate: 0.25, number: 1).forward(x, into: y, places: nil, pass)
        let dropped = y.array.count { $0 == 0 }
        #expect(abs(dropped - 5_000) < 250)
        #expect(y.array.allSatisfy { $0 == 0 || $0 == 1 / 0.75 })
        pass.randomKey = nil
        Dropout(input: shape, rate: 0.25, number: 1).forward(x, into: y, places: nil, pass)
        #expect(y.array == x.array)
    }
}
