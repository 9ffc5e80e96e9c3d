import CNN
import Foundation
import Threads

/// The network alone: pixels in memory to probabilities, a batch of 32 split over the threads as the worker's pictures
/// are.
/// - model: By default `--model`, or the blog's network.
func measureNetwork(
    _ name: String, _ precision: PredictionPrecision, batch: Int = 32, model: Model? = nil, options: BenchOptions
) throws -> Measurement {
    let model = try model ?? benchmarkModel(options)
    let level = try benchmarkLevel()
    let threads = min(options.threads, batch)
    let size = model.preprocessing.byteCount
    let pixels = (0..<batch * size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    let share = (batch + threads - 1) / threads
    let workers = try (0..<threads).map { _ in
        PredictorBox(predictor: try Predictor(model: model, precision: precision, level: level, capacity: share))
    }
    let pool = ThreadPool(threads: threads)
    let logits = Buffer<Float>(count: batch * model.classes.count)
    let seconds = try medianSeconds {
        try pool.forEach(threads) { _, unit in
            let pictures = min(batch, unit * share)..<min(batch, (unit + 1) * share)
            let classes = model.classes.count
            logits[pictures.lowerBound * classes..<pictures.upperBound * classes].copy(
                from: workers[unit].predictor.logits(
                    of: pixels.span.extracting(pictures.lowerBound * size..<pictures.upperBound * size),
                    count: pictures.count))
        }
    }
    printError("\(name): \(level.rawValue) kernels, logits' checksum \(checksum(logits))")
    return Measurement(
        name: name, value: Double(batch) / seconds, unit: "images/s", threads: threads, batch: batch)
}

/// The same of a network with random weights.
func measureNetwork(
    _ name: String, _ precision: PredictionPrecision, of architecture: Architecture, _ options: BenchOptions
) throws -> Measurement {
    try measureNetwork(name, precision, model: randomModel(of: architecture, options), options: options)
}

/// Each is used by the one unit of work that has its number.
private struct PredictorBox: @unchecked Sendable {
    let predictor: Predictor
}

/// `--model`, or the blog's network with random weights and ranges found on noise.
func benchmarkModel(_ options: BenchOptions) throws -> Model {
    if let path = options.model {
        return try Model(safetensors: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
    }
    return try randomModel(of: .blog(classes: benchmarkClasses.count), options)
}

let benchmarkClasses = ["a", "b", "c", "d", "e"]

/// EfficientNet-Lite0 at the size that it was made for, as fine-tuning has it.
func lite0() throws -> Architecture {
    guard let backbone = Backbone.all.first(where: { $0.name == "tf_efficientnet_lite0" }) else {
        throw BenchError.usage("tf_efficientnet_lite0 is none of the backbones known")
    }
    return try backbone.architecture(
        height: 224, width: 224, classes: benchmarkClasses.count, mean: [0.5, 0.5, 0.5], dropout: 0.2)
}

/// Random weights, and ranges found on noise.
func randomModel(of architecture: Architecture, _ options: BenchOptions) throws -> Model {
    var model = try Model(
        untrained: architecture, seed: 0, classes: benchmarkClasses,
        preprocessing: Preprocessing(width: architecture.input.width, height: architecture.input.height))
    let noise = NoisePixels()
    try model.quantize(
        calibration: noise, choice: noise, comparison: noise, level: benchmarkLevel(), threads: options.threads)
    return model
}

private struct NoisePixels: PixelPictures {
    let count = 4

    func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) {
        for i in pixels.indices {
            pixels[i] = UInt8(truncatingIfNeeded: (i + index * 1_000_003) &* 2_654_435_761 >> 13)
        }
    }
}

/// FNV-1a over the bits.
private func checksum(_ values: Buffer<Float>) -> String {
    let hash = values.array.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { hash, value in
        (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
}
