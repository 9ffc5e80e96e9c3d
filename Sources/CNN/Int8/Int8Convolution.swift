import CKernels

/// y = pool(activation(x * kernel + bias)) in bytes. See `Convolution`; what the activation cuts off lies outside of the output's range.
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
        let source = c.padding.isNone ? x : c.pad(x, with: border, into: scratch[..<paddedCount])
        let line = c.padded.width * c.input.channels
        let pixel = c.stride * c.input.channels
        let rowCount = c.width * weights.outputs
        func row(_ index: Int, count: Int, pooled: Bool, into target: Buffer<UInt8>) {
            kernels.multiply(
                .init(count: count, stride: pixel, segment: line, pooledLine: pooled ? c.stride * line : 0),
                of: source[(index * c.stride * line)...], by: weights, into: target, targetRow: weights.outputs)
        }
        guard let pool = c.pool else {
            for index in 0..<c.height { row(index, count: c.width, pooled: false, into: y.slice(index, of: rowCount)) }
            return
        }
        let pooledCount = c.output.width * weights.outputs
        for index in 0..<c.output.height {
            let target = y.slice(index, of: pooledCount)
            if poolsSums {
                row(2 * index, count: c.output.width, pooled: true, into: target)
                continue
            }
            let rows = scratch[paddedCount...][..<(pool.size * rowCount)]
            for inner in 0..<pool.size {
                row(index * pool.stride + inner, count: c.width, pooled: false, into: rows.slice(inner, of: rowCount))
            }
            kernels.maxPool(pool.shape(rows: 1, inputWidth: c.width), rows, into: target)
        }
    }
}
