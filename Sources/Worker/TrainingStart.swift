package import CNN
import Foundation
package import Queue

/// What a training job starts from, as the job keeps it: a file of weights, or an earlier model.
package enum TrainingOrigin: Codable, Hashable, Sendable {
    /// The absolute path of a safetensors file.
    case file(String)
    case model(name: String, number: Int)
}

/// A network to fine-tune.
package struct TrainingStart: Sendable {
    private let source: Source
    /// Pixels a side that training takes.
    private let size: Int

    private enum Source: Sendable {
        case weights(PretrainedWeights)
        case model(Model)
    }

    /// Of the features, in training.
    private static let dropout = 0.2

    /// - throws: `ModelFileError`, `TrainingStartError`, `StoreError`.
    package init(_ origin: TrainingOrigin, in store: any JobStore) throws {
        switch origin {
        case .file(let path):
            let url = URL(filePath: path)
            guard let bytes = try? Data(contentsOf: url) else { throw TrainingStartError.unreadable(path) }
            let config = try? Data(contentsOf: url.deletingLastPathComponent().appending(path: "config.json"))
            let weights = try PretrainedWeights(weights: [UInt8](bytes), config: config)
            source = .weights(weights)
            // A seventh smaller than the network was trained for costs little accuracy and a quarter less time.
            size = weights.configuration.size * 6 / 7 / 32 * 32
        case .model(let name, let number):
            let model = try Model(safetensors: store.modelFile(ModelVersion(name: name, number: number)))
            source = .model(model)
            size = model.preprocessing.width
        }
    }

    var preprocessing: Preprocessing {
        switch source {
        case .weights: Preprocessing(width: size, height: size)
        case .model(let model): model.preprocessing
        }
    }

    /// Where the weights come from, for the model's record.
    package var backbone: Backbone? {
        switch source {
        case .weights(let weights): weights.backbone
        case .model: nil
        }
    }

    func architecture(classes: Int) throws(ArchitectureError) -> Architecture {
        switch source {
        case .weights(let weights):
            try weights.backbone.architecture(
                height: size, width: size, classes: classes, mean: weights.configuration.mean, dropout: Self.dropout)
        case .model(let model): try model.network.architecture.withClasses(classes)
        }
    }

    func parameters(of network: Network, seed: UInt64) throws(ModelFileError) -> Parameters {
        switch source {
        case .weights(let weights): try weights.parameters(of: network, seed: seed)
        case .model(let model): model.parameters(of: network, seed: seed)
        }
    }
}

package enum TrainingStartError: Error, Equatable, CustomStringConvertible {
    case unreadable(String)

    package var description: String {
        switch self {
        case .unreadable(let path):
            "the weights \(path.debugDescription) cannot be read; training starts from a file of them"
        }
    }
}
