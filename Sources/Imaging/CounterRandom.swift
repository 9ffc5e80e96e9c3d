/// Random numbers that depend on their seeds alone: give each picture of each epoch its own, and neither threads nor
/// restarts change what is drawn. SplitMix64 (Steele, Lea, Flood 2014).
package struct CounterRandom: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// Different seeds, in value or in place, give unrelated numbers.
    package init(_ seeds: UInt64...) {
        state = 0
        for seed in seeds { state = next() ^ seed }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Evenly spread over the range, with 24 bits.
    package mutating func float(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * (Float(next() >> 40) * 0x1p-24)
    }
}
