/// A layer's weights, biases and scales in integers, as the 8-bit kernels take them: Jacob et al. 2018, "Quantization and
/// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", weights symmetric and per output channel.
///
/// A real activation is its scale's step x (its byte - the zero point); a real weight is the output's weight scale x its byte, -127 to 127,
/// so a sum of products counts in units of input step x weight scale, and so does the bias, which holds the zero points' share too.
struct Int8Weights: Sendable {
    let segments: Int
    /// Inputs of a segment, by fours; the last may have weights of 0.
    let groups: Int
    let outputs: Int
    /// [segment][group][output][4], outputs rounded up to a multiple of 16.
    let values: Buffer<Int8>
    /// With half an activation step added, so that requantisation rounds to nearest.
    let biases: Buffer<Int32>
    /// Activation steps that a unit of the sums is worth, in units of 2^-32; 0 for a layer whose sums are wanted.
    let multipliers: Buffer<UInt32>
    /// What one unit of each output's sum is worth.
    let sumScales: [Double]

    /// Sums stay below 2^31: inputs x 255 x 127 below 2^30, biases with their half step, too.
    private static let mostInputs = 1 << 15
    private static let largestBias = 0x1p29

    /// Nil where integers of these widths cannot hold the layer.
    /// - kernel: segments x columns x outputs. - output: Nil for a layer whose sums are wanted.
    /// Double's plain operations are exactly specified, so the integers are the same on every machine.
    init?(
        kernel: Buffer<Float>, bias: Buffer<Float>, segments: Int, columns: Int, input: Int8Scale, output: Int8Scale?
    ) {
        outputs = bias.count
        self.segments = segments
        groups = (columns + 3) / 4
        guard segments * columns <= Self.mostInputs else { return nil }
        let padded = (outputs + 15) / 16 * 16
        let (outputs, groups) = (outputs, groups)
        let (kernel, bias) = (kernel.array, bias.array)

        var largest = [Float](repeating: 0, count: outputs)
        for (index, weight) in kernel.enumerated() {
            largest[index % outputs] = max(largest[index % outputs], abs(weight))
        }
        // An output without weights still has a bias, which must fit.
        let weightScales = (0..<outputs).map { output in
            max(Double(largest[output]) / 127, Double(abs(bias[output])) / (input.step * Self.largestBias), 1e-30)
        }
        sumScales = weightScales.map { $0 * input.step }

        values = Buffer(count: segments * groups * padded * 4)
        var weightSums = [Int](repeating: 0, count: outputs)
        values.withMutableSpan { values in
            for (index, weight) in kernel.enumerated() {
                let (output, row) = (index % outputs, index / outputs)
                let (segment, column) = (row / columns, row % columns)
                let group = segment * groups + column / 4
                let byte = Int8((Double(weight) / weightScales[output]).rounded())
                values[(group * padded + output) * 4 + column % 4] = byte
                weightSums[output] += Int(byte)
            }
        }
        biases = Buffer(count: padded)
        multipliers = Buffer(count: padded)
        for index in 0..<outputs {
            var biasSum = Double(bias[index]) / sumScales[index] - Double(input.zero * weightSums[index])
            if let output {
                let multiplier = (sumScales[index] / output.step * 0x1p32).rounded()
                guard multiplier < 0x1p32 else { return nil }
                multipliers.withMutableSpan { $0[index] = UInt32(multiplier) }
                if multiplier > 0 { biasSum += (0x1p31 + Double(output.zero) * 0x1p32) / multiplier }
            }
            guard abs(biasSum) <= 2 * Self.largestBias else { return nil }
            biases.withMutableSpan { $0[index] = Int32(biasSum.rounded()) }
        }
    }
}
