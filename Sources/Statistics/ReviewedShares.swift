extension AdjustedShares {
    /// Post-stratified by a sample that a person reviewed (W. G. Cochran, Sampling Techniques, 1977, ch. 5A and, for
    /// strata whose weights are themselves estimated, 12). Right for the pictures that the sample was drawn from. The
    /// error is that of the sample, drawn at random in each category, and that of the authors, by the jackknife over
    /// their groups.
    /// - population: every picture counted, [category][group].
    /// - reviewed: [category][truth], how many of the sample.
    package init(population: GroupedCounts, reviewed: [[Int]], brands: Int) {
        precondition(
            population.categories == brands + 2 && reviewed.count == brands + 2
                && reviewed.allSatisfy { $0.count == brands + 1 },
            "categories are the brands, other and unsure; truths are the brands and none of them")
        let unknown = reviewed.indices.filter { population.total($0) > 0 && reviewed[$0].allSatisfy { $0 == 0 } }
        let shares = Strata(population, reviewed: reviewed, brands: brands)?.estimates()
        self.init(
            estimates: (0..<brands).map { brand in unknown.contains(brand) ? nil : shares?[brand] }, unknown: unknown,
            reviewed: reviewed)
    }
}

/// The categories as strata of a sample.
private struct Strata {
    /// A brand's share, and what makes its variance.
    private struct Share {
        var value: Double
        /// What the groups move it by, of itself.
        var ofGroups: Double
        /// Of each stratum's sample.
        var ofSamples: [VariancePart]
        /// Of one picture's part in the share: what its category tells of it, and the rest.
        var between: Double
        var within: Double
        /// As far as categories of two pictures are alike that are of the same truth.
        var seenLikeness: Double
    }

    private let brands: Int
    private let groups: Int
    /// How many pictures there are.
    private let total: Double
    /// [stratum]: of all pictures.
    private let weights: [Double]
    /// [stratum][group]: the weight without the group, less the weight.
    private let deviations: [[Double]]
    /// [stratum]: how many were reviewed.
    private let seen: [Double]
    /// [stratum][truth]: how many of these, as a fraction.
    private let rates: [[Double]]
    /// [stratum]: how many are of any brand, as a fraction.
    private let brandRates: [Double]
    /// Weight of what is of any brand.
    private let known: Double
    /// Weight of the categories that nobody looked into, and of those of them that are brands.
    private let unseen: Double
    private let unseenBrands: Double

    /// Nil where no picture of a brand was counted and reviewed.
    init?(_ population: GroupedCounts, reviewed: [[Int]], brands: Int) {
        guard let shares = GroupedShares(population) else { return nil }
        let sizes = reviewed.map { Double($0.reduce(0, +)) }
        let counted = shares.values.indices.filter { shares.values[$0] > 0 }
        let strata = counted.filter { sizes[$0] > 0 }
        let others = counted.filter { sizes[$0] == 0 }
        self.brands = brands
        groups = shares.groups
        total = Double(population.total)
        weights = strata.map { shares.values[$0] }
        deviations = strata.map { shares.deviations[$0] }
        seen = strata.map { sizes[$0] }
        rates = strata.map { stratum in reviewed[stratum].map { Double($0) / sizes[stratum] } }
        brandRates = rates.map { $0[..<brands].reduce(0, +) }
        known = dot(weights, brandRates)
        unseen = others.reduce(0) { $0 + shares.values[$1] }
        unseenBrands = others.reduce(0) { $0 + ($1 < brands ? shares.values[$1] : 0) }
        guard known > 0 else { return nil }
    }

    /// Of each brand. What nobody looked into counts as what the model took it for, and widens the intervals as if it
    /// were all of the brand, or all of others.
    func estimates() -> [Estimate] {
        let shares = sourcedShares()
        let intervals = shares.intervals(total: total, groups: groups, samplesVanish: true)
        return zip(shares, intervals).map { share, interval in
            Estimate(
                value: share.value * known / (known + unseenBrands),
                interval: interval.map {
                    Interval(
                        low: $0.low * known / (known + unseen), high: ($0.high * known + unseen) / (known + unseen))
                })
        }
    }

    private func sourcedShares() -> [SourcedShare] {
        let shares = (0..<brands).map(share)
        // An author's pictures are alike in what they truly show, of which their categories tell only a part. The
        // groups, which count categories, see only that part of the likeness; the rest of it is added. How alike the
        // pictures are is taken from all the shares together: a single one tells too little of it.
        let seen = shares.reduce(0) { $0 + $1.seenLikeness }
        let excess = shares.reduce(0) { $0 + $1.ofGroups - $1.between / total }
        let degrees = Double(max(1, groups - 1))
        let likeness = seen > 0 ? max(0, excess / seen) : 0
        return shares.map { share in
            let unseen = likeness * max(0, share.between + share.within - share.seenLikeness)
            return SourcedShare(
                value: share.value,
                ofAuthors: [
                    VariancePart(variance: share.ofGroups, degreesOfFreedom: degrees),
                    VariancePart(variance: unseen, degreesOfFreedom: degrees * Double(max(1, brands - 1))),
                ], ofSamples: share.ofSamples)
        }
    }

    /// To the first order: each picture adds to the share whether it is of the brand, less the share where it is of any
    /// brand, over `known`.
    private func share(of brand: Int) -> Share {
        let ofBrand = rates.map { $0[brand] }
        let value = dot(weights, ofBrand) / known
        let moved = (deviations.first ?? []).indices.map { group in
            let without = zip(weights, deviations).map { $0 + $1[group] }
            let all = dot(without, brandRates)
            return all > 0 ? dot(without, ofBrand) / all - value : 0
        }
        var share = Share(
            value: value, ofGroups: jackknifeVariance(moved, groups: groups), ofSamples: [], between: 0, within: 0,
            seenLikeness: 0)
        for truth in 0...brands {
            let ofTruth = zip(weights, rates).map { $0 * $1[truth] }
            let all = ofTruth.reduce(0, +)
            let told = ofTruth.indices.reduce(0) {
                $0 + ofTruth[$1] * (ofBrand[$1] - value * brandRates[$1]) / known
            }
            if all > 0 { share.seenLikeness += told * told / all }
        }
        for stratum in weights.indices {
            let mean = ofBrand[stratum] - value * brandRates[stratum]
            let square =
                ofBrand[stratum] * (1 - value) * (1 - value) + (brandRates[stratum] - ofBrand[stratum]) * value * value
            // One picture alone tells no variance: then the largest that can be.
            let variance =
                (seen[stratum] > 1 ? max(0, square - mean * mean) * seen[stratum] / (seen[stratum] - 1) : 0.25)
                / (known * known)
            share.between += weights[stratum] * mean * mean / (known * known)
            share.within += weights[stratum] * variance
            // Without a correction for finite strata: the pictures are themselves a draw of what is posted.
            share.ofSamples.append(
                VariancePart(
                    variance: weights[stratum] * weights[stratum] * variance / seen[stratum],
                    degreesOfFreedom: max(1, seen[stratum] - 1)))
        }
        return share
    }
}
