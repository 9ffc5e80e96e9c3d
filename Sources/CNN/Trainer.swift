import CKernels
import Threads

/// What a call of `Trainer.step` did.
package enum TrainingStep: Equatable, Sendable {
    /// Trained on one batch, of this mean loss.
    case batch(loss: Double)
    /// Looked at some of the validation pictures; there are more.
    case validation
    /// Ended an epoch.
    case epoch(EpochReport)
    /// There was nothing left to do.
    case finished
}

/// Trains a network, one small step a call, so the caller can stop, report and save between any two.
///
/// The result depends on pictures, options, kernel level and precision alone: not on threads, nor on how often training
/// was stopped and resumed from a checkpoint.
package final class Trainer {
    package private(set) var options: TrainingOptions
    package let architecture: Architecture
    package let level: KernelLevel
    package let precision: TrainingPrecision
    private let network: Network
    private let training: any TrainingPictures
    private let varied: VariedPictures
    private let validation: any TrainingPictures
    private let trainingLabels: [Int]
    private let validationLabels: [Int]
    private let kernels: Kernels
    private let pool: ThreadPool
    private let backpropagation: Backpropagation
    /// Predicts the validation pictures.
    private let folded: FoldedNetwork
    private let validators: [ForwardPass]

    private let parameters: Parameters
    private let optimizer: Optimizer
    private let average: WeightAverage?
    private let bestParameters: Parameters
    private var progress = TrainingProgress()
    /// The pictures that others get boxes of; a batch's.
    private let partners: Buffer<Float>
    /// The epoch's order of the pictures; derived from seed and epoch.
    private var order: [Int] = []
    /// Of the validation under way. A checkpoint leaves it out: it starts again.
    private var validationTally = TrainingProgress.Tally()

    /// - architecture: Its input is what the pictures are, its outputs the classes.
    /// - start: The network's parameters to begin with; nil for fresh ones.
    /// - validation: May be empty; then the last epoch's weights are kept.
    /// - resuming: A checkpoint of a trainer made with the same options, pictures, level and precision.
    /// - throws: `TrainingError`, `KernelLevelError`, `TrainingPrecisionError`.
    package init(
        options: TrainingOptions, architecture: Architecture, start: Parameters? = nil,
        training: any TrainingPictures, validation: any TrainingPictures, level: KernelLevel,
        precision: TrainingPrecision = .fp32, threads: Int,
        resuming checkpoint: [UInt8]? = nil
    ) throws {
        let checkpoint = try checkpoint.map { try TrainingCheckpoint(parsing: $0) }
        var options = options
        if options.minutes != nil, let checkpoint { options.epochs = checkpoint.header.options.epochs }
        if let problem = options.problem { throw TrainingError.options(problem) }
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        guard TrainingPrecision.supported(at: level).contains(precision) else {
            throw TrainingPrecisionError.unsupported(precision, level)
        }
        (trainingLabels, validationLabels) = (training.labels, validation.labels)
        guard !trainingLabels.isEmpty else { throw TrainingError.pictures("there are none") }
        let classes = 0..<architecture.classCount
        guard trainingLabels.allSatisfy(classes.contains), validationLabels.allSatisfy(classes.contains) else {
            throw TrainingError.pictures("a label is not one of the network's \(classes.count) classes")
        }
        let network = Network(architecture)
        let parameters = network.initialParameters(seed: options.seed)
        if let start { parameters.change { $0.copy(from: start.values) } }
        (self.options, self.architecture, self.network) = (options, architecture, network)
        (self.level, self.precision) = (level, precision)
        (self.training, self.validation, self.kernels, self.parameters) = (training, validation, kernels, parameters)
        varied = VariedPictures(training, options, shape: architecture.input)
        pool = ThreadPool(threads: threads)
        backpropagation = Backpropagation(
            network, parameters, kernels: kernels, bf16: precision == .bf16 ? BF16Kernels() : nil, pool: pool,
            capacity: options.batch, smoothing: options.labelSmoothing,
            classWeights: options.classWeights(of: trainingLabels, classes: classes.count))
        folded = try FoldedNetwork(network)
        let weights = DerivedWeights(
            folded.network.convolutions, folded.parameters, kernels: kernels, for: .prediction)
        validators = (0..<pool.threads).map { [folded] _ in
            ForwardPass(folded.network, weights, capacity: Self.validationUnit)
        }
        partners = Buffer(count: options.mixedShare > 0 ? options.batch * architecture.input.count : 0)
        optimizer = Optimizer(options, network, kernels: kernels, pool: pool)
        average = options.weightAveraging.map { [pool] power in
            WeightAverage(power: power, count: network.parameterCount, pool: pool)
        }
        bestParameters = Parameters(Buffer(count: network.parameterCount))
        if let checkpoint { try restore(checkpoint) }
    }

    /// Pictures trained on, over all epochs.
    package var picturesDone: Int { progress.epochs * trainingLabels.count + progress.position }
    /// What `picturesDone` will come to; fewer if patience runs out.
    package var picturesTotal: Int {
        progress.isFinished(options) ? picturesDone : options.epochs * trainingLabels.count
    }
    package var history: [EpochReport] { progress.history }
    package var isFinished: Bool { progress.isFinished(options) }

    /// Times some batches and validation pictures, for about four seconds, and leaves the trainer as it was.
    /// - throws: As `step` does.
    package func measurePace() throws -> TrainingPace {
        precondition(progress.steps == 0, "a pace is measured before the first step")
        let before = state
        func seconds(_ work: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(work) / .seconds(1) }
        var training = try seconds { _ = try trainBatch() }
        var pictures = progress.position
        if pictures < trainingLabels.count {
            // The first batch does not count: it touches its memory for the first time.
            training = 0
            while progress.position < trainingLabels.count, training < 4 {
                training += try seconds { _ = try trainBatch() }
            }
            pictures = progress.position - pictures
        }
        let perPicture = training / Double(pictures)
        // Forward is a third of a step.
        var perPrediction = perPicture / 3
        if !validationLabels.isEmpty {
            perPrediction = try seconds(validateSome) / Double(validationTally.count)
            validationTally = TrainingProgress.Tally()
        }
        try restore(before)
        return TrainingPace(
            secondsPerEpoch: perPicture * Double(trainingLabels.count)
                + perPrediction * Double(validationLabels.count),
            secondsPerPrediction: perPrediction)
    }

    /// Lays the training out over so many epochs, before its first step, where the options leave them open. Checkpoints
    /// keep them.
    package func choose(epochs: Int) {
        precondition(options.minutes != nil && progress.steps == 0 && epochs > 0)
        options.epochs = epochs
    }

    /// Trains on the next batch, or looks at the next validation pictures, or ends the epoch.
    /// - throws: `TrainingError.diverged`, or what loading a picture threw; the trainer is then of no more use.
    package func step() throws -> TrainingStep {
        if isFinished { return .finished }
        if progress.position < trainingLabels.count { return .batch(loss: try trainBatch()) }
        if validationTally.count < validationLabels.count {
            try validateSome()
            if validationTally.count < validationLabels.count { return .validation }
        }
        guard progress.training.loss.isFinite, validationTally.loss.isFinite else {
            throw TrainingError.diverged(epoch: progress.epochs + 1)
        }
        let report = progress.endEpoch(validation: validationTally)
        validationTally = TrainingProgress.Tally()
        order = []
        if report.isBest { bestParameters.change { $0.copy(from: currentParameters.values) } }
        return .epoch(report)
    }

    /// All that is needed to go on as if never stopped. At any time between steps.
    package func checkpoint() -> [UInt8] { state.serialized() }

    private var state: TrainingCheckpoint {
        TrainingCheckpoint(
            header: header, progress: progress, parameters: parameters.array, m: optimizer.m.array,
            v: optimizer.v.array,
            best: progress.best == nil ? nil : bestParameters.array, average: average?.parameters.array)
    }

    /// The weights that the options ask to keep, so far.
    package var keptParameters: Parameters {
        options.keep == .best && progress.best != nil ? bestParameters : currentParameters
    }

    /// What would predict if training ended here.
    private var currentParameters: Parameters { average?.parameters ?? parameters }

    /// The network that predicts with them, and its parameters.
    func keptNetwork() throws(ArchitectureError) -> (Network, Parameters) {
        let kept = try FoldedNetwork(network)
        kept.fold(keptParameters)
        return (kept.network, kept.parameters)
    }

    private func trainBatch() throws -> Double {
        let (seed, epoch) = (options.seed, progress.epochs)
        if order.isEmpty {
            order = Random.permutation(of: trainingLabels.count, key: Random.key(seed, .order, epoch))
        }
        let end = min(progress.position + options.batch, order.count)
        let chosen = Array(order[progress.position..<end])
        let mixes = chosen.map { varied.mix(of: $0, epoch: epoch) }
        let outcome = try backpropagation.run(
            labels: chosen.map { trainingLabels[$0] },
            others: mixes.map { mix in mix.map { (trainingLabels[$0.partner], $0.share) } },
            randomKeys: chosen.map { Random.key(seed, .dropout, epoch, $0) }
        ) { [varied, partners, partnerCount = partners.count / options.batch] picture, values in
            try varied.load(
                chosen[picture], epoch: epoch, mix: mixes[picture], into: values,
                partner: partners.slice(picture, of: partnerCount))
        }
        let loss = outcome.reduce(0) { $0 + $1.loss } / Double(outcome.count)
        guard loss.isFinite else { throw TrainingError.diverged(epoch: epoch + 1) }
        let steps = options.epochs * ((trainingLabels.count + options.batch - 1) / options.batch)
        try optimizer.update(parameters, by: backpropagation.gradients, step: progress.steps, of: steps)
        backpropagation.moveRunningStatistics(count: chosen.count)
        progress.steps += 1
        try average?.add(parameters, step: progress.steps)
        progress.training.add(outcome)
        progress.position = end
        return loss
    }

    /// Pictures of one unit of work, and units of one step.
    private static let validationUnit = 8
    private static let validationUnits = 32

    private func validateSome() throws {
        let first = validationTally.count
        if first == 0 { folded.fold(currentParameters) }
        let end = min(first + Self.validationUnit * Self.validationUnits, validationLabels.count)
        let (unitSize, inputCount, classes) = (
            Self.validationUnit, architecture.input.count, architecture.classCount
        )
        let logits = Buffer<Float>(count: (end - first) * classes)
        let validators = ForwardPasses(passes: validators)
        try pool.forEach((end - first + unitSize - 1) / unitSize) { [validation] worker, unit in
            let forward = validators.passes[worker]
            let pictures = unit * unitSize..<min(end - first, (unit + 1) * unitSize)
            for picture in pictures {
                try forward.input.slice(picture - pictures.lowerBound, of: inputCount).withMutableSpan { span throws in
                    try validation.load(first + picture, augmentation: nil, into: &span)
                }
            }
            logits[pictures.lowerBound * classes..<pictures.upperBound * classes].copy(
                from: forward.run(count: pictures.count))
        }
        let ignored = Buffer<Float>(count: classes)
        validationTally.add(
            (first..<end).map { picture in
                let span = logits.slice(picture - first, of: classes).span
                let label = validationLabels[picture]
                let loss = ignored.withMutableSpan {
                    SoftmaxCrossEntropy.loss(of: span, label: label, scale: 1, dLogits: &$0)
                }
                return (loss, span.indexOfLargest == label)
            })
    }

    private var header: TrainingCheckpoint.Header {
        TrainingCheckpoint.Header(
            options: options, architecture: architecture, level: level, precision: precision, training: training,
            validation: validation)
    }

    private func restore(_ checkpoint: TrainingCheckpoint) throws(TrainingError) {
        try checkpoint.validate(against: header, parameterCount: network.parameterCount)
        progress = checkpoint.progress
        parameters.change { $0.copy(from: checkpoint.parameters) }
        optimizer.m.copy(from: checkpoint.m)
        optimizer.v.copy(from: checkpoint.v)
        if let best = checkpoint.best { bestParameters.change { $0.copy(from: best) } }
        if let average, let values = checkpoint.average { average.parameters.change { $0.copy(from: values) } }
    }
}
