import CKernels
import Testing

@testable import CNN

/// Every kernel of every level against a plain loop in Double, over odd sizes and tails, from unaligned places, between
/// guards.
struct KernelTests {
    /// Around 4, 8, 16, 32 and 64 values, where the kernels change their way.
    private static let counts = Array(0...35) + [47, 48, 49, 63, 64, 65, 67, 129]

    @Test(arguments: KernelLevel.allCases)
    func multiplies(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for n in Self.counts {
            var noise = Noise(UInt64(n))
            let (m, k, gap) = (noise.integer(1...26), noise.integer(0...9), noise.integer(0...3))
            for isTransposed in [false, true] {
                let strides = isTransposed ? Kernels.Strides(row: 1, column: m + gap) : .init(row: k + gap)
                let a = noise.floats((m + gap) * (k + gap))
                let (b, bias) = (noise.floats(k * (n + gap)), noise.floats(n))
                let relu = noise.integer(0...1) == 1
                let c = Guarded(count: m * (n + gap))
                kernels.multiply(
                    m, k, n, a: Guarded(a).inside, strides, b: Guarded(b).inside, bRow: n + gap, into: c.inside,
                    cRow: n + gap, bias: Guarded(bias).inside, clamp: relu ? .relu : .none)
                var expected = [Double](repeating: 99, count: m * (n + gap))
                for row in 0..<m {
                    for column in 0..<n {
                        var sum = Double(bias[column])
                        for i in 0..<k {
                            sum +=
                                Double(a[row * strides.row + i * strides.column])
                                * Double(b[i * (n + gap) + column])
                        }
                        expected[row * (n + gap) + column] = relu ? max(0, sum) : sum
                    }
                }
                #expect(largestDifference(c.inside.array, expected) < 1e-6, "\(m) x \(k) x \(n)")
                #expect(c.isIntact, "\(m) x \(k) x \(n)")
            }
        }
    }

    /// The sum behind a value has one order, whatever tile it falls into.
    @Test(arguments: KernelLevel.allCases)
    func aRowDoesNotDependOnItsNeighbours(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        var noise = Noise(1)
        let (rows, k, n) = (29, 211, 117)
        let (a, b) = (Guarded(noise.floats(rows * k)).inside, Guarded(noise.floats(k * n)).inside)
        let whole = Buffer<Float>(count: rows * n)
        kernels.multiply(rows, k, n, a: a, .init(row: k), b: b, bRow: n, into: whole, cRow: n)
        for row in 0..<rows {
            let alone = Buffer<Float>(count: n)
            kernels.multiply(1, k, n, a: a.slice(row, of: k), .init(row: k), b: b, bRow: n, into: alone, cRow: n)
            #expect(alone.array == whole.slice(row, of: n).array)
        }
    }

    struct ConvolutionCase: CustomTestStringConvertible, Sendable {
        var (channels, filters, size, stride, height, width) = (3, 4, 3, 1, 5, 6)
        var testDescription: String { "\(height)x\(width)x\(channels) by \(size)x\(size) / \(stride) to \(filters)" }
        var outputHeight: Int { (height - size) / stride + 1 }
        var outputWidth: Int { (width - size) / stride + 1 }
    }

    static let convolutions: [ConvolutionCase] = [
        .init(channels: 1, filters: 1, size: 1, stride: 1, height: 1, width: 1),
        .init(channels: 1, filters: 3, size: 1, stride: 2, height: 4, width: 5),
        .init(channels: 3, filters: 32, size: 3, stride: 1, height: 6, width: 15),
        .init(channels: 5, filters: 17, size: 2, stride: 1, height: 4, width: 14),
        .init(channels: 4, filters: 67, size: 3, stride: 2, height: 8, width: 9),
        .init(channels: 17, filters: 8, size: 3, stride: 1, height: 5, width: 5),
        .init(channels: 33, filters: 20, size: 3, stride: 3, height: 9, width: 10),
        .init(channels: 2, filters: 48, size: 5, stride: 2, height: 11, width: 12),
        .init(channels: 2, filters: 7, size: 2, stride: 3, height: 8, width: 9),
        .init(channels: 16, filters: 5, size: 4, stride: 1, height: 5, width: 18),
        .init(channels: 1, filters: 1, size: 3, stride: 1, height: 3, width: 3),
        .init(channels: 16, filters: 33, size: 3, stride: 1, height: 4, width: 8),
        .init(channels: 3, filters: 2, size: 3, stride: 1, height: 6, width: 105),
        // Short rows of tiles, so that several of them are taken at a time: in three times, and at once.
        .init(channels: 3, filters: 9, size: 3, stride: 1, height: 23, width: 12),
        .init(channels: 17, filters: 18, size: 3, stride: 1, height: 6, width: 6),
        .init(channels: 320, filters: 2, size: 1, stride: 1, height: 15, width: 15),
    ]

    @Test(arguments: KernelLevel.allCases, convolutions)
    func convolves(_ level: KernelLevel, _ s: ConvolutionCase) throws {
        let kernels = try kernels(level)
        var noise = Noise(7)
        let outputs = s.outputHeight * s.outputWidth * s.filters
        let x = noise.floats(s.height * s.width * s.channels)
        let weights = noise.floats(s.size * s.size * s.channels * s.filters)
        let (bias, dOutput) = (noise.floats(s.filters), noise.floats(outputs))
        var y = [Double](repeating: 0, count: outputs)
        var dWeights = [Double](repeating: 1, count: weights.count)
        var dx = [Double](repeating: 1, count: x.count)
        for oy in 0..<s.outputHeight {
            for ox in 0..<s.outputWidth {
                for k in 0..<s.filters {
                    let output = (oy * s.outputWidth + ox) * s.filters + k
                    var sum = Double(bias[k])
                    for ky in 0..<s.size {
                        for kx in 0..<s.size {
                            for c in 0..<s.channels {
                                let input = ((oy * s.stride + ky) * s.width + ox * s.stride + kx) * s.channels + c
                                let weight = ((ky * s.size + kx) * s.channels + c) * s.filters + k
                                sum += Double(x[input]) * Double(weights[weight])
                                dWeights[weight] += Double(x[input]) * Double(dOutput[output])
                                dx[input] += Double(weights[weight]) * Double(dOutput[output])
                            }
                        }
                    }
                    y[output] = max(0, sum)
                }
            }
        }

        let shape = bagq_convolution(
            channels: s.channels, filters: s.filters, kernel_height: s.size, kernel_width: s.size, stride: s.stride,
            output_height: s.outputHeight, output_width: s.outputWidth, input_row: s.width * s.channels,
            output_row: s.outputWidth * s.filters)
        let input = Guarded(x).inside
        let output = Guarded(count: outputs)
        kernels.convolve(
            shape, input, weights: Guarded(weights).inside, bias: Guarded(bias).inside, clamp: .relu,
            into: output.inside)
        #expect(largestDifference(output.inside.array, y) < 1e-5)
        #expect(output.isIntact)

        if s.size == 3 && s.stride == 1 {
            let transformed = Guarded(count: 16 * s.channels * s.filters)
            kernels.transformForWinograd(
                channels: s.channels, filters: s.filters, Guarded(weights).inside, into: transformed.inside)
            #expect(transformed.isIntact)
            let scratch = Guarded(count: Kernels.winogradScratchCount(channels: s.channels, filters: s.filters))
            let output = Guarded(count: outputs)
            kernels.convolveByWinograd(
                shape, input, transformed: transformed.inside, bias: Guarded(bias).inside, clamp: .relu,
                scratch: scratch.inside, into: output.inside)
            #expect(largestDifference(output.inside.array, y) < 1e-5)
            #expect(output.isIntact && scratch.isIntact)
        }

        let weightGradient = Guarded(count: weights.count, 1)
        kernels.addWeightGradient(shape, input, dOutput: Guarded(dOutput).inside, to: weightGradient.inside)
        #expect(largestDifference(weightGradient.inside.array, dWeights) < 1e-5)
        #expect(weightGradient.isIntact)

        var turned = weights
        let square = s.channels * s.filters
        for ky in 0..<s.size {
            for kx in 0..<s.size {
                for i in 0..<square {
                    turned[(kx * s.size + ky) * square + i % s.filters * s.channels + i / s.filters] =
                        weights[(ky * s.size + kx) * square + i]
                }
            }
        }
        let inputGradient = Guarded(count: x.count, 1)
        kernels.addInputGradient(
            shape, dOutput: Guarded(dOutput).inside, turned: Guarded(turned).inside, to: inputGradient.inside)
        #expect(largestDifference(inputGradient.inside.array, dx) < 1e-5)
        #expect(inputGradient.isIntact)
    }

    @Test(arguments: KernelLevel.allCases, [(2, 2), (3, 2), (2, 3), (3, 1), (1, 1)])
    func pools(_ level: KernelLevel, _ window: (size: Int, stride: Int)) throws {
        let kernels = try kernels(level)
        let (size, stride) = window
        for channels in [1, 3, 4, 15, 16, 17, 31, 33, 64, 67] {
            var noise = Noise(UInt64(channels))
            let (height, width) = (noise.integer(size...8), noise.integer(size...9))
            let (outputHeight, outputWidth) = ((height - size) / stride + 1, (width - size) / stride + 1)
            // Few different values, so that windows have equals.
            let x = noise.floats(height * width * channels).map { ($0 * 4).rounded() }
            let dOutput = noise.floats(outputHeight * outputWidth * channels)
            var (y, places) = ([Double](), [UInt8]())
            var dx = [Double](repeating: 1, count: x.count)
            for output in dOutput.indices {
                let (pixel, c) = output.quotientAndRemainder(dividingBy: channels)
                let (oy, ox) = pixel.quotientAndRemainder(dividingBy: outputWidth)
                let window = (0..<size * size).map { place in
                    ((oy * stride + place / size) * width + ox * stride + place % size) * channels + c
                }
                let best = window.indices.max { (x[window[$0]], -$0) < (x[window[$1]], -$1) } ?? 0
                y.append(Double(x[window[best]]))
                places.append(UInt8(best))
                dx[window[best]] += Double(dOutput[output])
            }
            let shape = bagq_pooling(
                channels: channels, size: size, stride: stride, output_height: outputHeight, output_width: outputWidth,
                input_row: width * channels)
            let (input, output) = (Guarded(x).inside, Guarded(count: y.count))
            let found = Guarded<UInt8>([UInt8](repeating: 77, count: y.count), guardValue: 200)
            kernels.maxPool(shape, input, into: output.inside, places: found.inside)
            #expect(largestDifference(output.inside.array, y) == 0)
            #expect(found.inside.array == places)
            output.inside.fill(with: 0)
            kernels.maxPool(shape, input, into: output.inside, places: nil)
            #expect(largestDifference(output.inside.array, y) == 0)
            let gradient = Guarded(count: x.count, 1)
            kernels.addMaxPoolGradient(
                shape, dOutput: Guarded(dOutput).inside, places: found.inside, to: gradient.inside)
            #expect(largestDifference(gradient.inside.array, dx) < 1e-6)
            #expect(output.isIntact && found.isIntact && gradient.isIntact)
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func worksElementByElement(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for count in Self.counts {
            var noise = Noise(UInt64(count))
            let (a, b) = (noise.floats(count), noise.floats(count))

            let relu = Guarded(a)
            kernels.clamp(relu.inside, to: .relu)
            #expect(relu.inside.array == a.map { max($0, 0) } && relu.isIntact)

            let masked = Guarded(b)
            kernels.maskGradient(masked.inside, of: .relu, output: relu.inside)
            #expect(masked.inside.array == zip(a, b).map { $0 > 0 ? $1 : 0 } && masked.isIntact)

            let (capped, maskedTwice) = (Guarded(a), Guarded(b))
            let half = bagq_clamp(low: 0, high: 0.5)
            kernels.clamp(capped.inside, to: half)
            #expect(capped.inside.array == a.map { min(max($0, 0), 0.5) } && capped.isIntact)
            kernels.maskGradient(maskedTwice.inside, of: half, output: capped.inside)
            #expect(
                maskedTwice.inside.array == zip(a, b).map { $0 > 0 && $0 < 0.5 ? $1 : 0 } && maskedTwice.isIntact)

            let bytes = a.map { UInt8(127 + 127 * $0) }
            let rescaled = Guarded(count: count)
            kernels.rescale(bytes.span, into: rescaled.inside)
            #expect(rescaled.inside.array == bytes.map { Float($0) * (1 / 255) } && rescaled.isIntact)

            let rows = noise.floats(3 * (count + 2))
            let sums = Guarded(a)
            kernels.addRows(3, stride: count + 2, of: Guarded(rows).inside, to: sums.inside)
            let expected = a.indices.map { i in (0..<3).reduce(Double(a[i])) { $0 + Double(rows[$1 * (count + 2) + i]) }
            }
            #expect(largestDifference(sums.inside.array, expected) < 1e-6 && sums.isIntact)

            let matrix = noise.floats(5 * count)
            let transposed = Guarded(count: 5 * count)
            kernels.transpose(rows: 5, columns: count, Guarded(matrix).inside, into: transposed.inside)
            #expect(transposed.inside.array == (0..<5 * count).map { matrix[$0 % 5 * count + $0 / 5] })
            #expect(transposed.isIntact)
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func adamIsKerass(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for count in Self.counts {
            var noise = Noise(UInt64(count))
            let (g, p) = (noise.floats(count), noise.floats(count))
            let (m, v) = (noise.floats(count), noise.floats(count, in: 0...1))
            let (gm, gv, gp) = (Guarded(m), Guarded(v), Guarded(p))
            let step = bagq_adam(rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7)
            kernels.adam(step, gradients: Guarded(g).inside, m: gm.inside, v: gv.inside, parameters: gp.inside)
            let (b1, b2) = (Double(Float(0.9)), Double(Float(0.999)))
            let newM = zip(m, g).map { b1 * Double($0) + (1 - b1) * Double($1) }
            let newV = zip(v, g).map { b2 * Double($0) + (1 - b2) * Double($1) * Double($1) }
            let newP = p.indices.map { Double(p[$0]) - 0.01 * newM[$0] / (newV[$0].squareRoot() + 1e-7) }
            #expect(largestDifference(gm.inside.array, newM) < 1e-6 && gm.isIntact)
            #expect(largestDifference(gv.inside.array, newV) < 1e-6 && gv.isIntact)
            #expect(largestDifference(gp.inside.array, newP) < 1e-5 && gp.isIntact)
        }
    }

    @Test(arguments: KernelLevel.allCases)
    func aNaNPassesTheReLU(_ level: KernelLevel) throws {
        let kernels = try kernels(level)
        for n in [1, 4, 8, 16, 64] {
            let c = Buffer<Float>(count: n)
            let (a, b) = (Guarded([Float.nan]).inside, Guarded(count: n).inside)
            kernels.multiply(1, 1, n, a: a, .init(row: 1), b: b, bRow: n, into: c, cRow: n, clamp: .relu)
            #expect(c.array.allSatisfy { $0.isNaN })
        }
    }

    @Test func theLevelIsChosenByNameOrSpeed() throws {
        #expect(KernelLevel.supported.first == .portable)
        let (fastest, empty, named) = try (
            KernelLevel.chosen(nil), KernelLevel.chosen(""), KernelLevel.chosen("portable")
        )
        #expect(fastest == KernelLevel.supported.last && empty == fastest && named == .portable)
        #expect(throws: KernelLevelError.unknown("sse9")) { try KernelLevel.chosen("sse9") }
        for level in KernelLevel.allCases where !KernelLevel.supported.contains(level) {
            #expect(throws: KernelLevelError.unsupported(level)) { try KernelLevel.chosen(level.rawValue) }
        }
    }
}
