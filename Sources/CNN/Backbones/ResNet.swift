/// ResNet (He et al. 2015, "Deep Residual Learning for Image Recognition"), strides in the 3 x 3 convolutions as in
/// PyTorch's.
enum ResNet {
    static let all = [
        backbone("resnet18", depths: [2, 2, 2, 2], isBottleneck: false),
        backbone("resnet34", depths: [3, 4, 6, 3], isBottleneck: false),
        backbone("resnet50", depths: [3, 4, 6, 3], isBottleneck: true),
    ]

    private static func backbone(_ name: String, depths: [Int], isBottleneck: Bool) -> Backbone {
        var builder = BackboneBuilder(padding: .symmetric)
        builder.convolution("conv1", norm: "bn1", filters: 64, kernel: 7, stride: 2, activation: .relu)
        builder.add("maxpool", .maxPool(size: 3, stride: 2, padding: 1))
        for (index, depth) in depths.enumerated() {
            let width = 64 << index
            let filters = isBottleneck ? 4 * width : width
            for number in 0..<depth {
                let block = "layer\(index + 1).\(number)"
                let stride = number == 0 && index > 0 ? 2 : 1
                let (source, channels) = (builder.last, builder.channels)
                func convolution(_ part: Int, _ filters: Int, _ kernel: Int, _ stride: Int, isLast: Bool) {
                    builder.convolution(
                        "\(block).conv\(part)", norm: "\(block).bn\(part)", filters: filters, kernel: kernel,
                        stride: stride, activation: isLast ? nil : .relu)
                }
                if isBottleneck {
                    convolution(1, width, 1, 1, isLast: false)
                    convolution(2, width, 3, stride, isLast: false)
                    convolution(3, filters, 1, 1, isLast: true)
                } else {
                    convolution(1, width, 3, stride, isLast: false)
                    convolution(2, width, 3, 1, isLast: true)
                }
                let result = builder.last
                var shortcut = source
                if stride != 1 || channels != filters {
                    builder.convolution(
                        "\(block).downsample.0", norm: "\(block).downsample.1", filters: filters, stride: stride,
                        activation: nil, source: (source, channels))
                    shortcut = builder.last
                }
                builder.add("\(block).add", .add, of: [result, shortcut])
                builder.add("\(block).act", .relu)
            }
        }
        builder.add("global_pool", .globalAveragePool)
        return builder.backbone(name, epsilon: 1e-5, head: "fc")
    }
}
