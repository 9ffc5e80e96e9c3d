import CNN
import Foundation
import Imaging

/// Each layer's kernels on one thread: what they compute with its share of the most that a core can do, which a loop of
/// independent multiply-adds finds out, or how much they read.
func measureKernels(_ options: BenchOptions) throws -> [Measurement] {
    let model = try benchmarkModel(options)
    let level = try benchmarkLevel()
    let prediction = try PredictionPrecision.allCases.flatMap { precision in
        try measurements(
            "kernel.\(precision.rawValue)", unit: precision == .fp32 ? "GFLOP/s" : "GOP/s",
            peak: { Model.multiplyAdds(precision, level: level, repeats: $0) },
            profiles: model.profile(precision, level: level, clock: secondsOfOne)
                + LayerProfile.backbone(precision, level: level, clock: secondsOfOne))
    }
    let training = try TrainingPrecision.supported(at: level).flatMap { precision in
        try measurements(
            "kernel.training.\(precision.rawValue)", unit: "GFLOP/s",
            peak: { Model.multiplyAdds(training: precision, level: level, repeats: $0) },
            profiles: model.profile(training: precision, batch: 32, level: level, clock: secondsOfOne)
                + LayerProfile.backboneGradients(precision, level: level, clock: secondsOfOne))
    }
    let size = model.preprocessing
    let resize = ResizeProfile.passes(from: (width: 1080, height: 1350), to: (size.width, size.height)).map { pass in
        Measurement(
            name: "kernel.resize.\(pass.name)", value: Double(pass.bytes) / secondsOfOne(pass.run) / 1e9, unit: "GB/s",
            threads: 1, batch: 1)
    }
    return prediction + training + resize
}

private func measurements(
    _ prefix: String, unit: String, peak multiplyAdds: (Int) -> Int, profiles: [LayerProfile]
) -> [Measurement] {
    var operations = 0
    let seconds = secondsOfOne { operations = multiplyAdds(100_000) }
    let peak = Double(operations) / seconds / 1e9
    let first = Measurement(
        name: "\(prefix).peak", value: peak, unit: unit, threads: 1, batch: 1, shareOfPeak: 1)
    return [first]
        + profiles.map { profile in
            var measurement = Measurement(
                name: "\(prefix).\(profile.name)", value: 0, unit: unit, threads: 1, batch: profile.batch)
            switch profile.work {
            case .operations(let count):
                measurement.value = Double(count) / profile.seconds / 1e9
                measurement.shareOfPeak = measurement.value / peak
            case .bytes(let count):
                measurement.value = Double(count) / profile.seconds / 1e9
                measurement.unit = "GB/s"
            }
            return measurement
        }
}

/// The best of many short runs: what other programs on the machine disturb least.
private func secondsOfOne(_ run: () -> Void) -> Double {
    let clock = ContinuousClock()
    let once = clock.measure(run) / .seconds(1)
    let repeats = max(1, Int(0.002 / max(once, 1e-9)))
    let seconds = (0..<100).map { _ in clock.measure { for _ in 0..<repeats { run() } } / .seconds(1) }
    return (seconds.min() ?? 0) / Double(repeats)
}
