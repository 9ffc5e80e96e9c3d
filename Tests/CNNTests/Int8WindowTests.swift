import CKernels
import Testing

@testable import CNN

/// What int8 networks of linear layers need: zeros that are not 0, depthwise convolutions, sums and means, to the bit
/// on every level.
struct Int8WindowTests {
    private static func bytes(_ noise: inout Noise, _ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(noise.integer(0...255)) }
    }

    /// With the slack that the kernels want.
    private static func input(_ values: [UInt8]) -> Buffer<UInt8> {
        Guarded(values + [UInt8](repeating: 251, count: Int8Kernels.slack), guardValue: 251).inside
    }

    private static func requantised(_ sum: Int, _ multiplier: UInt32) -> UInt8 {
        UInt8(min(255, (max(0, sum) * Int(multiplier)) >> 32))
    }

    /// Of the levels that this machine runs.
    private static var kernels: [(Int8Tests.Level, Int8Kernels)] {
        Int8Tests.Level.allCases.compactMap { level in (try? level.kernels()).map { (level, $0) } }
    }

    @Test func depthwise() throws {
        for number in 0..<48 {
            let shape = WindowCase(number, sizes: [3, 5, 3, 5, 1, 7])
            let s = shape.windows
            var noise = Noise(UInt64(number))
            let (x, zero) = (Self.bytes(&noise, shape.inputCount), UInt8(noise.integer(0...255)))
            let (kernel, bias) = (noise.floats(s.size * s.size * s.channels), noise.floats(s.channels))
            let (outputScale, outputZero) = (Double(s.size) / 100, UInt8(noise.integer(0...255)))
            let weights = try #require(
                Int8DepthwiseWeights(
                    kernel: Guarded(kernel).inside, bias: Guarded(bias).inside, size: s.size, stride: s.stride,
                    input: Int8Scale(step: 1.0 / 100, zero: zero),
                    output: Int8Scale(step: outputScale, zero: outputZero)))
            let integers = try #require(
                Int8Integers(
                    kernel: kernel, bias: bias, run: s.size, pairStride: 1,
                    input: Int8Scale(step: 1.0 / 100, zero: zero),
                    output: Int8Scale(step: outputScale, zero: outputZero)))
            var expected: [UInt8] = []
            var worst = 0.0
            shape.forEach { _, places in
                for channel in 0..<s.channels {
                    var (sum, real) = (Int(integers.biases[channel]), Double(bias[channel]))
                    for (place, source) in places {
                        let value = source.map { x[$0 * s.channels + channel] } ?? zero
                        sum += Int(value) * Int(integers.weights[place * s.channels + channel])
                        real += (Double(value) - Double(zero)) / 100 * Double(kernel[place * s.channels + channel])
                    }
                    let byte = Self.requantised(sum, integers.multipliers[channel])
                    expected.append(byte)
                    let wanted = min(255, max(0, real / outputScale + Double(outputZero)))
                    worst = max(worst, abs(Double(byte) - wanted))
                }
            }
            // Half a step of rounding the output, and what rounding the weights may do.
            let sumScale = integers.sumScales.max() ?? 0
            #expect(worst < 0.5 + Double(s.size * s.size) * 255 * 0.5 * sumScale / outputScale)
            for (level, kernels) in Self.kernels {
                let output = Guarded([UInt8](repeating: 77, count: expected.count), guardValue: 201)
                kernels.depthwise(s, Self.input(x), by: weights, into: output.inside)
                #expect(output.inside.array == expected && output.isIntact, "\(level): \(shape)")
            }
        }
    }

    /// Also channels without weights, whose bias alone must be right.
    @Test(arguments: Int8Tests.Level.allCases)
    func zerosThatAreNot0(_ level: Int8Tests.Level) throws {
        let kernels = try level.kernels()
        var noise = Noise(11)
        let (rows, columns, outputs) = (9, 24, 20)
        let (inputZero, outputZero): (UInt8, UInt8) = (117, 131)
        let (inputScale, outputScale) = (0.02, 0.05)
        var kernel = noise.floats(columns * outputs)
        for column in 0..<columns { kernel[column * outputs] = column % 2 == 0 ? 0 : 1e-20 }
        let bias = noise.floats(outputs)
        let x = Self.bytes(&noise, rows * columns)
        func weights(_ outputScale: Double?, _ outputZero: UInt8) throws -> Int8Weights {
            try #require(
                Int8Weights(
                    kernel: Guarded(kernel).inside, bias: Guarded(bias).inside, segments: 1, columns: columns,
                    input: Int8Scale(step: inputScale, zero: inputZero),
                    output: outputScale.map { Int8Scale(step: $0, zero: outputZero) }))
        }
        let y = Guarded([UInt8](repeating: 0, count: rows * outputs), guardValue: 3)
        let sums = Buffer<Int32>(count: rows * outputs)
        let (quantised, plain) = (try weights(outputScale, outputZero), try weights(nil, 0))
        let places = Int8Kernels.Rows(count: rows, stride: columns)
        kernels.multiply(places, of: Self.input(x), by: quantised, into: y.inside, targetRow: outputs)
        kernels.sum(places, of: Self.input(x), by: plain, into: sums)
        for row in 0..<rows {
            for output in 0..<outputs {
                let real = (0..<columns).reduce(Double(bias[output])) { sum, column in
                    let value = (Double(x[row * columns + column]) - Double(inputZero)) * inputScale
                    return sum + value * Double(kernel[column * outputs + output])
                }
                let index = row * outputs + output
                let byte = (Double(y.inside.array[index]) - Double(outputZero)) * outputScale
                let slack = Double(columns) * 138 * 0.5 * plain.sumScales[output]
                #expect(abs(byte - min(124 * outputScale, max(-131 * outputScale, real))) < outputScale / 2 + slack)
                #expect(abs(Double(sums.array[index]) * plain.sumScales[output] - real) < slack)
            }
        }
        #expect(y.isIntact)
    }

    @Test(arguments: Int8Tests.Level.allCases)
    func adds(_ level: Int8Tests.Level) throws {
        let kernels = try level.kernels()
        for count in [0, 1, 15, 64, 67, 256] {
            var noise = Noise(UInt64(count))
            let (a, b) = (Self.bytes(&noise, count), Self.bytes(&noise, count))
            let (first, second, sum) = (
                Int8Scale(step: 0.03, zero: 120), Int8Scale(step: 0.011, zero: 9),
                Int8Scale(step: 0.025, zero: UInt8(count % 200))
            )
            let addition = try #require(Int8Addition(first, second, output: sum))
            let output = Guarded(a, guardValue: 5)
            kernels.add(output.inside, Guarded(b, guardValue: 6).inside, addition, into: output.inside)
            let integers = addition.integers
            let expected = zip(a, b).map { a, b in
                (Int(a) * Int(integers.first) + Int(b) * Int(integers.second) + Int(integers.offset)) >> 16
            }
            #expect(output.inside.array.map(Int.init) == expected.map { min(255, max(0, $0)) } && output.isIntact)
            for index in 0..<count {
                let real = (Double(a[index]) - 120) * 0.03 + (Double(b[index]) - 9) * 0.011
                let wanted = min(255, max(0, real / 0.025 + Double(sum.zero)))
                #expect(abs(Double(output.inside.array[index]) - wanted) < 0.51)
            }
        }
        #expect(Int8Addition(.init(step: 32), .init(step: 1), output: .init(step: 1)) == nil)
    }

    @Test(arguments: Int8Tests.Level.allCases)
    func averages(_ level: Int8Tests.Level) throws {
        let kernels = try level.kernels()
        for (pixels, channels) in [(1, 5), (49, 64), (49, 67), (6, 130), (64, 1)] {
            for (input, output) in [(1.0, 1.0), (0.02, 0.03)] {
                var noise = Noise(UInt64(pixels))
                let x = Self.bytes(&noise, pixels * channels)
                let (from, to) = (
                    Int8Scale(step: input, zero: 100),
                    Int8Scale(step: output, zero: input == output ? 100 : 7)
                )
                let average = try #require(Int8Average(pixels: pixels, input: from, output: to))
                let y = Guarded([UInt8](repeating: 0, count: channels), guardValue: 5)
                kernels.average(Guarded(x, guardValue: 255).inside, average, into: y.inside)
                for channel in 0..<channels {
                    let sum = (0..<pixels).reduce(0) { $0 + Int(x[$1 * channels + channel]) }
                    let byte = Self.requantised(sum + Int(average.bias), average.multiplier)
                    let real = (Double(sum) / Double(pixels) - 100) * input / output + Double(to.zero)
                    #expect(y.inside.array[channel] == byte)
                    #expect(abs(Double(byte) - min(255, max(0, real))) < 0.55)
                    if pixels == 1 && input == output { #expect(byte == x[channel]) }
                }
                #expect(y.isIntact)
            }
        }
        #expect(Int8Average(pixels: 4, input: .init(step: 5), output: .init(step: 1)) == nil)
    }

    @Test func pools() throws {
        for number in 0..<30 {
            let shape = WindowCase(number, sizes: [3, 2, 1, 4])
            var noise = Noise(UInt64(number))
            let x = Self.bytes(&noise, shape.inputCount)
            var expected: [UInt8] = []
            let channels = shape.windows.channels
            shape.forEach { _, places in
                for channel in 0..<channels {
                    expected.append(places.compactMap { $0.pixel.map { x[$0 * channels + channel] } }.max() ?? 0)
                }
            }
            for (level, kernels) in Self.kernels {
                let output = Guarded([UInt8](repeating: 77, count: expected.count), guardValue: 201)
                kernels.maxPool(shape.windows, Guarded(x, guardValue: 255).inside, into: output.inside)
                #expect(output.inside.array == expected && output.isIntact, "\(level): \(shape)")
            }
        }
    }
}
