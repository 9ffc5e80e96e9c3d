import Threads

/// A network of which the last layer alone is to be trained: all that comes before it stays as it is, and is run but
/// once for a picture.
package struct FrozenBody: Sendable {
    /// The last layer, with the dropout before it, as a network of its own: its pictures are what the body gives.
    package let head: Architecture
    let network: Network
    private let parameters: Parameters

    /// - parameters: The whole network's, of which the head's are where its training begins.
    /// - throws: Where there is nothing before the last layer, or more than a network takes.
    package init(_ architecture: Architecture, _ parameters: Parameters) throws(ArchitectureError) {
        network = Network(architecture)
        guard network.featureValue != 0 else { throw .network("it has nothing to freeze before its last layer") }
        self.parameters = parameters
        var start = architecture.nodes.count - 1
        while start > 0, architecture.nodes[start - 1].layer.isDropout { start -= 1 }
        var nodes = Array(architecture.nodes[start...])
        nodes[0].inputs = [Architecture.inputName]
        head = try Architecture(input: architecture.resolved[start].input, nodes: nodes)
    }

    /// What training begins with.
    package var headStart: Parameters {
        let network = Network(head)
        return network.parameters(network.initialParameters(seed: 0), adopting: parameters, of: self.network)
    }

    /// The whole network's with a trained head.
    func parameters(with trained: Parameters) -> Parameters {
        network.parameters(parameters, adopting: trained, of: Network(head))
    }

    /// Values of a picture that the head takes.
    private var featureCount: Int { head.input.count }

    /// Of the features of so many pictures.
    package func byteCount(training: Int, validation: Int) -> Int {
        (Self.trainingViews * training + validation) * featureCount * MemoryLayout<Float>.stride
    }

    /// A picture as it is, and mirrored.
    private static let trainingViews = 2

    /// What the body makes of pictures. Where they are for training, of each as it is and mirrored. The same for the
    /// same level, whatever the threads.
    /// - isStopped: Asked between pictures; nil is returned once it is true.
    package func features(
        of pictures: any TrainingPictures, forTraining: Bool, level: KernelLevel, threads: Int,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws -> FrozenFeatures? {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
        let passes = ForwardPasses(passes: (0..<threads).map { _ in ForwardPass(network, weights, capacity: 1) })
        let (views, input) = (forTraining ? Self.trainingViews : 1, network.architecture.input)
        let values = Buffer<Float>(count: pictures.labels.count * views * featureCount)
        try ThreadPool(threads: threads).forEach(pictures.labels.count) { worker, picture in
            if isStopped() { return }
            let pass = passes.passes[worker]
            for view in 0..<views {
                try pass.input.withMutableSpan { span throws in
                    if view == 0 {
                        try pictures.load(picture, augmentation: nil, into: &span)
                    } else {
                        mirror(&span, input)
                    }
                }
                _ = pass.run(count: 1) { value, found in
                    guard value == network.featureValue else { return }
                    values.slice(picture * views + view, of: featureCount).copy(from: found)
                }
            }
        }
        return isStopped() ? nil : FrozenFeatures(of: pictures, views: views, values: values)
    }
}

/// Labelled features, as pictures of a network that is the head alone.
package struct FrozenFeatures: TrainingPictures {
    package let labels: [Int]
    package let identities: [UInt64]
    /// Of each picture: as it is, and perhaps mirrored.
    private let views: Int
    /// Pictures x views x features.
    private let values: Buffer<Float>

    fileprivate init(of pictures: any TrainingPictures, views: Int, values: Buffer<Float>) {
        (labels, identities) = (pictures.labels, pictures.identities)
        (self.views, self.values) = (views, values)
    }

    /// The picture as it is or mirrored, as the augmentation's seed says; without one, as it is.
    package func load(_ index: Int, augmentation: UInt64?, into features: inout MutableSpan<Float>) {
        let view = augmentation.map { Int($0 % UInt64(views)) } ?? 0
        let found = values.slice(index * views + view, of: features.count).span
        for i in features.indices { features[i] = found[i] }
    }
}

/// Left and right change places.
private func mirror(_ picture: inout MutableSpan<Float>, _ shape: Shape) {
    let (width, channels) = (shape.width, shape.channels)
    for row in 0..<shape.height {
        for column in 0..<width / 2 {
            for channel in 0..<channels {
                let left = (row * width + column) * channels + channel
                picture.swapAt(left, (row * width + width - 1 - column) * channels + channel)
            }
        }
    }
}

extension Network {
    /// What the last layer takes; 0 where that is the picture.
    var featureValue: Int {
        switch stages.last {
        case .dense(_, let source, _): source
        case .pictures(let steps): steps.last?.sources.first ?? 0
        case nil: 0
        }
    }

    /// Values of a picture that the last layer takes.
    var featureCount: Int { valueCounts[featureValue] }

    /// This network's parameters, with those of another for the tensors that both name.
    fileprivate func parameters(_ mine: Parameters, adopting theirs: Parameters, of other: Network) -> Parameters {
        let ranges = Dictionary(uniqueKeysWithValues: other.tensors.map { ($0.name, $0.range) })
        let result = Parameters(Buffer(count: parameterCount))
        result.change { values in
            values.copy(from: mine.values)
            for tensor in tensors {
                if let range = ranges[tensor.name] { values[tensor.range].copy(from: theirs.values[range]) }
            }
        }
        return result
    }
}

extension LayerDescription {
    fileprivate var isDropout: Bool { if case .dropout = self { true } else { false } }
}
