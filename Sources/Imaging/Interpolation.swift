/// How a resize weighs the pixels around a place: see Pillow's `resize` and timm's `interpolation`. Both widen with the
/// scale, so that nothing is skipped when shrinking.
package enum Interpolation: Sendable {
    /// A triangle over 2 pixels.
    case bilinear
    /// Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -0.5, over 4 pixels:
    /// sharper, and may overshoot.
    case bicubic

    /// Pixels to either side.
    var support: Double { self == .bilinear ? 1 : 2 }

    /// Of what is so many pixels away, in Pillow's order of operations, which the last bit depends on.
    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
    }
}
