import CKernels

/// A network in 8-bit integers, from pixels to the sums of its last layer: every activation a byte, each value's scale
/// found on calibration pictures. The same on every machine, whatever its kernels.
package struct Int8Network: Sendable {
    enum Stage: Sendable {
        /// Picture by picture, through all of these.
        case pictures([Step])
        /// The batch at once, from one value to another.
        case dense(Int8Weights, of: Int, into: Int)
    }

    /// See `Network.Step`: values have the same numbers.
    struct Step: Sendable {
        var operation: Operation
        var target: Int

        enum Operation: Sendable {
            case convolution(Int8Convolution, of: Int)
            case depthwise(DepthwiseConvolution, Int8DepthwiseWeights, of: Int)
            case maxPool(MaxPool, of: Int)
            case average(Int8Average, of: Int)
            case add(Int8Addition, of: Int, and: Int)
        }
    }

    private(set) var stages: [Stage] = []
    /// The layer behind the stages, whose sums are the logits.
    let last: Int8Weights
    /// What it takes, and what its bytes mean.
    let lastSource: Int
    let lastScale: Int8Scale
    let valueCounts: [Int]

    /// - ranges: By the name of the node that gives the value.
    /// - throws: Which layer cannot be had in bytes.
    init(
        _ network: Network, parameters: Buffer<Float>, ranges: [String: ActivationRange]
    ) throws(QuantizationError) {
        var builder = Int8Builder(network, parameters, ranges)
        for stage in network.stages {
            switch stage {
            case .pictures(let steps):
                let int8Steps = try builder.steps(of: steps)
                if !int8Steps.isEmpty { stages.append(.pictures(int8Steps)) }
            case .dense(let dense, let source, let target):
                if let weights = try builder.dense(dense, of: source, into: target) {
                    stages.append(.dense(weights, of: builder.place(of: source), into: target))
                }
            }
        }
        guard let (last, source, scale) = builder.last else {
            throw QuantizationError(layer: builder.name(of: network.lastValue), problem: "does not end in plain sums")
        }
        (self.last, lastSource, lastScale, valueCounts) = (last, source, scale, network.valueCounts)
    }
}

/// Why a network cannot be had in 8 bits.
package struct QuantizationError: Error, Equatable, CustomStringConvertible {
    package let layer: String
    package let problem: String

    package var description: String { "layer \(layer) \(problem)" }
}

/// Translates layers, keeping what each value's bytes mean.
private struct Int8Builder {
    private let network: Network
    private let parameters: Buffer<Float>
    private let ranges: [String: ActivationRange]
    private var scales: [Int8Scale?]
    /// Where each value is found: what bytes leave as it is, is not done.
    private var places: [Int]
    private(set) var last: (weights: Int8Weights, source: Int, scale: Int8Scale)?

    init(_ network: Network, _ parameters: Buffer<Float>, _ ranges: [String: ActivationRange]) {
        (self.network, self.parameters, self.ranges) = (network, parameters, ranges)
        scales = [Int8Scale?](repeating: nil, count: network.valueCounts.count)
        scales[0] = .pixels
        places = Array(network.valueCounts.indices)
    }

    func place(of value: Int) -> Int { places[value] }
    func name(of value: Int) -> String { network.architecture.resolved[value - 1].name }

    mutating func steps(of steps: [Network.Step]) throws(QuantizationError) -> [Int8Network.Step] {
        var result: [Int8Network.Step] = []
        for step in steps {
            guard case .layer(let layer, let value) = step.operation else {
                result.append(try addition(step))
                continue
            }
            let source = places[value]
            let input = try scale(of: value, for: step.target)
            switch layer {
            case let convolution as Convolution:
                let isLast = step.target == network.lastValue
                let output = isLast ? nil : try outputScale(of: step.target, convolution.activation)
                guard
                    let weights = Int8Weights(
                        kernel: parameters[convolution.kernel], bias: parameters[convolution.bias],
                        segments: convolution.size, columns: convolution.size * convolution.input.channels,
                        input: input, output: output)
                else { throw tooWide(step.target) }
                if isLast {
                    last = (weights, source, input)
                } else {
                    let layer = Int8Convolution(convolution, weights, input: input)
                    result.append(.init(operation: .convolution(layer, of: source), target: step.target))
                    scales[step.target] = output
                }
            case let depthwise as DepthwiseConvolution:
                let output = try outputScale(of: step.target, depthwise.activation)
                guard
                    let weights = Int8DepthwiseWeights(
                        kernel: parameters[depthwise.kernel], bias: parameters[depthwise.bias], size: depthwise.size,
                        stride: depthwise.stride, input: input, output: output)
                else { throw tooWide(step.target) }
                result.append(.init(operation: .depthwise(depthwise, weights, of: source), target: step.target))
                scales[step.target] = output
            case let pool as MaxPool:
                result.append(.init(operation: .maxPool(pool, of: source), target: step.target))
                scales[step.target] = input
            case let pool as AveragePool where pool.output.height * pool.output.width == 1:
                let pixels = pool.input.height * pool.input.width
                guard let average = Int8Average(pixels: pixels, input: input, output: input) else {
                    throw tooWide(step.target)
                }
                result.append(.init(operation: .average(average, of: source), target: step.target))
                scales[step.target] = input
            // Dropout is for training; and where nothing is negative, a ReLU changes nothing.
            case is Dropout: skip(step.target, source, input)
            case let relu as ReLU where relu.activation == .relu && input.zero == 0: skip(step.target, source, input)
            default: throw QuantizationError(layer: name(of: step.target), problem: "has no 8-bit form")
            }
        }
        return result
    }

    private mutating func addition(_ step: Network.Step) throws(QuantizationError) -> Int8Network.Step {
        guard case .add(let add, let first, let second) = step.operation else { throw tooWide(step.target) }
        let output = try outputScale(of: step.target, add.activation)
        guard
            let addition = Int8Addition(
                try scale(of: first, for: step.target), try scale(of: second, for: step.target), output: output)
        else { throw tooWide(step.target) }
        scales[step.target] = output
        return .init(operation: .add(addition, of: places[first], and: places[second]), target: step.target)
    }

    /// Nil for the last one.
    mutating func dense(
        _ dense: Dense, of value: Int, into target: Int
    ) throws(QuantizationError) -> Int8Weights? {
        let isLast = target == network.lastValue
        let output = isLast ? nil : try outputScale(of: target, dense.activation)
        let input = try scale(of: value, for: target)
        guard
            let weights = Int8Weights(
                kernel: parameters[dense.kernel], bias: parameters[dense.bias], segments: 1, columns: dense.inputs,
                input: input, output: output)
        else { throw tooWide(target) }
        scales[target] = output
        if isLast { last = (weights, places[value], input) }
        return isLast ? nil : weights
    }

    private mutating func skip(_ target: Int, _ source: Int, _ scale: Int8Scale) {
        places[target] = source
        scales[target] = scale
    }

    private func scale(of value: Int, for target: Int) throws(QuantizationError) -> Int8Scale {
        guard let scale = scales[value] else {
            throw QuantizationError(layer: name(of: target), problem: "takes what is not known in bytes")
        }
        return scale
    }

    private func outputScale(of value: Int, _ activation: Activation) throws(QuantizationError) -> Int8Scale {
        guard let range = ranges[name(of: value)], range.low <= 0, range.high >= 0,
            (1e-30..<1e30).contains(range.high - range.low), activation == .none || range.low == 0
        else { throw QuantizationError(layer: name(of: value), problem: "has no range of activations") }
        return Int8Scale(range)
    }

    private func tooWide(_ value: Int) -> QuantizationError {
        QuantizationError(layer: name(of: value), problem: "is too wide for sums of 32 bits")
    }
}
