import CKernels

/// What a layer does to its values on the way out.
enum Activation: Hashable, Sendable {
    case none
    /// max(x, 0). A NaN stays one.
    case relu
    /// min(max(x, 0), 6).
    case relu6

    var clamp: bagq_clamp {
        switch self {
        case .none: .none
        case .relu: .relu
        case .relu6: .relu6
        }
    }

    /// dy = 0 where the values were cut.
    func maskGradient(_ dy: Buffer<Float>, of y: Buffer<Float>, _ kernels: Kernels) {
        if self != .none { kernels.maskGradient(dy, of: clamp, output: y) }
    }
}
