/// A layer as a network's description names it. Kernels and windows are square.
package enum LayerDescription: Codable, Hashable, Sendable {
    case convolution(filters: Int, kernel: Int, stride: Int, padding: Padding)
    /// One kernel for each channel, which sees that channel alone.
    case depthwiseConvolution(kernel: Int, stride: Int, padding: Padding)
    /// In training alone, behind a convolution that nothing else takes: each channel brought to mean 0 and deviation 1
    /// over the batch, then scaled and shifted as learnt.
    /// - epsilon: Added to the variance.
    /// - momentum: What a batch weighs in the running mean and variance, which prediction takes.
    case batchNormalization(epsilon: Double, momentum: Double)
    case relu
    /// min(max(x, 0), 6)
    case relu6
    /// Of two inputs of the same shape.
    case add
    /// What does not fill a window is left out; nil for no padding. What is padded is never the largest.
    case maxPool(size: Int, stride: Int, padding: Padding? = nil)
    /// What does not fill a window is left out.
    case averagePool(size: Int, stride: Int)
    /// The mean of each channel.
    case globalAveragePool
    /// Row by row, channels together (HWC).
    case flatten
    case dense(units: Int)
    /// In training only: zeroes this share of the values and scales up the rest.
    case dropout(rate: Double)

    /// What a window finds outside of its input.
    package enum Padding: Hashable, Sendable {
        /// So many zeros on all sides.
        case zeros(Int)
        /// As many zeros as make the output ceil(input / stride) high and wide, an odd one at the bottom and at the
        /// right: TensorFlow's "SAME".
        case same
    }
}

extension LayerDescription.Padding: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .zeros(value) }
}

/// A number of zeros, or the word `same`.
extension LayerDescription.Padding: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let zeros = try? container.decode(Int.self) {
            self = .zeros(zeros)
        } else if try container.decode(String.self) == "same" {
            self = .same
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "padding is a number or \"same\"")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .zeros(let zeros): try container.encode(zeros)
        case .same: try container.encode("same")
        }
    }
}

extension LayerDescription {
    /// As Keras names layers of the kind.
    var kindName: String {
        switch self {
        case .convolution: "conv2d"
        case .depthwiseConvolution: "depthwise_conv2d"
        case .batchNormalization: "batch_normalization"
        case .relu: "relu"
        case .relu6: "relu6"
        case .add: "add"
        case .maxPool: "max_pooling2d"
        case .averagePool: "average_pooling2d"
        case .globalAveragePool: "global_average_pooling2d"
        case .flatten: "flatten"
        case .dense: "dense"
        case .dropout: "dropout"
        }
    }
}
