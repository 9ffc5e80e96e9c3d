extension AdjustedShares {
    /// As if these pictures were like those that the model was tested with: the mix of truths that would make the model count most nearly
    /// what it counted (adjusted count: G. Forman, Data Mining and Knowledge Discovery 17, 2008; by least squares on the simplex, as in
    /// QuaPy's ACC 'minimize'). The error is that of the held-out pictures, drawn at random of each truth, and that of the authors, by
    /// the jackknife over their groups, both carried through the solution to the first order as if no share were held at zero.
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
            // The mix moves by H Mᵀ (dq - dM p) with H symmetric, so the share by (M H slope) times what is in the brackets.
            let pulled = system.solve(Array(mix.indices), right: slope, sum: 0).solution
            // Truths that the model takes for the same categories equally often cannot be told apart by what it counted.
            guard pulled.allSatisfy({ abs($0) * known < 1e6 }) else { return SourcedShare(value: share, parts: []) }
            let weights = matrix.map { dot($0, pulled) }
            let moved = (counted.deviations.first ?? []).indices.map { group in
                zip(weights, counted.deviations).reduce(0) { $0 + $1.0 * $1.1[group] }
            }
            let ofGroups = VariancePart(
                variance: jackknifeVariance(moved, groups: counted.groups),
                degreesOfFreedom: Double(max(1, counted.groups - 1)))
            return SourcedShare(
                value: share, parts: mix.indices.map { part(of: $0, share: mix[$0], weights: weights) } + [ofGroups])
        }
        let typical = shares.filter { !$0.parts.isEmpty }.typicalTrials
        return shares.map { share in
            guard counted.groups > 1, !share.parts.isEmpty, let typical else {
                return Estimate(value: share.value, interval: nil)
            }
            // Not in Wilson's form: how many of other brands' pictures are taken for this one does not vanish with its share.
            let half = share.quantile * max(share.variance, share.spread / (2 * typical)).squareRoot()
            return Estimate(
                value: share.value,
                interval: Interval(low: max(0, share.value - half), high: min(1, share.value + half)))
        }
    }

    /// What a truth's held-out pictures, drawn anew, would move a share by.
    /// - share: of the truth. - weights: [category].
    private func part(of truth: Int, share: Double, weights: [Double]) -> VariancePart {
        // As if one picture more had been spread over all categories (W. Perks, Journal of the Institute of Actuaries 73, 1947): that
        // none of 30 was taken for a brand does not say that none ever is.
        let rates = matrix.map { ($0[truth] * sizes[truth] + 1 / Double(matrix.count)) / (sizes[truth] + 1) }
        let mean = dot(rates, weights)
        let variance = max(0, dot(rates, weights.map { $0 * $0 }) - mean * mean)
        return VariancePart(
            variance: share * share * variance / sizes[truth], degreesOfFreedom: max(1, sizes[truth] - 1))
    }
}
