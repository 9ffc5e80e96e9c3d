import Foundation
import Testing

@testable import CNN

struct FamiliarityTests {
    private static let (features, classes) = (160, 3)

    /// Pictures' features that vary along 32 axes, of which each has its own width, and a little along the others.
    private static func drawn(_ pictures: Int, seed: UInt64, outside: Float = 0.1) -> Buffer<Float> {
        var noise = Noise(seed)
        let result = Buffer<Float>(count: pictures * features)
        result.withMutableSpan { values in
            for i in values.indices {
                let axis = i % features
                values[i] = 2 + (axis % 5 == 0 ? Float(20 + axis) : outside) * noise.floats(1)[0]
            }
        }
        return result
    }

    private static func logits(_ pictures: Int, seed: UInt64) -> Buffer<Float> {
        var noise = Noise(seed)
        let result = Buffer<Float>(count: pictures * classes)
        result.copy(from: noise.floats(result.count, in: -3...5))
        return result
    }

    private static func learnt(_ level: KernelLevel = .portable) throws -> Familiarity {
        try #require(
            try Familiarity(
                features: drawn(500, seed: 1), logits: logits(500, seed: 2), pictures: 500, kernels: kernels(level)))
    }

    @Test(arguments: KernelLevel.allCases) func theSubspaceIsWhereFeaturesVaryMost(_ level: KernelLevel) throws {
        let familiarity = try Self.learnt(level)
        let directions = familiarity.directions.array
        for axis in 0..<Self.features {
            // How much of the axis lies in the subspace.
            let share = (0..<32).reduce(0.0) { $0 + pow(Double(directions[axis * 32 + $1]), 2) }
            #expect(abs(share - (axis % 5 == 0 ? 1 : 0)) < 0.01, "axis \(axis): \(share)")
        }
        for a in 0..<32 {
            for b in 0...a {
                let product = (0..<Self.features).reduce(0.0) {
                    $0 + Double(directions[$1 * 32 + a]) * Double(directions[$1 * 32 + b])
                }
                #expect(abs(product - (a == b ? 1 : 0)) < 1e-5)
            }
        }
        let features = Self.drawn(500, seed: 1).array
        for axis in 0..<Self.features {
            let mean = (0..<500).reduce(0.0) { $0 + Double(features[$1 * Self.features + axis]) } / 500
            #expect(abs(Double(familiarity.mean.array[axis]) - mean) < 1e-4)
        }
    }

    /// By Foundation's functions, and by the part outside of the subspace itself.
    @Test func theScoreIsTheEnergyLessTheWeightedDistance() throws {
        var familiarity = try Self.learnt()
        familiarity.limit = 1.5
        let (directions, scratch) = (familiarity.directions.array, try Familiarity.Scratch(features: Self.features))
        let (features, logits) = (Self.drawn(40, seed: 3, outside: 3), Self.logits(40, seed: 4))
        for picture in 0..<40 {
            let found = features.slice(picture, of: Self.features)
            let outputs = logits.slice(picture, of: Self.classes)
            var outside = zip(found.array, familiarity.mean.array).map { Double($0) - Double($1) }
            let inside = (0..<32).map { k in
                outside.indices.reduce(0.0) { $0 + outside[$1] * Double(directions[$1 * 32 + k]) }
            }
            for i in outside.indices {
                for k in 0..<32 { outside[i] -= inside[k] * Double(directions[i * 32 + k]) }
            }
            let distance = outside.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let energy = log(outputs.array.reduce(0) { $0 + exp(Double($1)) })
            let score = familiarity.score(features: found.span, logits: outputs.span, scratch)
            #expect(abs(score - (energy - familiarity.weight * distance - 1.5)) < 0.01)
        }
    }

    /// The weight makes a learnt picture's distance cost as much as its largest logit lies above their mean, on
    /// average.
    @Test func theWeightBalancesLogitsAndDistances() throws {
        let familiarity = try Self.learnt()
        let (features, logits) = (Self.drawn(500, seed: 1), Self.logits(500, seed: 2))
        let scratch = try Familiarity.Scratch(features: Self.features)
        var (largest, distances) = (0.0, 0.0)
        for picture in 0..<500 {
            let outputs = logits.slice(picture, of: Self.classes)
            let values = outputs.array.map(Double.init)
            largest += (values.max() ?? 0) - values.reduce(0, +) / 3
            let energy = log(outputs.array.reduce(0) { $0 + exp(Double($1)) })
            let score = familiarity.score(
                features: features.slice(picture, of: Self.features).span, logits: outputs.span, scratch)
            distances += energy - score
        }
        #expect(abs(distances / largest - 1) < 1e-3)
    }

    @Test func whatLiesOutsideIsLessFamiliar() throws {
        let (familiarity, scratch) = (try Self.learnt(), try Familiarity.Scratch(features: Self.features))
        func scores(_ outside: Float) -> [Double] {
            let features = Self.drawn(60, seed: 5, outside: outside)
            return (0..<60).map {
                familiarity.score(
                    features: features.slice($0, of: Self.features).span, logits: [1, 2, 0].span, scratch)
            }
        }
        let (known, strange) = (scores(0.1), scores(1))
        #expect(known.allSatisfy { score in strange.allSatisfy { score > $0 } })
    }

    @Test func fewAreTooFew() throws {
        let kernels = try #require(Kernels(.portable))
        let few = try Familiarity(
            features: Self.drawn(63, seed: 1), logits: Self.logits(63, seed: 2), pictures: 63, kernels: kernels)
        #expect(few == nil)
        // That never vary, and lie nowhere but at their mean.
        let same = Buffer<Float>(count: 100 * Self.features)
        let flat = try Familiarity(features: same, logits: Self.logits(100, seed: 2), pictures: 100, kernels: kernels)
        #expect(flat == nil)
    }

    @Test func theLimitKeeps95OfAHundred() throws {
        #expect(Familiarity.limit(of: (0..<18).map(Double.init)) == nil)
        #expect(Familiarity.limit(of: (0..<19).reversed().map(Double.init)) == 0)
        #expect(Familiarity.limit(of: (0..<39).map(Double.init)) == 1)
        // Of new ones like those that set it, one in twenty falls below on average, and not more.
        var noise = Noise(6)
        var below = 0
        for _ in 0..<400 {
            let limit = try #require(Familiarity.limit(of: noise.floats(60).map(Double.init)))
            below += noise.floats(100).count { Double($0) < limit }
        }
        #expect((0.045...0.053).contains(Double(below) / 40_000))
    }

    // MARK: Models

    private struct Noises: PixelPictures {
        let count: Int
        var seed: UInt64 = 0

        func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) {
            var noise = Noise(seed &+ UInt64(index))
            let (low, step) = (noise.integer(0...120), noise.integer(1...9))
            for i in pixels.indices { pixels[i] = UInt8(low + i * step % 120 + noise.integer(0...15)) }
        }

        var pixels: [UInt8] {
            var result = [UInt8](repeating: 0, count: count * 12 * 12 * 3)
            for index in 0..<count {
                var span = result.mutableSpan
                var picture = span._mutatingExtracting(index * 432..<(index + 1) * 432)
                load(index, into: &picture)
            }
            return result
        }
    }

    /// - isFlat: Whether the last layer takes a batch at once.
    private static func model(isFlat: Bool) throws -> Model {
        let end: [LayerDescription] =
            isFlat
            ? [.flatten, .dense(units: 160), .relu]
            : [.convolution(filters: 160, kernel: 3, stride: 2, padding: 1), .relu, .globalAveragePool]
        var model = try Model(
            untrained: Architecture(
                input: Shape(height: 12, width: 12, channels: 3),
                layers: [.convolution(filters: 16, kernel: 3, stride: 2, padding: 1), .relu] + end + [
                    .dense(units: 3)
                ]), seed: 4, classes: ["a", "b", "c"], preprocessing: Preprocessing(width: 12, height: 12))
        try model.learnFamiliarity(from: Noises(count: 80), level: .portable, threads: 2)
        model.familiarity?.limit = -2
        return model
    }

    private static func predictions(
        _ model: Model, _ precision: PredictionPrecision, _ pictures: Noises, batch: Int, level: KernelLevel
    ) throws -> (scores: [Double], features: [Float], logits: [Float]) {
        let predictor = try Predictor(model: model, precision: precision, level: level, capacity: batch)
        let pixels = pictures.pixels
        var result: (scores: [Double], features: [Float], logits: [Float]) = ([], [], [])
        for start in stride(from: 0, to: pictures.count, by: batch) {
            let count = min(batch, pictures.count - start)
            result.logits +=
                predictor.logits(
                    of: pixels.span.extracting(start * 432..<(start + count) * 432), count: count
                ).array[..<(count * 3)]
            for picture in 0..<count {
                result.scores.append(try #require(predictor.familiarity(of: picture)))
                result.features += predictor.features(of: picture).array
            }
        }
        return result
    }

    @Test(arguments: [true, false]) func scoresAreThePicturesOwn(_ isFlat: Bool) throws {
        var model = try Self.model(isFlat: isFlat)
        let pictures = Noises(count: 11, seed: 1_000)
        let alone = try Self.predictions(model, .fp32, pictures, batch: 1, level: .portable)
        #expect(Set(alone.scores).count == 11)
        #expect(try Self.predictions(model, .fp32, pictures, batch: 4, level: .portable) == alone)
        try model.quantize(
            calibration: Noises(count: 40), choice: Noises(count: 40), comparison: Noises(count: 10), level: .portable,
            threads: 1)
        let bytes = try Self.predictions(model, .int8, pictures, batch: 4, level: .portable)
        #expect(try Self.predictions(model, .int8, pictures, batch: 3, level: .chosen(nil)) == bytes)
        // A precision's scores are those of its own features and logits, and its features are the picture's.
        let (familiarity, scratch) = (try #require(model.familiarity), try Familiarity.Scratch(features: 160))
        for (scores, features, logits) in [alone, bytes] {
            for picture in 0..<11 {
                let score = familiarity.score(
                    features: features[picture * 160..<(picture + 1) * 160].span,
                    logits: logits[picture * 3..<(picture + 1) * 3].span, scratch)
                #expect(scores[picture] == score)
            }
        }
        // On average: a range of activations may cut off the largest.
        let largest = alone.features.map(abs).max() ?? 0
        let differences = zip(alone.features, bytes.features).map { abs($0 - $1) / largest }
        let mean = differences.reduce(0, +) / Float(differences.count)
        #expect(largest > 0.01 && mean < 0.003, "\(mean)")
        #expect(alone.features != bytes.features)
    }

    @Test func threadsChangeNothing() throws {
        var model = try Self.model(isFlat: false)
        let learnt = model.familiarity
        try model.learnFamiliarity(from: Noises(count: 80), level: .portable, threads: 5)
        model.familiarity?.limit = -2
        #expect(model.familiarity?.tensors == learnt?.tensors && model.familiarity?.weight == learnt?.weight)
    }

    @Test func heldOutPicturesSetTheLimit() throws {
        var model = try Self.model(isFlat: false)
        model.familiarity?.limit = 0
        let labels = (0..<60).map { $0 % 3 }
        let logits = try model.logits(for: Noises(count: 60, seed: 500), labels: labels, level: .portable, threads: 2)
        model.limitFamiliarity(by: logits, exceptOf: 2)
        let (scores, _, _) = try Self.predictions(
            model, .fp32, Noises(count: 60, seed: 500), batch: 8, level: .portable)
        let brands = zip(scores, labels).filter { $0.1 != 2 }.map(\.0)
        // Of 40 the second is at the limit.
        #expect(brands.count { $0 < 0 } == 1 && brands.contains(0))
        // Too few, and none at all.
        for count in [18, 0] {
            var other = model
            let few = try other.logits(
                for: Noises(count: count), labels: Array(labels.prefix(count)), level: .portable, threads: 1)
            other.limitFamiliarity(by: few, exceptOf: nil)
            #expect(other.familiarity == nil)
        }
    }

    @Test func comesBackFromItsFile() throws {
        let model = try Self.model(isFlat: false)
        let bytes = model.safetensors()
        let back = try Model(safetensors: bytes)
        #expect(back.familiarity != nil && back.safetensors() == bytes)
        var file = try Safetensors(parsing: bytes)
        func error() throws -> String {
            let error = #expect(throws: ModelFileError.self) { try Model(safetensors: file.serialized()) }
            return "\(try #require(error))"
        }
        let place = try #require(file.tensors.firstIndex { $0.name == "familiarity.mean" })
        file.tensors[place].values[3] = .nan
        #expect(try error().contains("familiarity.mean"))
        file.tensors[place].shape = [80, 2]
        #expect(try error().contains("familiarity.mean"))
        let numbers = file.metadata["familiarity"]
        file.metadata["familiarity"] = #"{"weight":-1,"limit":0}"#
        #expect(try error().contains("out of range"))
        file.metadata["familiarity"] = numbers
        file.tensors.remove(at: place)
        #expect(try error().contains("tensors"))
        file.metadata["familiarity"] = nil
        file.tensors.removeAll { $0.name.hasPrefix("familiarity") }
        #expect(try Model(safetensors: file.serialized()).familiarity == nil)
    }
}
