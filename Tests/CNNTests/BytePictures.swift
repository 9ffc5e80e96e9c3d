@testable import CNN

/// Pictures of noise whose label says which of three rows is brighter, in bytes as a predictor takes them.
struct BytePictures: TrainingPictures {
    let side: Int
    let labels: [Int]
    /// How much brighter the row is, and how far the noise goes to either side.
    let contrast: Int
    let noise: Int

    init(_ count: Int, side: Int, contrast: Int, noise: Int) {
        labels = (0..<count).map { $0 * 7 % 3 }
        (self.side, self.contrast, self.noise) = (side, contrast, noise)
    }

    func bytes(_ index: Int, augmentation: UInt64? = nil) -> [UInt8] {
        var random = Noise((augmentation ?? 0) &+ UInt64(index))
        let bright = side / 3 * labels[index] + side / 6
        return (0..<side * side * 3).map { i in
            UInt8((i / (side * 3) == bright ? 70 + contrast : 70) + random.integer(-noise...noise))
        }
    }

    func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
        for (i, byte) in bytes(index, augmentation: augmentation).enumerated() { picture[i] = Float(byte) * (1 / 255) }
    }

    /// Loss and accuracy on these of a predictor made afresh from the trainer's weights of now, by way of a model file.
    func figures(of trainer: Trainer) throws -> (loss: Double, accuracy: Double) {
        let model = try Model(
            trainedBy: trainer, classes: ["a", "b", "c"], preprocessing: Preprocessing(width: side, height: side))
        let read = try Model(safetensors: model.safetensors())
        let predictor = try Predictor(model: read, precision: .fp32, level: trainer.level, capacity: 1)
        var (loss, right) = (0.0, 0)
        for (index, label) in labels.enumerated() {
            let logits = predictor.logits(of: bytes(index).span, count: 1).array
            var ignored = logits
            var span = ignored.mutableSpan
            loss += SoftmaxCrossEntropy.loss(of: logits.span, label: label, scale: 1, dLogits: &span)
            right += logits.firstIndex(of: logits.max() ?? 0) == label ? 1 : 0
        }
        return (loss / Double(labels.count), Double(right) / Double(labels.count))
    }
}
