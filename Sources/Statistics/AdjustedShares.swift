/// Each brand's share among all pictures of the brands, wherever the model put them: what the model was seen to confuse is taken out of
/// what it counted. A picture's category is one of the brands, `brands` for other, `brands + 1` for unsure; its truth is one of the
/// brands, `brands` for none of them.
package struct AdjustedShares {
    let estimates: [Estimate?]
    /// The categories that hold pictures of which none was reviewed, or the truths without a held-out picture. For the first, a
    /// brand's own share is nil and the others' intervals go as far as if all these pictures were theirs, or none; of the second one
    /// makes every share nil.
    package let unknown: [Int]
    private let reviewed: [[Int]]

    init(estimates: [Estimate?], unknown: [Int], reviewed: [[Int]] = []) {
        self.estimates = estimates
        self.unknown = unknown
        self.reviewed = reviewed
    }

    /// Nil where it cannot be told.
    package subscript(brand: Int) -> Estimate? { estimates[brand] }

    /// How many of the pictures that the model took for the brand are not of it, with Wilson's 95 % interval; nil where none was reviewed.
    package func falsePositiveRate(_ brand: Int) -> Estimate? {
        guard reviewed.indices.contains(brand) else { return nil }
        let seen = reviewed[brand].reduce(0, +)
        guard seen > 0 else { return nil }
        let rate = Double(seen - reviewed[brand][brand]) / Double(seen)
        return Estimate(value: rate, interval: wilson(share: rate, trials: Double(seen), quantile: normalQuantile))
    }
}

/// Beyond which, on both sides together, `usualTail` of the normal distribution lies.
let normalQuantile = 1.959963984540054

/// Part of an estimate's variance, and how well it is known.
struct VariancePart {
    var variance: Double
    var degreesOfFreedom: Double
}

/// A share whose variance has several sources.
struct SourcedShare {
    var value: Double
    var parts: [VariancePart]

    /// Of one picture about the share.
    var spread: Double { value * (1 - value) }
    var variance: Double { parts.reduce(0) { $0 + $1.variance } }

    /// For Student's t: the sources' joint degrees of freedom (F. E. Satterthwaite, Biometrics Bulletin 2, 1946).
    var quantile: Double {
        let squares = parts.reduce(0) { $0 + $1.variance * $1.variance / $1.degreesOfFreedom }
        let fewest = parts.map(\.degreesOfFreedom).min() ?? 1
        let joint = squares > 0 ? variance * variance / squares : fewest
        return StudentT(degreesOfFreedom: joint).quantile(tail: usualTail)
    }
}

extension [SourcedShare] {
    /// As many independent pictures as would leave the shares as uncertain as they are, on their average: what is known of a share
    /// that is 0 or 1, and half of what is believed of one that is by chance less uncertain. Nil where all are certain.
    var typicalTrials: Double? {
        let trials = reduce(0) { $0 + $1.spread } / reduce(0) { $0 + $1.variance }
        return trials > 0 && trials.isFinite ? trials : nil
    }
}
