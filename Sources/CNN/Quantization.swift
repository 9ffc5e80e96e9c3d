import Threads

/// What prediction in 8-bit integers needs besides the weights, and how close it comes to fp32: part of a model.
package struct Quantization: Codable, Hashable, Sendable {
    /// Share of the positive activations, in percent, that the ranges hold; larger ones are cut off.
    package var percentile: Double
    /// The activations told, by the name of the node that gives them.
    package var ranges: [String: ActivationRange]
    /// On validation pictures; nil where there were none.
    package var agreement: Agreement?

    /// How int8 and fp32 compare on some pictures.
    package struct Agreement: Codable, Hashable, Sendable {
        package var pictures = 0
        /// Pictures that both give the same class.
        package var agreeing = 0
        /// Over all pictures and classes, of the probabilities' difference, without sign, at a temperature of 1.
        package var meanDifference = 0.0

        /// With so few pictures, which precision is chosen is a guess.
        package var isGuess: Bool { pictures < 100 }
        package var rate: Double { pictures == 0 ? 0 : Double(agreeing) / Double(pictures) }
    }

    /// From this rate of agreement on, int8 is what a model is used with.
    package static let neededAgreement = 0.98
}

/// The arithmetic of a prediction.
package enum PredictionPrecision: String, CaseIterable, Codable, Sendable {
    /// The reference: the weights as they were trained.
    case fp32
    /// Several times faster, all-integer, and the same to the bit on every machine.
    case int8
}

/// Pictures that ranges are found on, or that precisions are compared on. `load` is called from several threads at once.
package protocol PixelPictures: Sendable {
    var count: Int { get }

    /// Fills `pixels`, H x W x 3, with picture `index` as prediction takes it.
    func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws
}

extension Model {
    /// Shares of the activations that are tried.
    private static let percentiles = [99.9, 99.99, 99.999, 100]

    /// Finds the ranges that int8 needs; leaves the model alone where `calibration` is empty.
    /// - calibration: Of the training pictures; a few hundred will do.
    /// - choice: Validation pictures: the share of the activations that comes closest to fp32 here is taken.
    /// - comparison: Validation pictures, of which the agreement is recorded; it chooses the precision.
    /// - throws: `QuantizationError` where the network cannot be had in int8, the model then being as before; what loading a picture threw;
    /// `KernelLevelError`.
    package mutating func quantize(
        calibration: any PixelPictures, choice: any PixelPictures, comparison: any PixelPictures, level: KernelLevel,
        threads: Int
    ) throws {
        guard calibration.count > 0 else { return }
        let pool = ThreadPool(threads: threads)
        let ranges = try ActivationRanges(of: self, on: calibration, level: level, pool: pool)
        var best: (model: Model, difference: Double)?
        for percentile in Self.percentiles {
            var candidate = self
            try candidate.adopt(Quantization(percentile: percentile, ranges: ranges.holding(percentile)))
            let difference = try candidate.agreement(on: choice, level: level, pool: pool).meanDifference
            if best.map({ difference < $0.difference }) ?? true { best = (candidate, difference) }
        }
        guard var (model, _) = best else { return }
        if comparison.count > 0 {
            let agreement = try model.agreement(on: comparison, level: level, pool: pool)
            model.quantization?.agreement = agreement
        }
        self = model
    }

    /// How this model's int8 and fp32 compare.
    package func agreement(
        on pictures: any PixelPictures, level: KernelLevel, threads: Int
    ) throws -> Quantization.Agreement {
        try agreement(on: pictures, level: level, pool: ThreadPool(threads: threads))
    }

    private func agreement(
        on pictures: any PixelPictures, level: KernelLevel, pool: ThreadPool
    ) throws -> Quantization.Agreement {
        let classes = classes.count
        let size = network.architecture.input.count
        let predictors = try (0..<pool.threads).map { _ in
            PredictorPair(
                fp32: try Predictor(model: self, precision: .fp32, level: level, capacity: 1),
                int8: try Predictor(model: self, precision: .int8, level: level, capacity: 1))
        }
        let probabilities = [Buffer<Float>(count: pictures.count * classes), Buffer(count: pictures.count * classes)]
        let pixels = (0..<pool.threads).map { _ in Buffer<UInt8>(count: size) }
        try pool.forEach(pictures.count) { worker, index in
            let pixels = pixels[worker]
            try pixels.withMutableSpan { try pictures.load(index, into: &$0) }
            for (predictor, probabilities) in zip(predictors[worker].both, probabilities) {
                probabilities.slice(index, of: classes).withMutableSpan {
                    predictor.predict(pixels.span, count: 1, into: &$0)
                }
            }
        }
        var agreement = Quantization.Agreement()
        var difference = 0.0
        for index in 0..<pictures.count {
            let (fp32, int8) = (probabilities[0].slice(index, of: classes), probabilities[1].slice(index, of: classes))
            agreement.pictures += 1
            agreement.agreeing += fp32.span.indexOfLargest == int8.span.indexOfLargest ? 1 : 0
            for (a, b) in zip(fp32.array, int8.array) { difference += Double(abs(a - b)) }
        }
        if agreement.pictures > 0 { agreement.meanDifference = difference / Double(agreement.pictures * classes) }
        return agreement
    }
}

/// Each is used by the one thread of a pool that has its number.
private struct PredictorPair: @unchecked Sendable {
    let fp32: Predictor
    let int8: Predictor

    var both: [Predictor] { [fp32, int8] }
}

extension Quantization {
    /// As models of version 1 have it: of a plain sequence, the largest activation of each layer with a ReLU, in order.
    struct Ordered: Decodable {
        var percentile: Double
        var ranges: [Double]
        var agreement: Agreement?
    }

    /// Ranges too many or too few are no layer's.
    init(_ ordered: Ordered, _ network: Network) {
        let names = network.scaledValues.sorted().map { network.architecture.resolved[$0 - 1].name }
        let pairs = zip(names, ordered.ranges).map { ($0, ActivationRange(low: 0, high: $1)) }
        self.init(
            percentile: ordered.percentile,
            ranges: names.count == ordered.ranges.count ? Dictionary(pairs) { $1 } : [:],
            agreement: ordered.agreement)
    }
}
