/// Height x width x channels of one picture between two layers; values lie row by row, channels together.
package struct Shape: Codable, Hashable, Sendable, CustomStringConvertible {
    package var height: Int
    package var width: Int
    package var channels: Int

    package init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    package var count: Int { height * width * channels }
    package var description: String { height == 1 && width == 1 ? "\(channels)" : "\(height)x\(width)x\(channels)" }
}

/// A layer as a network's description names it.
package enum LayerDescription: Codable, Hashable, Sendable {
    /// Square kernels, zero padding on all sides.
    case convolution(filters: Int, kernel: Int, stride: Int, padding: Int)
    case relu
    /// Square windows without padding; what does not fill a window is left out.
    case maxPool(size: Int, stride: Int)
    /// Row by row, channels together (HWC).
    case flatten
    case dense(units: Int)
    /// In training only: zeroes this share of the values and scales up the rest.
    case dropout(rate: Double)
}

/// A network's description, always a possible one: a stack of layers that ends in a dense layer, whose outputs are the classes' logits.
package struct Architecture: Hashable, Sendable {
    package let input: Shape
    package let layers: [LayerDescription]
    /// The same layers with what follows from their order.
    package let resolved: [ResolvedLayer]

    package init(input: Shape, layers: [LayerDescription]) throws(ArchitectureError) {
        self.input = input
        self.layers = layers
        resolved = try Self.resolve(input: input, layers: layers)
    }

    /// The network of the 2018 blog post: 150x150 RGB, five 3x3 convolutions, three max-poolings, one hidden layer.
    package static func blog(classes: Int) throws(ArchitectureError) -> Architecture {
        func convolution(_ filters: Int) -> [LayerDescription] {
            [.convolution(filters: filters, kernel: 3, stride: 1, padding: 0), .relu]
        }
        let pool = [LayerDescription.maxPool(size: 2, stride: 2)]
        return try Architecture(
            input: Shape(height: 150, width: 150, channels: 3),
            layers: convolution(32) + convolution(32) + pool + convolution(64) + convolution(64) + pool
                + convolution(64) + pool
                + [.flatten, .dense(units: 128), .relu, .dropout(rate: 0.5), .dense(units: classes)])
    }

    /// How many classes the network tells apart.
    package var classCount: Int { resolved.last?.output.channels ?? 0 }
    package var parameterCount: Int { resolved.reduce(0) { $0 + $1.parameterCount } }
    /// For one picture, forward.
    package var multiplyAdds: Int { resolved.reduce(0) { $0 + $1.multiplyAdds } }
}

/// A layer of an architecture with its name (`conv2d_1`, numbered by kind as Keras does) and sizes.
package struct ResolvedLayer: Hashable, Sendable {
    package var name: String
    package var description: LayerDescription
    package var input: Shape
    package var output: Shape
    /// Convolution [kernel row, kernel column, input channel, output channel], dense [input, output]; nil where the layer learns nothing.
    package var kernelShape: [Int]?
    package var multiplyAdds: Int

    /// Kernel and biases.
    package var parameterCount: Int { kernelShape.map { $0.reduce(1, *) + output.channels } ?? 0 }
}

package enum ArchitectureError: Error, Equatable, CustomStringConvertible {
    /// A layer's name, and what is wrong with it.
    case layer(String, String)
    case network(String)

    package var description: String {
        switch self {
        case .layer(let name, let problem): "impossible network: layer \(name) \(problem)"
        case .network(let problem): "impossible network: \(problem)"
        }
    }
}

extension Architecture: Codable {
    private enum CodingKeys: String, CodingKey { case input, layers }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            input: container.decode(Shape.self, forKey: .input),
            layers: container.decode([LayerDescription].self, forKey: .layers))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(input, forKey: .input)
        try container.encode(layers, forKey: .layers)
    }
}

extension Architecture {
    /// What a description of unknown origin may ask for: enough for any network that a CPU trains, far from overflow.
    private static let sizes = 1...65_536
    private static let mostLayers = 1_000
    private static let mostValues = 1 << 28
    /// Values of one picture in all layers together, input included: 128 MiB as floats. ResNet-50 at 224x224 has 23 million,
    /// and a thread holds several pictures' values.
    private static let mostActivations = 1 << 25

    private static func resolve(
        input: Shape, layers: [LayerDescription]
    ) throws(ArchitectureError) -> [ResolvedLayer] {
        guard sizes.contains(input.height), sizes.contains(input.width), sizes.contains(input.channels),
            input.height * input.width * input.channels <= mostValues
        else { throw .network("the input's size is out of range") }
        guard layers.count <= mostLayers else { throw .network("more than \(mostLayers) layers") }
        var resolved: [ResolvedLayer] = []
        var numbers: [String: Int] = [:]
        var shape = input
        for layer in layers {
            numbers[layer.kindName, default: 0] += 1
            let name = "\(layer.kindName)_\(numbers[layer.kindName, default: 1])"
            let next = try resolve(layer, name: name, input: shape)
            shape = next.output
            resolved.append(next)
        }
        guard case .dense? = layers.last else { throw .network("the last layer must be a dense one, for the classes") }
        guard shape.channels >= 2 else { throw .network("at least two classes are needed") }
        guard resolved.reduce(0, { $0 + $1.parameterCount }) <= mostValues else {
            throw .network("more than \(mostValues) parameters")
        }
        guard resolved.reduce(input.count, { $0 + $1.output.count }) <= mostActivations else {
            throw .network("more than \(mostActivations) values for one picture: a batch would take gigabytes")
        }
        return resolved
    }

    private static func resolve(
        _ layer: LayerDescription, name: String, input: Shape
    ) throws(ArchitectureError) -> ResolvedLayer {
        var resolved = ResolvedLayer(
            name: name, description: layer, input: input, output: input, kernelShape: nil, multiplyAdds: 0)
        func place(_ size: Int, _ stride: Int, _ padding: Int) throws(ArchitectureError) {
            guard size <= input.height + 2 * padding, size <= input.width + 2 * padding else {
                throw .layer(name, "is \(size)x\(size), larger than its input of \(input)")
            }
            resolved.output.height = (input.height + 2 * padding - size) / stride + 1
            resolved.output.width = (input.width + 2 * padding - size) / stride + 1
        }
        switch layer {
        case .convolution(let filters, let kernel, let stride, let padding):
            guard sizes.contains(filters), (1...255).contains(kernel), (1...255).contains(stride),
                (0..<kernel).contains(padding)
            else { throw .layer(name, "has filters, kernel, stride or padding out of range") }
            try place(kernel, stride, padding)
            resolved.output.channels = filters
            resolved.kernelShape = [kernel, kernel, input.channels, filters]
            // No product here passes 2^60: channels are at most 2^28, filters 2^16, kernels 2^8.
            guard resolved.output.height * resolved.output.width * filters <= mostValues,
                kernel * kernel * input.channels * filters <= mostValues
            else { throw .layer(name, "is too large") }
            resolved.multiplyAdds = resolved.output.count * kernel * kernel * input.channels
        case .maxPool(let size, let stride):
            guard (1...16).contains(size), (1...255).contains(stride) else {
                throw .layer(name, "has size or stride out of range")
            }
            try place(size, stride, 0)
        case .flatten:
            guard input.count <= mostValues else { throw .layer(name, "is too large") }
            resolved.output = Shape(height: 1, width: 1, channels: input.count)
        case .dense(let units):
            guard input.height == 1, input.width == 1 else { throw .layer(name, "needs a flatten layer before it") }
            guard sizes.contains(units), input.channels * units <= mostValues else {
                throw .layer(name, "has units out of range")
            }
            resolved.output.channels = units
            resolved.kernelShape = [input.channels, units]
            resolved.multiplyAdds = input.channels * units
        case .dropout(let rate):
            guard (0..<1).contains(rate) else { throw .layer(name, "has a rate that is not within 0 and 1") }
        case .relu: break
        }
        return resolved
    }
}

extension LayerDescription {
    fileprivate var kindName: String {
        switch self {
        case .convolution: "conv2d"
        case .relu: "relu"
        case .maxPool: "max_pooling2d"
        case .flatten: "flatten"
        case .dense: "dense"
        case .dropout: "dropout"
        }
    }
}
