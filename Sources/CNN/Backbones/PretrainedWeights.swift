package import Foundation

/// A file of timm's that a network starts from: `model.safetensors`, and `config.json` where it lies beside.
package struct PretrainedWeights: Sendable {
    package let backbone: Backbone
    /// How the pictures were prepared that it was trained on.
    package let configuration: Configuration
    private let file: Safetensors

    /// What timm's `config.json` says of it, as far as it matters here.
    package struct Configuration: Equatable, Sendable {
        package var mean = [0.485, 0.456, 0.406]
        package var std = [0.229, 0.224, 0.225]
        /// Pixels a side.
        package var size = 224
        /// Of a picture's shorter side, what was looked at in its middle, 0.1 to 1.
        package var crop = 0.875
        package var interpolation = Preprocessing.Interpolation.bicubic
        /// As the file names it: `apache-2.0`; nil where it does not say.
        package var license: String?
    }

    /// - weights: The safetensors file.
    /// - config: The JSON file beside it, if there is one.
    package init(weights: [UInt8], config: Data?) throws(ModelFileError) {
        try self.init(file: Safetensors(parsing: weights), config: config)
    }

    init(file: Safetensors, config: Data?) throws(ModelFileError) {
        self.file = file
        var configuration = Configuration()
        var name: String?
        if let config {
            let json: TimmJSON
            do { json = try JSONDecoder().decode(TimmJSON.self, from: config) } catch {
                throw .invalid("the config.json beside it is not one of timm's")
            }
            name = json.architecture
            try configuration.adopt(json.pretrained_cfg)
        }
        self.configuration = configuration
        backbone = try Self.backbone(named: name, in: file)
    }

    private static func backbone(named name: String?, in file: Safetensors) throws(ModelFileError) -> Backbone {
        let known = Backbone.all.map(\.name).joined(separator: ", ")
        if let name {
            guard let backbone = Backbone.all.first(where: { $0.name == name }) else {
                throw .invalid("its network is \(name.debugDescription); bagq knows \(known)")
            }
            return backbone
        }
        let shapes = Dictionary(file.tensors.map { ($0.name, $0.shape) }) { first, _ in first }
        let fitting = Backbone.all.filter { backbone in
            backbone.convolutions.allSatisfy { shapes["\($0.name).weight"] == $0.shape }
        }
        // The deeper of a family hold all tensors of the shallower.
        let most = fitting.map(\.convolutions.count).max() ?? 0
        let candidates = fitting.filter { $0.convolutions.count == most }
        guard let backbone = candidates.first else {
            throw .invalid("it is none of the networks that bagq knows: \(known)")
        }
        guard candidates.count == 1 else {
            let names = candidates.map(\.name).joined(separator: " or ")
            throw .invalid("it may be \(names), which differ in padding; put its config.json beside it")
        }
        return backbone
    }

    /// The network's parameters: the convolutions' from the file, batch normalisation and the pictures' mean and
    /// deviation folded in; the dense layer's from it where it has as many classes, else small and random, the same for
    /// the same seed.
    /// - throws: Which tensor is missing, is one too many, or has a wrong shape.
    package func parameters(of network: Network, seed: UInt64) throws(ModelFileError) -> Parameters {
        let parameters = network.initialParameters(seed: seed)
        let tensors = Dictionary(network.tensors.map { ($0.name, $0.range) }) { first, _ in first }
        var used: Set<String> = []
        func values(_ name: String, _ shape: [Int]) throws(ModelFileError) -> [Float] {
            used.insert(name)
            let values = try file.values(of: name, shape: shape)
            guard values.allSatisfy(\.isFinite) else { throw .tensor(name, "has values that are not finite") }
            return values
        }
        for (index, convolution) in backbone.convolutions.enumerated() {
            let filters = [convolution.shape[0]]
            let folded = FoldedConvolution(
                weights: try values("\(convolution.name).weight", convolution.shape), shape: convolution.shape,
                scale: try values("\(convolution.norm).weight", filters),
                shift: try values("\(convolution.norm).bias", filters),
                mean: try values("\(convolution.norm).running_mean", filters),
                variance: try values("\(convolution.norm).running_var", filters), epsilon: backbone.epsilon,
                pictures: index == 0 ? configuration : nil)
            used.insert("\(convolution.norm).num_batches_tracked")
            guard let kernel = tensors["\(convolution.name).kernel"], let bias = tensors["\(convolution.name).bias"]
            else {
                continue
            }
            parameters.change { values in
                values[kernel].copy(from: folded.kernel)
                values[bias].copy(from: folded.bias)
            }
        }
        let classes = network.architecture.classCount
        let (weight, bias) = ("\(backbone.head).weight", "\(backbone.head).bias")
        used.formUnion([weight, bias])
        if let kernel = tensors["\(backbone.head).kernel"], let biasRange = tensors["\(backbone.head).bias"] {
            if file.tensors.contains(where: { $0.name == weight && $0.shape == [classes, backbone.featureCount] }) {
                let weights = try values(weight, [classes, backbone.featureCount])
                let biases = try values(bias, [classes])
                parameters.change { values in
                    values[kernel].copy(from: transposed(weights, rows: classes))
                    values[biasRange].copy(from: biases)
                }
            } else {
                // So that the first steps are led by the features as they are.
                parameters.change { $0[kernel].withMutableSpan { for i in $0.indices { $0[i] *= Self.headShrink } } }
            }
        }
        if let extra = file.tensors.first(where: { !used.contains($0.name) }) {
            throw .tensor(extra.name, "is none of \(backbone.name)'s")
        }
        return parameters
    }

    private static let headShrink: Float = 0.25
}

/// A convolution with the batch normalisation behind it folded in (Jacob et al. 2018, 3.2), and for the first one the
/// pictures' mean and deviation before it. Computed in Double.
private struct FoldedConvolution {
    /// [row, column, input channel, output channel]; depthwise [row, column, channel, 1].
    private(set) var kernel: [Float]
    private(set) var bias: [Float]

    /// - weights: As PyTorch has them: [output, input, row, column].
    init(
        weights: [Float], shape: [Int], scale: [Float], shift: [Float], mean: [Float], variance: [Float],
        epsilon: Double, pictures: PretrainedWeights.Configuration?
    ) {
        let (outputs, inputs, places) = (shape[0], shape[1], shape[2] * shape[3])
        kernel = [Float](repeating: 0, count: weights.count)
        bias = []
        for output in 0..<outputs {
            let factor = Double(scale[output]) / (Double(variance[output]) + epsilon).squareRoot()
            var sum = Double(shift[output]) - Double(mean[output]) * factor
            for input in 0..<inputs {
                for place in 0..<places {
                    var weight = Double(weights[(output * inputs + input) * places + place]) * factor
                    if let pictures {
                        weight /= pictures.std[input]
                        sum -= weight * pictures.mean[input]
                    }
                    kernel[(place * inputs + input) * outputs + output] = Float(weight)
                }
            }
            bias.append(Float(sum))
        }
    }
}

private func transposed(_ values: [Float], rows: Int) -> [Float] {
    let columns = values.count / rows
    return (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
}

private struct TimmJSON: Decodable {
    var architecture: String
    var pretrained_cfg: Pretrained?

    struct Pretrained: Decodable {
        var mean: [Double]?
        var std: [Double]?
        var input_size: [Int]?
        var crop_pct: Double?
        var interpolation: String?
        var license: String?
    }
}

extension PretrainedWeights.Configuration {
    fileprivate mutating func adopt(_ json: TimmJSON.Pretrained?) throws(ModelFileError) {
        guard let json else { return }
        mean = json.mean ?? mean
        std = json.std ?? std
        guard mean.count == 3, mean.allSatisfy((0...1).contains), std.count == 3, std.allSatisfy((0.01...10).contains)
        else { throw .invalid("the config.json beside it has no three means within 0 and 1 and three deviations") }
        if let input = json.input_size {
            guard input.count == 3, input[0] == 3, input[1] == input[2], (32...1024).contains(input[1]) else {
                throw .invalid("the config.json beside it has an input size of \(input), not 3 x N x N")
            }
            size = input[1]
        }
        crop = json.crop_pct ?? crop
        guard Preprocessing.Resize.fractions.contains(crop) else {
            throw .invalid("the config.json beside it has a crop_pct of \(crop), not one within 0.1 and 1")
        }
        if let name = json.interpolation {
            guard let known = Preprocessing.Interpolation(rawValue: name) else {
                let all = Preprocessing.Interpolation.allCases.map(\.rawValue).joined(separator: " and ")
                throw .invalid(
                    "the config.json beside it has the interpolation \(name.debugDescription); bagq has \(all)")
            }
            interpolation = known
        }
        license = json.license
    }
}
