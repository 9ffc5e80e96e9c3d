import Threads

/// How like the pictures that a network learnt from a picture is to it: the more, the liker. Probabilities cannot say
/// that. They tell the classes from each other, and what is none of them has to be one.
///
/// After Wang, Li, Feng and Zhang 2022, "ViM: Out-Of-Distribution with Virtual-logit Matching", 4: the features that
/// the last layer takes lie near a subspace, for pictures like those learnt from. How far they lie from it, times a
/// weight, is taken from the energy of the logits.
package struct Familiarity: Sendable {
    /// Of the subspace.
    static let dimensions = 32
    /// Of the pictures learnt from; a feature each.
    let mean: Buffer<Float>
    /// features x dimensions: orthonormal directions, in which the features of the pictures learnt from vary most.
    let directions: Buffer<Float>
    let weight: Double
    /// Taken off, so that what is below 0 is unfamiliar.
    package internal(set) var limit: Double

    init(mean: Buffer<Float>, directions: Buffer<Float>, weight: Double, limit: Double = 0) {
        precondition(mean.count * Self.dimensions == directions.count)
        (self.mean, self.directions, self.weight, self.limit) = (mean, directions, weight, limit)
    }

    /// What scoring needs, for one thread. Its kernels are those that every machine has, so that a score is the same
    /// wherever the features are.
    struct Scratch {
        fileprivate let kernels: Kernels
        fileprivate let centred: Buffer<Float>
        fileprivate let along: Buffer<Float>

        init(features count: Int) throws(KernelLevelError) {
            guard let kernels = Kernels(.portable) else { throw .unsupported(.portable) }
            self.kernels = kernels
            (centred, along) = (Buffer(count: count), Buffer(count: Familiarity.dimensions))
        }
    }

    /// - features, logits: What the last layer takes and gives for a picture.
    func score(features: Span<Float>, logits: Span<Float>, _ scratch: Scratch) -> Double {
        var largest = -Double.infinity
        for i in logits.indices { largest = max(largest, Double(logits[i])) }
        var sum = 0.0
        for i in logits.indices { sum += exponential(Double(logits[i]) - largest) }
        return largest + logarithm(sum) - weight * distance(of: features, scratch) - limit
    }

    /// From the subspace.
    private func distance(of features: Span<Float>, _ scratch: Scratch) -> Double {
        let mean = mean.span
        var square = 0.0
        scratch.centred.withMutableSpan { centred in
            for i in features.indices {
                centred[i] = features[i] - mean[i]
                square += Double(centred[i] * centred[i])
            }
        }
        scratch.kernels.multiply(
            1, features.count, Self.dimensions, a: scratch.centred, .init(row: features.count), b: directions,
            bRow: Self.dimensions, into: scratch.along, cRow: Self.dimensions)
        let along = scratch.along.span
        for i in along.indices { square -= Double(along[i] * along[i]) }
        return max(0, square).squareRoot()
    }

    /// The limit that at most 5 % of pictures like these fall below, each as likely as the next (the conformal
    /// quantile: Vovk, Gammerman and Shafer 2005); nil where they are too few to tell.
    static func limit(of scores: [Double]) -> Double? {
        let place = (scores.count + 1) / 20
        return place == 0 ? nil : scores.sorted()[place - 1]
    }
}

extension Familiarity {
    /// Enough to lie outside of the subspace, and few enough for their covariance.
    fileprivate static let featureCounts = 4 * dimensions...8192

    /// Nil where the pictures are too few to have a subspace.
    /// - features: pictures x features.
    /// - logits: pictures x classes.
    init?(
        features: Buffer<Float>, logits: Buffer<Float>, pictures: Int, kernels: Kernels
    ) throws(KernelLevelError) {
        guard pictures >= 2 * Self.dimensions else { return nil }
        let (count, classes) = (features.count / pictures, logits.count / pictures)
        var sums = [Double](repeating: 0, count: count)
        for i in features.span.indices { sums[i % count] += Double(features.span[i]) }
        let (mean, scratch) = (Buffer<Float>(count: count), try Scratch(features: count))
        mean.copy(from: sums.map { Float($0 / Double(pictures)) })
        self.init(mean: mean, directions: Self.directions(of: features, around: mean, kernels), weight: 0)
        // The largest logits are worth as much as the distances. They count from their mean, for only differences of
        // logits are learnt.
        var (distances, largest) = (0.0, 0.0)
        for picture in 0..<pictures {
            distances += distance(of: features.slice(picture, of: count).span, scratch)
            let logits = logits.slice(picture, of: classes).array.map(Double.init)
            largest += (logits.max() ?? 0) - logits.reduce(0, +) / Double(classes)
        }
        let weight = largest / distances
        guard weight.isFinite, weight > 0 else { return nil }
        self.init(mean: mean, directions: directions, weight: weight)
    }

    /// The covariance's first eigenvectors, by orthogonal iteration (Golub and Van Loan 2013, 8.2.4).
    private static func directions(
        of features: Buffer<Float>, around mean: Buffer<Float>, _ kernels: Kernels
    ) -> Buffer<Float> {
        let count = mean.count
        let centred = Buffer<Float>(count: features.count)
        centred.withMutableSpan { centred in
            let (features, mean) = (features.span, mean.span)
            for i in centred.indices { centred[i] = features[i] - mean[i % count] }
        }
        let covariance = Buffer<Float>(count: count * count)
        kernels.multiply(
            count, features.count / count, count, a: centred, .init(row: 1, column: count), b: centred, bRow: count,
            into: covariance, cRow: count)
        var (directions, next) = (Buffer<Float>(count: count * dimensions), Buffer<Float>(count: count * dimensions))
        var random = Random(key: Random.key(0, .directions))
        directions.copy(from: (0..<directions.count).map { _ in random.uniform() - 0.5 })
        for _ in 0..<iterations {
            makeOrthonormal(directions)
            kernels.multiply(
                count, count, dimensions, a: covariance, .init(row: count), b: directions, bRow: dimensions,
                into: next, cRow: dimensions)
            swap(&directions, &next)
        }
        makeOrthonormal(directions)
        return directions
    }

    private static let iterations = 40

    /// Gram and Schmidt's way, each direction twice, for once leaves a rest. One that depends on those before
    /// becomes 0.
    private static func makeOrthonormal(_ directions: Buffer<Float>) {
        directions.withMutableSpan { values in
            let rows = values.count / dimensions
            func product(_ a: Int, _ b: Int, _ values: borrowing MutableSpan<Float>) -> Double {
                var sum = 0.0
                for row in 0..<rows {
                    sum += Double(values[row * dimensions + a]) * Double(values[row * dimensions + b])
                }
                return sum
            }
            for k in 0..<dimensions {
                let before = product(k, k, values)
                for _ in 0..<2 {
                    for other in 0..<k {
                        let share = Float(product(k, other, values))
                        for row in 0..<rows {
                            values[row * dimensions + k] -= share * values[row * dimensions + other]
                        }
                    }
                }
                let after = product(k, k, values)
                let scale = after > before * 1e-10 ? Float(1 / after.squareRoot()) : 0
                for row in 0..<rows { values[row * dimensions + k] *= scale }
            }
        }
    }
}

extension Model {
    /// Learns how like its own pictures others are, in the precision that it is used with, or leaves that open where
    /// there is too little to learn from. Where familiarity ends, `limitFamiliarity` says.
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
        familiarity = try Familiarity(features: features, logits: logits, pictures: pictures.count, kernels: kernels)
    }

    /// Has pictures be unfamiliar that are less like its own than 95 % of these are, or none where these are too few.
    /// - logits: Of held-out pictures, since `learnFamiliarity`.
    /// - other: The class whose pictures do not count, being of no brand.
    package mutating func limitFamiliarity(by logits: LabelledLogits, exceptOf other: Int?) {
        let scores = zip(logits.familiarities ?? [], logits.labels).filter { $0.1 != other }.map(\.0)
        if let limit = Familiarity.limit(of: scores) { familiarity?.limit = limit } else { familiarity = nil }
    }
}
