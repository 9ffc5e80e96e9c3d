/// Each brand's share among all pictures of the brands, wherever the model put them: what the model was seen to confuse
/// is taken out of what it counted. A picture's category is one of the brands, `brands` for other, `brands + 1` for
/// unsure; its truth is one of the brands, `brands` for none of them.
package struct AdjustedShares {
    let estimates: [Estimate?]
    /// The categories that hold pictures of which none was reviewed, or the truths without a held-out picture. For the
    /// first, a brand's own share is nil and the others' intervals go as far as if all these pictures were theirs, or
    /// none; of the second one makes every share nil.
    package let unknown: [Int]
    private let reviewed: [[Int]]

    init(estimates: [Estimate?], unknown: [Int], reviewed: [[Int]] = []) {
        self.estimates = estimates
        self.unknown = unknown
        self.reviewed = reviewed
    }

    /// Nil where it cannot be told.
    package subscript(brand: Int) -> Estimate? { estimates[brand] }

    /// How many of the pictures that the model took for the brand are not of it, with Wilson's 95 % interval; nil where
    /// none was reviewed.
    package func falsePositiveRate(_ brand: Int) -> Estimate? {
        guard reviewed.indices.contains(brand) else { return nil }
        let seen = reviewed[brand].reduce(0, +)
        guard seen > 0 else { return nil }
        let wrong = seen - reviewed[brand][brand]
        return Estimate(value: Double(wrong) / Double(seen), interval: wilson(wrong, of: seen))
    }
}

/// Part of an estimate's variance, and how well it is known.
struct VariancePart {
    var variance: Double
    var degreesOfFreedom: Double
}

/// A share whose variance has several sources.
struct SourcedShare {
    var value: Double
    /// What other authors would have moved it by.
    var ofAuthors: [VariancePart]
    /// What another sample of the pictures whose truth is known would have; nil where these cannot tell the share.
    var ofSamples: [VariancePart]?

    /// Of one picture about the share.
    fileprivate var spread: Double { value * (1 - value) }
    fileprivate var authored: Double { ofAuthors.reduce(0) { $0 + $1.variance } }
    fileprivate var sampled: Double { (ofSamples ?? []).reduce(0) { $0 + $1.variance } }

    /// For Student's t: the sources' joint degrees of freedom (F. E. Satterthwaite, Biometrics Bulletin 2, 1946).
    fileprivate var quantile: Double {
        let parts = ofAuthors + (ofSamples ?? [])
        let variance = authored + sampled
        let squares = parts.reduce(0) { $0 + $1.variance * $1.variance / $1.degreesOfFreedom }
        let joint = squares > 0 ? variance * variance / squares : ofAuthors.map(\.degreesOfFreedom).min() ?? 1
        return StudentT(degreesOfFreedom: joint).quantile(tail: usualTail)
    }
}

extension [SourcedShare] {
    /// In Wilson's form is what vanishes with a share. What does not, because it is of other brands' pictures that are
    /// taken for this one, has plain arms, and the two are joined (MOVER, as in `Difference`). Nil for a share that the
    /// samples cannot tell, and for all where one group holds every picture.
    /// - total: pictures counted.
    /// - groups: that hold any.
    /// - samplesVanish: whether what other samples would have done vanishes with the share.
    func intervals(total: Double, groups: Int, samplesVanish: Bool) -> [Interval?] {
        guard groups > 1 else { return map { _ in nil } }
        func vanishing(_ share: SourcedShare) -> Double {
            share.authored + (samplesVanish ? share.sampled : 0)
        }
        // As in `GroupedShares`, and for the same reasons.
        let told = filter { $0.ofSamples != nil }
        let spread = told.reduce(0) { $0 + $1.spread }
        let typical = spread > 0 ? Swift.min(total, spread / told.reduce(0) { $0 + vanishing($1) }) : Double(groups)
        return map { share in
            guard share.ofSamples != nil else { return nil }
            let trials = share.spread > 0 ? Swift.min(luckiest * typical, share.spread / vanishing(share)) : typical
            let quantile = share.quantile
            let wilsons = wilson(share: share.value, trials: trials, quantile: quantile)
            let plain = samplesVanish ? 0 : quantile * quantile * share.sampled
            let (down, up) = (share.value - wilsons.low, wilsons.high - share.value)
            return Interval(
                low: Swift.max(0, share.value - (down * down + plain).squareRoot()),
                high: Swift.min(1, share.value + (up * up + plain).squareRoot()))
        }
    }
}
