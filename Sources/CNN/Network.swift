/// An architecture made ready to run: layers in an order, grouped into stages, ReLU and max-pooling fused into the
/// layer before, and every parameter given its place in one flat buffer.
package struct Network: Sendable {
    /// What runs between two points where the whole batch's values are in memory.
    enum Stage: Sendable {
        /// Picture by picture, through all of these.
        case pictures([Step])
        /// The batch at once, from one value to another.
        case dense(Dense, of: Int, into: Int)
    }

    /// One operation on one picture's values. Values are numbered as `ResolvedLayer.sources` are; one that is fused
    /// away is nobody's.
    struct Step: Sendable {
        var operation: Operation
        var target: Int

        enum Operation: Sendable {
            case layer(any PictureLayer, of: Int)
            case add(Add, of: Int, and: Int)
            /// In training alone.
            /// - plus: What is added before the activation.
            case normalize(BatchNormalization, of: Int, plus: Int?)
        }
    }

    /// A learnt tensor: `conv2d_1.kernel`, its shape, and where its values lie in the flat buffer.
    package struct Tensor: Sendable {
        package var name: String
        package var shape: [Int]
        package var range: Range<Int>
        var initial: Initial
        /// By the optimiser. Running statistics are not, nor biases that batch normalisation takes away again.
        var isLearnt = true

        enum Initial: Sendable {
            /// Within this and its negative: as Glorot and Bengio 2010, with fans as Keras counts them, or less, as
            /// PyTorch does, where batch normalisation follows. It makes up for any scale, and steps of one size teach
            /// small weights more.
            case uniform(Double)
            case constant(Float)
        }
    }

    package let architecture: Architecture
    package let tensors: [Tensor]
    /// Floats of the flat buffer. Tensors start at multiples of a cache line, so this passes
    /// `architecture.parameterCount`.
    package let parameterCount: Int
    /// The parameters of what runs picture by picture come first, up to here: their gradients are summed over pictures.
    let pictureParameterCount: Int
    let stages: [Stage]
    /// How many values there are of each number; 0 for those that are fused away.
    let valueCounts: [Int]
    /// Of the logits.
    let lastValue: Int
    /// In the order of their inputs' makers.
    let normalizations: [BatchNormalization]

    package init(_ architecture: Architecture) {
        let layers = architecture.resolved
        // Dense layers behind a flattened picture have many weights, which pass through the cache once for a whole
        // batch. Behind a pooled one they are small, as good as 1 x 1 convolutions, and a picture goes through the
        // whole network with its values in the cache.
        let isPicturewise = !architecture.isSequence || !layers.contains { $0.description == .flatten }
        func goesByPicture(_ layer: ResolvedLayer) -> Bool {
            layer.kernelShape != nil && (isPicturewise || !layer.isDense)
        }
        let normalized = Set(layers.filter(\.isBatchNormalization).map { $0.sources[0] })
        var tensors: [Tensor] = []
        var end = 0
        func place(_ name: String, _ shape: [Int], _ initial: Tensor.Initial, isLearnt: Bool = true) {
            let count = shape.reduce(1, *)
            tensors.append(
                Tensor(name: name, shape: shape, range: end..<end + count, initial: initial, isLearnt: isLearnt))
            end += (count + 15) / 16 * 16
        }
        func place(_ index: Int) {
            let layer = layers[index]
            let channels = [layer.output.channels]
            if layer.isBatchNormalization {
                place("\(layer.name).scale", channels, .constant(1))
                place("\(layer.name).shift", channels, .constant(0))
                place("\(layer.name).mean", channels, .constant(0), isLearnt: false)
                place("\(layer.name).variance", channels, .constant(1), isLearnt: false)
            }
            guard let kernel = layer.kernelShape else { return }
            let receptive = kernel.dropLast(2).reduce(1, *)
            let isNormalized = normalized.contains(index + 1)
            let fanIn = Double(receptive * (layer.isDepthwise ? 1 : kernel[kernel.count - 2]))
            let fanOut = Double(receptive * (layer.isDepthwise ? 1 : kernel[kernel.count - 1]))
            let squaredLimit = isNormalized ? 1 / fanIn : 6 / (fanIn + fanOut)
            place("\(layer.name).kernel", kernel, .uniform(squaredLimit.squareRoot()))
            place("\(layer.name).bias", channels, .constant(0), isLearnt: !isNormalized)
        }
        layers.indices.filter { goesByPicture(layers[$0]) }.forEach(place)
        pictureParameterCount = end
        layers.indices.filter { !goesByPicture(layers[$0]) }.forEach(place)
        parameterCount = end
        self.tensors = tensors
        self.architecture = architecture
        var plan = NetworkPlan(architecture, tensors)
        plan.run(isPicturewise: isPicturewise)
        stages = plan.stages
        valueCounts = plan.valueCounts
        lastValue = plan.lastValue
        normalizations = plan.normalizations
    }

    /// Fresh parameters, the same for the same seed everywhere.
    package func initialParameters(seed: UInt64) -> Parameters {
        let parameters = Buffer<Float>(count: parameterCount)
        for (index, tensor) in tensors.enumerated() {
            switch tensor.initial {
            case .constant(let value): parameters[tensor.range].fill(with: value)
            case .uniform(let limit):
                var random = Random(key: Random.key(seed, .weights, index))
                parameters[tensor.range].withMutableSpan { values in
                    for i in values.indices { values[i] = (2 * random.uniform() - 1) * Float(limit) }
                }
            }
        }
        return Parameters(parameters)
    }
}

extension Network {
    var pictureLayers: [any PictureLayer] { stages.flatMap(\.steps).compactMap(\.layer) }
    var convolutions: [Convolution] { pictureLayers.compactMap { $0 as? Convolution } }
    var dense: [Dense] { stages.compactMap { if case .dense(let dense, _, _) = $0 { dense } else { nil } } }

    /// Whether a picture goes through all of it before the next one need begin.
    var isPicturewise: Bool { stages.count == 1 && dense.isEmpty }

    /// Values that pass from one stage to the next, or in or out of the network.
    var crossingValues: Set<Int> {
        var crossing: Set<Int> = [0, lastValue]
        for stage in stages {
            let made = Set(stage.targets)
            crossing.formUnion(stage.sources.filter { !made.contains($0) })
        }
        return crossing
    }

    /// Values whose gradients pass from one stage to another on the way back. Normalisation leaves its own to whoever
    /// made its input, who makes the input's of it.
    var crossingGradients: Set<Int> {
        crossingValues.subtracting(normalizations.map(\.input)).union(normalizations.map(\.output))
    }
}

extension Network.Stage {
    var steps: [Network.Step] { if case .pictures(let steps) = self { steps } else { [] } }

    var targets: [Int] {
        switch self {
        case .pictures(let steps): steps.map(\.target)
        case .dense(_, _, let target): [target]
        }
    }

    fileprivate var sources: [Int] {
        switch self {
        case .pictures(let steps): steps.flatMap(\.sources)
        case .dense(_, let source, _): [source]
        }
    }
}

extension Network.Step: PictureStep {
    var link: Chain.Link? { layer?.link }
    var layer: (any PictureLayer)? { if case .layer(let layer, _) = operation { layer } else { nil } }

    var sources: [Int] {
        switch operation {
        case .layer(_, let source): [source]
        case .add(_, let first, let second): [first, second]
        case .normalize(_, let source, let skip): [source] + (skip.map { [$0] } ?? [])
        }
    }
}

extension ResolvedLayer {
    var isDense: Bool { if case .dense = description { true } else { false } }
    var isBatchNormalization: Bool { if case .batchNormalization = description { true } else { false } }
    var isConvolution: Bool { if case .convolution = description { true } else { isDepthwise } }
    var isDepthwise: Bool { if case .depthwiseConvolution = description { true } else { false } }
    var kernelCount: Int { kernelShape?.reduce(1, *) ?? 0 }
}
