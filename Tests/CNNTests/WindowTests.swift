import CKernels
import Testing

@testable import CNN

/// Windows of odd places: padding on some sides, what the last ones have beyond the picture, tails of pixels and of
/// channels.
struct WindowCase: CustomStringConvertible, Sendable {
    let windows: bagq_windows

    init(_ seed: Int, sizes: [Int]) {
        var noise = Noise(UInt64(seed))
        let (size, stride) = (sizes[seed % sizes.count], 1 + seed / sizes.count % (seed % 5 == 4 ? 3 : 2))
        let channels = [1, 3, 16, 17, 33, 48, 64, 67, 130][noise.integer(0...8)]
        let (height, width) = (noise.integer(1...8), noise.integer(1...19))
        let (top, left) = (noise.integer(0...size - 1), noise.integer(0...size - 1))
        /// So many that the last window still has a place within the picture, or fewer.
        func outputs(_ count: Int, _ before: Int) -> Int {
            max(1, (count - 1 + before) / stride + noise.integer(0...1))
        }
        windows = bagq_windows(
            input: Shape(height: height, width: width, channels: channels),
            output: Shape(height: outputs(height, top), width: outputs(width, left), channels: channels), size: size,
            stride: stride, top: top, left: left)
    }

    var description: String {
        let s = windows
        return
            "\(s.size)x\(s.size)/\(s.stride) over \(s.input_height)x\(s.input_width)x\(s.channels), \(s.top) above, \(s.left) before, to \(s.output_height)x\(s.output_width)"
    }

    var inputCount: Int { windows.input_height * windows.input_width * windows.channels }
    var outputCount: Int { windows.output_height * windows.output_width * windows.channels }

    /// For each output pixel, its window's places: in the kernel, and the input's pixel where it is not padding.
    func forEach(_ body: (_ pixel: Int, _ places: [(place: Int, pixel: Int?)]) -> Void) {
        let s = windows
        for pixel in 0..<s.output_height * s.output_width {
            let (y, x) = pixel.quotientAndRemainder(dividingBy: s.output_width)
            let places = (0..<s.size * s.size).map { place -> (place: Int, pixel: Int?) in
                let (row, column) = (y * s.stride - s.top + place / s.size, x * s.stride - s.left + place % s.size)
                let isInside = 0..<s.input_height ~= row && 0..<s.input_width ~= column
                return (place, isInside ? row * s.input_width + column : nil)
            }
            body(pixel, places)
        }
    }
}

/// What goes over a picture channel by channel, and what follows a sum, against plain loops in Double.
struct WindowTests {
    private static let depthwise = (0..<48).map { WindowCase($0, sizes: [3, 5, 3, 5, 1, 7]) }
    private static let pooling = (0..<40).map { WindowCase($0, sizes: [3, 2, 1, 4]) }
    private static let clamps: [bagq_clamp] = [.none, .relu, .relu6, bagq_clamp(low: -0.25, high: 0.5)]

    private static func clamped(_ value: Double, _ clamp: bagq_clamp) -> Double {
        min(Double(clamp.high), max(Double(clamp.low), value))
    }

    @Test func depthwise() throws {
        for (number, shape) in Self.depthwise.enumerated() {
            var noise = Noise(UInt64(number))
            let (s, clamp) = (shape.windows, Self.clamps[number % Self.clamps.count])
            let (x, dOutput) = (noise.floats(shape.inputCount), noise.floats(shape.outputCount))
            let (weights, bias) = (noise.floats(s.size * s.size * s.channels), noise.floats(s.channels))
            var y = [Double](repeating: 0, count: shape.outputCount)
            var dx = [Double](repeating: 0, count: x.count)
            var dWeights = [Double](repeating: 1, count: weights.count)
            shape.forEach { pixel, places in
                for channel in 0..<s.channels {
                    let output = pixel * s.channels + channel
                    y[output] = Double(bias[channel])
                    for case (let place, let source?) in places {
                        let (weight, input) = (place * s.channels + channel, source * s.channels + channel)
                        y[output] += Double(x[input]) * Double(weights[weight])
                        dx[input] += Double(dOutput[output]) * Double(weights[weight])
                        dWeights[weight] += Double(dOutput[output]) * Double(x[input])
                    }
                    y[output] = Self.clamped(y[output], clamp)
                }
            }
            let (input, kernel) = (Guarded(x).inside, Guarded(weights).inside)
            for level in KernelLevel.supported {
                let kernels = try kernels(level)
                let output = Guarded(count: y.count)
                kernels.depthwise(
                    s, input, weights: kernel, bias: Guarded(bias).inside, clamp: clamp, into: output.inside)
                #expect(largestDifference(output.inside.array, y) < 1e-5 && output.isIntact, "\(level): \(shape)")

                // What was there before does not matter.
                let gradient = Guarded(count: dx.count, .nan)
                kernels.depthwiseInputGradient(
                    s, dOutput: Guarded(dOutput).inside, weights: kernel, into: gradient.inside)
                #expect(largestDifference(gradient.inside.array, dx) < 1e-5, "\(level): \(shape)")
                #expect(gradient.isIntact)

                let weightGradient = Guarded(count: weights.count, 1)
                kernels.addDepthwiseWeightGradient(
                    s, input, dOutput: Guarded(dOutput).inside, to: weightGradient.inside)
                #expect(largestDifference(weightGradient.inside.array, dWeights) < 1e-5, "\(level): \(shape)")
                #expect(weightGradient.isIntact)
            }
        }
    }

    /// A picture's rows may be had in bands, which changes nothing; of its own, the kernel takes so large a picture in
    /// two.
    @Test(arguments: KernelLevel.allCases)
    func aBandIsAPartOfThePicture(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        var noise = Noise(3)
        let (shape, half) = (Shape(height: 45, width: 70, channels: 33), Shape(height: 23, width: 35, channels: 33))
        let x = Guarded(noise.floats(shape.count)).inside
        let (weights, bias) = (Guarded(noise.floats(25 * 33)).inside, Guarded(noise.floats(33)).inside)
        let whole = bagq_windows(input: shape, output: half, size: 5, stride: 2, top: 2, left: 1)
        let (y, row) = (Buffer<Float>(count: half.count), shape.width * shape.channels)
        kernels.depthwise(whole, x, weights: weights, bias: bias, clamp: .relu, into: y)
        for index in 0..<half.height {
            var band = whole
            let (first, end) = (max(0, 2 * index - 2), min(shape.height, 2 * index + 3))
            (band.top, band.input_height, band.output_height) = (max(0, 2 - 2 * index), end - first, 1)
            let part = Buffer<Float>(count: half.count / half.height)
            kernels.depthwise(
                band, x[first * row..<end * row], weights: weights, bias: bias, clamp: .relu, into: part)
            #expect(part.array == y.slice(index, of: part.count).array, "\(index)")
        }

        // The gradients are those of a sum that is linear in the input and in the weights, so each gives the sum back.
        bias.fill(with: 0)
        kernels.depthwise(whole, x, weights: weights, bias: bias, clamp: .none, into: y)
        let dOutput = Guarded(noise.floats(half.count)).inside
        let (dx, dWeights) = (Buffer<Float>(count: x.count), Buffer<Float>(count: weights.count))
        kernels.depthwiseInputGradient(whole, dOutput: dOutput, weights: weights, into: dx)
        kernels.addDepthwiseWeightGradient(whole, x, dOutput: dOutput, to: dWeights)
        func sum(_ a: Buffer<Float>, _ b: Buffer<Float>) -> Double {
            zip(a.array, b.array).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        #expect(abs(sum(dx, x) - sum(dOutput, y)) < 1e-2 && abs(sum(dWeights, weights) - sum(dOutput, y)) < 1e-2)
        #expect(abs(sum(dOutput, y)) > 1)
    }

    @Test func pools() throws {
        for (number, shape) in Self.pooling.enumerated() {
            var noise = Noise(UInt64(number))
            let s = shape.windows
            // Few different values, so that windows have equals; all negative, so that padding would win.
            let x = noise.floats(shape.inputCount).map { ($0 * 4).rounded() - 5 }
            let dOutput = noise.floats(shape.outputCount)
            var (largest, means, expectedPlaces) = ([Double](), [Double](), [UInt8]())
            var dLargest = [Double](repeating: 1, count: x.count)
            var dMeans = dLargest
            shape.forEach { pixel, places in
                for channel in 0..<s.channels {
                    let gradient = Double(dOutput[pixel * s.channels + channel])
                    var (best, bestPlace, sum, inside) = (0, 0, 0.0, 0)
                    for case (let place, let source?) in places {
                        let input = source * s.channels + channel
                        if inside == 0 || x[input] > x[best] { (best, bestPlace) = (input, place) }
                        (sum, inside) = (sum + Double(x[input]), inside + 1)
                    }
                    largest.append(Double(x[best]))
                    expectedPlaces.append(UInt8(bestPlace))
                    means.append(sum / Double(inside))
                    dLargest[best] += gradient
                    for case (_, let source?) in places {
                        dMeans[source * s.channels + channel] += gradient / Double(inside)
                    }
                }
            }
            let (input, gradient) = (Guarded(x).inside, Guarded(dOutput).inside)
            for level in KernelLevel.supported {
                let kernels = try kernels(level)
                let (output, places) = (
                    Guarded(count: largest.count),
                    Guarded([UInt8](repeating: 77, count: largest.count), guardValue: 200)
                )
                kernels.maxPool(s, input, into: output.inside, places: places.inside)
                #expect(largestDifference(output.inside.array, largest) == 0, "\(level): \(shape)")
                #expect(places.inside.array == expectedPlaces && output.isIntact && places.isIntact)
                output.inside.fill(with: 0)
                kernels.maxPool(s, input, into: output.inside, places: nil)
                #expect(largestDifference(output.inside.array, largest) == 0)
                let dx = Guarded(count: x.count, 1)
                kernels.addMaxPoolGradient(s, dOutput: gradient, places: places.inside, to: dx.inside)
                #expect(largestDifference(dx.inside.array, dLargest) < 1e-6 && dx.isIntact)

                kernels.averagePool(s, input, into: output.inside)
                #expect(largestDifference(output.inside.array, means) < 1e-6 && output.isIntact)
                let dMean = Guarded(count: x.count, 1)
                kernels.addAveragePoolGradient(s, dOutput: gradient, to: dMean.inside)
                #expect(largestDifference(dMean.inside.array, dMeans) < 1e-6 && dMean.isIntact)
            }
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func averagesAWholePicture(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        var noise = Noise(2)
        let shape = Shape(height: 5, width: 7, channels: 19)
        let (x, y) = (noise.floats(shape.count), Guarded(count: 19))
        kernels.averagePool(bagq_windows(over: shape), Guarded(x).inside, into: y.inside)
        let means = (0..<19).map { channel in
            (0..<35).reduce(0.0) { $0 + Double(x[$1 * 19 + channel]) } / 35
        }
        #expect(largestDifference(y.inside.array, means) < 1e-6 && y.isIntact)
    }

    @Test(arguments: KernelLevel.allCases)
    func addsAndClamps(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for count in [0, 1, 3, 4, 15, 16, 17, 67] {
            for clamp in Self.clamps {
                var noise = Noise(UInt64(count))
                let (a, b) = (noise.floats(count, in: -8...8), noise.floats(count, in: -8...8))
                let sum = Guarded(a)
                kernels.add(sum.inside, Guarded(b).inside, clamp: clamp, into: sum.inside)
                let expected = zip(a, b).map { min(clamp.high, max(clamp.low, $0 + $1)) }
                #expect(sum.inside.array == expected && sum.isIntact)
                let gradient = Guarded(b)
                kernels.maskGradient(gradient.inside, of: clamp, output: sum.inside)
                #expect(
                    gradient.inside.array
                        == zip(expected, b).map { $0 > clamp.low && $0 < clamp.high ? $1 : 0 } && gradient.isIntact)
            }
        }
    }

    /// Products and convolutions of every kind add what skips them before they are clamped, also into its own memory.
    @Test(arguments: KernelLevel.allCases)
    func addsWhatSkips(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        let bf16 = level == .avx512 ? BF16Kernels() : nil
        for (number, filters) in [1, 5, 16, 24, 67, 96].enumerated() {
            let (clamp, channels, height, width) = (Self.clamps[number % Self.clamps.count], 16, 3, 7)
            var noise = Noise(UInt64(filters))
            let x = Guarded(noise.roundedFloats((height + 2) * (width + 2) * channels)).inside
            let (bias, skip) = (Guarded(noise.floats(filters)).inside, noise.floats(height * width * filters))
            let kernel = Guarded(noise.roundedFloats(9 * channels * filters)).inside
            func expected(_ sums: Buffer<Float>) -> [Double] {
                zip(sums.array, skip).map { Self.clamped(Double($0) + Double($1), clamp) }
            }
            let rows = height * width
            let (sums, y) = (Buffer<Float>(count: rows * filters), Guarded(skip))
            kernels.multiply(
                rows, channels, filters, a: x, .init(row: channels), b: kernel, bRow: filters, into: sums,
                cRow: filters, bias: bias)
            kernels.multiply(
                rows, channels, filters, a: x, .init(row: channels), b: kernel, bRow: filters, into: y.inside,
                cRow: filters, bias: bias, clamp: clamp, skip: y.inside)
            #expect(largestDifference(y.inside.array, expected(sums)) < 1e-6 && y.isIntact)

            let shape = bagq_convolution(
                channels: channels, filters: filters, kernel_height: 3, kernel_width: 3, stride: 1,
                output_height: height, output_width: width, input_row: (width + 2) * channels,
                output_row: width * filters)
            kernels.convolve(shape, x, weights: kernel, bias: bias, clamp: .none, into: sums)
            y.inside.copy(from: skip)
            kernels.convolve(shape, x, weights: kernel, bias: bias, clamp: clamp, skip: y.inside, into: y.inside)
            #expect(largestDifference(y.inside.array, expected(sums)) < 1e-6 && y.isIntact)

            let transformed = Buffer<Float>(count: 16 * channels * filters)
            kernels.transformForWinograd(channels: channels, filters: filters, kernel, into: transformed)
            let scratch = Buffer<Float>(count: Kernels.winogradScratchCount(channels: channels, filters: filters))
            y.inside.copy(from: skip)
            kernels.convolveByWinograd(
                shape, x, transformed: transformed, bias: bias, clamp: clamp, skip: y.inside, scratch: scratch,
                into: y.inside)
            #expect(largestDifference(y.inside.array, expected(sums)) < 1e-5 && y.isIntact)

            guard let bf16 else { continue }
            let (rounded, packed) = (Buffer<UInt16>(count: x.count), Buffer<UInt16>(count: kernel.count))
            bf16.round(x, into: rounded)
            bf16.interleaveRows(of: kernel, rowCount: filters, into: packed)
            y.inside.copy(from: skip)
            bf16.convolve(
                shape, rounded, weights: packed, bias: bias, clamp: clamp, skip: y.inside, into: y.inside)
            #expect(largestDifference(y.inside.array, expected(sums)) < 1e-5 && y.isIntact)
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func aNaNStaysOne(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for channels in [1, 4, 16, 40] {
            let nan = Buffer<Float>(count: channels)
            nan.fill(with: .nan)
            let (zeros, y) = (Buffer<Float>(count: channels), Buffer<Float>(count: channels))
            let shape = Shape(height: 1, width: 1, channels: channels)
            kernels.depthwise(
                bagq_windows(over: shape), nan, weights: zeros, bias: zeros, clamp: .relu6, into: y)
            #expect(y.array.allSatisfy { $0.isNaN })
            y.fill(with: 0)
            kernels.add(nan, zeros, clamp: .relu6, into: y)
            #expect(y.array.allSatisfy { $0.isNaN })
        }
    }
}
