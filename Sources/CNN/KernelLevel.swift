import CKernels

/// An instruction set that the kernels are compiled for. `portable` runs everywhere and defines the results; the others
/// agree with it to rounding, and each with itself to the bit.
package enum KernelLevel: String, CaseIterable, Codable, Sendable {
    case portable, avx2, avx512

    /// What this machine runs, slowest first.
    package static var supported: [KernelLevel] { allCases.filter { Kernels($0) != nil } }

    /// The level named by `override` (the setting `BAGQ_KERNELS`), or the fastest where that is nil, empty or `auto`.
    package static func chosen(_ override: String?) throws(KernelLevelError) -> KernelLevel {
        guard let name = override, !name.isEmpty, name != "auto" else { return supported.last ?? .portable }
        guard let level = KernelLevel(rawValue: name) else { throw .unknown(name) }
        guard supported.contains(level) else { throw .unsupported(level) }
        return level
    }

    var identifier: bagq_level {
        switch self {
        case .portable: bagq_level_portable
        case .avx2: bagq_level_avx2
        case .avx512: bagq_level_avx512
        }
    }
}

package enum KernelLevelError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case unsupported(KernelLevel)

    package var description: String {
        let supported = KernelLevel.supported.map(\.rawValue).joined(separator: ", ")
        return switch self {
        case .unknown(let name):
            "BAGQ_KERNELS: there is no kernel level \(name.debugDescription); this machine runs \(supported), or leave it out"
        case .unsupported(let level):
            "BAGQ_KERNELS: this machine does not run \(level.rawValue), only \(supported); leave it out to have the fastest"
        }
    }
}
