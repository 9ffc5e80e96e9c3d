/// The share of each category among all of them, each with its 95 % interval: Wilson's, for as many independent
/// sightings as the delete-a-group jackknife says the sightings are worth, with Student's t for the groups (20
/// groups: 19 degrees of freedom; groups without a count do not count). It is the jackknife's plain interval where
/// counts are large, and right for rare brands too, where that one is not: it is never empty, and never leaves 0...1.
package struct Shares {
    private let estimates: [Estimate]?

    /// - counts: of the recognised brands alone, where shares are to be of the recognised.
    package init(_ counts: GroupedCounts) {
        estimates = GroupedShares(counts).map { shares in
            let quantile = shares.quantile(tail: usualTail)
            return shares.values.indices.map { category in
                Estimate(
                    value: shares.values[category], interval: quantile.map { shares.interval(category, quantile: $0) })
            }
        }
    }

    /// Nil where nothing was counted.
    package subscript(category: Int) -> Estimate? { estimates?[category] }
}
