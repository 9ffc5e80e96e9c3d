/// A convolution's weights as its kernels want them, remade from the parameters whenever these have changed: see
/// `DerivedWeights`.
final class ConvolutionWeights: Sendable {
    private let convolution: Convolution
    /// [16, c, k]: for Winograd's convolution.
    let transformed: Buffer<Float>?
    /// [kx, ky, k, c]: for the input's gradient.
    let turned: Buffer<Float>?
    /// [16, k, c]: for the input's gradient by Winograd's way.
    let turnedTransformed: Buffer<Float>?
    /// [ky, kx, k, c], from the last row and column on; only to make `turnedTransformed`.
    private let turnedAround: Buffer<Float>?
    let bf16: BF16?

    /// Rounded, in pairs of (kx, c) forward and of k for the input's gradient.
    struct BF16: Sendable {
        let kernels: BF16Kernels
        let weights: Buffer<UInt16>
        let turned: Buffer<UInt16>
    }

    init(_ convolution: Convolution, for use: DerivedWeights.Use) {
        self.convolution = convolution
        var bf16Kernels: BF16Kernels?
        var isTraining = false
        if case .training(let kernels) = use {
            (bf16Kernels, isTraining) = (convolution.isOfOnePixel ? nil : kernels, true)
        }
        let (size, channels, filters) = (convolution.size, convolution.input.channels, convolution.output.channels)
        let square = channels * filters
        transformed = bf16Kernels == nil && convolution.usesWinograd ? Buffer(count: 16 * square) : nil
        let turnsAround = isTraining && bf16Kernels == nil && convolution.usesWinogradBackward
        turned = isTraining && !turnsAround ? Buffer(count: size * size * square) : nil
        turnedTransformed = turnsAround ? Buffer(count: 16 * square) : nil
        turnedAround = turnsAround ? Buffer(count: size * size * square) : nil
        bf16 = bf16Kernels.map { kernels in
            BF16(
                kernels: kernels, weights: Buffer(count: size * Self.paired(size * channels) * filters),
                turned: Buffer(count: size * size * Self.paired(filters) * channels))
        }
    }

    func derive(_ parameters: Buffer<Float>, _ kernels: Kernels) {
        let (size, channels, filters) = (convolution.size, convolution.input.channels, convolution.output.channels)
        let weights = parameters[convolution.kernel]
        if let transformed {
            kernels.transformForWinograd(channels: channels, filters: filters, weights, into: transformed)
        }
        guard let turned = turned ?? turnedAround else { return }
        let square = channels * filters
        for ky in 0..<size {
            for kx in 0..<size {
                let place = turnedAround == nil ? kx * size + ky : size * size - 1 - (ky * size + kx)
                kernels.transpose(
                    rows: channels, columns: filters, weights.slice(ky * size + kx, of: square),
                    into: turned.slice(place, of: square))
            }
        }
        if let turnedTransformed {
            kernels.transformForWinograd(channels: filters, filters: channels, turned, into: turnedTransformed)
        }
        guard let bf16 else { return }
        Self.interleave(weights, parts: size, rowCount: filters, into: bf16.weights, bf16.kernels)
        Self.interleave(turned, parts: size * size, rowCount: channels, into: bf16.turned, bf16.kernels)
    }

    /// Pairs of rows of each part; where their number is odd, the last one's second half is zeros.
    private static func interleave(
        _ weights: Buffer<Float>, parts: Int, rowCount: Int, into pairs: Buffer<UInt16>, _ kernels: BF16Kernels
    ) {
        let part = weights.count / parts
        let pairCount = paired(part / rowCount) * rowCount
        for index in 0..<parts {
            kernels.interleaveRows(
                of: weights.slice(index, of: part), rowCount: rowCount, into: pairs.slice(index, of: pairCount))
        }
    }

    /// Rounded up to whole pairs.
    private static func paired(_ count: Int) -> Int { (count + 1) / 2 * 2 }
}
