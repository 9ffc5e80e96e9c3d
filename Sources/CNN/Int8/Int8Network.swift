import CKernels

/// A network in 8-bit integers, from pixels to the sums of its last layer: every activation a byte, each layer's scale
/// found on calibration pictures. The same on every machine, whatever its kernels.
package struct Int8Network: Sendable {
    enum PictureLayer: Sendable {
        case convolution(Int8Convolution)
        case pool(MaxPool)
    }

    enum Stage: Sendable {
        /// Picture by picture, through all of these.
        case pictures([PictureLayer])
        /// The batch at once.
        case dense(Int8Weights)
    }

    let stages: [Stage]
    /// The layer behind the stages, whose sums are the logits.
    let last: Int8Weights

    /// Nil where the network cannot be had in bytes: a layer within it lets negative values through, or is too wide.
    /// - ranges: The largest activation that each layer in `quantisedLayers` must tell, in order.
    init?(_ network: Network, parameters: Buffer<Float>, ranges: [Double]) {
        var ranges = ranges[...]
        var stages: [Stage] = []
        var last: Int8Weights?
        var scale = 1.0 / 255
        for (index, stage) in network.stages.enumerated() {
            switch stage {
            case .pictures(let layers):
                var int8Layers: [PictureLayer] = []
                for layer in layers {
                    switch layer {
                    case let convolution as Convolution:
                        guard let range = ranges.popFirst(),
                            let layer = Int8Convolution(
                                convolution, parameters: parameters, inputScale: scale, outputScale: range / 255)
                        else { return nil }
                        int8Layers.append(.convolution(layer))
                        scale = range / 255
                    case let pool as MaxPool: int8Layers.append(.pool(pool))
                    // What comes in is never negative, and dropout is for training.
                    case is ReLU, is Dropout: break
                    default: return nil
                    }
                }
                if !int8Layers.isEmpty { stages.append(.pictures(int8Layers)) }
            case .dense(let dense):
                let isLast = index == network.stages.count - 1
                guard dense.relu != isLast else { return nil }
                let range = isLast ? nil : ranges.popFirst()
                guard isLast || range != nil,
                    let weights = Int8Weights(
                        kernel: parameters[dense.kernel], bias: parameters[dense.bias], segments: 1,
                        columns: dense.inputs, inputScale: scale, outputScale: range.map { $0 / 255 })
                else { return nil }
                if let range {
                    stages.append(.dense(weights))
                    scale = range / 255
                } else {
                    last = weights
                }
            }
        }
        guard let last, ranges.isEmpty else { return nil }
        (self.stages, self.last) = (stages, last)
    }
}

/// y = pool(relu(x * kernel + bias)) in bytes. See `Convolution`.
struct Int8Convolution: Sendable {
    let convolution: Convolution
    private let weights: Int8Weights

    /// Nil without a ReLU.
    init?(_ convolution: Convolution, parameters: Buffer<Float>, inputScale: Double, outputScale: Double) {
        guard convolution.relu,
            let weights = Int8Weights(
                kernel: parameters[convolution.kernel], bias: parameters[convolution.bias], segments: convolution.size,
                columns: convolution.size * convolution.input.channels, inputScale: inputScale, outputScale: outputScale
            )
        else { return nil }
        (self.convolution, self.weights) = (convolution, weights)
    }

    /// 2 x 2 pooling costs nothing where it is done before the sums are requantised, which keeps their order.
    private var poolsSums: Bool { convolution.pool.map { $0.size == 2 && $0.stride == 2 } ?? false }
    private var paddedCount: Int { convolution.padding > 0 ? convolution.padded.count + Int8Kernels.slack : 0 }
    var scratchCount: Int {
        let rows = poolsSums ? 0 : convolution.pool?.size ?? 0
        return paddedCount + rows * convolution.width * weights.outputs
    }

    /// - x: With `Int8Kernels.slack` bytes behind it.
    func forward(_ x: Buffer<UInt8>, into y: Buffer<UInt8>, scratch: Buffer<UInt8>, _ kernels: Int8Kernels) {
        let c = convolution
        let source = c.padding > 0 ? c.pad(x, into: scratch[..<paddedCount]) : x
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
