import Threads

/// A network's outputs for pictures whose class is known: what a temperature is fitted to.
package struct LabelledLogits: Sendable {
    package let labels: [Int]
    /// Pictures x classes.
    private let logits: [Float]
    private let classes: Int
    private let labelSmoothing: Double
    /// How like the network's own pictures each is, as far as the model knew then; nil where it cannot tell.
    package fileprivate(set) var familiarities: [Double]?

    /// - logits: Pictures x classes.
    /// - labelSmoothing: Of the network's training.
    package init(_ logits: [Float], labels: [Int], classes: Int, labelSmoothing: Double = 0) {
        precondition(logits.count == labels.count * classes && labels.allSatisfy((0..<classes).contains))
        (self.logits, self.labels, self.classes) = (logits, labels, classes)
        self.labelSmoothing = labelSmoothing
    }

    private func calibration(_ temperature: Double) -> Calibration {
        Calibration(labelSmoothing: labelSmoothing, temperature: temperature)
    }

    /// A picture's class probabilities.
    package func probabilities(of picture: Int, temperature: Double) -> [Float] {
        var result = [Float](repeating: 0, count: classes)
        var span = result.mutableSpan
        SoftmaxCrossEntropy.probabilities(
            of: logits.span.extracting(picture * classes..<(picture + 1) * classes), calibration(temperature),
            into: &span, from: 0)
        return result
    }

    /// The mean over the pictures of -ln p[label] (negative log likelihood, NLL); 0 without pictures.
    package func loss(temperature: Double) -> Double {
        guard !labels.isEmpty else { return 0 }
        let calibration = calibration(temperature)
        var total = 0.0
        for (picture, label) in labels.enumerated() {
            let row = logits[picture * classes..<(picture + 1) * classes]
            guard let largest = row.max(), row.allSatisfy(\.isFinite) else {
                total += logarithm(Double(classes))
                continue
            }
            let whole = row.reduce(0) { $0 + exponential(Double($1) - Double(largest)) }
            let scores = row.map { calibration.score(Double($0) - Double(largest), sum: whole, classes: classes) }
            total += logarithm(scores.reduce(0) { $0 + exponential($1) }) - scores[label]
        }
        return total / Double(labels.count)
    }

    /// Temperatures are looked for up to this, and down to one over it.
    private static let widest = 20.0

    /// The temperature T that makes the labels most likely (Guo et al. 2017, "On Calibration of Modern Neural
    /// Networks", 4.2); 1 without pictures.
    ///
    /// Where all of a few pictures are right there is no such T: the smaller, the likelier. So what is minimised is the
    /// sum of the losses and (1/T - 1)²/2, which holds it near the 1 that training meant; with hundreds of pictures it
    /// hardly moves T.
    package var bestTemperature: Double {
        guard !labels.isEmpty else { return 1 }
        func cost(_ logTemperature: Double) -> Double {
            let temperature = exponential(logTemperature)
            let distance = 1 / temperature - 1
            return loss(temperature: temperature) * Double(labels.count) + distance * distance / 2
        }
        // Golden section: both terms are convex in 1/T, so the sum has one minimum over ln T.
        let golden = (5.0.squareRoot() - 1) / 2
        var (low, high) = (-logarithm(Self.widest), logarithm(Self.widest))
        var (left, right) = (high - golden * (high - low), low + golden * (high - low))
        var (leftCost, rightCost) = (cost(left), cost(right))
        while high - low > 1e-6 {
            if leftCost <= rightCost {
                (high, right, rightCost) = (right, left, leftCost)
                left = high - golden * (high - low)
                leftCost = cost(left)
            } else {
                (low, left, leftCost) = (left, right, rightCost)
                right = low + golden * (high - low)
                rightCost = cost(right)
            }
        }
        return exponential((low + high) / 2)
    }
}

extension Model {
    /// What the network says of labelled pictures, in the precision that the model is used with.
    /// - throws: What loading a picture threw; `KernelLevelError`.
    package func logits(
        for pictures: any PixelPictures, labels: [Int], level: KernelLevel, threads: Int
    ) throws -> LabelledLogits {
        let pool = ThreadPool(threads: threads)
        let familiarities = Buffer<Double>(count: pictures.count)
        let logits = try logits(of: pictures, precision: preferredPrecision, level: level, pool: pool) {
            familiarities[$0..<$0 + 1].fill(with: $1.familiarity(of: 0) ?? 0)
        }
        var result = LabelledLogits(
            logits.array, labels: labels, classes: classes.count, labelSmoothing: calibration.labelSmoothing)
        if familiarity != nil { result.familiarities = familiarities.array }
        return result
    }

    /// The network's outputs, pictures x classes.
    /// - look: Is given each picture's number, and the predictor whose last call's only picture it is.
    func logits(
        of pictures: any PixelPictures, precision: PredictionPrecision, level: KernelLevel, pool: ThreadPool,
        look: @escaping @Sendable (Int, Predictor) -> Void = { _, _ in }
    ) throws -> Buffer<Float> {
        let (size, classes) = (network.architecture.input.count, classes.count)
        let workers = try (0..<pool.threads).map { _ in
            LogitsWorker(
                predictor: try Predictor(model: self, precision: precision, level: level, capacity: 1),
                pixels: Buffer(count: size))
        }
        let logits = Buffer<Float>(count: pictures.count * classes)
        try pool.forEach(pictures.count) { worker, index in
            let (predictor, pixels) = (workers[worker].predictor, workers[worker].pixels)
            try pixels.withMutableSpan { try pictures.load(index, into: &$0) }
            logits.slice(index, of: classes).copy(from: predictor.logits(of: pixels.span, count: 1))
            look(index, predictor)
        }
        return logits
    }
}

/// Each is used by the one thread of a pool that has its number.
private struct LogitsWorker: @unchecked Sendable {
    let predictor: Predictor
    let pixels: Buffer<UInt8>
}
