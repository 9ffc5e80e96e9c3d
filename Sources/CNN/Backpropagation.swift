import CKernels
import Threads

/// One training batch: forward, loss, backward. Owns the values of a whole batch and its gradients.
///
/// Work is cut into the same units whatever the number of threads: a picture, or a slice of a dense layer. Each unit writes to memory
/// of its own, and sums over pictures are taken in the pictures' order, so the gradients never depend on the threads.
final class Backpropagation: Sendable {
    /// Of the mean loss, flat as the parameters are.
    let gradients: Buffer<Float>

    private let network: Network
    private let kernels: Kernels
    private let pool: ThreadPool
    private let capacity: Int
    private let input: Buffer<Float>
    private let stages: [StageValues]
    private let weights: DerivedWeights
    /// capacity x the convolutions' parameters.
    private let pictureGradients: Buffer<Float>
    private let workers: [WorkerMemory]

    /// Of a batch: what comes out of each of the stage's layers, what they leave for backward, and the gradient of the last.
    private struct StageValues: Sendable {
        var y: [Buffer<Float>]
        var places: [Buffer<UInt8>]
        var dy: Buffer<Float>
    }

    private struct WorkerMemory: Sendable {
        var scratch: LayerScratch
        var denseScratch: Buffer<Float>
        /// Gradients between the layers of a stage; two take turns.
        var inner: [Buffer<Float>]
    }

    /// - bf16: Where convolutions are to multiply numbers of bf16.
    init(
        _ network: Network, _ parameters: Parameters, kernels: Kernels, bf16: BF16Kernels? = nil, pool: ThreadPool,
        capacity: Int
    ) {
        self.network = network
        self.kernels = kernels
        self.pool = pool
        self.capacity = capacity
        gradients = Buffer(count: network.parameterCount)
        input = Buffer(count: capacity * network.architecture.input.count)
        stages = network.stages.map { stage in
            let layers = stage.pictureLayers
            return StageValues(
                y: layers.isEmpty
                    ? [Buffer(count: capacity * stage.outputCount)]
                    : layers.map { Buffer(count: capacity * $0.output.count) },
                places: layers.map { Buffer(count: capacity * $0.placeCount) },
                dy: Buffer(count: capacity * stage.outputCount))
        }
        let use = DerivedWeights.Use.training(bf16)
        weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: use)
        pictureGradients = Buffer(count: capacity * network.pictureParameterCount)
        let layers = network.pictureLayers
        let denseScratchCount = network.stages.map(\.denseScratchCount).max() ?? 0
        workers = (0..<pool.threads).map { _ in
            WorkerMemory(
                scratch: LayerScratch(.most(of: layers), for: use), denseScratch: Buffer(count: denseScratchCount),
                inner: (0..<2).map { _ in Buffer(count: layers.map(\.output.count).max() ?? 0) })
        }
    }

    /// Leaves the gradients, by the parameters as they are now, of the mean loss over the pictures; returns each picture's loss and whether it was right.
    /// - labels: As many as there are pictures. - randomKeys: For dropout, one a picture.
    /// - load: Fills in a picture; called on the pool's threads. What it throws ends the run.
    func run(
        labels: [Int], randomKeys: [UInt64],
        load: @Sendable (_ picture: Int, Buffer<Float>) throws -> Void
    ) throws -> [(loss: Double, isRight: Bool)] {
        let count = labels.count
        precondition(count <= capacity && randomKeys.count == count)
        let inputCount = network.architecture.input.count
        try pool.forEach(count) { [input] _, picture in try load(picture, input.slice(picture, of: inputCount)) }

        let current = weights.current()
        let passes = workers.map { LayerPass(kernels: kernels, weights: current, scratch: $0.scratch) }
        for index in network.stages.indices { try forward(stage: index, count: count, passes, randomKeys) }
        let outcome = loss(labels: labels)
        if network.pictureParameterCount > 0 { pictureGradients.fill(with: 0) }
        for index in network.stages.indices.reversed() { try backward(stage: index, count: count, passes, randomKeys) }
        try sumPictureGradients(count: count)
        return outcome
    }

    private func forward(stage index: Int, count: Int, _ passes: [LayerPass], _ randomKeys: [UInt64]) throws {
        let x = index == 0 ? input : stages[index - 1].y[stages[index - 1].y.count - 1]
        let values = stages[index]
        switch network.stages[index] {
        case .pictures(let layers):
            try pool.forEach(count) { worker, picture in
                var pass = passes[worker]
                pass.randomKey = randomKeys[picture]
                var value = x.slice(picture, of: layers[0].input.count)
                for (number, layer) in layers.enumerated() {
                    let y = values.y[number].slice(picture, of: layer.output.count)
                    layer.forward(
                        value, into: y, places: values.places[number].slice(picture, of: layer.placeCount), pass)
                    value = y
                }
            }
        case .dense(let dense):
            try pool.forEach(dense.forwardUnits) { [kernels] worker, unit in
                dense.forward(
                    x, count: count, into: values.y[0], unit: unit, parameters: passes[worker].weights.values, kernels)
            }
        }
    }

    private func loss(labels: [Int]) -> [(loss: Double, isRight: Bool)] {
        let last = stages[stages.count - 1]
        let classes = network.architecture.classCount
        return labels.enumerated().map { picture, label in
            let logits = last.y[0].slice(picture, of: classes).span
            let loss = last.dy.slice(picture, of: classes).withMutableSpan {
                SoftmaxCrossEntropy.loss(of: logits, label: label, scale: 1 / Double(labels.count), dLogits: &$0)
            }
            return (loss, logits.indexOfLargest == label)
        }
    }

    private func backward(stage index: Int, count: Int, _ passes: [LayerPass], _ randomKeys: [UInt64]) throws {
        let x = index == 0 ? input : stages[index - 1].y[stages[index - 1].y.count - 1]
        let dx = index == 0 ? nil : stages[index - 1].dy
        let values = stages[index]
        switch network.stages[index] {
        case .pictures(let layers):
            let parameterCount = network.pictureParameterCount
            try pool.forEach(count) { [workers, pictureGradients] worker, picture in
                var pass = passes[worker]
                pass.randomKey = randomKeys[picture]
                let gradients = pictureGradients.slice(picture, of: parameterCount)
                var dy = values.dy.slice(picture, of: layers[layers.count - 1].output.count)
                for (number, layer) in layers.enumerated().reversed() {
                    let size = layer.input.count
                    let source = number == 0 ? x : values.y[number - 1]
                    let target =
                        number == 0 ? dx?.slice(picture, of: size) : workers[worker].inner[number % 2][..<size]
                    layer.backward(
                        dy, x: source.slice(picture, of: size),
                        y: values.y[number].slice(picture, of: layer.output.count),
                        places: values.places[number].slice(picture, of: layer.placeCount), gradients: gradients,
                        into: target, pass)
                    if let target { dy = target }
                }
            }
        case .dense(let dense):
            dense.prepareBackward(values.dy, y: values.y[0], count: count, gradients: gradients, kernels)
            try pool.forEach(dense.backwardUnits) { [gradients, kernels, workers] worker, unit in
                dense.backward(
                    values.dy, x: x, count: count, unit: unit, parameters: passes[worker].weights.values,
                    gradients: gradients, into: dx, scratch: workers[worker].denseScratch, kernels)
            }
        }
    }

    private func sumPictureGradients(count: Int) throws {
        let (chunk, total) = (4_096, network.pictureParameterCount)
        try pool.forEach((total + chunk - 1) / chunk) { [gradients, pictureGradients, kernels] _, unit in
            let range = unit * chunk..<min(total, (unit + 1) * chunk)
            gradients[range].fill(with: 0)
            kernels.addRows(count, stride: total, of: pictureGradients[range.lowerBound...], to: gradients[range])
        }
    }
}

extension Network.Stage {
    fileprivate var denseScratchCount: Int { if case .dense(let dense) = self { dense.scratchCount } else { 0 } }
}
