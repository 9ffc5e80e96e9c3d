/// Counter-based random numbers: every draw is a function of what it is for (seed, purpose, epoch, picture...), so
/// neither threads nor resuming can change it. Mixing after SplitMix64 (Steele, Lea and Flood 2014).
struct Random {
    /// What numbers are for; keeps the streams of one seed apart.
    enum Purpose: UInt64 {
        case weights, order, augmentation, dropout, simulation, mixing, partnerAugmentation, directions
    }

    private var state: UInt64

    init(key: UInt64) {
        state = key
    }

    /// A key for a stream of its own.
    static func key(_ seed: UInt64, _ purpose: Purpose, _ counters: Int...) -> UInt64 {
        counters.reduce(mix(seed ^ mix(purpose.rawValue))) { mix($0 ^ UInt64(truncatingIfNeeded: $1)) }
    }

    mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.finalize(state)
    }

    /// Uniform in 0..<1, with 24 bits.
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in 0..<bound; the bias is below 2^-32 for any bound that fits memory.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// 0..<count in random order (Fisher and Yates).
    static func permutation(of count: Int, key: UInt64) -> [Int] {
        var random = Random(key: key)
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, random.below(last + 1)) }
        return order
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 { finalize(value &+ step) }

    private static func finalize(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
