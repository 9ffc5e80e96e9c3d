import CKernels

/// y = pool(activation(x * kernel + bias)) in bytes. See `Convolution`; what the activation cuts off lies outside of
/// the output's range.
struct Int8Convolution: Sendable {
    let convolution: Convolution
    private let weights: Int8Weights
    /// What is padded with, channel by channel.
    private let border: [UInt8]

    init(_ convolution: Convolution, _ weights: Int8Weights, input: Int8Scale) {
        (self.convolution, self.weights) = (convolution, weights)
        let zeros = [Float](repeating: 0, count: convolution.input.channels)
        border = (convolution.border ?? zeros).map { value in
            UInt8(min(max((Double(value) / input.step).rounded() + Double(input.zero), 0), 255))
        }
    }

    /// 2 x 2 pooling costs nothing where it is done before the sums are requantised, which keeps their order.
    private var poolsSums: Bool { convolution.pool.map { $0.size == 2 && $0.stride == 2 } ?? false }
    private var paddedCount: Int { convolution.padding.isNone ? 0 : convolution.padded.count + Int8Kernels.slack }
    var scratchCount: Int {
        let rows = poolsSums ? 0 : convolution.pool?.size ?? 0
        return paddedCount + rows * convolution.width * weights.outputs
    }

    /// - x: With `Int8Kernels.slack` bytes behind it.
    func forward(_ x: Buffer<UInt8>, into y: Buffer<UInt8>, scratch: Buffer<UInt8>, _ kernels: Int8Kernels) {
        let c = convolution
        guard let pool = c.pool else { return forward(rows: 0..<c.height, of: x, into: y, scratch: scratch, kernels) }
        let source = c.padding.isNone ? x : c.pad(x, with: border, into: scratch[..<paddedCount])
        let rowCount = c.width * weights.outputs
        let pooledCount = c.output.width * weights.outputs
        for index in 0..<c.output.height {
            let target = y.slice(index, of: pooledCount)
            if poolsSums {
                makeRow(2 * index, of: source, count: c.output.width, pooled: true, into: target, kernels)
                continue
            }
            let rows = scratch[paddedCount...][..<(pool.size * rowCount)]
            for inner in 0..<pool.size {
                makeRow(
                    index * pool.stride + inner, of: source, count: c.width, pooled: false,
                    into: rows.slice(inner, of: rowCount), kernels)
            }
            kernels.maxPool(pool.shape(rows: 1, inputWidth: c.width), rows, into: target)
        }
    }

    /// Without pooling.
    /// - x: From the first row on that the rows see, with the slack behind.
    func forward(
        rows: Range<Int>, of x: Buffer<UInt8>, into y: Buffer<UInt8>, scratch: Buffer<UInt8>, _ kernels: Int8Kernels
    ) {
        let c = convolution
        if c.isPointwise {
            kernels.multiply(
                .init(count: rows.count * c.width, stride: c.input.channels), of: x, by: weights, into: y,
                targetRow: weights.outputs)
            return
        }
        let seen = c.paddedRows(of: rows)
        let count = seen.count * c.padded.width * c.input.channels + Int8Kernels.slack
        let source = c.padding.isNone ? x : c.pad(x, rows: seen, with: border, into: scratch[..<count])
        for index in 0..<rows.count {
            makeRow(
                index, of: source, count: c.width, pooled: false, into: y.slice(index, of: c.width * weights.outputs),
                kernels)
        }
    }

    private func makeRow(
        _ index: Int, of source: Buffer<UInt8>, count: Int, pooled: Bool, into target: Buffer<UInt8>,
        _ kernels: Int8Kernels
    ) {
        let c = convolution
        let line = c.padded.width * c.input.channels
        kernels.multiply(
            .init(
                count: count, stride: c.stride * c.input.channels, segment: line,
                pooledLine: pooled ? c.stride * line : 0),
            of: source[(index * c.stride * line)...], by: weights, into: target, targetRow: weights.outputs)
    }
}
