/// A trained network with everything that prediction needs. Immutable once stored.
package struct Model: Sendable {
    package let network: Network
    /// In the order of the network's outputs; no two the same.
    package let classes: [String]
    package let preprocessing: Preprocessing
    package var calibration = Calibration()
    /// Confidence from which a prediction counts as recognised, a multiple of 0.05, unless the store has another.
    package var threshold = 0.5
    /// Nil where it cannot tell what is unlike all that it knows.
    package internal(set) var familiarity: Familiarity?
    /// What its accuracy is quoted on; nil where there was no such picture.
    package var heldOut: HeldOut?
    /// Of the validation pictures, where accuracy is quoted on others.
    package var validation: HeldOut?
    /// Nil where the file does not say.
    package var seen: SeenPictures?
    /// Nil where the file does not say.
    package var data: DataRecord?
    package var training: TrainingRecord?
    /// What int8 needs; nil where the model can do fp32 only.
    package internal(set) var quantization: Quantization?
    private(set) var int8: Int8Network?
    /// Nobody changes them.
    let parameters: Parameters

    /// What the model is used with unless somebody says otherwise.
    package var preferredPrecision: PredictionPrecision {
        guard let agreement = quantization?.agreement else { return .fp32 }
        return agreement.rate >= Quantization.neededAgreement ? .int8 : .fp32
    }

    /// Throws, and changes nothing, where the network cannot be had in int8 with these ranges.
    mutating func adopt(_ quantization: Quantization) throws(QuantizationError) {
        int8 = try Int8Network(network, parameters: parameters.values, ranges: quantization.ranges)
        self.quantization = quantization
    }

    /// The pictures that a model was made of.
    package struct DataRecord: Codable, Hashable, Sendable {
        /// Equal for equal pictures in equal classes, whatever their names and parts: hexadecimal.
        package var fingerprint: String
        /// Pictures of each class that were trained on.
        package var training: [Int]

        package init(fingerprint: String, training: [Int]) {
            (self.fingerprint, self.training) = (fingerprint, training)
        }
    }

    /// Where a model's weights come from.
    package struct TrainingRecord: Codable, Hashable, Sendable {
        package var options: TrainingOptions
        package var history: [EpochReport]
        package var kernelLevel: KernelLevel
        package var precision = "fp32"
    }

    /// A model with the weights that a trainer keeps.
    /// - body: Where the trainer trained the head alone.
    /// - throws: `ModelFileError.invalid` where classes or preprocessing do not fit the network.
    package init(
        trainedBy trainer: Trainer, body: FrozenBody? = nil, classes: [String], preprocessing: Preprocessing
    ) throws(ModelFileError) {
        let network: Network
        let parameters: Parameters
        if let body {
            (network, parameters) = (body.network, body.parameters(with: trainer.keptParameters))
        } else {
            do { (network, parameters) = try trainer.keptNetwork() } catch {
                throw .invalid("its network is an \(error)")
            }
        }
        try self.init(network: network, parameters: parameters, classes: classes, preprocessing: preprocessing)
        calibration.labelSmoothing = trainer.options.labelSmoothing
        training = TrainingRecord(
            options: trainer.options, history: trainer.history, kernelLevel: trainer.level,
            precision: trainer.precision.rawValue)
    }

    /// A model with random weights: for benchmarks and tests.
    package init(
        untrained architecture: Architecture, seed: UInt64, classes: [String], preprocessing: Preprocessing
    ) throws(ModelFileError) {
        let network = Network(architecture)
        try self.init(
            network: network, parameters: network.initialParameters(seed: seed), classes: classes,
            preprocessing: preprocessing)
    }

    /// This model's parameters for a network that differs in its classes alone, whose last layer begins fresh.
    package func parameters(of other: Network, seed: UInt64) -> Parameters {
        let result = other.initialParameters(seed: seed)
        let last = other.architecture.resolved.last?.name ?? ""
        result.change { values in
            for (mine, theirs) in zip(network.tensors, other.tensors)
            where mine.shape == theirs.shape && !theirs.name.hasPrefix("\(last).") {
                values[theirs.range].copy(from: parameters.values[mine.range])
            }
        }
        return result
    }

    init(
        network: Network, parameters: Parameters, classes: [String], preprocessing: Preprocessing
    ) throws(ModelFileError) {
        let architecture = network.architecture
        guard Set(classes).count == classes.count, classes.count == architecture.classCount else {
            throw .invalid(
                "its classes must be \(architecture.classCount) different names, for its network has so many outputs")
        }
        guard !architecture.hasBatchNormalization else {
            throw .invalid("its network has batch normalisation, which a model has folded into its convolutions")
        }
        let expected = Shape(height: preprocessing.height, width: preprocessing.width, channels: 3)
        guard architecture.input == expected else {
            throw .invalid("its network takes \(architecture.input), but its pictures are made \(expected)")
        }
        (self.network, self.parameters, self.classes) = (network, parameters, classes)
        self.preprocessing = preprocessing
    }
}
