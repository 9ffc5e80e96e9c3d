import CKernels

/// y = activation((x - mean) / sqrt(variance + epsilon) * scale + shift + skip), each channel with its mean and its
/// (biased) variance over all pixels of the batch (Ioffe and Szegedy 2015, "Batch Normalization"). Only in training:
/// for prediction, running means of both are folded into the convolution before it; see `FoldedNetwork`.
///
/// - x, y, skip: H x W x C. - scale, shift: C.
///
/// A picture's part of the sums is taken by whoever has the picture at hand; the batch's are those of its pictures, in
/// their order.
struct BatchNormalization: Sendable {
    let shape: Shape
    let activation: Activation
    let epsilon: Double
    /// What a batch's statistics weigh in the running ones.
    let momentum: Double
    let scale: Range<Int>
    let shift: Range<Int>
    /// The running mean and variance.
    let mean: Range<Int>
    let variance: Range<Int>
    /// The values that it takes and makes, numbered as in `Network.Step`.
    let input: Int
    let output: Int
    /// Among the network's.
    let number: Int

    /// What a batch leaves on its way.
    struct Memory: Sendable {
        /// Of each picture, two values a channel: mean and squared distances from it; on the way back the gradient's
        /// sum and that of its products with x - mean.
        private let pictures: Buffer<Float>
        /// Of the batch.
        let mean: Buffer<Float>
        let variance: Buffer<Float>
        /// scale / sqrt(variance + epsilon)
        let factor: Buffer<Float>
        /// Of the input's gradient: what x - mean is multiplied by, and what is added.
        let slope: Buffer<Float>
        let constant: Buffer<Float>

        init(_ norm: BatchNormalization, capacity: Int) {
            let channels = norm.shape.channels
            pictures = Buffer(count: capacity * 2 * channels)
            (mean, variance, factor) = (Buffer(count: channels), Buffer(count: channels), Buffer(count: channels))
            (slope, constant) = (Buffer(count: channels), Buffer(count: channels))
        }

        func first(of picture: Int) -> Buffer<Float> { pictures.slice(2 * picture, of: mean.count) }
        func second(of picture: Int) -> Buffer<Float> { pictures.slice(2 * picture + 1, of: mean.count) }
    }

    /// Of each channel over the pictures, in their order.
    private func sums(of count: Int, _ part: (_ picture: Int) -> Buffer<Float>) -> [Double] {
        var sums = [Double](repeating: 0, count: shape.channels)
        for picture in 0..<count {
            let values = part(picture)
            let span = values.span
            for channel in sums.indices { sums[channel] += Double(span[channel]) }
        }
        return sums
    }

    private var pixels: Int { shape.height * shape.width }

    /// A picture's part of the statistics.
    func measure(_ x: Buffer<Float>, of picture: Int, _ memory: Memory, _ kernels: Kernels) {
        kernels.moments(of: x, mean: memory.first(of: picture), squares: memory.second(of: picture))
    }

    /// The batch's statistics of its pictures': the squared distances from the common mean are those from the pictures'
    /// own, and those of the pictures' from the common one.
    func endMeasuring(count: Int, _ parameters: Buffer<Float>, _ memory: Memory) {
        let scales = parameters[scale].span
        let means = sums(of: count, memory.first).map { $0 / Double(count) }
        var squares = sums(of: count, memory.second)
        for picture in 0..<count {
            let first = memory.first(of: picture)
            let pictureMeans = first.span
            for channel in means.indices {
                let distance = Double(pictureMeans[channel]) - means[channel]
                squares[channel] += Double(pixels) * distance * distance
            }
        }
        for channel in means.indices {
            let variance = squares[channel] / Double(count * pixels)
            memory.mean.set(channel, to: means[channel])
            memory.variance.set(channel, to: variance)
            memory.factor.set(channel, to: Double(scales[channel]) / (variance + epsilon).squareRoot())
        }
    }

    func forward(
        _ x: Buffer<Float>, skip: Buffer<Float>?, into y: Buffer<Float>, _ memory: Memory, _ pass: LayerPass
    ) {
        let map = ChannelMap(mean: memory.mean, factor: memory.factor, shift: pass.weights.values[shift])
        pass.kernels.normalize(x, by: map, skip: skip, clamp: activation.clamp, into: y)
    }

    /// Masks dy, which is then the skip's gradient too, and takes a picture's part of its sums.
    func measureGradient(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, of picture: Int, _ memory: Memory, _ kernels: Kernels
    ) {
        kernels.normalizationSums(
            dy, input: x, output: y, by: ChannelMap(mean: memory.mean, factor: memory.factor, shift: memory.constant),
            clamp: activation.clamp, sums: memory.first(of: picture), products: memory.second(of: picture))
    }

    /// dshift = sum of dy, dscale = sum of dy * (x - mean) / sqrt(variance + epsilon), and what dx takes of both.
    func endMeasuringGradient(count: Int, gradients: Buffer<Float>, _ memory: Memory) {
        let total = Double(count * pixels)
        let (sums, products) = (sums(of: count, memory.first), sums(of: count, memory.second))
        for channel in sums.indices {
            let (sum, product) = (sums[channel], products[channel])
            let variance = Double(memory.variance.span[channel]) + epsilon
            let factor = Double(memory.factor.span[channel])
            gradients[shift].set(channel, to: sum)
            gradients[scale].set(channel, to: product / variance.squareRoot())
            memory.slope.set(channel, to: -factor * product / variance / total)
            memory.constant.set(channel, to: -factor * sum / total)
        }
    }

    /// dx = (dy - mean of dy - (x - mean) * mean of dy * (x - mean) / (variance + epsilon)) * factor.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, into dx: Buffer<Float>, _ memory: Memory, _ kernels: Kernels
    ) {
        kernels.normalizationGradient(
            dy, input: x, by: ChannelMap(mean: memory.mean, factor: memory.factor, shift: memory.constant),
            slope: memory.slope, into: dx)
    }

    /// Takes the last batch into the running statistics: its variance as an estimate of all pictures', n / (n - 1) of
    /// the biased one, as PyTorch does.
    func moveRunningStatistics(in parameters: Buffer<Float>, count: Int, _ memory: Memory) {
        let total = Double(count * pixels)
        for (range, batch, correction) in [
            (mean, memory.mean, 1), (variance, memory.variance, total / max(total - 1, 1)),
        ] {
            for channel in 0..<shape.channels {
                let old = Double(parameters[range].span[channel])
                let new = Double(batch.span[channel]) * correction
                parameters[range].set(channel, to: old + momentum * (new - old))
            }
        }
    }
}

extension Buffer<Float> {
    fileprivate func set(_ index: Int, to value: Double) { withMutableSpan { $0[index] = Float(value) } }
}
