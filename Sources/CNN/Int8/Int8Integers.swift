/// A layer's weights and biases as integers, in the order of the real ones, before a kernel's packing. See
/// `Int8Weights`.
struct Int8Integers {
    let weights: [Int8]
    let biases: [Int32]
    /// 0 for a layer whose sums are wanted.
    let multipliers: [UInt32]
    let sumScales: [Double]

    /// Sums stay below 2^31: inputs x 255 x 127 below 2^30, and half of that where an input's zero is taken off again;
    /// biases with their half step and their zero, too.
    private static let mostInputs = 1 << 15
    private static let largestBias = 0x1p29

    /// - kernel: inputs x outputs.
    /// - run: So many inputs lie side by side for a kernel, which may add up the products of two neighbours in 16 bits.
    /// - pairStride: Such pairs begin at every input of a run (1) or at every second (2).
    init?(
        kernel: [Float], bias: [Float], run: Int, pairStride: Int, input: Int8Scale, output: Int8Scale?
    ) {
        let outputs = bias.count
        guard outputs > 0, kernel.count / outputs <= (input.zero > 0 ? Self.mostInputs / 2 : Self.mostInputs) else {
            return nil
        }
        // 255 x 128 fits: 127 steps for both weights of a pair, and what rounding adds. Weights of 7 bits would do too,
        // but change EfficientNet-Lite0's probabilities more than twice as much.
        var largest = [Float](repeating: 0, count: outputs)
        for (index, weight) in kernel.enumerated() {
            let place = index / outputs % run
            let isFirst = place % pairStride == 0 && place + 1 < run
            let pair = isFirst ? weight + kernel[index + outputs] : 0
            largest[index % outputs] = max(largest[index % outputs], abs(weight), abs(pair))
        }
        let zero = output.map { Double($0.zero) * $0.step } ?? 0
        // An output without weights still has a bias, which must fit.
        let weightScales = (0..<outputs).map { index in
            let least = (Double(abs(bias[index])) + zero) / (input.step * Self.largestBias)
            return max(Double(largest[index]) / 127, least, 1e-30)
        }
        sumScales = weightScales.map { $0 * input.step }
        weights = kernel.enumerated().map { index, weight in
            Int8((Double(weight) / weightScales[index % outputs]).rounded())
        }
        var weightSums = [Int](repeating: 0, count: outputs)
        for (index, weight) in weights.enumerated() { weightSums[index % outputs] += Int(weight) }

        var (biases, multipliers) = ([Int32](), [UInt32]())
        for index in 0..<outputs {
            var biasSum = Double(bias[index]) / sumScales[index]
            var multiplier = 0.0
            if let output {
                multiplier = (sumScales[index] / output.step * 0x1p32).rounded()
                guard multiplier < 0x1p32 else { return nil }
                if multiplier > 0 { biasSum += (Double(output.zero) * 0x1p32 + 0x1p31) / multiplier }
            }
            guard abs(biasSum) <= 2 * Self.largestBias else { return nil }
            biases.append(Int32(Int(biasSum.rounded()) - Int(input.zero) * weightSums[index]))
            multipliers.append(UInt32(multiplier))
        }
        (self.biases, self.multipliers) = (biases, multipliers)
    }
}
