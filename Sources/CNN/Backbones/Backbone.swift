/// A network that others have trained on many pictures, under the names that timm
/// (github.com/huggingface/pytorch-image-models) gives it and its tensors, batch normalisation folded into the
/// convolutions.
package struct Backbone: Sendable {
    /// timm's: `tf_efficientnet_lite0`.
    package let name: String
    /// Up to the pooled features.
    let nodes: [Architecture.Node]
    let convolutions: [NormalizedConvolution]
    /// Of the batch normalisations.
    let epsilon: Double
    /// The dense layer behind the features.
    let head: String
    package let featureCount: Int

    /// A convolution without biases and the batch normalisation behind it.
    struct NormalizedConvolution: Sendable {
        /// The node's name, and the tensor's without `.weight`.
        let name: String
        let norm: String
        /// As PyTorch has it: output channels, input channels (1 where it is depthwise), rows, columns.
        let shape: [Int]
    }

    /// The networks known, by name.
    package static let all: [Backbone] = EfficientNetLite.all + MobileNetV1.all + ResNet.all

    /// The network with its classes' layer.
    /// - input: Height and width.
    /// - mean: Of the pictures it was trained on, channel by channel: what lies outside of a picture.
    /// - dropout: Of the features, in training.
    package func architecture(
        height: Int, width: Int, classes: Int, mean: [Double], dropout: Double = 0
    ) throws(ArchitectureError) -> Architecture {
        var nodes = nodes
        var features = nodes.last?.name ?? Architecture.inputName
        if dropout > 0 {
            nodes.append(.init("dropout", .dropout(rate: dropout), of: [features]))
            features = "dropout"
        }
        nodes.append(.init(head, .dense(units: classes), of: [features]))
        return try Architecture(
            input: Shape(height: height, width: width, channels: 3), nodes: nodes, border: mean)
    }
}

/// Puts a backbone together, node after node.
struct BackboneBuilder {
    private(set) var nodes: [Architecture.Node] = []
    private(set) var convolutions: [Backbone.NormalizedConvolution] = []
    /// Of what the last node gives.
    private(set) var channels = 3
    private(set) var last = Architecture.inputName
    let padding: Padding

    enum Padding {
        /// As TensorFlow pads.
        case same
        /// On all sides alike, as PyTorch's networks do.
        case symmetric

        func zeros(_ kernel: Int) -> LayerDescription.Padding { self == .same ? .same : .zeros(kernel / 2) }
    }

    init(padding: Padding) { self.padding = padding }

    /// - source: What it takes, with so many channels; nil for what the last node gives.
    mutating func convolution(
        _ name: String, norm: String, filters: Int, kernel: Int = 1, stride: Int = 1, activation: LayerDescription?,
        source: (name: String, channels: Int)? = nil
    ) {
        let (input, inputChannels) = source ?? (last, channels)
        add(
            name,
            .convolution(filters: filters, kernel: kernel, stride: stride, padding: padding.zeros(kernel)), of: [input])
        convolutions.append(.init(name: name, norm: norm, shape: [filters, inputChannels, kernel, kernel]))
        channels = filters
        activate(name, activation)
    }

    mutating func depthwise(_ name: String, norm: String, kernel: Int, stride: Int, activation: LayerDescription?) {
        add(
            name, .depthwiseConvolution(kernel: kernel, stride: stride, padding: padding.zeros(kernel)), of: [last])
        convolutions.append(.init(name: name, norm: norm, shape: [channels, 1, kernel, kernel]))
        activate(name, activation)
    }

    mutating func add(_ name: String, _ layer: LayerDescription, of inputs: [String]? = nil) {
        nodes.append(.init(name, layer, of: inputs ?? [last]))
        last = name
    }

    private mutating func activate(_ name: String, _ activation: LayerDescription?) {
        if let activation { add("\(name).act", activation) }
    }

    func backbone(_ name: String, epsilon: Double, head: String) -> Backbone {
        Backbone(
            name: name, nodes: nodes, convolutions: convolutions, epsilon: epsilon, head: head, featureCount: channels)
    }
}
