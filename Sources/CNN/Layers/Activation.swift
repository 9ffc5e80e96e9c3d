/// What a layer does to its values on the way out.
enum Activation: Hashable, Sendable {
    case none
    /// max(x, 0). A NaN stays one.
    case relu
    /// min(max(x, 0), 6).
    case relu6

    /// The largest value that comes out; infinite without a cap.
    var cap: Float { self == .relu6 ? 6 : .infinity }

    func apply(to values: Buffer<Float>, _ kernels: Kernels) {
        if self != .none { kernels.clamp(values, cap: cap) }
    }

    /// dy = 0 where the values were cut.
    func maskGradient(_ dy: Buffer<Float>, of y: Buffer<Float>, _ kernels: Kernels) {
        if self != .none { kernels.maskGradient(dy, whereCut: y, cap: cap) }
    }
}
