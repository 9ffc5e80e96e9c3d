import CNN
import Foundation
import Intake
import Testing

@testable import Worker

private let sharedData = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")
private let weights = sharedData.appending(path: "backbones/tf_efficientnet_lite0/model.safetensors").standardized

/// A real pretrained network on real pictures, from files to features, against timm: vectors/lite0.py.
struct RealBackboneTests {
    private struct Vectors: Decodable {
        /// By the pictures' paths: every 20th feature.
        let pictures: [String: [Float]]
        static let step = 20
    }

    private struct Pictures: TrainingPictures {
        let places: [PicturePlace]
        let preprocessing: Preprocessing
        var labels: [Int] { places.map { _ in 0 } }

        func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) throws {
            var preparer = try PicturePreparer(zone: .gmt)
            var pixels = [UInt8](repeating: 0, count: preprocessing.byteCount)
            var span = pixels.mutableSpan
            _ = try preparer.prepare(places[index], for: preprocessing, into: &span)
            for i in picture.indices { picture[i] = Float(pixels[i]) / 255 }
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: weights.path), "needs ../shared/data"))
    func featuresOfRealPicturesAreTimms() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors/lite0.json")
        let expected = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file)).pictures
        let names = expected.keys.sorted()
        #expect(names.count == 20)
        let pretrained = try PretrainedWeights(
            weights: [UInt8](Data(contentsOf: weights)),
            config: Data(contentsOf: weights.deletingLastPathComponent().appending(path: "config.json")))
        let (size, interpolation) = (pretrained.configuration.size, pretrained.configuration.interpolation)
        #expect(size == 224 && interpolation == .bicubic)
        let architecture = try pretrained.backbone.architecture(
            height: size, width: size, classes: 2, mean: pretrained.configuration.mean)
        let body = try FrozenBody(architecture, pretrained.parameters(of: Network(architecture), seed: 0))
        let pictures = Pictures(
            places: names.map { PicturePlace(path: Path(sharedData.appending(path: "clothing/test/\($0)").path)) },
            preprocessing: Preprocessing(width: size, height: size, interpolation: interpolation))
        for level in KernelLevel.supported {
            let found = try #require(
                try body.features(of: pictures, forTraining: false, level: level, threads: 2))
            for (index, name) in names.enumerated() {
                var features = [Float](repeating: 0, count: pretrained.backbone.featureCount)
                var span = features.mutableSpan
                found.load(index, augmentation: nil, into: &span)
                let chosen = stride(from: 0, to: features.count, by: Vectors.step).map { features[$0] }
                let truth = try #require(expected[name])
                let largest = try #require(truth.max())
                #expect(chosen.count == truth.count && largest > 0.5)
                let worst = zip(chosen, truth).reduce(0) { max($0, abs($1.0 - $1.1)) }
                #expect(worst < 1e-4 * largest, "\(level), \(name): \(worst) of \(largest)")
            }
        }
    }
}
