extension Architecture {
    /// A residual network (He et al. 2015, "Deep Residual Learning for Image Recognition") for training from scratch on
    /// few pictures: batch normalisation, global average pooling, two steps before the blocks. 1.6 million
    /// parameters, 130 million multiply-adds at 128x128. No block begins as nothing but its shortcut, as Goyal et
    /// al. 2017 advise for large batches: in 60 epochs of small ones it learnt less.
    package static func slim(classes: Int, side: Int) throws(ArchitectureError) -> Architecture {
        var builder = SlimBuilder()
        builder.step("stem1", filters: 32, stride: 2)
        builder.step("stem2", filters: 32, stride: 2)
        for (index, (filters, stride)) in [(32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2)]
            .enumerated()
        {
            builder.block("block\(index + 1)", filters: filters, stride: stride)
        }
        builder.add("pool", .globalAveragePool)
        builder.add("dropout", .dropout(rate: 0.2))
        builder.add("head", .dense(units: classes))
        return try Architecture(input: Shape(height: side, width: side, channels: 3), nodes: builder.nodes)
    }
}

private struct SlimBuilder {
    private(set) var nodes: [Architecture.Node] = []
    private var last = Architecture.inputName
    private var channels = 3

    mutating func add(_ name: String, _ layer: LayerDescription, of inputs: [String]? = nil) {
        nodes.append(.init(name, layer, of: inputs ?? [last]))
        last = name
    }

    /// As PyTorch's defaults are.
    private mutating func normalize(_ name: String) {
        add("\(name).norm", .batchNormalization(epsilon: 1e-5, momentum: 0.1), of: [name])
    }

    mutating func step(_ name: String, filters: Int, stride: Int) {
        add(name, .convolution(filters: filters, kernel: 3, stride: stride, padding: 1))
        normalize(name)
        add("\(name).act", .relu)
        channels = filters
    }

    /// The shortcut's convolution stands beside the first one, so that training normalises both at a time.
    mutating func block(_ name: String, filters: Int, stride: Int) {
        let source = last
        var shortcut = source
        let changesShape = stride != 1 || filters != channels
        if changesShape {
            shortcut = "\(name).shortcut"
            add(shortcut, .convolution(filters: filters, kernel: 1, stride: stride, padding: 0))
        }
        add("\(name).conv1", .convolution(filters: filters, kernel: 3, stride: stride, padding: 1), of: [source])
        if changesShape {
            normalize(shortcut)
            shortcut = last
        }
        normalize("\(name).conv1")
        add("\(name).conv1.act", .relu)
        add("\(name).conv2", .convolution(filters: filters, kernel: 3, stride: 1, padding: 1))
        normalize("\(name).conv2")
        add("\(name).add", .add, of: [last, shortcut])
        add("\(name).act", .relu)
        channels = filters
    }
}
