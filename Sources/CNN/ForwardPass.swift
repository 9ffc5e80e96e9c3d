/// One thread's way from pictures to logits, with its own memory, allocated once.
///
/// A picture's logits are the same to the bit whichever batch it is in, and wherever in it.
final class ForwardPass {
    private let network: Network
    private let capacity: Int
    /// capacity x the network's input.
    let input: Buffer<Float>
    /// What comes out of each stage, capacity x its values.
    private let outputs: [Buffer<Float>]
    /// What comes out of a stage's inner layers, for one picture; two take turns.
    private let inner: [Buffer<Float>]
    private let weights: DerivedWeights
    private let scratch: LayerScratch

    /// - weights: For prediction; may be shared with other threads.
    init(_ network: Network, _ weights: DerivedWeights, capacity: Int) {
        self.network = network
        self.capacity = capacity
        input = Buffer(count: capacity * network.architecture.input.count)
        outputs = network.stages.map { Buffer(count: capacity * $0.outputCount) }
        let layers = network.pictureLayers
        inner = (0..<2).map { _ in Buffer(count: layers.map(\.output.count).max() ?? 0) }
        self.weights = weights
        scratch = LayerScratch(.most(of: layers), for: weights.use)
    }

    /// The logits, count x classes, of the first `count` pictures of `input`, by the parameters as they are now. Valid until the
    /// next run.
    func run(count: Int) -> Buffer<Float> {
        precondition(count <= capacity)
        let pass = LayerPass(kernels: weights.kernels, weights: weights.current(), scratch: scratch)
        var x = input
        for (stage, y) in zip(network.stages, outputs) {
            switch stage {
            case .pictures(let layers):
                for picture in 0..<count { run(layers, x, y, picture, pass) }
            case .dense(let dense):
                for unit in 0..<dense.forwardUnits {
                    dense.forward(
                        x, count: count, into: y, unit: unit, parameters: pass.weights.values, pass.kernels)
                }
            }
            x = y
        }
        return x[..<(count * network.architecture.classCount)]
    }

    private func run(
        _ layers: [any PictureLayer], _ x: Buffer<Float>, _ y: Buffer<Float>, _ picture: Int, _ pass: LayerPass
    ) {
        var value = x.slice(picture, of: layers[0].input.count)
        for (index, layer) in layers.enumerated() {
            let next =
                index == layers.count - 1
                ? y.slice(picture, of: layer.output.count) : inner[index % 2][..<layer.output.count]
            layer.forward(value, into: next, places: nil, pass)
            value = next
        }
    }
}
