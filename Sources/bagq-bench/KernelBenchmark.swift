import CNN
import Foundation

/// Each layer's kernel on one thread, and the share of the most that a core can do, which a loop of independent
/// multiply-adds finds out.
func measureKernels(_ options: BenchOptions) throws -> [Measurement] {
    let model = try benchmarkModel(options)
    let level = try benchmarkLevel()
    return try PredictionPrecision.allCases.flatMap { precision in
        var operations = 0
        let peakSeconds = medianSeconds {
            operations = Model.multiplyAdds(precision, level: level, repeats: 2_000_000)
        }
        let peak = Double(operations) / peakSeconds / 1e9
        let unit = precision == .fp32 ? "GFLOP/s" : "GOP/s"
        func measurement(_ name: String, _ value: Double) -> Measurement {
            Measurement(
                name: "kernel.\(precision.rawValue).\(name)", value: value, unit: unit, threads: 1, batch: 1,
                shareOfPeak: value / peak)
        }
        let layers = try model.profile(precision, level: level) { run in
            let clock = ContinuousClock()
            let once = clock.measure(run) / .seconds(1)
            let repeats = max(1, Int(0.02 / max(once, 1e-9)))
            return medianSeconds { for _ in 0..<repeats { run() } } / Double(repeats)
        }
        return [measurement("peak", peak)]
            + layers.map { measurement($0.name, $0.operations / $0.seconds / 1e9) }
    }
}
