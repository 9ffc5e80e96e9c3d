import CKernels
import Threads

/// One training batch: forward, loss, backward. Owns the values that backward needs and the gradients.
///
/// Work is cut into the same units whatever the number of threads: a group of pictures, or a slice of a dense layer.
/// Each unit writes to memory of its own, and sums over groups are taken in their order, so the gradients never depend
/// on the threads.
final class Backpropagation: Sendable {
    /// Of the mean loss, flat as the parameters are.
    let gradients: Buffer<Float>

    private let network: Network
    private let kernels: Kernels
    private let pool: ThreadPool
    private let capacity: Int
    private let weights: DerivedWeights
    private let memory: BackpropagationMemory
    /// Pictures whose gradients one thread sums.
    private let groupSize: Int
    private let smoothing: Double
    private let classWeights: [Double]?
    /// Groups x the parameters of what runs picture by picture.
    private let groupGradients: Buffer<Float>
    /// Of each picture of the batch.
    private let losses: Buffer<Double>
    private let isRight: Buffer<Bool>

    /// Floats for the groups' gradients, as far as at least `leastGroups` allow.
    private static let mostGroupGradients = 1 << 25
    private static let leastGroups = 4

    /// - bf16: Where convolutions are to multiply numbers of bf16.
    /// - smoothing: Of the labels; see `TrainingOptions`.
    /// - classWeights: What each class's losses are multiplied by; nil for 1.
    init(
        _ network: Network, _ parameters: Parameters, kernels: Kernels, bf16: BF16Kernels? = nil, pool: ThreadPool,
        capacity: Int, smoothing: Double = 0, classWeights: [Double]? = nil
    ) {
        (self.network, self.kernels, self.pool, self.capacity) = (network, kernels, pool, capacity)
        (self.smoothing, self.classWeights) = (smoothing, classWeights)
        gradients = Buffer(count: network.parameterCount)
        weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .training(bf16))
        memory = BackpropagationMemory(network, use: weights.use, capacity: capacity, threads: pool.threads)
        let groups = max(Self.leastGroups, Self.mostGroupGradients / max(network.pictureParameterCount, 1))
        groupSize = (capacity + groups - 1) / groups
        groupGradients = Buffer(count: (capacity + groupSize - 1) / groupSize * network.pictureParameterCount)
        losses = Buffer(count: capacity)
        isRight = Buffer(count: capacity)
    }

    /// Leaves the gradients, by the parameters as they are now, of the mean loss over the pictures; returns each
    /// picture's loss and whether it was right.
    /// - labels: As many as there are pictures.
    /// - others: Labels beside them, with their shares; as many again, or none.
    /// - randomKeys: For dropout, one a picture.
    /// - load: Fills in a picture; called on the pool's threads. What it throws ends the run.
    func run(
        labels: [Int], others: [(label: Int, share: Double)?] = [], randomKeys: [UInt64],
        load: @Sendable (_ picture: Int, Buffer<Float>) throws -> Void
    ) throws -> [(loss: Double, isRight: Bool)] {
        let count = labels.count
        let others = others.isEmpty ? Array(repeating: nil, count: count) : others
        precondition(count <= capacity && randomKeys.count == count && others.count == count)
        let current = weights.current()
        let passes = memory.scratch.map { LayerPass(kernels: kernels, weights: current, scratch: $0) }
        @Sendable func work(_ picture: Int, _ worker: Int) -> PictureWork {
            var pass = passes[worker]
            pass.randomKey = randomKeys[picture]
            return PictureWork(memory: memory, picture: picture, worker: worker, pass: pass)
        }
        if network.isPicturewise, case .pictures(let steps)? = network.stages.first {
            try forEachGroup(of: count, isFirst: true) { worker, picture, gradients in
                let work = work(picture, worker)
                try load(picture, work.value(0))
                work.forward(steps)
                loss(work, label: labels[picture], other: others[picture], of: count)
                work.backward(steps, gradients)
            }
        } else {
            try pool.forEach(count) { worker, picture in try load(picture, work(picture, worker).value(0)) }
            for stage in network.stages {
                try forward(stage, count: count, current, work)
                let made = Set(stage.targets)
                for norm in network.normalizations where made.contains(norm.input) {
                    norm.endMeasuring(count: count, current.values, memory.normalizations[norm.number])
                }
            }
            try pool.forEach(count) { worker, picture in
                loss(work(picture, worker), label: labels[picture], other: others[picture], of: count)
            }
            var isFirst = true
            for stage in network.stages.reversed() {
                try backward(stage, isFirst: isFirst, count: count, current, work)
                if case .pictures = stage { isFirst = false }
                let made = Set(stage.targets)
                for norm in network.normalizations where made.contains(norm.output) {
                    norm.endMeasuringGradient(
                        count: count, gradients: gradients, memory.normalizations[norm.number])
                }
            }
        }
        try sumGroups(of: count)
        return zip(losses[..<count].array, isRight[..<count].array).map { ($0, $1) }
    }

    /// Takes the last batch, of so many pictures, into the running statistics of batch normalisation.
    func moveRunningStatistics(count: Int) {
        if network.normalizations.isEmpty { return }
        weights.parameters.change { values in
            for norm in network.normalizations {
                norm.moveRunningStatistics(in: values, count: count, memory.normalizations[norm.number])
            }
        }
    }

    private typealias Work = @Sendable (_ picture: Int, _ worker: Int) -> PictureWork

    private func forward(_ stage: Network.Stage, count: Int, _ weights: CurrentWeights, _ work: Work) throws {
        switch stage {
        case .pictures(let steps):
            try pool.forEach(count) { worker, picture in work(picture, worker).forward(steps) }
        case .dense(let dense, let source, let target):
            try pool.forEach(dense.forwardUnits) { [memory, kernels] _, unit in
                dense.forward(
                    memory.values[source], count: count, into: memory.values[target], unit: unit,
                    parameters: weights.values, kernels)
            }
        }
    }

    private func loss(_ work: PictureWork, label: Int, other: (label: Int, share: Double)?, of count: Int) {
        let logits = work.value(network.lastValue).span
        var (other, weight, share) = (other, classWeights?[label] ?? 1, other?.share ?? 0)
        if let mixed = other, let classWeights {
            let otherWeight = share * classWeights[mixed.label]
            weight = (1 - share) * weight + otherWeight
            other?.share = otherWeight / weight
        }
        let loss = work.gradient(network.lastValue).withMutableSpan {
            SoftmaxCrossEntropy.loss(
                of: logits, label: label, other: other, smoothing: smoothing, scale: weight / Double(count),
                dLogits: &$0)
        }
        let right = logits.indexOfLargest == (share > 0.5 ? other?.label : label)
        losses.slice(work.picture, of: 1).fill(with: loss * weight)
        isRight.slice(work.picture, of: 1).fill(with: right)
    }

    /// - isFirst: Of the stages that go by picture, on the way back.
    private func backward(
        _ stage: Network.Stage, isFirst: Bool, count: Int, _ weights: CurrentWeights, _ work: Work
    ) throws {
        switch stage {
        case .pictures(let steps):
            try forEachGroup(of: count, isFirst: isFirst) { worker, picture, gradients in
                work(picture, worker).backward(steps, gradients)
            }
        case .dense(let dense, let source, let target):
            let (dy, dx) = (memory.gradients[target], source == 0 ? nil : memory.gradients[source])
            dense.prepareBackward(dy, y: memory.values[target], count: count, gradients: gradients, kernels)
            try pool.forEach(dense.backwardUnits) { [memory, gradients, kernels] worker, unit in
                dense.backward(
                    dy, x: memory.values[source], count: count, unit: unit, parameters: weights.values,
                    gradients: gradients, into: dx, scratch: memory.denseScratch[worker], kernels)
            }
        }
    }

    /// A group's pictures in order, with its gradients, that start as zeros where it is the first time.
    private func forEachGroup(
        of count: Int, isFirst: Bool,
        _ body: @Sendable (_ worker: Int, _ picture: Int, _ gradients: Buffer<Float>) throws -> Void
    ) throws {
        try pool.forEach((count + groupSize - 1) / groupSize) { [groupSize, groupGradients, network] worker, group in
            let gradients = groupGradients.slice(group, of: network.pictureParameterCount)
            if isFirst { gradients.fill(with: 0) }
            for picture in group * groupSize..<min(count, (group + 1) * groupSize) {
                try body(worker, picture, gradients)
            }
        }
    }

    private func sumGroups(of count: Int) throws {
        let (chunk, total) = (4_096, network.pictureParameterCount)
        let groups = (count + groupSize - 1) / groupSize
        try pool.forEach((total + chunk - 1) / chunk) { [gradients, groupGradients, kernels] _, unit in
            let range = unit * chunk..<min(total, (unit + 1) * chunk)
            gradients[range].fill(with: 0)
            kernels.addRows(groups, stride: total, of: groupGradients[range.lowerBound...], to: gradients[range])
        }
    }
}
