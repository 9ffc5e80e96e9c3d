/// A layer's weights, biases and scales in integers, as the 8-bit kernels take them: Jacob et al. 2018, "Quantization
/// and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", weights symmetric and per output
/// channel.
///
/// What an activation's byte means, its `Int8Scale` says; a real weight is the output's weight scale x its byte, -127
/// to 127, so a sum of products counts in units of input step x weight scale, and so does the bias.
struct Int8Weights: Sendable {
    let segments: Int
    /// Inputs of a segment, by fours; the last may have weights of 0.
    let groups: Int
    let outputs: Int
    /// [segment][group][output][4], outputs rounded up to a multiple of 16.
    let values: Buffer<Int8>
    /// With half an activation step added, so that requantisation rounds to nearest, and with what the zeros of input
    /// and output make.
    let biases: Buffer<Int32>
    /// Activation steps that a unit of the sums is worth, in units of 2^-32; 0 for a layer whose sums are wanted.
    let multipliers: Buffer<UInt32>
    /// What one unit of each output's sum is worth.
    let sumScales: [Double]

    /// Nil where integers of these widths cannot hold the layer.
    /// - kernel: segments x columns x outputs.
    /// - output: Nil for a layer whose sums are wanted.
    ///
    /// Double's plain operations are exactly specified, so the integers are the same on every machine.
    init?(
        kernel: Buffer<Float>, bias: Buffer<Float>, segments: Int, columns: Int, input: Int8Scale, output: Int8Scale?
    ) {
        outputs = bias.count
        self.segments = segments
        groups = (columns + 3) / 4
        let padded = (outputs + 15) / 16 * 16
        let (outputs, groups) = (outputs, groups)
        guard
            let integers = Int8Integers(
                kernel: kernel.array, bias: bias.array, run: columns, pairStride: 2, input: input, output: output)
        else { return nil }
        sumScales = integers.sumScales
        values = Buffer(count: segments * groups * padded * 4)
        values.withMutableSpan { values in
            for (index, weight) in integers.weights.enumerated() {
                let (output, row) = (index % outputs, index / outputs)
                let (segment, column) = (row / columns, row % columns)
                let group = segment * groups + column / 4
                values[(group * padded + output) * 4 + column % 4] = weight
            }
        }
        biases = Buffer(count: padded)
        multipliers = Buffer(count: padded)
        biases[..<outputs].copy(from: integers.biases)
        multipliers[..<outputs].copy(from: integers.multipliers)
    }
}
