/// The numbers that training's convolutions multiply. Sums and weights are floats either way.
package enum TrainingPrecision: String, CaseIterable, Codable, Sendable {
    case fp32, bf16

    /// What this machine has beside the kernels of a level, slowest first.
    package static func supported(at level: KernelLevel) -> [TrainingPrecision] {
        level == .avx512 && BF16Kernels() != nil ? [.fp32, .bf16] : [.fp32]
    }

    /// What is wanted, or the fastest where that is nil.
    package static func chosen(
        _ wanted: TrainingPrecision?, at level: KernelLevel
    ) throws(TrainingPrecisionError) -> TrainingPrecision {
        let supported = supported(at: level)
        guard let wanted else { return supported.last ?? .fp32 }
        guard supported.contains(wanted) else { throw .unsupported(wanted, level) }
        return wanted
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
