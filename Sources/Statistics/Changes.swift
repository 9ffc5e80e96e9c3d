/// What can be said of a change.
package enum Verdict: String, CaseIterable, Sendable {
    case rising, falling
    case noClearChange = "no clear change"
    case tooFew = "too few"
}

/// How a brand's share of all that was recognised changed from one window to another.
package struct Change: Hashable, Sendable {
    /// The share now less the share before, as fractions, with its own 95 % interval; nil where a window has no share.
    package var difference: Estimate?
    package var verdict: Verdict
    /// The smallest difference that could have been called, as a fraction: the longer arm that the interval, after
    /// Bonferroni over the brands shown, would have had if other authors had posted in each window (a change that is
    /// there is made by authors who change, and so not by the likeness of those who do not), or the difference itself
    /// where a smaller one was called. A true change of twice the size is called in nine cases of ten and more. Nil
    /// where none could be.
    package var smallestVisible: Double?
}

/// The changes of a table's brands, called with an error rate for the whole table: where nothing changed, at most one
/// table in twenty calls anything.
package struct Changes {
    /// In the order of `shown`.
    package let brands: [Change]

    /// - now, before: counts of the same categories, of all recognised brands. A group is the same authors in both.
    /// - shown: the categories that the reader sees, for which the verdicts are corrected (S. Holm, Scandinavian
    ///   Journal of Statistics 6, 1979).
    package init(now: GroupedCounts, before: GroupedCounts, shown: [Int]) {
        guard let here = GroupedShares(now), let then = GroupedShares(before) else {
            brands = shown.map { _ in Change(difference: nil, verdict: .tooFew, smallestVisible: nil) }
            return
        }
        let isEnough = min(now.total, before.total) >= fewestToCall
        let differences = shown.map { Difference((here, $0), less: (then, $0)) }
        let called = isEnough ? Self.called(differences) : []
        brands = differences.enumerated().map { index, difference in
            guard let interval = difference.interval(tail: usualTail) else {
                let unsure = Estimate(value: difference.value, interval: nil)
                return Change(difference: unsure, verdict: .tooFew, smallestVisible: nil)
            }
            let verdict: Verdict =
                if !isEnough {
                    .tooFew
                } else if called.contains(index) {
                    difference.value > 0 ? .rising : .falling
                } else {
                    .noClearChange
                }
            let visible = difference.independentArm(tail: usualTail / Double(shown.count))
            return Change(
                difference: Estimate(value: difference.value, interval: interval), verdict: verdict,
                smallestVisible: visible.map { called.contains(index) ? min($0, abs(difference.value)) : $0 })
        }
    }

    /// Holm's steps: each brand called eases the level for those that are not yet, until a step calls none.
    private static func called(_ differences: [Difference]) -> Set<Int> {
        var called: Set<Int> = []
        while true {
            let tail = usualTail / Double(max(1, differences.count - called.count))
            let more = differences.indices.filter { index in
                guard !called.contains(index), let interval = differences[index].interval(tail: tail) else {
                    return false
                }
                return !interval.contains(0)
            }
            if more.isEmpty { return called }
            called.formUnion(more)
        }
    }
}
