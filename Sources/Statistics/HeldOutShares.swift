extension AdjustedShares {
    /// As if these pictures were like those that the model was tested with: the mix of truths that would make the model
    /// count most nearly what it counted (adjusted count: G. Forman, Data Mining and Knowledge Discovery 17, 2008; by
    /// least squares on the simplex, as in QuaPy's ACC 'minimize'). The error is that of the held-out pictures, drawn
    /// at random of each truth, and that of the authors, by the jackknife over their groups, both carried through the
    /// solution to the first order as if no share were held at zero.
    /// - population: every picture counted, [category][group].
    /// - heldOut: [truth][category], of the brands and, where the model knows it, of none of them as the last.
    package init(population: GroupedCounts, heldOut: [[Int]], brands: Int) {
        precondition(
            population.categories == brands + 2 && (brands...brands + 1).contains(heldOut.count)
                && heldOut.allSatisfy { $0.count == brands + 2 },
            "categories are the brands, other and unsure; truths are the brands and none of them")
        let unknown = heldOut.indices.filter { heldOut[$0].allSatisfy { $0 == 0 } }
        let shares = unknown.isEmpty ? HeldOutMatrix(heldOut, brands: brands).estimates(of: population) : nil
        self.init(estimates: (0..<brands).map { shares?[$0] }, unknown: unknown)
    }
}

/// How often the model takes a truth for a category.
private struct HeldOutMatrix {
    private let brands: Int
    /// [truth]: how many pictures were held out.
    private let sizes: [Double]
    /// [category][truth]
    private let matrix: [[Double]]

    init(_ counts: [[Int]], brands: Int) {
        self.brands = brands
        let sizes = counts.map { Double($0.reduce(0, +)) }
        self.sizes = sizes
        matrix = (0..<brands + 2).map { category in zip(counts, sizes).map { Double($0[category]) / $1 } }
    }

    /// Nil where nothing was counted, or all of it is of no brand.
    func estimates(of population: GroupedCounts) -> [Estimate]? {
        guard let counted = GroupedShares(population) else { return nil }
        let mix = leastSquaresOnSimplex(matrix, counted.values)
        let known = mix[..<brands].reduce(0, +)
        guard known > 0 else { return nil }
        let system = NormalEquations(matrix)
        let shares = (0..<brands).map { brand in
            let share = mix[brand] / known
            let slope = mix.indices.map { (($0 == brand ? 1 : 0) - ($0 < brands ? share : 0)) / known }
            // The mix moves by H Mᵀ (dq - dM p) with H symmetric, so the share by (M H slope) times what is in the
            // brackets.
            let pulled = system.solve(Array(mix.indices), right: slope, sum: 0).solution
            let weights = matrix.map { dot($0, pulled) }
            let moved = (counted.deviations.first ?? []).indices.map { group in
                zip(weights, counted.deviations).reduce(0) { $0 + $1.0 * $1.1[group] }
            }
            let ofAuthors = VariancePart(
                variance: jackknifeVariance(moved, groups: counted.groups),
                degreesOfFreedom: Double(max(1, counted.groups - 1)))
            // Truths that the model takes for the same categories equally often cannot be told apart by what it
            // counted.
            let isTold = pulled.allSatisfy { abs($0) * known < 1e6 }
            return SourcedShare(
                value: share, ofAuthors: [ofAuthors],
                ofSamples: isTold ? mix.indices.map { part(of: $0, share: mix[$0], weights: weights) } : nil)
        }
        let intervals = shares.intervals(
            total: Double(population.total), groups: counted.groups, samplesVanish: false)
        return zip(shares, intervals).map { Estimate(value: $0.value, interval: $1) }
    }

    /// What a truth's held-out pictures, drawn anew, would move a share by.
    /// - share: of the truth.
    /// - weights: [category].
    private func part(of truth: Int, share: Double, weights: [Double]) -> VariancePart {
        // As if half a picture more had been spread over all categories: that none of 30 was taken for a brand does not
        // say that none ever is.
        let rates = matrix.map { ($0[truth] * sizes[truth] + 0.5 / Double(matrix.count)) / (sizes[truth] + 0.5) }
        let mean = dot(rates, weights)
        let variance = max(0, dot(rates, weights.map { $0 * $0 }) - mean * mean)
        return VariancePart(
            variance: share * share * variance / sizes[truth], degreesOfFreedom: max(1, sizes[truth] - 1))
    }
}
