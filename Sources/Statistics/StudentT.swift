import Foundation

/// Student's t distribution.
struct StudentT: Hashable, Sendable {
    let degreesOfFreedom: Double

    /// How probable a value further from zero than `t` is, on both sides together: I(v/(v+t²); v/2, 1/2), the
    /// regularised incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17; Abramowitz and
    /// Stegun 26.7.1).
    func tail(beyond t: Double) -> Double {
        let square = t * t
        return incompleteBeta(
            degreesOfFreedom / (degreesOfFreedom + square), square / (degreesOfFreedom + square),
            degreesOfFreedom / 2, 0.5)
    }

    /// The value beyond which, on both sides together, `tail` lies: 2.093 for 0.05 and 19 degrees of freedom.
    func quantile(tail: Double) -> Double {
        // Halving the angle whose tangent is t/√v: it has two ends, t has not.
        var (low, high) = (0.0, Double.pi / 2)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if self.tail(beyond: degreesOfFreedom.squareRoot() * tan(middle)) > tail {
                low = middle
            } else {
                high = middle
            }
        }
        return degreesOfFreedom.squareRoot() * tan((low + high) / 2)
    }
}

/// I(x; a, b) by its continued fraction (DLMF 8.17.22), which is taken on the side where it converges fast.
/// - complement: 1 - x, from the caller, who knows it without cancellation.
private func incompleteBeta(_ x: Double, _ complement: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if complement <= 0 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(complement, x, b, a) }
    let logarithm = a * log(x) + b * log(complement) + logGamma(a + b) - logGamma(a) - logGamma(b) - log(a)
    return exp(logarithm) / continuedFraction(x, a, b)
}

/// 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22 by Lentz's method as modified by Thompson and Barnett (Journal of
/// Computational Physics 64, 1986).
private func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var (value, upper, lower) = (1.0, 1.0, 0.0)
    for step in 1...10_000 {
        let m = Double(step / 2)
        let term =
            step.isMultiple(of: 2)
            ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        lower = 1 + term * lower
        lower = 1 / (lower == 0 ? tiny : lower)
        upper = 1 + term / upper
        if upper == 0 { upper = tiny }
        value *= upper * lower
        if abs(upper * lower - 1) < 1e-15 { break }
    }
    return value
}

private func logGamma(_ x: Double) -> Double { lgamma(x).0 }
