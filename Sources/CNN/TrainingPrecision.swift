/// The numbers that training's convolutions multiply. Sums and weights are floats either way.
package enum TrainingPrecision: String, CaseIterable, Codable, Sendable {
    case fp32, bf16

    /// What this machine has beside the kernels of a level, slowest first.
    package static func supported(at level: KernelLevel) -> [TrainingPrecision] {
        level == .avx512 && BF16Kernels() != nil ? [.fp32, .bf16] : [.fp32]
    }

    /// What is wanted, or where that is nil, the fastest by a measurement of a few milliseconds: some processors
    /// multiply numbers of bf16 at twice the rate of floats, others at half of it.
    package static func chosen(
        _ wanted: TrainingPrecision?, at level: KernelLevel
    ) throws(TrainingPrecisionError) -> TrainingPrecision {
        let supported = supported(at: level)
        guard let wanted else {
            guard supported.contains(.bf16) else { return .fp32 }
            let rates = rates(of: [.fp32, .bf16], at: level)
            return rates[1] > roundingsWorth * rates[0] ? .bf16 : .fp32
        }
        guard supported.contains(wanted) else { throw .unsupported(wanted, level) }
        return wanted
    }

    /// Training in bf16 rounds besides, and Winograd's convolution is for floats.
    private static let roundingsWorth = 1.25

    /// Operations a second, the best of many short runs that take turns, so that what else the machine does disturbs
    /// all alike.
    private static func rates(of precisions: [TrainingPrecision], at level: KernelLevel) -> [Double] {
        let clock = ContinuousClock()
        var best = precisions.map { _ in 0.0 }
        for _ in 0..<20 {
            for (index, precision) in precisions.enumerated() {
                var operations = 0
                let time = clock.measure {
                    operations = Model.multiplyAdds(training: precision, level: level, repeats: 20_000)
                }
                best[index] = max(best[index], Double(operations) / (time / .seconds(1)))
            }
        }
        return best
    }
}

package enum TrainingPrecisionError: Error, Equatable, CustomStringConvertible {
    case unsupported(TrainingPrecision, KernelLevel)

    package var description: String {
        switch self {
        case .unsupported(let precision, let level):
            "this machine does not train in \(precision.rawValue) with \(level.rawValue) kernels; use --precision auto"
        }
    }
}
