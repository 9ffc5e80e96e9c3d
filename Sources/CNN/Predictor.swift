/// Predicts with a model on one thread: each thread has its own, with its own memory; the weights are the model's, shared.
package final class Predictor {
    package let model: Model
    /// Most pictures of one call.
    package let capacity: Int
    private let forward: ForwardPass
    private let kernels: Kernels

    /// - throws: `KernelLevelError` where this machine lacks the level.
    package init(model: Model, level: KernelLevel, capacity: Int) throws(KernelLevelError) {
        guard let kernels = Kernels(level) else { throw .unsupported(level) }
        precondition(capacity > 0)
        self.model = model
        self.capacity = capacity
        self.kernels = kernels
        forward = ForwardPass(model.network, parameters: model.parameters, kernels: kernels, capacity: capacity)
    }

    /// Class probabilities, each picture's summing to 1. They depend on the picture, the model and the level, on nothing else.
    /// - pixels: count x H x W x 3. - probabilities: count x classes. - count: At most `capacity`.
    package func predict(_ pixels: Span<UInt8>, count: Int, into probabilities: inout MutableSpan<Float>) {
        let classes = model.classes.count
        precondition(probabilities.count == count * classes)
        let logits = logits(of: pixels, count: count)
        for picture in 0..<count {
            SoftmaxCrossEntropy.probabilities(
                of: logits.slice(picture, of: classes).span, temperature: model.temperature, into: &probabilities,
                from: picture * classes)
        }
    }

    /// The network's outputs, count x classes. Valid until the next call.
    package func logits(of pixels: Span<UInt8>, count: Int) -> Buffer<Float> {
        let size = model.network.architecture.input.count
        precondition(count <= capacity && pixels.count == count * size)
        kernels.rescale(pixels, into: forward.input[..<(count * size)])
        return forward.run(count: count)
    }
}
