/// A layer's weights and biases as integers, in the order of the real ones, before a kernel's packing. See `Int8Weights`.
struct Int8Integers {
    let weights: [Int8]
    let biases: [Int32]
    /// 0 for a layer whose sums are wanted.
    let multipliers: [UInt32]
    let sumScales: [Double]

    /// Sums stay below 2^31: inputs x 255 x 127 below 2^30, and half of that where an input's zero is taken off again; biases with their half
    /// step and their zero, too.
    private static let mostInputs = 1 << 15
    private static let largestBias = 0x1p29

    /// - kernel: inputs x outputs.
    init?(
        kernel: [Float], bias: [Float], inputScale: Double, inputZero: UInt8, outputScale: Double?, outputZero: UInt8
    ) {
        let outputs = bias.count
        guard outputs > 0, kernel.count / outputs <= (inputZero > 0 ? Self.mostInputs / 2 : Self.mostInputs) else {
            return nil
        }
        var largest = [Float](repeating: 0, count: outputs)
        for (index, weight) in kernel.enumerated() {
            largest[index % outputs] = max(largest[index % outputs], abs(weight))
        }
        let zero = Double(outputZero) * (outputScale ?? 0)
        // An output without weights still has a bias, which must fit.
        let weightScales = (0..<outputs).map { output in
            let least = (Double(abs(bias[output])) + zero) / (inputScale * Self.largestBias)
            return max(Double(largest[output]) / 127, least, 1e-30)
        }
        sumScales = weightScales.map { $0 * inputScale }
        weights = kernel.enumerated().map { index, weight in
            Int8((Double(weight) / weightScales[index % outputs]).rounded())
        }
        var weightSums = [Int](repeating: 0, count: outputs)
        for (index, weight) in weights.enumerated() { weightSums[index % outputs] += Int(weight) }

        var (biases, multipliers) = ([Int32](), [UInt32]())
        for output in 0..<outputs {
            var biasSum = Double(bias[output]) / sumScales[output]
            var multiplier = 0.0
            if let outputScale {
                multiplier = (sumScales[output] / outputScale * 0x1p32).rounded()
                guard multiplier < 0x1p32 else { return nil }
                if multiplier > 0 { biasSum += (Double(outputZero) * 0x1p32 + 0x1p31) / multiplier }
            }
            guard abs(biasSum) <= 2 * Self.largestBias else { return nil }
            biases.append(Int32(Int(biasSum.rounded()) - Int(inputZero) * weightSums[output]))
            multipliers.append(UInt32(multiplier))
        }
        (self.biases, self.multipliers) = (biases, multipliers)
    }
}
