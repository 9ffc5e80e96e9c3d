/// EfficientNet-Lite (github.com/tensorflow/tpu, models/official/efficientnet/lite): inverted residual blocks with
/// ReLU6, made for 8 bits.
enum EfficientNetLite {
    /// Lite0 to Lite2, with TensorFlow's padding and epsilon (`tf_`) and with PyTorch's.
    static let all: [Backbone] = ["tf_", ""].flatMap { prefix in
        [(0, 1.0, 1.0), (1, 1.0, 1.1), (2, 1.1, 1.2)].map { number, width, depth in
            backbone(
                "\(prefix)efficientnet_lite\(number)", width: width, depth: depth, isTensorFlows: !prefix.isEmpty)
        }
    }

    private struct Stage {
        let repeats: Int
        let kernel: Int
        let stride: Int
        let expansion: Int
        let channels: Int
    }

    private static let stages = [
        Stage(repeats: 1, kernel: 3, stride: 1, expansion: 1, channels: 16),
        Stage(repeats: 2, kernel: 3, stride: 2, expansion: 6, channels: 24),
        Stage(repeats: 2, kernel: 5, stride: 2, expansion: 6, channels: 40),
        Stage(repeats: 3, kernel: 3, stride: 2, expansion: 6, channels: 80),
        Stage(repeats: 3, kernel: 5, stride: 1, expansion: 6, channels: 112),
        Stage(repeats: 4, kernel: 5, stride: 2, expansion: 6, channels: 192),
        Stage(repeats: 1, kernel: 3, stride: 1, expansion: 6, channels: 320),
    ]

    /// Stem and head have the same width in all of them, first and last stage the same depth.
    private static func backbone(_ name: String, width: Double, depth: Double, isTensorFlows: Bool) -> Backbone {
        var builder = BackboneBuilder(padding: isTensorFlows ? .same : .symmetric)
        builder.convolution("conv_stem", norm: "bn1", filters: 32, kernel: 3, stride: 2, activation: .relu6)
        for (index, stage) in stages.enumerated() {
            let isScaled = (1..<stages.count - 1).contains(index)
            let repeats = isScaled ? Int((depth * Double(stage.repeats)).rounded(.up)) : stage.repeats
            for number in 0..<repeats {
                let block = "blocks.\(index).\(number)"
                let stride = number == 0 ? stage.stride : 1
                let filters = rounded(width * Double(stage.channels))
                let (source, channels) = (builder.last, builder.channels)
                if stage.expansion == 1 {
                    builder.depthwise(
                        "\(block).conv_dw", norm: "\(block).bn1", kernel: stage.kernel, stride: stride,
                        activation: .relu6)
                    builder.convolution(
                        "\(block).conv_pw", norm: "\(block).bn2", filters: filters, activation: nil)
                } else {
                    builder.convolution(
                        "\(block).conv_pw", norm: "\(block).bn1", filters: channels * stage.expansion,
                        activation: .relu6)
                    builder.depthwise(
                        "\(block).conv_dw", norm: "\(block).bn2", kernel: stage.kernel, stride: stride,
                        activation: .relu6)
                    builder.convolution(
                        "\(block).conv_pwl", norm: "\(block).bn3", filters: filters, activation: nil)
                }
                if stride == 1, channels == filters {
                    builder.add("\(block).add", .add, of: [builder.last, source])
                }
            }
        }
        builder.convolution("conv_head", norm: "bn2", filters: 1280, activation: .relu6)
        builder.add("global_pool", .globalAveragePool)
        return builder.backbone(name, epsilon: isTensorFlows ? 1e-3 : 1e-5, head: "classifier")
    }

    /// To a multiple of 8, at most a tenth below.
    private static func rounded(_ channels: Double) -> Int {
        let nearest = max(8, Int(channels + 4) / 8 * 8)
        return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
    }
}
