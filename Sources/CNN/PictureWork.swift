/// What a batch leaves behind for its way back: a picture's values where a thread takes it through the whole network at
/// once, else the whole batch's.
struct BackpropagationMemory: Sendable {
    /// Of each value, for each place (see `PictureWork`).
    let values: [Buffer<Float>]
    /// The loss's gradient by it; of those that stay within their stage, a thread's share memory as a plan says.
    let gradients: [Buffer<Float>]
    /// What the layer that makes the value leaves besides it.
    let places: [Buffer<UInt8>]
    /// Per thread.
    let scratch: [LayerScratch]
    let denseScratch: [Buffer<Float>]
    /// Per thread, for a gradient that is to be added to another.
    fileprivate let branch: [Buffer<Float>]
    let normalizations: [BatchNormalization.Memory]
    /// The normalisation that takes a value.
    fileprivate let normalizationsByInput: [BatchNormalization?]
    fileprivate let counts: [Int]
    /// From one place's gradient to the next.
    fileprivate let gradientStrides: [Int]
    /// Values and gradients of the picture that a thread has in hand are the thread's own, not the picture's.
    fileprivate let isPicturewise: Bool
    fileprivate let crossing: Set<Int>
    /// The step's value that writes a value's gradient first, on the way back.
    fileprivate let firstWriters: [Int?]

    init(_ network: Network, use: DerivedWeights.Use, capacity: Int, threads: Int) {
        let crossing = network.crossingGradients
        let isPicturewise = network.isPicturewise
        let counts = network.valueCounts
        let places = isPicturewise ? threads : capacity
        values = counts.map { Buffer(count: places * $0) }
        var placeCounts = [Int](repeating: 0, count: counts.count)
        var firstWriters = [Int?](repeating: nil, count: counts.count)
        for step in network.stages.flatMap(\.steps) {
            placeCounts[step.target] = step.layer?.placeCount ?? 0
            for source in step.sources { firstWriters[source] = step.target }
        }
        // Backward, a step takes its own value's gradient and makes its sources', except the picture's, which nobody
        // asks for.
        let uses = network.stages.flatMap(\.steps).reversed().flatMap { step in
            Set(step.sources).sorted().filter { $0 != 0 && firstWriters[$0] == step.target }.map {
                (sources: [step.target], target: $0)
            }
        }
        let plan = BufferPlan(uses, counts: counts, held: crossing)
        let slots = plan.sizes.map { Buffer<Float>(count: threads * $0) }
        gradientStrides = zip(plan.slots, counts).map { slot, count in slot.map { plan.sizes[$0] } ?? count }
        gradients = plan.slots.enumerated().map { value, slot in
            slot.map { slots[$0] } ?? Buffer(count: crossing.contains(value) && value != 0 ? places * counts[value] : 0)
        }
        self.places = placeCounts.map { Buffer(count: places * $0) }
        scratch = (0..<threads).map { _ in LayerScratch(.most(of: network.pictureLayers), for: use) }
        let denseCount = network.dense.map(\.scratchCount).max() ?? 0
        denseScratch = (0..<threads).map { _ in Buffer(count: denseCount) }
        let branchCount = network.hasBranches ? counts.dropFirst().max() ?? 0 : 0
        branch = (0..<threads).map { _ in Buffer(count: branchCount) }
        normalizations = network.normalizations.map { BatchNormalization.Memory($0, capacity: capacity) }
        var normalizationsByInput = [BatchNormalization?](repeating: nil, count: counts.count)
        for norm in network.normalizations { normalizationsByInput[norm.input] = norm }
        self.normalizationsByInput = normalizationsByInput
        (self.counts, self.isPicturewise, self.crossing) = (counts, isPicturewise, crossing)
        self.firstWriters = firstWriters
    }
}

/// One picture of a batch, on one thread.
struct PictureWork {
    let memory: BackpropagationMemory
    let picture: Int
    let worker: Int
    let pass: LayerPass

    private var place: Int { memory.isPicturewise ? worker : picture }

    func value(_ number: Int) -> Buffer<Float> { memory.values[number].slice(place, of: memory.counts[number]) }

    func gradient(_ number: Int) -> Buffer<Float> {
        let place = memory.crossing.contains(number) ? place : worker
        let start = place * memory.gradientStrides[number]
        return memory.gradients[number][start..<start + memory.counts[number]]
    }

    private func places(_ number: Int, of layer: any PictureLayer) -> Buffer<UInt8> {
        memory.places[number].slice(place, of: layer.placeCount)
    }

    func forward(_ steps: [Network.Step]) {
        for step in steps {
            let y = value(step.target)
            switch step.operation {
            case .layer(let layer, let source):
                layer.forward(value(source), into: y, places: places(step.target, of: layer), pass)
            case .add(let add, let first, let second): add.forward(value(first), value(second), into: y, pass.kernels)
            case .normalize(let norm, let source, let skip):
                norm.forward(
                    value(source), skip: skip.map(value), into: y, memory.normalizations[norm.number], pass)
            }
            if let norm = memory.normalizationsByInput[step.target] {
                norm.measure(y, of: picture, memory.normalizations[norm.number], pass.kernels)
            }
        }
    }

    /// Adds to `parameterGradients`.
    func backward(_ steps: [Network.Step], _ parameterGradients: Buffer<Float>) {
        for step in steps.reversed() {
            let dy = gradient(step.target)
            if let norm = memory.normalizationsByInput[step.target] {
                norm.backward(
                    gradient(norm.output), x: value(step.target), into: dy, memory.normalizations[norm.number],
                    pass.kernels)
            }
            switch step.operation {
            case .layer(let layer, let source):
                let isFirst = memory.firstWriters[source] == step.target
                let dx: Buffer<Float>? =
                    source == 0
                    ? nil : isFirst ? gradient(source) : memory.branch[worker][..<memory.counts[source]]
                layer.backward(
                    dy, x: value(source), y: value(step.target), places: places(step.target, of: layer),
                    gradients: parameterGradients, into: dx, pass)
                if let dx, !isFirst { pass.kernels.add(gradient(source), dx, into: gradient(source)) }
            case .add(let add, let first, let second):
                add.activation.maskGradient(dy, of: value(step.target), pass.kernels)
                var isFirst = memory.firstWriters[first] == step.target
                for source in [first, second] where source != 0 {
                    if source == second, second != first { isFirst = memory.firstWriters[second] == step.target }
                    hand(dy, to: source, isFirst: isFirst)
                    isFirst = false
                }
            case .normalize(let norm, let source, let skip):
                norm.measureGradient(
                    dy, x: value(source), y: value(step.target), of: picture, memory.normalizations[norm.number],
                    pass.kernels)
                if let skip, skip != 0 { hand(dy, to: skip, isFirst: memory.firstWriters[skip] == step.target) }
            }
        }
    }

    private func hand(_ dy: Buffer<Float>, to source: Int, isFirst: Bool) {
        if isFirst {
            gradient(source).copy(from: dy)
        } else {
            pass.kernels.add(gradient(source), dy, into: gradient(source))
        }
    }
}

extension Network {
    /// Whether any value is taken more than once.
    fileprivate var hasBranches: Bool {
        let sources = stages.flatMap(\.steps).flatMap(\.sources)
        return Set(sources).count < sources.count
    }
}
