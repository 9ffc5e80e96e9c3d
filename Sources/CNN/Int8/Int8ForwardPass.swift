/// One thread's way from pixels to logits in 8-bit integers, with its own memory, allocated once. See `ForwardPass`.
final class Int8ForwardPass {
    private let network: Int8Network
    private let kernels: Int8Kernels
    private let capacity: Int
    /// Values that pass from stage to stage, capacity x those of a picture, and the slack that the kernels want behind
    /// what they read; of the others nil.
    private let crossing: [Buffer<UInt8>?]
    /// One picture's values within a stage, sharing memory as the plan says, with the slack; of a value within a chain
    /// the rows in hand.
    private let inner: [Buffer<UInt8>?]
    /// Of each stage.
    private let units: [[PictureUnit<Int8Network.Step>]]
    private let scratch: Buffer<UInt8>
    private let sums: Buffer<Int32>
    private let logits: Buffer<Float>

    init(_ network: Int8Network, kernels: Int8Kernels, capacity: Int) {
        func bytes(_ count: Int) -> Buffer<UInt8> { Buffer(count: count + Int8Kernels.slack) }
        (self.network, self.kernels, self.capacity) = (network, kernels, capacity)
        let held = network.crossingValues
        crossing = network.valueCounts.enumerated().map { value, count in
            held.contains(value) ? bytes(capacity * count) : nil
        }
        let steps = network.stages.flatMap(\.steps)
        units = network.stages.map { PictureUnit.units(of: $0.steps, held: held, elementSize: 1) }
        let plan = BufferPlan(units.joined().map(\.use), counts: network.valueCounts, held: held)
        let slots = plan.sizes.map(bytes)
        var inner = zip(plan.slots, network.valueCounts).map { slot, count in
            slot.map { slots[$0][..<(count + Int8Kernels.slack)] }
        }
        for (value, count) in units.joined().flatMap(\.bandCounts) { inner[value] = bytes(count) }
        self.inner = inner
        scratch = Buffer(count: steps.map(\.scratchCount).max() ?? 0)
        sums = Buffer(count: capacity * network.last.outputs)
        logits = Buffer(count: capacity * network.last.outputs)
    }

    /// The logits, count x classes. Valid until the next run.
    /// - pixels: count x H x W x 3.
    func run(_ pixels: Span<UInt8>, count: Int) -> Buffer<Float> {
        precondition(count <= capacity && pixels.count == count * network.valueCounts[0])
        batch(of: 0)[..<pixels.count].copy(from: pixels)
        for (stage, units) in zip(network.stages, units) {
            switch stage {
            case .pictures:
                for picture in 0..<count {
                    for unit in units {
                        if let chain = unit.chain {
                            run(unit.steps, chain, picture)
                        } else {
                            for step in unit.steps { run(step, picture) }
                        }
                    }
                }
            case .dense(let weights, let source, let target):
                kernels.multiply(
                    .init(count: count, stride: network.valueCounts[source]), of: batch(of: source), by: weights,
                    into: batch(of: target), targetRow: weights.outputs)
            }
        }
        kernels.sum(
            .init(count: count, stride: network.valueCounts[network.lastSource]), of: batch(of: network.lastSource),
            by: network.last, into: sums)
        let classes = network.last.outputs
        let buffer = sums
        logits.withMutableSpan { logits in
            let sums = buffer.span
            for index in 0..<count * classes {
                logits[index] = Float(Double(sums[index]) * network.last.sumScales[index % classes])
            }
        }
        return logits[..<(count * classes)]
    }

    private func run(_ step: Int8Network.Step, _ picture: Int) {
        let y = value(step.target, of: picture)[..<network.valueCounts[step.target]]
        switch step.operation {
        case .convolution(let layer, let source):
            layer.forward(value(source, of: picture), into: y, scratch: scratch, kernels)
        case .depthwise(let layer, let weights, let source):
            kernels.depthwise(layer.windows, value(source, of: picture), by: weights, into: y)
        case .maxPool(let pool, let source): kernels.maxPool(pool.windows, value(source, of: picture), into: y)
        case .average(let average, let source):
            kernels.average(value(source, of: picture)[..<network.valueCounts[source]], average, into: y)
        case .add(let addition, let first, let second):
            kernels.add(
                value(first, of: picture)[..<y.count], value(second, of: picture)[..<y.count], addition, into: y)
        }
    }

    /// What the last layer took of a picture of the last run.
    func features(of picture: Int, into features: Buffer<Float>) {
        let bytes = batch(of: network.lastSource)[..<(capacity * features.count)].slice(picture, of: features.count)
        let (step, zero) = (network.lastScale.step, Int(network.lastScale.zero))
        features.withMutableSpan { features in
            let bytes = bytes.span
            for i in features.indices { features[i] = Float(Double(Int(bytes[i]) - zero) * step) }
        }
    }

    private func run(_ steps: [Int8Network.Step], _ chain: Chain, _ picture: Int) {
        for part in chain.steps {
            let (step, link) = (steps[part.link], chain.links[part.link])
            let (source, y) = (value(step.sources[0], of: picture), value(step.target, of: picture))
            y.move(part.kept * link.outputRow, from: part.shift * link.outputRow)
            if part.rows.isEmpty { continue }
            let x = source[((part.firstInput - part.inputStart) * link.inputRow)...]
            let start = (part.rows.lowerBound - part.outputStart) * link.outputRow
            let target = y[start..<start + part.rows.count * link.outputRow]
            switch step.operation {
            case .convolution(let layer, _):
                layer.forward(rows: part.rows, of: x, into: target, scratch: scratch, kernels)
            case .depthwise(let layer, let weights, _):
                kernels.depthwise(layer.windows(of: part.rows), x, by: weights, into: target)
            case .maxPool, .average, .add: preconditionFailure("value \(step.target) is not made in bands")
            }
        }
    }

    /// With the slack behind it.
    private func value(_ number: Int, of picture: Int) -> Buffer<UInt8> {
        let count = network.valueCounts[number]
        return inner[number] ?? batch(of: number)[picture * count..<(picture + 1) * count + Int8Kernels.slack]
    }

    private func batch(of number: Int) -> Buffer<UInt8> {
        guard let buffer = crossing[number] else { preconditionFailure("value \(number) stays within its stage") }
        return buffer
    }
}

extension Int8Network.Stage {
    var steps: [Int8Network.Step] { if case .pictures(let steps) = self { steps } else { [] } }
}

extension Int8Network.Step: PictureStep {
    var link: Chain.Link? {
        switch operation {
        case .convolution(let layer, _): layer.convolution.directLink
        case .depthwise(let layer, _, _): layer.link
        case .maxPool, .average, .add: nil
        }
    }

    var sources: [Int] {
        switch operation {
        case .convolution(_, let source), .depthwise(_, _, let source), .maxPool(_, let source),
            .average(_, let source):
            [source]
        case .add(_, let first, let second): [first, second]
        }
    }

    var scratchCount: Int { if case .convolution(let layer, _) = operation { layer.scratchCount } else { 0 } }
}

extension Int8Network {
    /// Values that pass from one stage to the next, or in, or to the last layer.
    fileprivate var crossingValues: Set<Int> {
        var crossing: Set<Int> = [0, lastSource]
        for stage in stages {
            switch stage {
            case .pictures(let steps):
                let made = Set(steps.map(\.target))
                crossing.formUnion(steps.flatMap(\.sources).filter { !made.contains($0) })
            case .dense(_, let source, let target): crossing.formUnion([source, target])
            }
        }
        return crossing
    }
}
