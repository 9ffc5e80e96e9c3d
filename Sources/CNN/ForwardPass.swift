/// One thread's way from pictures to logits, with its own memory, allocated once.
///
/// A picture's logits are the same to the bit whichever batch it is in, and wherever in it.
final class ForwardPass {
    private let network: Network
    private let capacity: Int
    /// Values that pass from stage to stage, capacity x those of a picture; of the others nil.
    private let crossing: [Buffer<Float>?]
    /// One picture's values within a stage, sharing memory as the plan says; of a value within a chain the rows in
    /// hand.
    private let inner: [Buffer<Float>?]
    /// Of each stage.
    private let units: [[PictureUnit<Network.Step>]]
    private let weights: DerivedWeights
    private let scratch: LayerScratch

    /// - weights: For prediction; may be shared with other threads.
    /// - isObserved: Whether every value is to exist whole at some time.
    init(_ network: Network, _ weights: DerivedWeights, capacity: Int, isObserved: Bool = false) {
        self.network = network
        self.capacity = capacity
        let held = network.crossingValues
        crossing = network.valueCounts.enumerated().map { value, count in
            held.contains(value) ? Buffer(count: capacity * count) : nil
        }
        units = network.stages.map {
            PictureUnit.units(of: $0.steps, held: isObserved ? nil : held, elementSize: MemoryLayout<Float>.size)
        }
        let plan = BufferPlan(units.joined().map(\.use), counts: network.valueCounts, held: held)
        let slots = plan.sizes.map { Buffer<Float>(count: $0) }
        var inner = zip(plan.slots, network.valueCounts).map { slot, count in slot.map { slots[$0][..<count] } }
        for (value, count) in units.joined().flatMap(\.bandCounts) { inner[value] = Buffer(count: count) }
        self.inner = inner
        self.weights = weights
        scratch = LayerScratch(.most(of: network.pictureLayers), for: weights.use)
    }

    /// capacity x the network's input.
    var input: Buffer<Float> { batch(of: 0) }

    /// The logits, count x classes, of the first `count` pictures of `input`, by the parameters as they are now. Valid
    /// until the next run.
    /// - observe: Is shown each value of each picture but the logits as it is made; those within a chain only where the
    ///   pass was made for it.
    func run(count: Int, observe: ((_ value: Int, Buffer<Float>) -> Void)? = nil) -> Buffer<Float> {
        precondition(count <= capacity)
        let pass = LayerPass(kernels: weights.kernels, weights: weights.current(), scratch: scratch)
        for (stage, units) in zip(network.stages, units) {
            switch stage {
            case .pictures:
                for picture in 0..<count {
                    for unit in units {
                        if let chain = unit.chain {
                            run(unit.steps, chain, picture, pass)
                        } else {
                            for step in unit.steps { run(step, picture, pass) }
                        }
                        let target = unit.use.target
                        if target != network.lastValue { observe?(target, value(target, of: picture)) }
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

    private func run(_ steps: [Network.Step], _ chain: Chain, _ picture: Int, _ pass: LayerPass) {
        for part in chain.steps {
            let (step, link) = (steps[part.link], chain.links[part.link])
            guard let layer = step.layer else { continue }
            let (x, y) = (value(step.sources[0], of: picture), value(step.target, of: picture))
            y.move(part.kept * link.outputRow, from: part.shift * link.outputRow)
            if part.rows.isEmpty { continue }
            let start = (part.rows.lowerBound - part.outputStart) * link.outputRow
            layer.forward(
                rows: part.rows, of: x[((part.firstInput - part.inputStart) * link.inputRow)...],
                into: y[start..<start + part.rows.count * link.outputRow], pass)
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
