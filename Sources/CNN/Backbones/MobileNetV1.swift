/// MobileNetV1 (Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
/// Applications"): depthwise separable convolutions in a plain sequence, with ReLU6.
enum MobileNetV1 {
    static let all = [backbone("mobilenetv1_100", width: 1), backbone("mobilenetv1_125", width: 1.25)]

    /// Repeats, stride of the first, channels.
    private static let stages = [(1, 1, 64), (2, 2, 128), (2, 2, 256), (6, 2, 512), (2, 2, 1024)]

    private static func backbone(_ name: String, width: Double) -> Backbone {
        func scaled(_ channels: Int) -> Int { Int(width * Double(channels)) }
        var builder = BackboneBuilder(padding: .symmetric)
        builder.convolution("conv_stem", norm: "bn1", filters: scaled(32), kernel: 3, stride: 2, activation: .relu6)
        for (index, stage) in stages.enumerated() {
            for number in 0..<stage.0 {
                let block = "blocks.\(index).\(number)"
                builder.depthwise(
                    "\(block).conv_dw", norm: "\(block).bn1", kernel: 3, stride: number == 0 ? stage.1 : 1,
                    activation: .relu6)
                builder.convolution(
                    "\(block).conv_pw", norm: "\(block).bn2", filters: scaled(stage.2), activation: .relu6)
            }
        }
        builder.add("global_pool", .globalAveragePool)
        return builder.backbone(name, epsilon: 1e-5, head: "classifier")
    }
}
