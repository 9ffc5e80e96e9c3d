package import CNN
import Foundation
package import Queue

/// What a training job starts from, as the job keeps it: a file of weights, or an earlier model.
package enum TrainingOrigin: Codable, Hashable, Sendable {
    /// The absolute path of a safetensors file: of timm's, or an exported model.
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

    /// - modelFile: An earlier model's file.
    /// - throws: `ModelFileError`, `TrainingStartError`, what `modelFile` throws.
    package init(_ origin: TrainingOrigin, modelFile: (ModelVersion) throws -> [UInt8]) throws {
        let (name, bytes) =
            switch origin {
            case .file(let path): (URL(filePath: path).lastPathComponent, try Self.contents(path))
            case .model(let name, let number):
                ("\(name)@\(number)", try modelFile(ModelVersion(name: name, number: number)))
            }
        let fingerprint = Fingerprint(of: bytes.span).hexadecimal
        if case .file(let path) = origin, !Model.isModel(bytes) {
            let config = URL(filePath: path).deletingLastPathComponent().appending(path: "config.json")
            let weights = try PretrainedWeights(weights: bytes, config: try? Data(contentsOf: config))
            source = .weights(weights)
            record = .init(
                name: weights.backbone.name, fingerprint: fingerprint, license: weights.configuration.license)
            // A seventh smaller than the network was trained for costs little accuracy and a quarter less time.
            size = max(weights.configuration.size * 6 / 7 / 32, 1) * 32
        } else {
            let model = try Model(safetensors: bytes)
            source = .model(model)
            record = .init(
                name: name, fingerprint: fingerprint, license: model.training?.options.pretrained?.license)
            size = model.preprocessing.width
        }
    }

    private static func contents(_ path: String) throws(TrainingStartError) -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { throw .unreadable(path) }
        return [UInt8](data)
    }

    var preprocessing: Preprocessing {
        switch source {
        case .weights(let weights):
            Preprocessing(width: size, height: size, interpolation: weights.configuration.interpolation)
        case .model(let model): model.preprocessing
        }
    }

    /// How much a centre crop takes: what the network was trained for, where that is known.
    var cropFraction: Double {
        switch source {
        case .weights(let weights): weights.configuration.crop
        case .model(let model):
            if case .crop(let fraction) = model.preprocessing.resize { fraction } else { Recipe.cropFraction }
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
