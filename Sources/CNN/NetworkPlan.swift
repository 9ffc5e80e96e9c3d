/// Makes steps and stages of an architecture's layers.
struct NetworkPlan {
    private(set) var stages: [Network.Stage] = []
    private(set) var valueCounts: [Int]
    private(set) var lastValue = 0
    private(set) var normalizations: [BatchNormalization] = []
    private let architecture: Architecture
    private let ranges: [String: Range<Int>]
    /// Layers that take each value.
    private let consumers: [[Int]]
    /// Where each value is found: a flattened one is the same as before.
    private var places: [Int]
    private var isAbsorbed: [Bool]
    private var steps: [Network.Step] = []
    private var convolutionCount = 0

    init(_ architecture: Architecture, _ tensors: [Network.Tensor]) {
        self.architecture = architecture
        ranges = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.range) })
        let layers = architecture.resolved
        var consumers = [[Int]](repeating: [], count: layers.count + 1)
        for (index, layer) in layers.enumerated() {
            for source in layer.sources { consumers[source].append(index) }
        }
        self.consumers = consumers
        places = Array(0...layers.count)
        isAbsorbed = [Bool](repeating: false, count: layers.count)
        valueCounts = [Int](repeating: 0, count: layers.count + 1)
        valueCounts[0] = architecture.input.count
    }

    /// - isPicturewise: Whether dense layers are done as 1 x 1 convolutions.
    mutating func run(isPicturewise: Bool) {
        for (index, layer) in architecture.resolved.enumerated() where !isAbsorbed[index] {
            plan(layer, value: index + 1, isPicturewise: isPicturewise)
        }
        endPictureStage()
        lastValue = places[architecture.resolved.count]
    }

    private mutating func plan(_ layer: ResolvedLayer, value: Int, isPicturewise: Bool) {
        let source = places[layer.sources[0]]
        var value = value
        switch layer.description {
        case .convolution(_, let kernel, let stride, _):
            let activation = absorbActivation(&value)
            let pool = absorb(&value) { $0.pool.flatMap { $0.canFollowInBands ? $0 : nil } }
            append(convolution(layer, size: kernel, stride: stride, activation, pool), of: source, into: value)
        case .depthwiseConvolution(let kernel, let stride, _):
            let depthwise = DepthwiseConvolution(
                input: layer.input, output: layer.output, size: kernel, stride: stride, padding: layer.padding,
                activation: absorbActivation(&value), kernel: range(layer, "kernel"), bias: range(layer, "bias"))
            append(depthwise, of: source, into: value)
        case .maxPool: if let pool = layer.pool { append(pool, of: source, into: value) }
        case .averagePool(let size, let stride):
            append(
                AveragePool(input: layer.input, output: layer.output, size: size, stride: stride), of: source,
                into: value)
        case .globalAveragePool: append(AveragePool(over: layer.input), of: source, into: value)
        case .relu: append(ReLU(input: layer.input, activation: .relu), of: source, into: value)
        case .relu6: append(ReLU(input: layer.input, activation: .relu6), of: source, into: value)
        case .add:
            let add = Add(activation: absorbActivation(&value))
            note(layer.output.count, value)
            steps.append(.init(operation: .add(add, of: source, and: places[layer.sources[1]]), target: value))
        case .batchNormalization(let epsilon, let momentum):
            let input = source
            // The whole batch's statistics are needed.
            if steps.contains(where: { $0.target == input }) { endPictureStage() }
            let skip = absorbAdd(&value)
            let norm = BatchNormalization(
                shape: layer.output, activation: absorbActivation(&value), epsilon: epsilon, momentum: momentum,
                scale: range(layer, "scale"), shift: range(layer, "shift"), mean: range(layer, "mean"),
                variance: range(layer, "variance"), input: input, output: value, number: normalizations.count)
            normalizations.append(norm)
            note(layer.output.count, value)
            steps.append(.init(operation: .normalize(norm, of: input, plus: skip), target: value))
        case .dropout(let rate):
            append(Dropout(input: layer.input, rate: rate, number: value), of: source, into: value)
        case .flatten: places[value] = source
        case .dense:
            let activation = absorbActivation(&value)
            if isPicturewise {
                append(convolution(layer, size: 1, stride: 1, activation, nil), of: source, into: value)
            } else {
                endPictureStage()
                note(layer.output.count, value)
                let dense = Dense(
                    inputs: layer.input.channels, outputs: layer.output.channels, activation: activation,
                    kernel: range(layer, "kernel"), bias: range(layer, "bias"))
                stages.append(.dense(dense, of: source, into: value))
            }
        }
    }

    private mutating func convolution(
        _ layer: ResolvedLayer, size: Int, stride: Int, _ activation: Activation, _ pool: MaxPool?
    ) -> Convolution {
        defer { convolutionCount += 1 }
        return Convolution(
            input: layer.input, output: layer.output, size: size, stride: stride, padding: layer.padding,
            border: layer.sources[0] == 0 ? architecture.border?.map(Float.init) : nil, activation: activation,
            pool: pool,
            kernel: range(layer, "kernel"), bias: range(layer, "bias"), number: convolutionCount)
    }

    private mutating func append(_ layer: any PictureLayer, of source: Int, into value: Int) {
        note(layer.output.count, value)
        steps.append(.init(operation: .layer(layer, of: source), target: value))
    }

    private mutating func note(_ count: Int, _ value: Int) { valueCounts[value] = count }

    private mutating func endPictureStage() {
        if !steps.isEmpty { stages.append(.pictures(steps)) }
        steps = []
    }

    private func range(_ layer: ResolvedLayer, _ suffix: String) -> Range<Int> {
        ranges["\(layer.name).\(suffix)"] ?? 0..<0
    }

    /// Takes the only layer that takes the value, if it is one of those that the present layer can do on its way out;
    /// its value is then the one to make.
    private mutating func absorb<Result>(_ value: inout Int, _ match: (ResolvedLayer) -> Result?) -> Result? {
        guard consumers[value].count == 1, let next = consumers[value].first,
            let result = match(architecture.resolved[next])
        else { return nil }
        isAbsorbed[next] = true
        value = next + 1
        return result
    }

    /// The other value of an addition that takes this one, where that is made already.
    private mutating func absorbAdd(_ value: inout Int) -> Int? {
        let (made, places, present) = (valueCounts, places, value)
        return absorb(&value) { layer in
            guard layer.description == .add, let other = layer.sources.first(where: { $0 != present }) else {
                return nil
            }
            return made[places[other]] > 0 ? places[other] : nil
        }
    }

    private mutating func absorbActivation(_ value: inout Int) -> Activation {
        let found = absorb(&value) { layer -> Activation? in
            switch layer.description {
            case .relu: .relu
            case .relu6: .relu6
            default: nil
            }
        }
        return found ?? .none
    }
}

extension ResolvedLayer {
    var pool: MaxPool? {
        guard case .maxPool(let size, let stride, _) = description else { return nil }
        return MaxPool(input: input, output: output, size: size, stride: stride, padding: padding)
    }
}
