import CKernels
import Testing
import Threads

@testable import CNN

/// The 8-bit kernels of every level against plain loops in 64-bit integers, to the bit, and whole networks against
/// fp32.
struct Int8Tests {
    /// A level of the 8-bit kernels, which a machine may lack.
    enum Level: String, CaseIterable, Sendable {
        case portable, avx2, avx512, vnni

        func kernels() throws -> Int8Kernels {
            let level =
                switch self {
                case .portable: bagq_int8_level_portable
                case .avx2: bagq_int8_level_avx2
                case .avx512: bagq_int8_level_avx512
                case .vnni: bagq_int8_level_vnni
                }
            guard let kernels = Int8Kernels(level) else { try Test.cancel("this machine does not run \(rawValue)") }
            return kernels
        }
    }

    /// A product's shape; `columns` inputs a segment.
    private struct Case {
        var rows: Int
        var segments: Int
        var columns: Int
        var outputs: Int
        var isPooled = false
        /// Activations at their limit, and weights: each alone, or two neighbours together.
        var extreme: [Float] = []
    }

    private static let cases =
        (1...27).map { Case(rows: $0, segments: 1 + $0 % 3, columns: 1 + $0 * 7 % 19, outputs: 1 + $0 * 11 % 40) }
        + [15, 16, 17, 31, 32, 33, 48, 64, 65].map { Case(rows: 13, segments: 2, columns: 9, outputs: $0) }
        + (1...14).map { Case(rows: $0, segments: 3, columns: 6 + $0, outputs: 5 + 9 * $0 % 70, isPooled: true) }
        + [[1], [-1], [1, -1], [1, 1, -1, -1]].map {
            Case(rows: 5, segments: 1, columns: 32_768, outputs: 1, extreme: $0)
        }

    @Test(arguments: Level.allCases)
    func multiplies(_ level: Level) throws {
        let kernels = try level.kernels()
        for (number, shape) in Self.cases.enumerated() {
            var noise = Noise(UInt64(number))
            let weightCount = shape.segments * shape.columns * shape.outputs
            let kernel = noise.floats(weightCount).enumerated().map { index, weight in
                shape.extreme.isEmpty ? weight : shape.extreme[index % shape.extreme.count]
            }
            let bias = noise.floats(shape.outputs)
            let outputScale = Double(shape.segments * shape.columns) / 1_000
            let weights = try #require(
                Int8Weights(
                    kernel: Guarded(kernel).inside, bias: Guarded(bias).inside, segments: shape.segments,
                    columns: shape.columns, input: .pixels, output: Self.scale(outputScale)))
            let lines = shape.isPooled ? 2 : 1
            let (stride, segment, line) = (3, 7 + shape.columns, 5)
            let count = 2 * shape.rows * stride + line + (shape.segments + 1) * segment + shape.columns + 4
            let a = (0..<count).map { _ in !shape.extreme.isEmpty ? 255 : UInt8(noise.integer(0...255)) }
            let rows = Int8Kernels.Rows(
                count: shape.rows, stride: stride, segment: segment, pooledLine: shape.isPooled ? line : 0)

            func sum(_ row: Int, _ output: Int) -> Int {
                var sum = Int(weights.biases.array[output])
                for index in 0..<shape.segments * shape.columns {
                    let (s, k) = (index / shape.columns, index % shape.columns)
                    // The weights as the packing must have rounded them.
                    let scale = weights.sumScales[output] * 255
                    let weight = Int((Double(kernel[index * shape.outputs + output]) / scale).rounded())
                    sum += Int(a[row + s * segment + k]) * weight
                }
                return sum
            }
            var sums: [Int] = []
            for row in 0..<shape.rows {
                for output in 0..<shape.outputs {
                    let places =
                        shape.isPooled
                        ? [0, stride, line, line + stride].map { 2 * row * stride + $0 } : [row * stride]
                    sums.append(places.map { sum($0, output) }.max() ?? 0)
                }
            }
            let expected = sums.enumerated().map { index, sum -> UInt8 in
                let multiplier = Int(weights.multipliers.array[index % shape.outputs])
                return UInt8(min(255, (max(0, sum) * multiplier) >> 32))
            }
            let c = Guarded([UInt8](repeating: 77, count: shape.rows * shape.outputs), guardValue: 201)
            kernels.multiply(
                rows, of: Guarded(a, guardValue: 255).inside, by: weights, into: c.inside, targetRow: shape.outputs)
            #expect(c.inside.array == expected && c.isIntact, "\(shape)")
            if lines == 1 {
                let target = Guarded([Int32](repeating: 7, count: sums.count), guardValue: -9)
                kernels.sum(rows, of: Guarded(a, guardValue: 255).inside, by: weights, into: target.inside)
                #expect(target.inside.array.map(Int.init) == sums && target.isIntact, "\(shape)")
            }
        }
    }

    /// What lets a level add up two products in 16 bits, and that no step is given away for it.
    @Test func neighboursFitInto16Bits() throws {
        for (number, (run, pairStride)) in [(1, 2), (2, 2), (7, 2), (24, 2), (3, 1), (5, 1)].enumerated() {
            var noise = Noise(UInt64(number))
            let outputs = 3
            // A few weights are far larger than the others.
            let kernel = noise.floats(4 * run * outputs).map { $0 * $0 * $0 }
            let integers = try #require(
                Int8Integers(
                    kernel: kernel, bias: [0, 1, -1], run: run, pairStride: pairStride, input: .pixels,
                    output: Self.scale(1)))
            for output in 0..<outputs {
                let weights = (0..<4 * run).map { Int(integers.weights[$0 * outputs + output]) }
                let pairs = weights.indices.filter { $0 % run % pairStride == 0 && $0 % run + 1 < run }
                    .map { abs(weights[$0] + weights[$0 + 1]) }
                let largest = max(weights.map(abs).max() ?? 0, pairs.max() ?? 0)
                #expect(126...128 ~= largest, "\(run) \(weights)")
                #expect(weights.allSatisfy { -127...127 ~= $0 })
                let step = integers.sumScales[output] / Int8Scale.pixels.step
                for (index, weight) in weights.enumerated() {
                    #expect(abs(Double(weight) * step - Double(kernel[index * outputs + output])) <= step * 0.5001)
                }
            }
        }
    }

    @Test(arguments: Level.allCases)
    func pools(_ level: Level) throws {
        let kernels = try level.kernels()
        for (size, stride, channels) in [(2, 2, 3), (3, 2, 17), (3, 3, 64), (1, 2, 5)] {
            var noise = Noise(UInt64(channels))
            let (height, width) = (9, 11)
            let input = (0..<height * width * channels).map { _ in UInt8(noise.integer(0...255)) }
            let pool = MaxPool(
                input: Shape(height: height, width: width, channels: channels),
                output: Shape(
                    height: (height - size) / stride + 1, width: (width - size) / stride + 1, channels: channels),
                size: size, stride: stride)
            let output = Guarded([UInt8](repeating: 0, count: pool.output.count), guardValue: 9)
            kernels.maxPool(
                pool.shape(rows: pool.output.height, inputWidth: width), Guarded(input, guardValue: 255).inside,
                into: output.inside)
            var expected: [UInt8] = []
            for y in 0..<pool.output.height {
                for x in 0..<pool.output.width {
                    for c in 0..<channels {
                        let window = (0..<size * size).map { place in
                            input[((y * stride + place / size) * width + x * stride + place % size) * channels + c]
                        }
                        expected.append(window.max() ?? 0)
                    }
                }
            }
            #expect(output.inside.array == expected && output.isIntact)
        }
    }

    /// Padding, strides, pooling that overlaps nothing and pooling that does, a ReLU of its own, two hidden layers.
    private static let architectures: [[LayerDescription]] = [
        [
            .convolution(filters: 6, kernel: 3, stride: 1, padding: 0), .relu, .maxPool(size: 2, stride: 2),
            .convolution(filters: 20, kernel: 3, stride: 1, padding: 1), .relu, .maxPool(size: 2, stride: 2),
            .flatten, .dense(units: 24), .relu, .dropout(rate: 0.5), .dense(units: 4),
        ],
        [
            .convolution(filters: 17, kernel: 5, stride: 2, padding: 2), .relu, .maxPool(size: 3, stride: 3),
            .convolution(filters: 33, kernel: 1, stride: 1, padding: 0), .relu, .relu, .dropout(rate: 0.1),
            .flatten, .dense(units: 9), .relu, .dense(units: 11), .relu, .dense(units: 4),
        ],
        [
            .convolution(filters: 8, kernel: 3, stride: 1, padding: 0), .relu, .maxPool(size: 3, stride: 1),
            .flatten, .dense(units: 4),
        ],
    ]
    private static let input = Shape(height: 19, width: 22, channels: 3)

    private struct Noises: PixelPictures {
        var count = 24
        var size = input.count

        /// Blots, so that pictures differ by more than noise.
        func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) {
            var noise = Noise(UInt64(index))
            let (low, step) = (noise.integer(0...120), noise.integer(1...9))
            for i in pixels.indices { pixels[i] = UInt8(low + i * step % 120 + noise.integer(0...15)) }
        }

        var pixels: [UInt8] {
            (0..<count).flatMap { index in
                var picture = [UInt8](repeating: 0, count: size)
                var span = picture.mutableSpan
                load(index, into: &span)
                return picture
            }
        }
    }

    private static func model(_ layers: [LayerDescription], seed: UInt64 = 5) throws -> Model {
        try Model(
            untrained: Architecture(input: input, layers: layers), seed: seed, classes: ["a", "b", "c", "d"],
            preprocessing: Preprocessing(width: input.width, height: input.height))
    }

    private static func scale(_ step: Double) -> Int8Scale { Int8Scale(ActivationRange(low: 0, high: 255 * step)) }

    private static func quantized(_ layers: [LayerDescription]) throws -> Model {
        var model = try model(layers)
        let noises = Noises()
        try model.quantize(calibration: noises, choice: noises, comparison: noises, level: .portable, threads: 2)
        return model
    }

    private static func logits(
        _ model: Model, _ precision: PredictionPrecision, _ level: KernelLevel, capacity: Int = 24
    ) throws -> [Float] {
        let noises = Noises()
        let predictor = try Predictor(model: model, precision: precision, level: level, capacity: capacity)
        let (pixels, size) = (noises.pixels, noises.size)
        return stride(from: 0, to: noises.count, by: capacity).flatMap { first in
            let pictures = first..<min(first + capacity, noises.count)
            return predictor.logits(
                of: pixels.span.extracting(pictures.lowerBound * size..<pictures.upperBound * size),
                count: pictures.count
            ).array
        }
    }

    @Test(arguments: architectures.indices)
    func comesCloseToFP32(_ number: Int) throws {
        let model = try Self.quantized(Self.architectures[number])
        let agreement = try #require(model.quantization?.agreement)
        #expect(agreement.pictures == 24 && agreement.agreeing >= 23 && agreement.meanDifference < 0.01)
        let (fp32, int8) = (try Self.logits(model, .fp32, .portable), try Self.logits(model, .int8, .portable))
        let scale = fp32.map(abs).max() ?? 0
        #expect(zip(fp32, int8).allSatisfy { abs($0 - $1) < 0.05 * scale })
        // A test that could not tell would pass with anything.
        #expect(fp32 != int8 && scale > 0.01)
    }

    /// Most threads get no picture, the first one among them.
    @Test func rangesDoNotDependOnTheThreads() throws {
        let model = try Self.model(Self.architectures[0])
        func ranges(threads: Int) throws -> [String: ActivationRange] {
            let pool = ThreadPool(threads: threads)
            return try ActivationRanges(of: model, on: Noises(count: 1), level: .portable, pool: pool).holding(99)
        }
        let expected = try ranges(threads: 1)
        for _ in 0..<50 { #expect(try ranges(threads: 4) == expected) }
    }

    @Test(arguments: architectures.indices)
    func theSameEverywhere(_ number: Int) throws {
        let model = try Self.quantized(Self.architectures[number])
        let expected = try Self.logits(model, .int8, .portable)
        for level in KernelLevel.supported {
            #expect(try Self.logits(model, .int8, level) == expected)
            #expect(try Self.logits(model, .int8, level, capacity: 5) == expected)
        }
        let back = try Model(safetensors: model.safetensors())
        #expect(back.quantization == model.quantization)
        #expect(try Self.logits(back, .int8, .portable) == expected)
    }

    @Test func prefersInt8WhereItAgrees() throws {
        var model = try Self.quantized(Self.architectures[0])
        for (agreeing, preferred) in [(98, PredictionPrecision.int8), (97, .fp32)] {
            model.quantization?.agreement = .init(pictures: 100, agreeing: agreeing, meanDifference: 0)
            #expect(model.preferredPrecision == preferred)
        }
        model.quantization?.agreement = nil
        #expect(model.preferredPrecision == .fp32)
    }

    @Test func whatBytesCannotHoldStaysInFP32() throws {
        var model = try Self.model([.relu6, .flatten, .dense(units: 4)])
        let noises = Noises(count: 2)
        #expect(throws: QuantizationError(layer: "relu6_1", problem: "has no 8-bit form")) {
            try model.quantize(calibration: noises, choice: noises, comparison: noises, level: .portable, threads: 1)
        }
        #expect(model.quantization == nil && model.preferredPrecision == .fp32)
        #expect(throws: ModelFileError.self) {
            try Predictor(model: model, precision: .int8, level: .portable, capacity: 1)
        }
        // Sums of so many products could pass 32 bits.
        #expect(
            Int8Weights(
                kernel: Buffer(count: 32_769), bias: Buffer(count: 1), segments: 1, columns: 32_769,
                input: Self.scale(1), output: nil) == nil)
    }

    /// Outputs without weights, or with tiny ones, have a bias all the same.
    @Test func oddWeights() throws {
        let kernel: [Float] = [0, 1e-20, 0.1, 0, -1e-20, -0.1]
        let bias: [Float] = [0.502, 0.25, -0.09]
        let (k, b) = (Buffer<Float>(count: 6), Buffer<Float>(count: 3))
        k.copy(from: kernel)
        b.copy(from: bias)
        let weights = try #require(
            Int8Weights(kernel: k, bias: b, segments: 1, columns: 2, input: Self.scale(1), output: .pixels))
        let source = Buffer<UInt8>(count: 2 + Int8Kernels.slack)
        source[..<1].fill(with: 1)
        for level in Level.allCases {
            guard let kernels = try? level.kernels() else { continue }
            let target = Buffer<UInt8>(count: 3)
            kernels.multiply(.init(count: 1, stride: 2), of: source, by: weights, into: target, targetRow: 3)
            #expect(target.array == [128, 64, 3], "\(level)")
        }
    }

    @Test func refusesRangesThatDoNotFit() throws {
        let model = try Self.quantized(Self.architectures[0])
        let good = try #require(model.quantization)
        let name = try #require(good.ranges.keys.sorted().first)
        let wrong: [ActivationRange?] = [
            nil, .init(low: -1, high: 1), .init(low: 0, high: 0), .init(low: 0, high: -1),
            .init(low: 0, high: .infinity),
            .init(low: 0, high: .nan),
        ]
        for range in wrong {
            var (copy, bad) = (model, good)
            bad.ranges[name] = range
            #expect(throws: QuantizationError(layer: name, problem: "has no range of activations")) {
                try copy.adopt(bad)
            }
            #expect(copy.quantization == good)
        }
    }
}
