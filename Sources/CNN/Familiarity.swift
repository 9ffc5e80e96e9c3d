import Threads

/// How like the pictures that a network learnt from a picture is to it: the more, the liker. Probabilities cannot say that. They tell the
/// classes from each other, and what is none of them has to be one.
///
/// After Wang, Li, Feng and Zhang 2022, "ViM: Out-Of-Distribution with Virtual-logit Matching", 4: the features that the last layer takes lie
/// near a subspace, for pictures like those learnt from. How far they lie from it, times a weight, is taken from the energy of the logits.
package struct Familiarity: Equatable, Sendable {
    /// Of the subspace.
    static let dimensions = 32
    /// Of the pictures learnt from; a feature each.
    let mean: [Float]
    /// What each feature is along the directions, orthonormal, in which the features of the pictures learnt from vary most.
    let directions: [SIMD32<Float>]
    let weight: Double
    /// Taken off, so that what is below 0 is unfamiliar.
    package internal(set) var limit: Double

    init(mean: [Float], directions: [SIMD32<Float>], weight: Double, limit: Double = 0) {
        precondition(mean.count == directions.count)
        (self.mean, self.directions, self.weight, self.limit) = (mean, directions, weight, limit)
    }

    /// - features, logits: What the last layer takes and gives for a picture.
    func score(features: Span<Float>, logits: Span<Float>) -> Double {
        var largest = -Double.infinity
        for i in logits.indices { largest = max(largest, Double(logits[i])) }
        var sum = 0.0
        for i in logits.indices { sum += exponential(Double(logits[i]) - largest) }
        return largest + logarithm(sum) - weight * distance(of: features) - limit
    }

    /// From the subspace.
    private func distance(of features: Span<Float>) -> Double {
        var (square, along) = (0.0, SIMD32<Float>())
        for i in features.indices {
            let feature = features[i] - mean[i]
            square += Double(feature * feature)
            along += feature * directions[i]
        }
        for i in along.indices { square -= Double(along[i] * along[i]) }
        return max(0, square).squareRoot()
    }

    /// The limit that at most 5 % of pictures like these fall below, each as likely as the next (the conformal quantile: Vovk, Gammerman and
    /// Shafer 2005); nil where they are too few to tell.
    static func limit(of scores: [Double]) -> Double? {
        let place = (scores.count + 1) / 20
        return place == 0 ? nil : scores.sorted()[place - 1]
    }
}

extension Familiarity {
    /// Enough to lie outside of the subspace, and few enough for their covariance.
    fileprivate static let featureCounts = 4 * dimensions...8192

    /// Nil where the pictures are too few to have a subspace.
    /// - features: pictures x features. - logits: pictures x classes.
    init?(features: Buffer<Float>, logits: Buffer<Float>, pictures: Int, kernels: Kernels) {
        guard pictures >= 2 * Self.dimensions else { return nil }
        let (count, classes) = (features.count / pictures, logits.count / pictures)
        var sums = [Double](repeating: 0, count: count)
        for i in features.span.indices { sums[i % count] += Double(features.span[i]) }
        let mean = sums.map { Float($0 / Double(pictures)) }
        self.init(
            mean: mean, directions: Self.directions(of: features, around: mean, kernels), weight: 0)
        // The largest logits are worth as much as the distances. They count from their mean, for only differences of logits are learnt.
        var (distances, largest) = (0.0, 0.0)
        for picture in 0..<pictures {
            distances += distance(of: features.slice(picture, of: count).span)
            let logits = logits.slice(picture, of: classes).array.map(Double.init)
            largest += (logits.max() ?? 0) - logits.reduce(0, +) / Double(classes)
        }
        let weight = largest / distances
        guard weight.isFinite, weight > 0 else { return nil }
        self.init(mean: mean, directions: directions, weight: weight)
    }

    /// The covariance's first eigenvectors, by orthogonal iteration (Golub and Van Loan 2013, 8.2.4).
    private static func directions(
        of features: Buffer<Float>, around mean: [Float], _ kernels: Kernels
    ) -> [SIMD32<Float>] {
        let count = mean.count
        let pictures = features.count / count
        let centred = Buffer<Float>(count: features.count)
        centred.withMutableSpan { centred in
            for i in centred.indices { centred[i] = features.span[i] - mean[i % count] }
        }
        let covariance = Buffer<Float>(count: count * count)
        kernels.multiply(
            count, pictures, count, a: centred, .init(row: 1, column: count), b: centred, bRow: count,
            into: covariance, cRow: count)
        var random = Random(key: Random.key(0, .directions))
        var directions = (0..<count).map { _ in SIMD32<Float>((0..<dimensions).map { _ in random.uniform() - 0.5 }) }
        let (before, after) = (Buffer<Float>(count: count * dimensions), Buffer<Float>(count: count * dimensions))
        for _ in 0..<iterations {
            makeOrthonormal(&directions)
            before.withMutableSpan { before in
                for i in before.indices { before[i] = directions[i / dimensions][i % dimensions] }
            }
            kernels.multiply(
                count, count, dimensions, a: covariance, .init(row: count), b: before, bRow: dimensions, into: after,
                cRow: dimensions)
            for i in directions.indices {
                for k in 0..<dimensions { directions[i][k] = after.span[i * dimensions + k] }
            }
        }
        makeOrthonormal(&directions)
        return directions
    }

    private static let iterations = 40

    /// Gram and Schmidt's way, each direction twice, for once leaves a rest. One that depends on those before becomes 0.
    private static func makeOrthonormal(_ directions: inout [SIMD32<Float>]) {
        for k in 0..<dimensions {
            let before = length(of: directions, k)
            for _ in 0..<2 {
                var shares = SIMD32<Float>()
                for row in directions { shares += row[k] * row }
                for i in directions.indices {
                    for other in 0..<k { directions[i][k] -= shares[other] * directions[i][other] }
                }
            }
            let after = length(of: directions, k)
            let scale = after > before * 1e-5 ? 1 / after : 0
            for i in directions.indices { directions[i][k] *= scale }
        }
    }

    private static func length(of directions: [SIMD32<Float>], _ k: Int) -> Float {
        Float(directions.reduce(0.0) { $0 + Double($1[k] * $1[k]) }.squareRoot())
    }
}

extension Model {
    /// Learns how like its own pictures others are, in the precision that it is used with, or leaves that open where there is too little to
    /// learn from. Where familiarity ends, `limitFamiliarity` says.
    /// - pictures: What it was trained on.
    /// - throws: What loading a picture threw; `KernelLevelError`.
    package mutating func learnFamiliarity(
        from pictures: any PixelPictures, level: KernelLevel, threads: Int
    ) throws {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let count = network.featureCount
        guard Familiarity.featureCounts.contains(count) else { return familiarity = nil }
        let features = Buffer<Float>(count: pictures.count * count)
        let logits = try logits(
            of: pictures, precision: preferredPrecision, level: level, pool: ThreadPool(threads: threads)
        ) { picture, predictor in
            features.slice(picture, of: count).copy(from: predictor.features(of: 0))
        }
        familiarity = Familiarity(features: features, logits: logits, pictures: pictures.count, kernels: kernels)
    }

    /// Has pictures be unfamiliar that are less like its own than 95 % of these are, or none where these are too few.
    /// - logits: Of held-out pictures, since `learnFamiliarity`. - other: The class whose pictures do not count, being of no brand.
    package mutating func limitFamiliarity(by logits: LabelledLogits, exceptOf other: Int?) {
        let scores = zip(logits.familiarities ?? [], logits.labels).filter { $0.1 != other }.map(\.0)
        if let limit = Familiarity.limit(of: scores) { familiarity?.limit = limit } else { familiarity = nil }
    }
}
