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
    /// What the model remembers of it.
    package let record: TrainingOptions.Pretrained
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
            let file = [UInt8](bytes)
            let weights = try PretrainedWeights(weights: file, config: config)
            source = .weights(weights)
            record = .init(
                name: weights.backbone.name, fingerprint: hexadecimal(Fingerprint(of: file.span)),
                license: weights.configuration.license)
            // A seventh smaller than the network was trained for costs little accuracy and a quarter less time.
            size = weights.configuration.size * 6 / 7 / 32 * 32
        case .model(let name, let number):
            let version = ModelVersion(name: name, number: number)
            let file = try store.modelFile(version)
            let model = try Model(safetensors: file)
            source = .model(model)
            record = .init(
                name: "\(version)", fingerprint: hexadecimal(Fingerprint(of: file.span)),
                license: model.training?.options.pretrained?.license)
            size = model.preprocessing.width
        }
    }

    var preprocessing: Preprocessing {
        switch source {
        case .weights: Preprocessing(width: size, height: size)
        case .model(let model): model.preprocessing
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

private func hexadecimal(_ fingerprint: Fingerprint) -> String {
    fingerprint.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
