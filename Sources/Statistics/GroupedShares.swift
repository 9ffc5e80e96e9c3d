/// The shares of a window's categories as the delete-a-group jackknife sees them (P. S. Kott, Journal of Official
/// Statistics 17, 2001; K. M. Wolter, Introduction to Variance Estimation, 2007, ch. 4): each group in turn is left
/// out, and how far the share moves tells how far another draw of authors would have moved it. Groups without a count
/// say nothing and are not among them.
struct GroupedShares {
    let values: [Double]
    /// [category][group]: the share without the group, less the share.
    let deviations: [[Double]]
    /// That hold a count.
    let groups: Int
    /// [category]: as many independent sightings would leave the share as uncertain as it is.
    private let effectiveSizes: [Double]

    /// Nil where nothing was counted.
    init?(_ counts: GroupedCounts) {
        let total = Double(counts.total)
        guard total > 0 else { return nil }
        let sizes = (0..<counts.groups).map { Double(counts.size(ofGroup: $0)) }
        let groups = sizes.count { $0 > 0 }
        let values = (0..<counts.categories).map { Double(counts.total($0)) / total }
        let deviations = values.indices.map { category in
            sizes.indices.map { group in
                sizes[group] == total
                    ? 0 : (values[category] * sizes[group] - Double(counts[category, group])) / (total - sizes[group])
            }
        }
        let variances = deviations.map { jackknifeVariance($0, groups: groups) }

        // What the sightings are worth by the mean design effect of all the shares together (J. N. K. Rao, A. J. Scott,
        // Annals of Statistics 12, 1984). Where all is one category nothing tells how alike an author's sightings are:
        // then each group is worth one sighting of its weight (L. Kish, Survey Sampling, 1965).
        let spread = values.reduce(0) { $0 + $1 * (1 - $1) }
        let typical =
            spread > 0
            ? min(total, spread / variances.reduce(0, +)) : total * total / sizes.reduce(0) { $0 + $1 * $1 }
        effectiveSizes = zip(values, variances).map { value, variance in
            // A share of 0 or 1 is moved by no group, yet it is not certain; and where none of those who post much
            // happens to have posted a brand, its groups move it too little.
            let spread = value * (1 - value)
            return spread > 0 ? min(luckiest * typical, spread / variance) : typical
        }
        self.values = values
        self.deviations = deviations
        self.groups = groups
    }

    /// Of Student's t for the groups; nil where one group holds everything: what its authors did tells nothing about
    /// others.
    /// - tail: what an interval leaves out, on both sides together.
    func quantile(tail: Double) -> Double? {
        groups > 1 ? StudentT(degreesOfFreedom: Double(groups - 1)).quantile(tail: tail) : nil
    }

    func interval(_ category: Int, quantile: Double) -> Interval {
        wilson(share: values[category], trials: effectiveSizes[category], quantile: quantile)
    }
}

/// How many times what it is worth on the average of all shares a share may seem to be worth. Independent sightings
/// rarely seem worth more than this by luck; in simulations it is where intervals of dumps with a few prolific authors
/// cover in 95 % and those of others still do.
let luckiest = 2.25

/// Of an estimate that moves by `deviations` when a group is left out.
/// - groups: how many there are; those that are empty move nothing and may be among the deviations.
func jackknifeVariance(_ deviations: [Double], groups: Int) -> Double {
    Double(groups - 1) / Double(groups) * deviations.reduce(0) { $0 + $1 * $1 }
}
