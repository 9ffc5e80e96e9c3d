/// What the difference of two shares is worth that the same groups of authors may lie behind: two windows' shares of
/// one brand, or two brands' shares in one window. The two shares' intervals are joined by MOVER with their correlation
/// (G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008; for proportions R. G. Newcombe, Statistics in Medicine 17,
/// 1998, methods 10), which the jackknife tells. For large counts that is the jackknife's interval of the difference
/// itself; where a brand was never seen in a thin window it still knows that it might have been.
struct Difference {
    private let first: (shares: GroupedShares, category: Int)
    private let second: (shares: GroupedShares, category: Int)
    private let correlation: Double

    init(_ first: (shares: GroupedShares, category: Int), less second: (shares: GroupedShares, category: Int)) {
        self.first = first
        self.second = second
        let ours = first.shares.deviations[first.category]
        let theirs = second.shares.deviations[second.category]
        let scale = (ours.reduce(0) { $0 + $1 * $1 } * theirs.reduce(0) { $0 + $1 * $1 }).squareRoot()
        correlation = scale > 0 ? zip(ours, theirs).reduce(0) { $0 + $1.0 * $1.1 } / scale : 0
    }

    var value: Double { first.shares.values[first.category] - second.shares.values[second.category] }

    /// Nil where one of the two cannot tell its own.
    func interval(tail: Double) -> Interval? {
        arms(tail: tail, correlation: correlation).map {
            Interval(low: max(-1, value - $0.down), high: min(1, value + $0.up))
        }
    }

    /// The interval's longer arm if different authors lay behind the two shares.
    func independentArm(tail: Double) -> Double? {
        arms(tail: tail, correlation: min(0, correlation)).map { max($0.down, $0.up) }
    }

    private func arms(tail: Double, correlation: Double) -> (down: Double, up: Double)? {
        guard
            let ourQuantile = first.shares.quantile(tail: tail), let theirQuantile = second.shares.quantile(tail: tail)
        else { return nil }
        let ours = first.shares.interval(first.category, quantile: ourQuantile)
        let theirs = second.shares.interval(second.category, quantile: theirQuantile)
        func joined(_ a: Double, _ b: Double) -> Double { max(0, a * a + b * b - 2 * correlation * a * b).squareRoot() }
        let (a, b) = (first.shares.values[first.category], second.shares.values[second.category])
        return (joined(a - ours.low, theirs.high - b), joined(ours.high - a, b - theirs.low))
    }
}
