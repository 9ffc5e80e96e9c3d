import CNN
import Queue

/// The models in use, read from the store once each. A worker rarely needs more than two at a time.
struct ModelLibrary {
    private let store: any JobStore
    private var models: [(version: ModelVersion, model: Model)] = []

    init(store: any JobStore) {
        self.store = store
    }

    /// Throws `StoreError`, or `ModelFileError` where the file is no model.
    mutating func model(_ version: ModelVersion) throws -> Model {
        if let known = models.first(where: { $0.version == version }) { return known.model }
        let model = try Model(safetensors: store.modelFile(version))
        models.append((version, model))
        if models.count > 2 { models.removeFirst() }
        return model
    }
}
