/// What the bytes of a value mean: real = step x (byte - zero).
struct Int8Scale: Hashable, Sendable {
    let step: Double
    /// The byte of 0: a byte itself, so that padding is exact.
    let zero: Int

    /// Of pixels.
    static let pixels = Int8Scale(step: 1.0 / 255, zero: 0)

    private init(step: Double, zero: Int) { (self.step, self.zero) = (step, zero) }

    /// What is outside of the range is cut off.
    init(_ range: ActivationRange) {
        step = (range.high - range.low) / 255
        zero = Int((-range.low / step).rounded())
    }
}
