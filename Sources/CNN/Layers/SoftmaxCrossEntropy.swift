/// The head: class probabilities, the softmax of the calibrated logits, and in training the loss -ln p[label] of the
/// logits as they are.
///
/// Computed in Double with an exponential and a logarithm of its own: the system's differ from machine to machine.
enum SoftmaxCrossEntropy {
    /// - logits: K.
    /// - result: Gets K probabilities from `start` on. Logits that are not finite give equal ones: no answer, rather
    ///   than a wrong one.
    static func probabilities(
        of logits: Span<Float>, _ calibration: Calibration, into result: inout MutableSpan<Float>, from start: Int
    ) {
        var largest = -Double.infinity
        var isFinite = true
        for i in logits.indices {
            largest = max(largest, Double(logits[i]))
            isFinite = isFinite && logits[i].isFinite
        }
        guard isFinite else {
            for i in logits.indices { result[start + i] = 1 / Float(logits.count) }
            return
        }
        var (whole, sum) = (0.0, 0.0)
        for i in logits.indices { whole += exponential(Double(logits[i]) - largest) }
        let classes = logits.count
        func weight(_ logit: Float) -> Double {
            exponential(calibration.score(Double(logit) - largest, sum: whole, classes: classes))
        }
        for i in logits.indices { sum += weight(logits[i]) }
        for i in logits.indices { result[start + i] = Float(weight(logits[i]) / sum) }
    }

    /// The loss of one picture; NaN where the logits are not finite.
    /// - dLogits: K, (p - target) * scale.
    /// - other: Another label, and its share of the target.
    /// - smoothing: How much of the target is shared out evenly among all classes; the rest is the labels'.
    static func loss(
        of logits: Span<Float>, label: Int, other: (label: Int, share: Double)? = nil, smoothing: Double = 0,
        scale: Double, dLogits: inout MutableSpan<Float>
    ) -> Double {
        var largest = -Double.infinity
        for i in logits.indices { largest = max(largest, Double(logits[i])) }
        var sum = 0.0
        for i in logits.indices { sum += exponential(Double(logits[i]) - largest) }
        let otherShare = (1 - smoothing) * (other?.share ?? 0)
        let (labelShare, everyShare) = (1 - smoothing - otherShare, smoothing / Double(logits.count))
        var target = 0.0
        for i in logits.indices {
            var share = everyShare
            if i == label { share += labelShare }
            if i == other?.label { share += otherShare }
            let probability = exponential(Double(logits[i]) - largest) / sum
            dLogits[i] = Float((probability - share) * scale)
            if share > 0 { target += share * (Double(logits[i]) - largest) }
        }
        return logarithm(sum) - target
    }
}

/// e^x to about 1 ulp, for x up to 709.
func exponential(_ x: Double) -> Double {
    guard x > -708 else { return x.isNaN ? .nan : 0 }
    guard x < 709 else { return .infinity }
    // x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts so that n ln 2 loses nothing.
    let n = (x * 1.442_695_040_888_963_4).rounded()
    let r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33
    var term = 1.0
    for k in stride(from: 14.0, through: 1.0, by: -1.0) { term = 1 + term * r / k }
    return Double(sign: .plus, exponent: Int(n), significand: term)
}

/// ln x to about 1 ulp, for finite x > 0; NaN for a NaN.
func logarithm(_ x: Double) -> Double {
    guard x.isFinite, x > 0 else { return .nan }
    // x = m 2^e with m within sqrt(1/2) and sqrt(2); ln m = 2 artanh((m - 1) / (m + 1)).
    var (m, e) = (x.significand, Double(x.exponent))
    if m > 2.0.squareRoot() { (m, e) = (m / 2, e + 1) }
    let s = (m - 1) / (m + 1)
    var series = 0.0
    for k in stride(from: 23.0, through: 1.0, by: -2.0) { series = series * s * s + 1 / k }
    return e * 0x1.62e42feep-1 + (2 * s * series + e * 0x1.a39ef35793c76p-33)
}
