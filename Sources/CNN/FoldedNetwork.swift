/// What predicts with the parameters of a training network: the same network with the batch normalisations' running
/// statistics folded into the convolutions before them (Jacob et al. 2018, 3.2). A network without any is itself.
final class FoldedNetwork {
    let network: Network
    let parameters: Parameters
    private let sources: [Source]

    /// Where a tensor comes from.
    private struct Source {
        var target: Range<Int>
        var trained: Range<Int>
        var isBias: Bool
        var norm: Norm?
    }

    private struct Norm {
        var scale: Range<Int>
        var shift: Range<Int>
        var mean: Range<Int>
        var variance: Range<Int>
        var epsilon: Double
    }

    init(_ trained: Network) throws(ArchitectureError) {
        network = Network(try trained.architecture.folded())
        parameters = Parameters(Buffer(count: network.parameterCount))
        let ranges = Dictionary(trained.tensors.map { ($0.name, $0.range) }) { first, _ in first }
        var norms: [String: Norm] = [:]
        for node in trained.architecture.nodes {
            guard case .batchNormalization(let epsilon, _) = node.layer,
                let scale = ranges["\(node.name).scale"], let shift = ranges["\(node.name).shift"],
                let mean = ranges["\(node.name).mean"], let variance = ranges["\(node.name).variance"]
            else { continue }
            norms[node.inputs[0]] = Norm(scale: scale, shift: shift, mean: mean, variance: variance, epsilon: epsilon)
        }
        sources = network.tensors.compactMap { tensor in
            guard let range = ranges[tensor.name] else { return nil }
            let isBias = tensor.name.hasSuffix(".bias")
            let layer = String(tensor.name.dropLast(isBias ? ".bias".count : ".kernel".count))
            return Source(target: tensor.range, trained: range, isBias: isBias, norm: norms[layer])
        }
    }

    /// Takes the parameters as they are now.
    func fold(_ trained: Parameters) {
        let from = trained.values
        parameters.change { values in
            for source in sources {
                let target = values[source.target]
                target.copy(from: from[source.trained])
                guard let norm = source.norm else { continue }
                let (scale, shift) = (from[norm.scale].span, from[norm.shift].span)
                let (mean, variance) = (from[norm.mean].span, from[norm.variance].span)
                let factors = scale.indices.map {
                    Double(scale[$0]) / (Double(variance[$0]) + norm.epsilon).squareRoot()
                }
                target.withMutableSpan { target in
                    for index in target.indices {
                        // The last dimension is the channel, also of depthwise kernels, whose very last is 1.
                        let channel = index % factors.count
                        if source.isBias {
                            target[index] = Float(
                                Double(shift[channel]) + (Double(target[index]) - Double(mean[channel]))
                                    * factors[channel])
                        } else {
                            target[index] = Float(Double(target[index]) * factors[channel])
                        }
                    }
                }
            }
        }
    }
}

extension Architecture {
    /// Without batch normalisation: what each gave comes from the convolution before it.
    package func folded() throws(ArchitectureError) -> Architecture {
        var names: [String: String] = [:]
        var kept: [Node] = []
        for node in nodes {
            let inputs = node.inputs.map { names[$0] ?? $0 }
            if case .batchNormalization = node.layer {
                names[node.name] = inputs[0]
            } else {
                kept.append(Node(node.name, node.layer, of: inputs))
            }
        }
        return try Architecture(input: input, nodes: kept, border: border)
    }

    /// Whether it is a network for training alone.
    var hasBatchNormalization: Bool {
        nodes.contains { if case .batchNormalization = $0.layer { true } else { false } }
    }
}
