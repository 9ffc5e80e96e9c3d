/// An architecture made ready to run: layers grouped into stages, ReLU and max-pooling fused into the layer before, and every
/// parameter given its place in one flat buffer.
package struct Network: Sendable {
    /// What runs between two points where the whole batch's values are in memory.
    enum Stage: Sendable {
        /// Picture by picture, through all of these.
        case pictures([any PictureLayer])
        /// The batch at once.
        case dense(Dense)
    }

    /// A learnt tensor: `conv2d_1.kernel`, its shape, and where its values lie in the flat buffer.
    package struct Tensor: Sendable {
        package var name: String
        package var shape: [Int]
        package var range: Range<Int>
        /// Uniform within this and its negative at the start (Glorot and Bengio 2010, as Keras counts fans); 0 for biases.
        var initialLimit: Double
    }

    package let architecture: Architecture
    package let tensors: [Tensor]
    /// Floats of the flat buffer. Tensors start at multiples of a cache line, so this passes `architecture.parameterCount`.
    package let parameterCount: Int
    /// The convolutions' parameters come first, up to here: their gradients are summed over pictures.
    let pictureParameterCount: Int
    let stages: [Stage]

    package init(_ architecture: Architecture) {
        var tensors: [Tensor] = []
        var end = 0
        func place(_ layer: ResolvedLayer) {
            guard let kernel = layer.kernelShape else { return }
            let receptive = kernel.dropLast(2).reduce(1, *)
            let fans = receptive * (kernel[kernel.count - 2] + kernel[kernel.count - 1])
            for (suffix, shape, limit) in [
                ("kernel", kernel, (6 / Double(fans)).squareRoot()), ("bias", [layer.output.channels], 0),
            ] {
                let count = shape.reduce(1, *)
                tensors.append(
                    Tensor(name: "\(layer.name).\(suffix)", shape: shape, range: end..<end + count, initialLimit: limit)
                )
                end += (count + 15) / 16 * 16
            }
        }
        architecture.resolved.filter(\.isConvolution).forEach(place)
        pictureParameterCount = end
        architecture.resolved.filter { !$0.isConvolution }.forEach(place)
        parameterCount = end
        self.tensors = tensors
        self.architecture = architecture
        stages = Self.stages(of: architecture.resolved, tensors: tensors)
    }

    private static func stages(of layers: [ResolvedLayer], tensors: [Tensor]) -> [Stage] {
        let ranges = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.range) })
        func range(_ layer: ResolvedLayer, _ suffix: String) -> Range<Int> {
            ranges["\(layer.name).\(suffix)"] ?? 0..<0
        }
        var stages: [Stage] = []
        var pictureLayers: [any PictureLayer] = []
        var convolutionCount = 0
        var rest = layers[...]
        /// Takes the next layer if it is one of those that the present one can absorb.
        func absorb<Result>(_ match: (ResolvedLayer) -> Result?) -> Result? {
            guard let next = rest.first, let result = match(next) else { return nil }
            rest.removeFirst()
            return result
        }
        func absorbReLU() -> Bool { absorb { $0.description == .relu ? true : nil } ?? false }
        func pool(_ layer: ResolvedLayer) -> MaxPool? {
            guard case .maxPool(let size, let stride) = layer.description else { return nil }
            return MaxPool(input: layer.input, output: layer.output, size: size, stride: stride)
        }
        while let layer = rest.popFirst() {
            switch layer.description {
            case .convolution(_, let kernel, let stride, let padding):
                let relu = absorbReLU()
                pictureLayers.append(
                    Convolution(
                        input: layer.input, output: layer.output, size: kernel, stride: stride, padding: padding,
                        relu: relu, pool: absorb { pool($0).flatMap { $0.stride >= $0.size ? $0 : nil } },
                        kernel: range(layer, "kernel"), bias: range(layer, "bias"), number: convolutionCount))
                convolutionCount += 1
            case .maxPool: if let pool = pool(layer) { pictureLayers.append(pool) }
            case .relu: pictureLayers.append(ReLU(input: layer.input))
            case .dropout(let rate):
                pictureLayers.append(Dropout(input: layer.input, rate: rate, number: layers.count - rest.count))
            case .flatten: break
            case .dense:
                if !pictureLayers.isEmpty { stages.append(.pictures(pictureLayers)) }
                pictureLayers = []
                stages.append(
                    .dense(
                        Dense(
                            inputs: layer.input.channels, outputs: layer.output.channels, relu: absorbReLU(),
                            kernel: range(layer, "kernel"), bias: range(layer, "bias"))))
            }
        }
        return stages
    }

    /// Fresh parameters: Glorot-uniform kernels and zero biases, the same for the same seed everywhere.
    package func initialParameters(seed: UInt64) -> Parameters {
        let parameters = Buffer<Float>(count: parameterCount)
        for (index, tensor) in tensors.enumerated() where tensor.initialLimit > 0 {
            var random = Random(key: Random.key(seed, .weights, index))
            let limit = Float(tensor.initialLimit)
            parameters[tensor.range].withMutableSpan { values in
                for i in values.indices { values[i] = (2 * random.uniform() - 1) * limit }
            }
        }
        return Parameters(parameters)
    }
}

extension Network {
    var pictureLayers: [any PictureLayer] { stages.flatMap(\.pictureLayers) }
    var convolutions: [Convolution] { pictureLayers.compactMap { $0 as? Convolution } }
}

extension Network.Stage {
    var pictureLayers: [any PictureLayer] { if case .pictures(let layers) = self { layers } else { [] } }
    /// Values per picture that come out.
    var outputCount: Int {
        switch self {
        case .pictures(let layers): layers.last?.output.count ?? 0
        case .dense(let dense): dense.outputs
        }
    }
}

extension ResolvedLayer {
    fileprivate var isConvolution: Bool { if case .convolution = description { true } else { false } }
}
