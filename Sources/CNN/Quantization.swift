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
        /// Over all pictures and classes, of the difference, without sign, of the logits' softmax.
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

/// Pictures that ranges are found on, or that precisions are compared on. `load` is called from several threads at
/// once.
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
    /// - throws: `QuantizationError` where the network cannot be had in int8, the model then being as before; what
    ///   loading a picture threw; `KernelLevelError`.
    package mutating func quantize(
        calibration: any PixelPictures, choice: any PixelPictures, comparison: any PixelPictures, level: KernelLevel,
        threads: Int
    ) throws {
        guard calibration.count > 0 else { return }
        let pool = ThreadPool(threads: threads)
        let ranges = try ActivationRanges(of: self, on: calibration, level: level, pool: pool)
        func logits(
            _ model: Model, _ precision: PredictionPrecision, _ pictures: any PixelPictures
        ) throws -> Buffer<Float> {
            try model.logits(of: pictures, precision: precision, level: level, pool: pool)
        }
        let expected = try logits(self, .fp32, choice)
        var best: (model: Model, difference: Double)?
        for percentile in Self.percentiles {
            var candidate = self
            try candidate.adopt(Quantization(percentile: percentile, ranges: ranges.holding(percentile)))
            let found = try logits(candidate, .int8, choice)
            let difference = Quantization.Agreement(of: expected, found, classes: classes.count).meanDifference
            if best.map({ difference < $0.difference }) ?? true { best = (candidate, difference) }
        }
        guard var (model, _) = best else { return }
        if comparison.count > 0 {
            let agreement = Quantization.Agreement(
                of: try logits(self, .fp32, comparison), try logits(model, .int8, comparison), classes: classes.count)
            model.quantization?.agreement = agreement
        }
        self = model
    }
}

extension Quantization.Agreement {
    /// - fp32, int8: The logits of the same pictures, pictures x classes.
    fileprivate init(of fp32: Buffer<Float>, _ int8: Buffer<Float>, classes: Int) {
        pictures = fp32.count / classes
        let (expected, found) = (Buffer<Float>(count: classes), Buffer<Float>(count: classes))
        var difference = 0.0
        for picture in 0..<pictures {
            for (logits, result) in [(fp32, expected), (int8, found)] {
                result.withMutableSpan {
                    SoftmaxCrossEntropy.probabilities(
                        of: logits.slice(picture, of: classes).span, Calibration(), into: &$0, from: 0)
                }
            }
            agreeing += expected.span.indexOfLargest == found.span.indexOfLargest ? 1 : 0
            for (a, b) in zip(expected.array, found.array) { difference += Double(abs(a - b)) }
        }
        if pictures > 0 { meanDifference = difference / Double(pictures * classes) }
    }
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
