/// One thread's way from pictures to logits, with its own memory, allocated once.
///
/// A picture's logits are the same to the bit whichever batch it is in, and wherever in it.
final class ForwardPass {
    private let network: Network
    private let capacity: Int
    /// Values that pass from stage to stage, capacity x those of a picture; of the others nil.
    private let crossing: [Buffer<Float>?]
    /// One picture's values within a stage, sharing memory as the plan says.
    private let inner: [Buffer<Float>?]
    private let weights: DerivedWeights
    private let scratch: LayerScratch

    /// - weights: For prediction; may be shared with other threads.
    init(_ network: Network, _ weights: DerivedWeights, capacity: Int) {
        self.network = network
        self.capacity = capacity
        let held = network.crossingValues
        crossing = network.valueCounts.enumerated().map { value, count in
            held.contains(value) ? Buffer(count: capacity * count) : nil
        }
        let plan = network.bufferPlan
        let slots = plan.sizes.map { Buffer<Float>(count: $0) }
        inner = zip(plan.slots, network.valueCounts).map { slot, count in slot.map { slots[$0][..<count] } }
        self.weights = weights
        scratch = LayerScratch(.most(of: network.pictureLayers), for: weights.use)
    }

    /// capacity x the network's input.
    var input: Buffer<Float> { batch(of: 0) }

    /// The logits, count x classes, of the first `count` pictures of `input`, by the parameters as they are now. Valid until the
    /// next run.
    /// - observe: Is shown each value of each picture but the logits as it is made.
    func run(count: Int, observe: ((_ value: Int, Buffer<Float>) -> Void)? = nil) -> Buffer<Float> {
        precondition(count <= capacity)
        let pass = LayerPass(kernels: weights.kernels, weights: weights.current(), scratch: scratch)
        for stage in network.stages {
            switch stage {
            case .pictures(let steps):
                for picture in 0..<count {
                    for step in steps {
                        run(step, picture, pass)
                        if step.target != network.lastValue { observe?(step.target, value(step.target, of: picture)) }
                    }
                }
            case .dense(let dense, let source, let target):
                for unit in 0..<dense.forwardUnits {
                    dense.forward(
                        batch(of: source), count: count, into: batch(of: target), unit: unit,
                        parameters: pass.weights.values, pass.kernels)
                }
                if target != network.lastValue { observe?(target, batch(of: target)[..<(count * dense.outputs)]) }
            }
        }
        return batch(of: network.lastValue)[..<(count * network.architecture.classCount)]
    }

    private func run(_ step: Network.Step, _ picture: Int, _ pass: LayerPass) {
        let y = value(step.target, of: picture)
        switch step.operation {
        case .layer(let layer, let source): layer.forward(value(source, of: picture), into: y, places: nil, pass)
        case .add(let add, let first, let second):
            add.forward(value(first, of: picture), value(second, of: picture), into: y, pass.kernels)
        case .normalize: preconditionFailure("prediction takes the folded network")
        }
    }

    private func value(_ number: Int, of picture: Int) -> Buffer<Float> {
        inner[number] ?? batch(of: number).slice(picture, of: network.valueCounts[number])
    }

    private func batch(of number: Int) -> Buffer<Float> {
        guard let buffer = crossing[number] else { preconditionFailure("value \(number) stays within its stage") }
        return buffer
    }
}

/// One forward pass a worker: each is touched by that worker alone.
struct ForwardPasses: @unchecked Sendable {
    let passes: [ForwardPass]
}

extension Network {
    /// Of what stays within a stage, for one picture.
    var bufferPlan: BufferPlan {
        BufferPlan(
            stages.flatMap(\.steps).map { (sources: $0.sources, target: $0.target) }, counts: valueCounts,
            held: crossingValues)
    }
}
