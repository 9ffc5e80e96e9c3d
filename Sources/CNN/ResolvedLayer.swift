/// A layer of an architecture with its name and sizes.
package struct ResolvedLayer: Hashable, Sendable {
    package var name: String
    package var description: LayerDescription
    /// Values that come in: 0 is the picture, n what the n-th node gives.
    package var sources: [Int]
    package var input: Shape
    package var output: Shape
    /// Around the input; what a window finds there counts as 0 (in max-pooling: never as the largest).
    package var padding = Edges()
    /// Convolution [kernel row, kernel column, input channel, output channel], depthwise [kernel row, kernel column,
    /// channel, 1], dense [input, output]; nil where the layer learns nothing.
    package var kernelShape: [Int]?
    package var multiplyAdds = 0

    /// What is learnt: kernel and biases, or scale and shift.
    package var parameterCount: Int {
        if case .batchNormalization = description { return 2 * output.channels }
        return kernelShape.map { $0.reduce(1, *) + output.channels } ?? 0
    }

    /// Rows and columns at each side.
    package struct Edges: Hashable, Sendable {
        package var top = 0
        package var left = 0
        package var bottom = 0
        package var right = 0

        var isNone: Bool { self == Edges() }
    }
}

extension Architecture {
    /// What a description of unknown origin may ask for: enough for any network that a CPU trains, far from overflow.
    private static let sizes = 1...65_536
    private static let mostLayers = 1_000
    private static let mostValues = 1 << 28
    /// Values of one picture in all layers together, input included: 128 MiB as floats. ResNet-50 at 224x224 has 23
    /// million, and a thread holds several pictures' values.
    private static let mostActivations = 1 << 25

    static func resolve(input: Shape, nodes: [Node]) throws(ArchitectureError) -> [ResolvedLayer] {
        guard sizes.contains(input.height), sizes.contains(input.width), sizes.contains(input.channels),
            input.height * input.width * input.channels <= mostValues
        else { throw .network("the input's size is out of range") }
        guard nodes.count <= mostLayers else { throw .network("more than \(mostLayers) layers") }
        var shapes = [input]
        var values = [inputName: 0]
        var unused: Set<Int> = [0]
        var resolved: [ResolvedLayer] = []
        for node in nodes {
            var sources: [Int] = []
            for name in node.inputs {
                guard let source = values[name] else {
                    throw .layer(node.name, "takes \(name), which is no layer before it")
                }
                sources.append(source)
            }
            guard sources.count == (node.layer == .add ? 2 : 1) else {
                throw .layer(node.name, "has \(sources.count) inputs")
            }
            let layer = try resolve(node, sources: sources, inputs: sources.map { shapes[$0] })
            resolved.append(layer)
            shapes.append(layer.output)
            unused.subtract(sources)
            unused.insert(resolved.count)
            guard values.updateValue(resolved.count, forKey: node.name) == nil else {
                throw .layer(node.name, "has the name of another")
            }
        }
        for layer in resolved {
            guard case .batchNormalization = layer.description else { continue }
            let source = layer.sources[0]
            guard source > 0, resolved[source - 1].isConvolution,
                resolved.count(where: { $0.sources.contains(source) }) == 1
            else { throw .layer(layer.name, "must follow a convolution that nothing else takes") }
        }
        guard case .dense? = nodes.last?.layer else {
            throw .network("the last layer must be a dense one, for the classes")
        }
        guard let classes = shapes.last?.channels, classes >= 2 else {
            throw .network("at least two classes are needed")
        }
        if let value = unused.first(where: { $0 != resolved.count }) {
            throw .network("nothing takes what \(value == 0 ? inputName : resolved[value - 1].name) gives")
        }
        guard resolved.reduce(0, { $0 + $1.parameterCount }) <= mostValues else {
            throw .network("more than \(mostValues) parameters")
        }
        guard shapes.reduce(0, { $0 + $1.count }) <= mostActivations else {
            throw .network("more than \(mostActivations) values for one picture: a batch would take gigabytes")
        }
        return resolved
    }

    private static func resolve(
        _ node: Node, sources: [Int], inputs: [Shape]
    ) throws(ArchitectureError) -> ResolvedLayer {
        let (name, input) = (node.name, inputs[0])
        var resolved = ResolvedLayer(
            name: name, description: node.layer, sources: sources, input: input, output: input)
        func place(
            _ size: Int, _ stride: Int, _ padding: LayerDescription.Padding = 0
        ) throws(ArchitectureError) {
            let edges = edges(padding, size, stride, input)
            resolved.padding = edges
            let height = input.height + edges.top + edges.bottom
            let width = input.width + edges.left + edges.right
            guard size <= height, size <= width else {
                throw .layer(name, "is \(size)x\(size), larger than its input of \(input)")
            }
            resolved.output.height = (height - size) / stride + 1
            resolved.output.width = (width - size) / stride + 1
        }
        switch node.layer {
        case .convolution(let filters, let kernel, let stride, let padding):
            guard sizes.contains(filters), isPossible(kernel, stride, padding, most: 255) else {
                throw .layer(name, "has filters, kernel, stride or padding out of range")
            }
            try place(kernel, stride, padding)
            resolved.output.channels = filters
            resolved.kernelShape = [kernel, kernel, input.channels, filters]
            // No product here passes 2^60: channels are at most 2^28, filters 2^16, kernels 2^8.
            guard resolved.output.height * resolved.output.width * filters <= mostValues,
                kernel * kernel * input.channels * filters <= mostValues
            else { throw .layer(name, "is too large") }
            resolved.multiplyAdds = resolved.output.count * kernel * kernel * input.channels
        case .depthwiseConvolution(let kernel, let stride, let padding):
            guard isPossible(kernel, stride, padding, most: 255) else {
                throw .layer(name, "has kernel, stride or padding out of range")
            }
            try place(kernel, stride, padding)
            resolved.kernelShape = [kernel, kernel, input.channels, 1]
            guard resolved.output.count <= mostValues, kernel * kernel * input.channels <= mostValues else {
                throw .layer(name, "is too large")
            }
            resolved.multiplyAdds = resolved.output.count * kernel * kernel
        case .maxPool(let size, let stride, let padding):
            guard isPossible(size, stride, padding ?? 0, most: 16) else {
                throw .layer(name, "has size, stride or padding out of range")
            }
            try place(size, stride, padding ?? 0)
        case .averagePool(let size, let stride):
            guard isPossible(size, stride, 0, most: 255) else { throw .layer(name, "has size or stride out of range") }
            try place(size, stride)
        case .globalAveragePool: (resolved.output.height, resolved.output.width) = (1, 1)
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
        case .add:
            guard inputs[0] == inputs[1] else { throw .layer(name, "adds \(inputs[0]) and \(inputs[1])") }
        case .batchNormalization(let epsilon, let momentum):
            guard epsilon > 0, epsilon <= 1, momentum > 0, momentum <= 1 else {
                throw .layer(name, "has epsilon or momentum out of range")
            }
        case .relu, .relu6: break
        }
        return resolved
    }

    private static func isPossible(
        _ size: Int, _ stride: Int, _ padding: LayerDescription.Padding, most: Int
    ) -> Bool {
        guard (1...most).contains(size), (1...255).contains(stride) else { return false }
        return switch padding {
        case .zeros(let zeros): (0..<size).contains(zeros)
        case .same: true
        }
    }

    private static func edges(
        _ padding: LayerDescription.Padding, _ size: Int, _ stride: Int, _ input: Shape
    ) -> ResolvedLayer.Edges {
        switch padding {
        case .zeros(let zeros): return .init(top: zeros, left: zeros, bottom: zeros, right: zeros)
        case .same:
            func total(_ length: Int) -> Int { max(((length + stride - 1) / stride - 1) * stride + size - length, 0) }
            let (rows, columns) = (total(input.height), total(input.width))
            return .init(top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
        }
    }
}
