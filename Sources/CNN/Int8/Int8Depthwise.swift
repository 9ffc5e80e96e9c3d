import CKernels

/// A depthwise convolution's weights in integers, a scale for each channel. See `Int8Weights`.
struct Int8DepthwiseWeights: Sendable {
    let size: Int
    let stride: Int
    let channels: Int
    /// The input's zero, which padding has.
    let zero: UInt8
    /// [block of 64 channels][ky][output of a tile][four of columns][place][4]: see `bagq_int8_depthwise`.
    let values: Buffer<Int8>
    /// [block][place]
    let biases: Buffer<Int32>
    let multipliers: Buffer<UInt32>

    /// Nil where integers of these widths cannot hold the layer.
    /// - kernel: S x S x C.
    /// - bias: C.
    init?(
        kernel: Buffer<Float>, bias: Buffer<Float>, size: Int, stride: Int, input: Int8Scale, output: Int8Scale
    ) {
        let channels = bias.count
        precondition(kernel.count == size * size * channels)
        guard
            let integers = Int8Integers(
                kernel: kernel.array, bias: bias.array, run: size, pairStride: 1, input: input, output: output)
        else { return nil }
        (self.size, self.stride, self.channels, zero) = (size, stride, channels, input.zero)
        let tile = bagq_int8_tile(size, stride)
        let blocks = (channels + 63) / 64
        values = Buffer(count: blocks * size * tile.outputs * tile.fours * 256)
        biases = Buffer(count: blocks * 64)
        multipliers = Buffer(count: blocks * 64)
        func place(_ channel: Int) -> Int { channel % 16 / 4 * 16 + channel / 16 % 4 * 4 + channel % 4 }
        values.withMutableSpan { values in
            for (index, weight) in integers.weights.enumerated() {
                let (tap, channel) = index.quotientAndRemainder(dividingBy: channels)
                let row = channel / 64 * size + tap / size
                for output in 0..<tile.outputs {
                    let column = output * stride + tap % size
                    let four = (row * tile.outputs + output) * tile.fours + column / 4
                    values[four * 256 + place(channel) * 4 + column % 4] = weight
                }
            }
        }
        for channel in 0..<channels {
            let index = channel / 64 * 64 + place(channel)
            biases.withMutableSpan { $0[index] = integers.biases[channel] }
            multipliers.withMutableSpan { $0[index] = integers.multipliers[channel] }
        }
    }
}

/// The sum of two tensors of bytes as a third.
struct Int8Addition: Sendable {
    let integers: bagq_int8_addition

    /// Nil where 32 bits cannot hold it: an output that is far finer than the inputs.
    init?(_ a: Int8Scale, _ b: Int8Scale, output: Int8Scale) {
        let (first, second) = ((a.step / output.step * 0x1p16).rounded(), (b.step / output.step * 0x1p16).rounded())
        guard first >= 0, second >= 0, first + second < 0x1p21 else { return nil }
        let zeros = first * Double(a.zero) + second * Double(b.zero)
        integers = bagq_int8_addition(
            first: Int32(first), second: Int32(second), offset: Int32(Double(output.zero) * 0x1p16 + 0x1p15 - zeros))
    }
}

/// Each channel's mean over all pixels.
struct Int8Average: Sendable {
    let pixels: Int
    let bias: Int32
    let multiplier: UInt32

    /// Nil where 32 bits cannot hold it.
    init?(pixels: Int, input: Int8Scale, output: Int8Scale) {
        let worth = input.step / (output.step * Double(pixels))
        // The largest multiplier stands for 1, as the mean of one pixel has it: with half a step added, it loses
        // nothing.
        let multiplier = min((worth * 0x1p32).rounded(), 0x1p32 - 1)
        guard 1...1 << 22 ~= pixels, worth <= 1, multiplier > 0 else { return nil }
        let bias = ((Double(output.zero) + 0.5) * 0x1p32 / multiplier).rounded() - Double(input.zero) * Double(pixels)
        guard abs(bias) < 0x1p30 else { return nil }
        (self.pixels, self.bias, self.multiplier) = (pixels, Int32(bias), UInt32(multiplier))
    }
}
