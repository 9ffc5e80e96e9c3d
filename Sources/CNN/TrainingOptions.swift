/// How to train. A training job carries these as JSON; what JSON leaves out has its default.
package struct TrainingOptions: Codable, Hashable, Sendable {
    /// Which epoch's weights the model gets: the one with the lowest validation loss, or the last.
    package enum Keep: String, Codable, Sendable { case best, last }

    package var recipe = "blog"
    package var epochs = 20
    /// Asks for as many epochs as fit into these on the machine that trains; `epochs` is then what was chosen. Nil
    /// where `epochs` holds.
    package var minutes: Int?
    package var seed: UInt64 = 0
    package var keep = Keep.best
    /// Ends training after so many epochs without a better one; nil for never.
    package var patience: Int?
    package var batch = 32
    package var learningRate = 1e-3
    package var schedule = Schedule.constant
    /// The last layer's learning rate, in the others'.
    package var headRate = 1.0
    /// What a kernel loses in a step besides, in learning rates (Loshchilov and Hutter 2017, "Decoupled Weight Decay
    /// Regularization").
    package var weightDecay = 0.0
    /// Gradients longer than this are shortened to it; nil for never.
    package var clipping: Double?
    /// The model gets the mean of all steps' weights, in which step t (from 1) weighs t to this power: see
    /// `WeightAverage`. Nil for the weights of one step.
    package var weightAveraging: Int?
    /// How much of each label is shared out evenly among all classes (Szegedy et al. 2015, 7).
    package var labelSmoothing = 0.0
    /// What share of the pictures get a box of another one, and its label's part (Yun et al. 2019, "CutMix"), where
    /// pictures are varied.
    package var cutMix = 0.0
    /// How far the loss makes up for classes with few pictures: 0 not at all, 1 as if all had as many.
    package var balance = 0.0
    /// Nil for what the recipe does.
    package var augment: Augment?
    /// Whether the last layer alone is trained, on what the others make of each picture once: see `FrozenBody`.
    package var freeze = false
    /// Nil for the one that the machine is measured to be fastest in.
    package var precision: TrainingPrecision?
    /// Nil for a training from scratch.
    package var pretrained: Pretrained?

    /// How much training varies its pictures.
    package enum Augment: String, CaseIterable, Codable, Sendable {
        case nothing = "none"
        case light, strong
    }

    /// A network that training starts from.
    package struct Pretrained: Codable, Hashable, Sendable {
        /// As timm names it, `tf_efficientnet_lite0`, or an earlier model: `luxe@3`.
        package var name: String
        /// The first 16 bytes of its file's SHA-256, in hexadecimal.
        package var fingerprint: String
        /// As its file names it; nil where it does not say.
        package var license: String?

        package init(name: String, fingerprint: String, license: String?) {
            (self.name, self.fingerprint, self.license) = (name, fingerprint, license)
        }
    }

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        recipe = try container.decodeIfPresent(String.self, forKey: .recipe) ?? recipe
        epochs = try container.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
        minutes = try container.decodeIfPresent(Int.self, forKey: .minutes)
        seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        keep = try container.decodeIfPresent(Keep.self, forKey: .keep) ?? keep
        patience = try container.decodeIfPresent(Int.self, forKey: .patience)
        batch = try container.decodeIfPresent(Int.self, forKey: .batch) ?? batch
        learningRate = try container.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
        schedule = try container.decodeIfPresent(Schedule.self, forKey: .schedule) ?? schedule
        headRate = try container.decodeIfPresent(Double.self, forKey: .headRate) ?? headRate
        weightDecay = try container.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
        clipping = try container.decodeIfPresent(Double.self, forKey: .clipping)
        weightAveraging = try container.decodeIfPresent(Int.self, forKey: .weightAveraging)
        labelSmoothing = try container.decodeIfPresent(Double.self, forKey: .labelSmoothing) ?? labelSmoothing
        cutMix = try container.decodeIfPresent(Double.self, forKey: .cutMix) ?? cutMix
        balance = try container.decodeIfPresent(Double.self, forKey: .balance) ?? balance
        augment = try container.decodeIfPresent(Augment.self, forKey: .augment)
        freeze = try container.decodeIfPresent(Bool.self, forKey: .freeze) ?? freeze
        precision = try container.decodeIfPresent(TrainingPrecision.self, forKey: .precision)
        pretrained = try container.decodeIfPresent(Pretrained.self, forKey: .pretrained)
    }

    var mixedShare: Double { augment == .nothing ? 0 : cutMix }

    /// What is wrong with them, as a sentence; nil when they can be trained with.
    package var problem: String? {
        if !(1...100_000).contains(epochs) { return "epochs must be within 1 and 100000, not \(epochs)" }
        if let minutes, minutes < 1 { return "minutes must be at least 1, not \(minutes)" }
        if !(1...256).contains(batch) { return "batch must be within 1 and 256, not \(batch)" }
        if let patience, patience < 1 { return "patience must be at least 1, not \(patience)" }
        if !(learningRate > 0 && learningRate <= 10) {
            return "learning rate must be within 0 and 10, not \(learningRate)"
        }
        if !(headRate > 0 && headRate <= 1_000) { return "head rate must be within 0 and 1000, not \(headRate)" }
        if !(0..<1).contains(weightDecay) { return "weight decay must be within 0 and 1, not \(weightDecay)" }
        if let clipping, !(clipping > 0) { return "clipping must be above 0, not \(clipping)" }
        if let weightAveraging, !(0...1_000).contains(weightAveraging) {
            return "weight averaging must be within 0 and 1000, not \(weightAveraging)"
        }
        if !(0..<1).contains(labelSmoothing) {
            return "label smoothing must be within 0 and 1, not \(labelSmoothing)"
        }
        if !(0...1).contains(cutMix) { return "CutMix must be within 0 and 1, not \(cutMix)" }
        if !(0...1).contains(balance) { return "balance must be within 0 and 1, not \(balance)" }
        return nil
    }

    /// What the loss of each class's pictures is multiplied by: between 1 and the inverse of the class's share, as
    /// `balance` says. Its mean over the pictures is 1.
    func classWeights(of labels: [Int], classes: Int) -> [Double] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels { counts[label] += 1 }
        let present = counts.count { $0 > 0 }
        return counts.map { count in
            1 - balance + balance * Double(labels.count) / Double(present * max(count, 1))
        }
    }
}

/// How the learning rate goes over a training.
package enum Schedule: String, Codable, Sendable {
    case constant
    /// Up from a 25th within a quarter of the steps, then down to nothing (Smith 2018, "A Disciplined Approach to
    /// Neural Network Hyper-parameters").
    case oneCycle

    /// What the learning rate is multiplied by.
    /// - step: From 0.
    /// - steps: Of the whole training.
    func factor(step: Int, of steps: Int) -> Double {
        guard self == .oneCycle, steps > 1 else { return 1 }
        let (time, rise) = (Double(step) / Double(steps - 1), 0.25)
        /// From 0 to 1 without a corner at either end.
        func smooth(_ x: Double) -> Double { x * x * (3 - 2 * x) }
        return time < rise ? 0.04 + 0.96 * smooth(time / rise) : 1 - smooth((time - rise) / (1 - rise))
    }
}

/// What one epoch came to.
package struct EpochReport: Codable, Hashable, Sendable {
    /// From 1.
    package var epoch: Int
    /// Means over the epoch's batches, with dropout, as the weights moved. Of two labels the one with the larger share
    /// counts.
    package var trainingLoss: Double
    package var trainingAccuracy: Double
    /// Of the model that training would leave if it ended here. Nil without validation pictures.
    package var validationLoss: Double?
    package var validationAccuracy: Double?
    /// Better than all epochs before.
    package var isBest: Bool
}

/// Labelled pictures to train on. `load` is called from several threads at once.
package protocol TrainingPictures: Sendable {
    /// The class of each picture.
    var labels: [Int] { get }
    /// What tells each picture from others; a checkpoint is only gone on from with the same ones. May be empty.
    var identities: [UInt64] { get }

    /// Fills `picture` (H x W x 3, values 0 to 1) with picture `index`.
    /// - augmentation: A seed for this picture in this epoch, on which alone the augmentation may depend; nil for none.
    func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) throws
}

extension TrainingPictures {
    package var identities: [UInt64] { [] }
}

/// Why training cannot start or go on.
package enum TrainingError: Error, Equatable, CustomStringConvertible {
    case options(String)
    case pictures(String)
    case checkpoint(String)
    case diverged(epoch: Int)

    package var description: String {
        switch self {
        case .options(let problem): "cannot train with these options: \(problem)"
        case .pictures(let problem): "cannot train on these pictures: \(problem)"
        case .checkpoint(let problem): "cannot go on from this checkpoint: \(problem)"
        case .diverged(let epoch):
            "the loss is no longer a finite number in epoch \(epoch): training diverged; use a lower learning rate"
        }
    }
}
