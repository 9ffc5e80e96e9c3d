import Foundation
import Testing

@testable import Statistics

@Suite struct StudentTTests {
    /// From SciPy 1.15: `scipy.stats.t.isf(tail / 2, degrees)`.
    @Test(
        arguments: [
            (1, 0.5, 1), (1, 0.05, 12.7062047362), (1, 0.0025, 254.646599949), (2, 0.05, 4.30265272975),
            (2, 1e-06, 999.99925), (4.5, 0.5, 0.732866686236), (4.5, 0.01, 4.27282399301), (19, 0.5, 0.687621460204),
            (19, 0.05, 2.09302405441), (19, 0.0025, 3.48115084726), (19, 1e-06, 7.06911818706),
            (38, 0.01, 2.71155760191),
            (250, 0.05, 1.96949839342), (100_000, 0.0025, 3.02341808772), (100_000, 1e-06, 4.89194334072),
        ] as [(Double, Double, Double)])
    func quantiles(degrees: Double, tail: Double, expected: Double) {
        let distribution = StudentT(degreesOfFreedom: degrees)
        #expect(abs(distribution.quantile(tail: tail) / expected - 1) < 1e-9)
        #expect(abs(distribution.tail(beyond: expected) / tail - 1) < 1e-9)
    }

    /// The density, added up by Simpson's rule.
    @Test(arguments: [3.0, 7.5, 19]) func tailsAreTheDensitysArea(degrees: Double) {
        func density(_ t: Double) -> Double { pow(1 + t * t / degrees, -(degrees + 1) / 2) }
        func area(_ to: Double) -> Double {
            let steps = 2_000
            let width = to / Double(steps)
            return (0...steps).reduce(0.0) { sum, step in
                let weight = step == 0 || step == steps ? 1.0 : step.isMultiple(of: 2) ? 2 : 4
                return sum + weight * density(Double(step) * width) * width / 3
            }
        }
        let distribution = StudentT(degreesOfFreedom: degrees)
        let ratio = (1 - distribution.tail(beyond: 1)) / area(1)
        for t in [0.25, 2, 3, 5] {
            #expect(abs(1 - distribution.tail(beyond: t) - ratio * area(t)) < 1e-9)
        }
        #expect(distribution.tail(beyond: 0) == 1)
    }
}
