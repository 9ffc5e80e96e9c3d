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

/// A network's description, always a possible one: a graph of named nodes, each after those whose outputs it takes,
/// that ends in a dense layer, whose outputs are the classes' logits.
package struct Architecture: Hashable, Sendable {
    package let input: Shape
    package let nodes: [Node]
    /// What lies outside of the picture, channel by channel and 0 to 1, where a layer pads the input; nil for black. A
    /// network made for pictures from which a mean is taken away pads with that mean.
    package let border: [Double]?
    /// The same nodes with what follows from their order.
    package let resolved: [ResolvedLayer]

    /// A layer and where its input comes from.
    package struct Node: Codable, Hashable, Sendable {
        /// No two of a network are the same; tensors are named by it.
        package var name: String
        package var layer: LayerDescription
        /// Names of nodes before it, or `input`: one, for `add` two.
        package var inputs: [String]

        package init(_ name: String, _ layer: LayerDescription, of inputs: [String]) {
            (self.name, self.layer, self.inputs) = (name, layer, inputs)
        }
    }

    /// The picture's name as a node's input.
    package static let inputName = "input"

    package init(input: Shape, nodes: [Node], border: [Double]? = nil) throws(ArchitectureError) {
        (self.input, self.nodes, self.border) = (input, nodes, border)
        resolved = try Self.resolve(input: input, nodes: nodes)
        if let border {
            guard border.count == input.channels, border.allSatisfy((0...1).contains) else {
                throw .network("its border needs \(input.channels) values within 0 and 1")
            }
        }
    }

    /// A plain sequence: each layer takes what the one before gives. Named by kind and number, as Keras does:
    /// `conv2d_1`.
    package init(input: Shape, layers: [LayerDescription]) throws(ArchitectureError) {
        try self.init(input: input, nodes: Self.sequence(layers))
    }

    private static func sequence(_ layers: [LayerDescription]) -> [Node] {
        var numbers: [String: Int] = [:]
        var last = inputName
        return layers.map { layer in
            numbers[layer.kindName, default: 0] += 1
            let node = Node("\(layer.kindName)_\(numbers[layer.kindName, default: 1])", layer, of: [last])
            last = node.name
            return node
        }
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

    /// Whether each layer takes what the one before gives.
    var isSequence: Bool { resolved.enumerated().allSatisfy { $1.sources == [$0] } }

    /// The same network for other classes.
    package func withClasses(_ count: Int) throws(ArchitectureError) -> Architecture {
        var nodes = nodes
        if let last = nodes.popLast() { nodes.append(Node(last.name, .dense(units: count), of: last.inputs)) }
        return try Architecture(input: input, nodes: nodes, border: border)
    }

    /// How many classes the network tells apart.
    package var classCount: Int { resolved.last?.output.channels ?? 0 }
    package var parameterCount: Int { resolved.reduce(0) { $0 + $1.parameterCount } }
    /// For one picture, forward.
    package var multiplyAdds: Int { resolved.reduce(0) { $0 + $1.multiplyAdds } }
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

/// A plain sequence is kept as its `layers`, any other graph as its `nodes`.
extension Architecture: Codable {
    private enum CodingKeys: String, CodingKey { case input, layers, nodes, border }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let layers = try container.decodeIfPresent([LayerDescription].self, forKey: .layers)
        try self.init(
            input: container.decode(Shape.self, forKey: .input),
            nodes: layers.map(Self.sequence) ?? container.decode([Node].self, forKey: .nodes),
            border: container.decodeIfPresent([Double].self, forKey: .border))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(input, forKey: .input)
        try container.encodeIfPresent(border, forKey: .border)
        let layers = nodes.map(\.layer)
        if nodes == Self.sequence(layers) {
            try container.encode(layers, forKey: .layers)
        } else {
            try container.encode(nodes, forKey: .nodes)
        }
    }
}
