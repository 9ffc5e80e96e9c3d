package import CNN
import Imaging

/// A way to train: the network, what it starts from, how its pictures are prepared, and how they are varied.
package struct Recipe: Sendable {
    package private(set) var preprocessing: Preprocessing
    /// How much pictures are varied; nil for what the recipe does.
    package var augment: TrainingOptions.Augment?
    private let kind: Kind

    private enum Kind: Sendable {
        case scratch(Name)
        case fineTuning(TrainingStart)
    }

    /// From scratch.
    package init(_ name: Name) {
        let side = name == .blog ? 150 : 128
        self.init(preprocessing: Preprocessing(width: side, height: side), kind: .scratch(name))
    }

    /// From a network that knows other pictures already.
    package static func fineTuning(_ start: TrainingStart) -> Recipe {
        Recipe(preprocessing: start.preprocessing, kind: .fineTuning(start))
    }

    private init(preprocessing: Preprocessing, kind: Kind) {
        (self.preprocessing, self.kind) = (preprocessing, kind)
    }

    /// What timm crops most networks' pictures to.
    static let cropFraction = 0.875

    /// Takes pictures in another way than the recipe does.
    package mutating func prepare(by kind: Preprocessing.Resize.Kind) {
        let resize: Preprocessing.Resize =
            switch (kind, self.kind) {
            case (.squash, _): .squash
            case (.letterbox, _): .letterbox
            case (.crop, .fineTuning(let start)): .crop(start.cropFraction)
            case (.crop, _): .crop(Self.cropFraction)
            }
        preprocessing = Preprocessing(
            width: preprocessing.width, height: preprocessing.height, resize: resize,
            interpolation: preprocessing.interpolation)
    }

    /// What a training is done with unless somebody says otherwise.
    /// - name: Nil where it starts from others.
    /// - freezes: Trains the last layer alone.
    package static func options(_ name: Name?, freezes: Bool = false) -> TrainingOptions {
        var options = TrainingOptions()
        switch name {
        case .blog: return options
        case .slim:
            options.recipe = Name.slim.rawValue
            options.epochs = 60
            options.keep = .last
            options.learningRate = 4e-3
            options.schedule = .oneCycle
            options.weightDecay = 0.05
            options.weightAveraging = 9
            options.labelSmoothing = 0.1
            options.cutMix = 0.5
            // Winograd's convolution saves more than bf16 does.
            options.precision = .fp32
            return options
        case nil: break
        }
        options.recipe = "fine-tune"
        options.epochs = 8
        options.keep = .last
        options.learningRate = 5e-4
        options.schedule = .oneCycle
        options.headRate = 4
        options.weightDecay = 0.02
        options.clipping = 1
        // No label smoothing: with it, confidences were worse calibrated and told strangers from known things less
        // well.
        guard freezes else { return options }
        options.freeze = true
        options.epochs = 20
        options.learningRate = 1e-3
        options.headRate = 1
        // The features are made in fp32, and the last layer is little work.
        options.precision = .fp32
        return options
    }

    /// The recipes that need nothing to start from.
    package enum Name: String, CaseIterable, Sendable {
        /// A residual network: what is trained unless somebody says otherwise.
        case slim
        /// The 2018 blog post's, exactly.
        case blog
    }

    package func architecture(classes: Int) throws(ArchitectureError) -> Architecture {
        switch kind {
        case .scratch(.slim): try .slim(classes: classes, side: preprocessing.width)
        case .scratch(.blog): try .blog(classes: classes)
        case .fineTuning(let start): try start.architecture(classes: classes)
        }
    }

    /// What the network knows already; nil for nothing.
    var pretrained: TrainingOptions.Pretrained? {
        switch kind {
        case .scratch: nil
        case .fineTuning(let start): start.record
        }
    }

    /// What training begins with; nil for fresh parameters.
    func parameters(of architecture: Architecture, seed: UInt64) throws(ModelFileError) -> Parameters? {
        switch kind {
        case .scratch: nil
        case .fineTuning(let start): try start.parameters(of: Network(architecture), seed: seed)
        }
    }

    /// The same for the same seed.
    func augmentation(seed: UInt64) -> Augmentation {
        var random = CounterRandom(seed)
        let (width, height) = (preprocessing.width, preprocessing.height)
        switch augment {
        case .nothing: return Augmentation()
        case .light:
            return .resizedCrop(
                width: width, height: height, leastArea: 0.8, proportions: 1, colour: 0.1, using: &random)
        case .strong:
            return .resizedCrop(width: width, height: height, leastArea: 0.2, colour: 0.4, using: &random)
        case nil: break
        }
        return switch kind {
        case .scratch(.blog): .blog(width: width, height: height, using: &random)
        case .scratch(.slim), .fineTuning: .resizedCrop(width: width, height: height, using: &random)
        }
    }
}
