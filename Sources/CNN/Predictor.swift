/// Predicts with a model on one thread: each thread has its own, with its own memory; the weights are the model's,
/// shared.
package final class Predictor {
    package let model: Model
    /// Most pictures of one call.
    package let capacity: Int
    private let engine: Engine
    /// What the last layer took, capacity x features, and gave, of the last call's pictures. Those of int8 are made
    /// where asked for.
    private let features: Buffer<Float>
    private var logits = Buffer<Float>(count: 0)
    private let scratch: Familiarity.Scratch

    private enum Engine {
        case fp32(ForwardPass, Kernels)
        case int8(Int8ForwardPass)
    }

    /// - throws: `KernelLevelError` where this machine lacks the level, `ModelFileError` where the model lacks the
    ///   precision.
    package init(model: Model, precision: PredictionPrecision, level: KernelLevel, capacity: Int) throws {
        precondition(capacity > 0)
        self.model = model
        self.capacity = capacity
        features = Buffer(count: capacity * model.network.featureCount)
        scratch = try Familiarity.Scratch(features: model.network.featureCount)
        switch precision {
        case .fp32:
            guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
            let weights = DerivedWeights(
                model.network.convolutions, model.parameters, kernels: kernels, for: .prediction)
            let forward = ForwardPass(model.network, weights, capacity: capacity)
            engine = .fp32(forward, kernels)
        case .int8:
            guard let kernels = Int8Kernels(level) else { throw KernelLevelError.unsupported(level) }
            guard let network = model.int8 else {
                throw ModelFileError.invalid("it has no activation ranges for int8; use --precision fp32")
            }
            engine = .int8(Int8ForwardPass(network, kernels: kernels, capacity: capacity))
        }
    }

    /// Class probabilities, each picture's summing to 1. They depend on the picture, the model, the precision and, in
    /// fp32, the level, on nothing else.
    /// - pixels: count x H x W x 3.
    /// - probabilities: count x classes.
    /// - count: At most `capacity`.
    package func predict(_ pixels: Span<UInt8>, count: Int, into probabilities: inout MutableSpan<Float>) {
        let classes = model.classes.count
        precondition(probabilities.count == count * classes)
        let logits = logits(of: pixels, count: count)
        for picture in 0..<count {
            SoftmaxCrossEntropy.probabilities(
                of: logits.slice(picture, of: classes).span, model.calibration, into: &probabilities,
                from: picture * classes)
        }
    }

    /// The network's outputs, count x classes. Valid until the next call.
    package func logits(of pixels: Span<UInt8>, count: Int) -> Buffer<Float> {
        let size = model.network.architecture.input.count
        precondition(count <= capacity && pixels.count == count * size)
        guard count > 0 else { return Buffer(count: 0) }
        switch engine {
        case .fp32(let forward, let kernels):
            kernels.rescale(pixels, into: forward.input[..<(count * size)])
            // One picture's or the whole batch's, as they are made.
            var rest = features
            logits = forward.run(count: count) { [value = model.network.featureValue] made, found in
                guard made == value else { return }
                rest[..<found.count].copy(from: found)
                rest = rest[found.count...]
            }
        case .int8(let forward):
            logits = forward.run(pixels, count: count)
        }
        return logits
    }

    /// What the last layer took of a picture of the last call. Valid until the next.
    func features(of picture: Int) -> Buffer<Float> {
        let found = features.slice(picture, of: model.network.featureCount)
        if case .int8(let forward) = engine { forward.features(of: picture, into: found) }
        return found
    }

    /// How like the model's own pictures one of the last call is; nil where the model cannot tell.
    package func familiarity(of picture: Int) -> Double? {
        model.familiarity?.score(
            features: features(of: picture).span, logits: logits.slice(picture, of: model.classes.count).span,
            scratch)
    }
}
