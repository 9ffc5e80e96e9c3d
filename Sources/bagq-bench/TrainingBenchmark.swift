import CNN
import Foundation

/// One training step: forward, backward and Adam on a batch of 32 pictures that are in memory.
func measureTraining(
    _ name: String, _ precision: TrainingPrecision, of architecture: Architecture, _ options: BenchOptions
) throws -> Measurement {
    let batch = 32
    let level = try benchmarkLevel()
    var training = TrainingOptions()
    training.batch = batch
    let trainer = try Trainer(
        options: training, architecture: architecture, training: NoisePictures(count: batch * 1_000),
        validation: NoisePictures(count: 0), level: level, precision: precision,
        threads: options.threads)
    let seconds = try medianSeconds { _ = try trainer.step() }
    return Measurement(
        name: name, value: Double(batch) / seconds, unit: "images/s", threads: options.threads, batch: batch)
}

private struct NoisePictures: TrainingPictures {
    let labels: [Int]

    init(count: Int) {
        labels = (0..<count).map { $0 % benchmarkClasses.count }
    }

    func load(_ index: Int, augmentation: UInt64?, into picture: inout MutableSpan<Float>) {
        for i in picture.indices { picture[i] = Float((i &* 31 &+ index &* 17) & 255) / 255 }
    }
}
