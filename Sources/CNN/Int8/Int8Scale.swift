/// What the bytes of a value mean: real = step x (byte - zero).
struct Int8Scale: Hashable, Sendable {
    var step: Double
    /// The byte of 0: a byte itself, so that padding is exact.
    var zero: UInt8 = 0

    /// Of pixels.
    static let pixels = Int8Scale(step: 1.0 / 255)

    init(step: Double, zero: UInt8 = 0) { (self.step, self.zero) = (step, zero) }

    /// What is outside of the range, which must hold 0, is cut off.
    init(_ range: ActivationRange) {
        step = (range.high - range.low) / 255
        zero = UInt8((-range.low / step).rounded())
    }
}
