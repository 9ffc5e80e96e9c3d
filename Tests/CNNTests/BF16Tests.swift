import CKernels
import Testing
import Threads

@testable import CNN

/// The bf16 kernels against the portable ones in fp32, on numbers that are bf16 already: only the order of the sums
/// differs then.
struct BF16Tests {
    private let bf16: BF16Kernels
    private let portable: Kernels

    init() throws {
        guard let bf16 = BF16Kernels() else { try Test.cancel("this machine lacks AVX512_BF16") }
        self.bf16 = bf16
        portable = try kernels(.portable)
    }

    @Test func roundsToNearestEven() {
        let cases: [(Float, UInt16)] = [
            (0, 0), (-0.0, 0x8000), (1, 0x3F80), (-2, 0xC000), (.infinity, 0x7F80),
            (Float(bitPattern: 0x3F80_8000), 0x3F80), (Float(bitPattern: 0x3F81_8000), 0x3F82),
            (Float(bitPattern: 0x3F80_8001), 0x3F81), (Float(bitPattern: 0x3F80_7FFF), 0x3F80),
            (.greatestFiniteMagnitude, 0x7F80),
        ]
        for count in [1, 15, 16, 17, 31, 32, 33, 40] {
            let values = (0..<count).map { cases[$0 % cases.count] }
            let rounded = Guarded<UInt16>([UInt16](repeating: 7, count: count), guardValue: 0xABCD)
            bf16.round(Guarded(values.map(\.0)).inside, into: rounded.inside)
            #expect(rounded.inside.array == values.map(\.1) && rounded.isIntact)

            let pairs = Guarded<UInt16>([UInt16](repeating: 7, count: 2 * count), guardValue: 0xABCD)
            let (first, second) = (Guarded(values.map(\.0)), Guarded(values.reversed().map(\.0)))
            bf16.interleave(first.inside, second.inside, into: pairs.inside)
            #expect(pairs.inside.array == zip(values, values.reversed()).flatMap { [$0.1, $1.1] } && pairs.isIntact)
            bf16.interleave(first.inside, nil, into: pairs.inside)
            #expect(pairs.inside.array == values.flatMap { [$0.1, 0] } && pairs.isIntact)
        }
    }

    @Test(arguments: KernelTests.convolutions)
    func convolves(_ s: KernelTests.ConvolutionCase) throws {
        var noise = Noise(9)
        let (inputRow, outputRow) = (s.width * s.channels, s.outputWidth * s.filters)
        let x = noise.roundedFloats(s.height * inputRow)
        let weights = noise.roundedFloats(s.size * s.size * s.channels * s.filters)
        let dOutput = noise.roundedFloats(s.outputHeight * outputRow)
        let bias = Guarded(noise.floats(s.filters)).inside
        var shape = bagq_convolution(
            channels: s.channels, filters: s.filters, kernel_height: s.size, kernel_width: s.size, stride: s.stride,
            output_height: s.outputHeight, output_width: s.outputWidth, input_row: inputRow, output_row: outputRow)
        func guarded(_ values: [Float]) -> Buffer<UInt16> { Guarded(values.map(\.upperHalf), guardValue: .nan).inside }

        // [ky][pair of (kx, c)][k][2]
        let window = s.size * s.channels
        var packed: [Float] = []
        for ky in 0..<s.size {
            for first in Swift.stride(from: 0, to: window, by: 2) {
                for k in 0..<s.filters {
                    for i in [first, first + 1] {
                        packed.append(i < window ? weights[(ky * window + i) * s.filters + k] : 0)
                    }
                }
            }
        }
        let (y, expectedY) = (Guarded(count: dOutput.count), Buffer<Float>(count: dOutput.count))
        bf16.convolve(
            shape, guarded(x + (window % 2 == 1 ? [5] : [])), weights: guarded(packed), bias: bias, clamp: .relu,
            into: y.inside)
        portable.convolve(
            shape, Guarded(x).inside, weights: Guarded(weights).inside, bias: bias, clamp: .relu, into: expectedY)
        #expect(largestDifference(y.inside.array, expectedY.array.map(Double.init)) < 1e-5 && y.isIntact)

        // [kx][ky][pair of k][c][2]
        var (turned, turnedPairs) = ([Float](), [Float]())
        func weight(_ kx: Int, _ ky: Int, _ c: Int, _ k: Int) -> Float {
            k < s.filters ? weights[((ky * s.size + kx) * s.channels + c) * s.filters + k] : 0
        }
        for kx in 0..<s.size {
            for ky in 0..<s.size {
                for k in 0..<s.filters { turned += (0..<s.channels).map { weight(kx, ky, $0, k) } }
                for k in Swift.stride(from: 0, to: s.filters, by: 2) {
                    turnedPairs += (0..<s.channels).flatMap { [weight(kx, ky, $0, k), weight(kx, ky, $0, k + 1)] }
                }
            }
        }
        let (dx, expectedDX) = (Guarded(count: x.count, 1), Guarded(count: x.count, 1))
        bf16.addInputGradient(
            shape, dOutput: guarded(dOutput + (s.filters % 2 == 1 ? [5] : [])), turned: guarded(turnedPairs),
            to: dx.inside)
        portable.addInputGradient(
            shape, dOutput: Guarded(dOutput).inside, turned: Guarded(turned).inside, to: expectedDX.inside)
        #expect(largestDifference(dx.inside.array, expectedDX.inside.array.map(Double.init)) < 1e-5 && dx.isIntact)

        let (dWeights, expected) = (Guarded(count: weights.count, 1), Guarded(count: weights.count, 1))
        portable.addWeightGradient(
            shape, Guarded(x).inside, dOutput: Guarded(dOutput).inside, to: expected.inside)
        func row(_ values: [Float], _ row: Int, of count: Int) -> [Float] {
            row * count < values.count
                ? Array(values[row * count..<(row + 1) * count]) : [Float](repeating: 0, count: count)
        }
        let xPairs = (0..<(s.outputHeight - 1) / 2 * 2 * s.stride + s.size).flatMap { first in
            zip(row(x, first, of: inputRow), row(x, first + s.stride, of: inputRow)).flatMap { [$0, $1] }
        }
        let dOutputPairs = Swift.stride(from: 0, to: s.outputHeight, by: 2).flatMap { first in
            zip(row(dOutput, first, of: outputRow), row(dOutput, first + 1, of: outputRow)).flatMap { [$0, $1] }
        }
        (shape.input_row, shape.output_row) = (2 * inputRow, 2 * outputRow)
        bf16.addWeightGradient(shape, guarded(xPairs), dOutput: guarded(dOutputPairs), to: dWeights.inside)
        #expect(
            largestDifference(dWeights.inside.array, expected.inside.array.map(Double.init)) < 1e-5
                && dWeights.isIntact)
    }

    @Test func aNaNPassesTheReLU() {
        for filters in [1, 16, 32, 64] {
            let shape = bagq_convolution(
                channels: 2, filters: filters, kernel_height: 1, kernel_width: 1, stride: 1, output_height: 1,
                output_width: 1, input_row: 2, output_row: filters)
            let (input, weights) = (Buffer<UInt16>(count: 2), Buffer<UInt16>(count: 2 * filters))
            input.fill(with: .nan)
            let (bias, y) = (Buffer<Float>(count: filters), Buffer<Float>(count: filters))
            bf16.convolve(shape, input, weights: weights, bias: bias, clamp: .relu, into: y)
            #expect(y.array.allSatisfy { $0.isNaN })
        }
    }

    /// Forward and backward of a layer with padding, strides, pooling and bands, from scratch memory full of NaNs.
    @Test func layersAreThoseOfFP32() {
        for test in LayerTests.cases() {
            let layer = test.layer
            var noise = Noise(5)
            let (x, parameters) = (noise.roundedFloats(layer.input.count), noise.roundedFloats(test.parameterCount))
            let dy = noise.roundedFloats(layer.output.count)
            func run(_ bf16: BF16Kernels?) -> [[Float]] {
                let use = DerivedWeights.Use.training(bf16)
                let derived = DerivedWeights(
                    test.convolutions, Parameters(buffer(parameters)), kernels: portable, for: use)
                let pass = LayerPass(
                    kernels: portable, weights: derived.current(), scratch: LayerScratch(layer.scratchCount, for: use),
                    randomKey: 5)
                pass.scratch.bf16.fill(with: .nan)
                let (y, places) = (Buffer<Float>(count: dy.count), Buffer<UInt8>(count: layer.placeCount))
                let (dx, gradients) = (Buffer<Float>(count: x.count), Buffer<Float>(count: parameters.count))
                layer.forward(buffer(x), into: y, places: places, pass)
                layer.backward(
                    buffer(dy), x: buffer(x), y: y, places: places, gradients: gradients, into: dx, pass)
                return [y.array, dx.array, gradients.array]
            }
            let results = run(bf16)
            for (result, expected) in zip(results, run(nil)) {
                #expect(largestDifference(result, expected.map(Double.init)) < 1e-5, "\(test.testDescription)")
            }
        }
    }

    /// Each tensor's gradient points where the one of fp32 does: nearly, where rounding turns a ReLU or another place
    /// of a window wins.
    @Test(arguments: [
        (isLinear: true, least: 0.9999, tolerance: 1.0 / 256), (isLinear: false, least: 0.99, tolerance: 0.04),
    ])
    func aWholeNetworksGradientsAgreeWithFP32(_ test: (isLinear: Bool, least: Double, tolerance: Double)) throws {
        let layers: [LayerDescription] = [
            .convolution(filters: 32, kernel: 3, stride: 1, padding: 0), .relu,
            .convolution(filters: 32, kernel: 3, stride: 2, padding: 1), .relu, .maxPool(size: 2, stride: 2),
            .convolution(filters: 64, kernel: 3, stride: 1, padding: 1), .relu, .flatten, .dense(units: 16),
            .relu, .dense(units: 3),
        ]
        func isKink(_ layer: LayerDescription) -> Bool {
            if case .maxPool = layer { true } else { layer == .relu }
        }
        let network = Network(
            try Architecture(
                input: Shape(height: 33, width: 31, channels: 3),
                layers: layers.filter { !test.isLinear || !isKink($0) }))
        let parameters = network.initialParameters(seed: 3)
        let labels = [0, 2, 1, 1, 0]
        let fastest = try kernels(.chosen(nil))
        func gradients(_ bf16: BF16Kernels?) throws -> [Float] {
            let backpropagation = Backpropagation(
                network, parameters, kernels: fastest, bf16: bf16, pool: ThreadPool(threads: 2), capacity: labels.count)
            _ = try backpropagation.run(labels: labels, randomKeys: labels.map(UInt64.init)) { picture, values in
                var noise = Noise(UInt64(picture))
                values.copy(from: noise.floats(values.count, in: 0...1))
            }
            return backpropagation.gradients.array
        }
        let (reference, rounded) = (try gradients(nil), try gradients(bf16))
        for tensor in network.tensors {
            let (a, b) = (reference[tensor.range].map(Double.init), rounded[tensor.range].map(Double.init))
            func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            let lengths = (dot(a, a).squareRoot(), dot(b, b).squareRoot())
            #expect(dot(a, b) / (lengths.0 * lengths.1) > test.least, "\(tensor.name)")
            #expect(abs(lengths.1 / lengths.0 - 1) < test.tolerance, "\(tensor.name)")
        }
        #expect(reference != rounded)
    }

    private func buffer(_ values: [Float]) -> Buffer<Float> {
        let buffer = Buffer<Float>(count: values.count)
        buffer.copy(from: values)
        return buffer
    }
}

extension Noise {
    /// Numbers that bf16 has too.
    mutating func roundedFloats(_ count: Int) -> [Float] {
        floats(count).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
    }
}

extension Float {
    fileprivate var upperHalf: UInt16 { UInt16(bitPattern >> 16) }
}

extension UInt16 {
    /// As a bf16.
    fileprivate static let nan: UInt16 = 0x7FC0
}
