/// A layer's weights, biases and scales in integers, as the 8-bit kernels take them: Jacob et al. 2018, "Quantization and
/// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", symmetric and per output channel.
///
/// A real activation is `scale` x its byte; a real weight is the output's weight scale x its byte, -127 to 127, so a sum of products counts
/// in units of input scale x weight scale, and so does the bias.
struct Int8Weights: Sendable {
    let segments: Int
    /// Inputs of a segment, by fours; the last may have weights of 0.
    let groups: Int
    let outputs: Int
    /// [segment][group][output][4], outputs rounded up to a multiple of 16.
    let values: Buffer<Int8>
    let biases: Buffer<Int32>
    /// Of `bagq_requantisation`; 0 for a layer whose sums are wanted.
    let multipliers: Buffer<UInt32>
    let shifts: Buffer<UInt32>
    /// What one unit of each output's sum is worth.
    let sumScales: [Double]

    /// Sums stay below 2^31: inputs x 255 x 127 below 2^30, biases too.
    private static let mostInputs = 1 << 15
    private static let largestBias = Double(1 << 30)

    /// Nil where integers of these widths cannot hold the layer.
    /// - kernel: segments x columns x outputs. - outputScale: Nil for a layer whose sums are wanted.
    /// Double's plain operations are exactly specified, so the integers are the same on every machine.
    init?(
        kernel: Buffer<Float>, bias: Buffer<Float>, segments: Int, columns: Int, inputScale: Double,
        outputScale: Double?
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
            max(Double(largest[output]) / 127, Double(abs(bias[output])) / (inputScale * Self.largestBias), 1e-30)
        }
        sumScales = weightScales.map { $0 * inputScale }

        values = Buffer(count: segments * groups * padded * 4)
        values.withMutableSpan { values in
            for (index, weight) in kernel.enumerated() {
                let (output, row) = (index % outputs, index / outputs)
                let (segment, column) = (row / columns, row % columns)
                let group = segment * groups + column / 4
                values[(group * padded + output) * 4 + column % 4] = Int8(
                    (Double(weight) / weightScales[output]).rounded())
            }
        }
        biases = Buffer(count: padded)
        multipliers = Buffer(count: padded)
        shifts = Buffer(count: padded)
        shifts.fill(with: 1)
        for output in 0..<outputs {
            let biasSum = (Double(bias[output]) / sumScales[output]).rounded()
            guard abs(biasSum) <= Self.largestBias else { return nil }
            biases.withMutableSpan { $0[output] = Int32(biasSum) }
            guard let outputScale else { continue }
            guard let (multiplier, shift) = Self.requantisation(sumScales[output] / outputScale) else { return nil }
            multipliers.withMutableSpan { $0[output] = multiplier }
            shifts.withMutableSpan { $0[output] = shift }
        }
    }

    /// factor = multiplier / 2^shift to 30 bits; nil where the factor is too large.
    private static func requantisation(_ factor: Double) -> (multiplier: UInt32, shift: UInt32)? {
        guard factor.isFinite, factor > 0, factor < 0x1p29 else { return nil }
        let shift = 29 - factor.exponent
        // Of a sum below 2^31, so small a share rounds to nothing.
        guard shift <= 62 else { return (0, 1) }
        return (UInt32((factor * Double(sign: .plus, exponent: shift, significand: 1)).rounded()), UInt32(shift))
    }
}
