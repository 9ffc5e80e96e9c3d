/// From `low` to `high`, both in it.
package struct Interval: Hashable, Sendable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    package func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// A number with its 95 % interval; without one where the counts cannot tell how sure the number is.
package struct Estimate: Hashable, Sendable {
    package var value: Double
    package var interval: Interval?

    package init(value: Double, interval: Interval?) {
        self.value = value
        self.interval = interval
    }
}

/// What an interval of 95 % leaves out.
let usualTail = 0.05

/// Fewer counted than this, of all categories together, and neither a change nor a leader is called.
package let fewestToCall = 30

/// Wilson's 95 % interval for a rate: honest also for few trials and for rates near 0 and 1. Without trials nothing is
/// known: 0 to 1.
package func wilson(_ successes: Int, of trials: Int) -> Interval {
    if trials < 1 { return Interval(low: 0, high: 1) }
    return wilson(share: Double(successes) / Double(trials), trials: Double(trials), quantile: normalQuantile)
}

/// Beyond which, on both sides together, `usualTail` of the normal distribution lies.
private let normalQuantile = 1.959963984540054

/// Wilson's interval (E. B. Wilson, JASA 22, 1927) for a share seen in as many independent trials as `trials` says;
/// they need not be whole.
/// - quantile: of the normal distribution, or of Student's t where `trials` is itself an estimate (N. Dean, M. Pagano,
///   Journal of Survey Statistics and Methodology 3, 2015).
func wilson(share: Double, trials: Double, quantile: Double) -> Interval {
    let weight = quantile * quantile / trials
    let middle = (share + weight / 2) / (1 + weight)
    let half = (weight * share * (1 - share) + weight * weight / 4).squareRoot() / (1 + weight)
    return Interval(
        low: share <= 0 ? 0 : max(0, min(share, middle - half)),
        high: share >= 1 ? 1 : min(1, max(share, middle + half)))
}
