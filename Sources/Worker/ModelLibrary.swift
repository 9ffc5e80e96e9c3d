package import CNN
package import Queue

/// The models in use, read from the store once each. A worker rarely needs more than two at a time.
struct ModelLibrary {
    private let store: any JobStore
    private let patience: StorePatience
    private var models: [(version: ModelVersion, model: Model)] = []

    init(store: any JobStore, patience: StorePatience) {
        self.store = store
        self.patience = patience
    }

    /// The model, and what its predictions are made with where a job asks for `precision`.
    mutating func model(
        _ version: ModelVersion, _ precision: Precision
    ) throws -> (model: Model, precision: PredictionPrecision) {
        let model = try model(version)
        return (model, try model.precision(precision))
    }

    /// Throws `StoreError`, or `ModelFileError` where the file is no model.
    private mutating func model(_ version: ModelVersion) throws -> Model {
        if let known = models.first(where: { $0.version == version }) { return known.model }
        let file = try patience { () throws(StoreError) in try store.modelFile(version) }
        let model = try Model(safetensors: file)
        models.append((version, model))
        if models.count > 2 { models.removeFirst() }
        return model
    }
}

extension Model {
    /// What a prediction is made with where somebody asks for `precision`.
    /// - throws: `ModelFileError` where the model does not have it.
    package func precision(_ asked: Precision) throws(ModelFileError) -> PredictionPrecision {
        switch asked {
        case .auto: return preferredPrecision
        case .fp32: return .fp32
        case .int8:
            guard quantization != nil else {
                throw .invalid("it has no activation ranges for int8; use --precision fp32, or train it again")
            }
            return .int8
        }
    }

    /// What the store calls the precision that `auto` comes to.
    package var storedPrecision: Precision { preferredPrecision == .int8 ? .int8 : .fp32 }
}
