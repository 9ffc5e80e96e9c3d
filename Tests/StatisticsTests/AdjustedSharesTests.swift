import TestSupport
import Testing

@testable import Statistics

@Suite struct SimplexTests {
    /// Against steps down the slope, each brought back to the simplex, many times.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func isTheLeast(seed: UInt64) {
        var generator = Generator(state: seed)
        let (rows, columns) = (Int.random(in: 2...6, using: &generator), Int.random(in: 2...5, using: &generator))
        let matrix = (0..<rows).map { _ in (0..<columns).map { _ in Double.random(in: 0...1, using: &generator) } }
        let target = (0..<rows).map { _ in Double.random(in: -0.2...1, using: &generator) }
        func distance(_ p: [Double]) -> Double {
            zip(matrix, target).reduce(0) { $0 + (dot($1.0, p) - $1.1) * (dot($1.0, p) - $1.1) }
        }
        var walked = Array(repeating: 1 / Double(columns), count: columns)
        for _ in 0..<3_000 {
            let errors = zip(matrix, target).map { dot($0, walked) - $1 }
            walked = projected(
                walked.indices.map { column in
                    walked[column] - 0.04 * matrix.indices.reduce(0) { $0 + matrix[$1][column] * errors[$1] }
                })
        }
        let solved = leastSquaresOnSimplex(matrix, target)
        #expect(abs(solved.reduce(0, +) - 1) < 1e-9)
        #expect(solved.allSatisfy { $0 >= 0 })
        #expect(distance(solved) <= distance(walked) + 1e-7)
        #expect(zip(solved, walked).allSatisfy { abs($0 - $1) < 1e-2 })
    }

    /// The nearest point of the simplex, by halving what is taken from every component.
    private func projected(_ point: [Double]) -> [Double] {
        var (low, high) = (-2.0, 2.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if point.reduce(0, { $0 + max(0, $1 - middle) }) > 1 { low = middle } else { high = middle }
        }
        return point.map { max(0, $0 - low) }
    }

    @Test func equalColumns() {
        let solved = leastSquaresOnSimplex([[0.8, 0.8, 0], [0.2, 0.2, 1]], [0.4, 0.6])
        #expect(abs(solved[2] - 0.5) < 1e-6)
        #expect(abs(solved[0] + solved[1] - 0.5) < 1e-6)
    }
}

@Suite struct ReviewedSharesTests {
    /// Two brands, other, unsure: 400, 300, 200 and 100 pictures.
    private let population = grouped((0..<20).map { [20 + $0 % 2 * 2 - 1, 15, 10 - $0 % 2 * 2 + 1, 5] })

    @Test func byHand() throws {
        let reviewed = [[27, 2, 1], [3, 24, 3], [0, 2, 18], [5, 4, 1]]
        let shares = AdjustedShares(population: population, reviewed: reviewed, brands: 2)
        // 400*27/30 + 300*3/30 + 0 + 100*5/10 = 440; 400*2/30 + 300*24/30 + 200*2/20 + 100*4/10 = 326.67
        #expect(abs(try #require(shares[0]).value - 440 / (440 + 326.0 + 2.0 / 3)) < 1e-12)
        #expect(abs(try #require(shares[0]).value + (try #require(shares[1]).value) - 1) < 1e-12)
        #expect(shares.unknown.isEmpty)
        let rate = try #require(shares.falsePositiveRate(1))
        #expect(rate.value == 0.2)
        // R: binom.confint(6, 30, methods = "wilson")
        #expect(abs(try #require(rate.interval).low - 0.0951) < 1e-4)
        #expect(abs(try #require(rate.interval).high - 0.3731) < 1e-4)
    }

    /// The textbook's variance, for a sample so large that the rest vanishes, or groups so alike.
    @Test func theSamplesErrorIsTheTextbooks() throws {
        let alike = grouped((0..<20).map { _ in [2_000_000, 1_500_000, 1_000_000, 500_000] })
        let reviewed = [[270, 20, 10], [30, 240, 30], [10, 20, 170], [50, 40, 10]]
        let estimate = try #require(AdjustedShares(population: alike, reviewed: reviewed, brands: 2)[0])
        let weights = [0.4, 0.3, 0.2, 0.1]
        let known = 0.4 * 290 / 300 + 0.3 * 270 / 300 + 0.2 * 30 / 200 + 0.1 * 90 / 100
        var variance = 0.0
        for (weight, row) in zip(weights, reviewed) {
            let n = row.reduce(0, +)
            let residuals = [1 - estimate.value, -estimate.value, 0].map { $0 / known }
            let values = zip(row, residuals).flatMap { Array(repeating: $1, count: $0) }
            let mean = values.reduce(0, +) / Double(n)
            let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n - 1)
            variance += weight * weight * square / Double(n)
        }
        let interval = try #require(estimate.interval)
        #expect(abs((interval.high - interval.low) / (2 * 1.96 * variance.squareRoot()) - 1) < 0.02)
    }

    @Test func aBetterSampleTellsMore() throws {
        let few = [[9, 1, 0], [1, 8, 1], [0, 1, 9], [5, 4, 1]]
        let many = few.map { $0.map { $0 * 10 } }
        func width(_ reviewed: [[Int]]) throws -> Double {
            let interval = try #require(
                AdjustedShares(population: population, reviewed: reviewed, brands: 2)[0]?.interval)
            return interval.high - interval.low
        }
        #expect(try width(many) < 0.6 * width(few))
    }

    @Test func categoriesThatNobodyReviewed() throws {
        let whole = [[27, 2, 1], [3, 24, 3], [0, 2, 18], [5, 4, 1]]
        let all = try #require(AdjustedShares(population: population, reviewed: whole, brands: 2)[1]?.interval)
        var withoutBrand = whole
        withoutBrand[0] = [0, 0, 0]
        let first = AdjustedShares(population: population, reviewed: withoutBrand, brands: 2)
        #expect(first.unknown == [0])
        #expect(first[0] == nil)
        #expect(first.falsePositiveRate(0) == nil)
        let wide = try #require(first[1]?.interval)
        // 326.67 - 26.67 pictures of it are known; the 400 are all of it, or none.
        #expect(wide.low < 300.0 / 780 && wide.high > 700.0 / 780)

        var withoutUnsure = whole
        withoutUnsure[3] = [0, 0, 0]
        let second = AdjustedShares(population: population, reviewed: withoutUnsure, brands: 2)
        #expect(second.unknown == [3])
        let wider = try #require(second[1]?.interval)
        #expect(wider.low < all.low && wider.high > all.high)

        let nothing = AdjustedShares(population: population, reviewed: whole.map { _ in [0, 0, 0] }, brands: 2)
        #expect(nothing[0] == nil && nothing[1] == nil)
        #expect(nothing.unknown == [0, 1, 2, 3])
    }

    @Test func nothingOfAnyBrand() {
        let noBrand = AdjustedShares(
            population: population, reviewed: Array(repeating: [0, 0, 9], count: 4), brands: 2)
        #expect(noBrand[0] == nil)
        #expect(noBrand.falsePositiveRate(0)?.value == 1)
        let empty = AdjustedShares(
            population: GroupedCounts(categories: 4), reviewed: Array(repeating: [3, 3, 3], count: 4), brands: 2)
        #expect(empty[0] == nil && empty.unknown.isEmpty)
        let oneGroup = AdjustedShares(
            population: grouped([[9, 5, 3, 1]]), reviewed: Array(repeating: [3, 3, 3], count: 4), brands: 2)
        #expect(oneGroup[0] == Estimate(value: 0.5, interval: nil))
    }

    /// Whatever a person leaves out, a share that is told lies in its interval, and that in 0...1.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func anyReview(seed: UInt64) {
        var generator = Generator(state: seed)
        let brands = Int.random(in: 1...5, using: &generator)
        let population = grouped(
            (0..<20).map { _ in
                (0..<brands + 2).map { _ in max(0, Int.random(in: -3...4, using: &generator)) }
            })
        let reviewed = (0..<brands + 2).map { category in
            (0...brands).map { truth in
                max(0, Int.random(in: -4...3, using: &generator))
                    + (truth == category && seed.isMultiple(of: 2) ? 5 : 0)
            }
        }
        let shares = AdjustedShares(population: population, reviewed: reviewed, brands: brands)
        for brand in 0..<brands {
            guard let estimate = shares[brand] else { continue }
            #expect(estimate.value >= 0 && estimate.value <= 1)
            guard let interval = estimate.interval else { continue }
            #expect(interval.low >= 0 && interval.high <= 1 + 1e-12 && interval.contains(estimate.value))
        }
    }
}

@Suite struct HeldOutSharesTests {
    /// The issue of classify.md §6.1: 5 % of a brand that is told from the rest in 90 % and taken for by 5 % counts
    /// as 9.25 %.
    @Test func countsAreUndone() throws {
        let population = grouped((0..<20).map { _ in [925, 9_075, 0, 0] })
        let heldOut = [[900, 100, 0, 0], [50, 950, 0, 0]]
        let shares = AdjustedShares(population: population, heldOut: heldOut, brands: 2)
        #expect(abs(try #require(shares[0]).value - 0.05) < 1e-6)
        let interval = try #require(shares[0]?.interval)
        // By hand: the share is (0.0925 - m01) / (m00 - m01), so its error is of m01 mostly: 0.95 * sqrt(.05 *
        // .95 / 1000) / .85
        #expect(interval.contains(0.05))
        #expect(abs((interval.high - interval.low) / (2 * 1.96 * 0.0077) - 1) < 0.1)
        #expect(shares.falsePositiveRate(0) == nil)
    }

    @Test func whatIsOfNoBrandIsLeftOut() throws {
        let mix = [0.2, 0.1, 0.7]
        let heldOut = [[800, 50, 50, 100], [100, 700, 100, 100], [50, 50, 800, 100]]
        let counted = (0..<4).map { category in
            Int((zip(mix, heldOut).reduce(0) { $0 + $1.0 * Double($1.1[category]) } * 10).rounded())
        }
        let shares = AdjustedShares(population: grouped((0..<20).map { _ in counted }), heldOut: heldOut, brands: 2)
        #expect(abs(try #require(shares[0]).value - 2.0 / 3) < 1e-3)
        #expect(abs(try #require(shares[1]).value - 1.0 / 3) < 1e-3)
    }

    @Test func whatCannotBeTold() throws {
        let population = grouped((0..<20).map { [20 + $0 % 2, 15, 10, 5] })
        let missing = AdjustedShares(
            population: population, heldOut: [[9, 1, 0, 0], [0, 0, 0, 0], [1, 1, 8, 0]], brands: 2)
        #expect(missing[0] == nil && missing.unknown == [1])
        let blind = AdjustedShares(
            population: population, heldOut: [[30, 30, 20, 20], [30, 30, 20, 20]], brands: 2)
        #expect(blind[0] != nil && blind[0]?.interval == nil)
        let neverSure = AdjustedShares(
            population: grouped((0..<20).map { [20 + $0 % 2, 1, 1, 0, 10] }),
            heldOut: [[27, 1, 1, 0, 1], [0, 0, 0, 0, 30], [0, 0, 0, 0, 30]], brands: 3)
        #expect(try #require(neverSure[0]?.interval).contains(20.5 / 32.5 / 0.9))
        #expect(neverSure[1]?.interval == nil && neverSure[2]?.interval == nil)
        let empty = AdjustedShares(
            population: GroupedCounts(categories: 4), heldOut: [[9, 1, 0, 0], [1, 9, 0, 0]], brands: 2)
        #expect(empty[0] == nil)
        let oneGroup = AdjustedShares(
            population: grouped([[9, 5, 3, 1]]), heldOut: [[9, 1, 0, 0], [1, 9, 0, 0]], brands: 2)
        #expect(oneGroup[0] != nil && oneGroup[0]?.interval == nil)
    }

    /// 20 brands, other and unsure, all that a table asks for.
    @Test func aTableTakesLittleTime() throws {
        var generator = Generator(state: 5)
        let brands = 20
        let population = grouped(
            (0..<20).map { _ in (0..<brands + 2).map { _ in Int.random(in: 10...90, using: &generator) } })
        let matrix = MadeDump.matrix(brands: brands, right: 0.8, falseAlarms: 0.1)
        let tested = heldOut(matrix, each: 60, using: &generator)
        let reviewed = (0..<brands + 2).map { category in
            (0...brands).map { $0 == category ? 24 : Int.random(in: 0...1, using: &generator) }
        }
        let time = ContinuousClock().measure {
            _ = Shares(population)
            _ = Changes(now: population, before: population, shown: Array(0..<brands))
            _ = lead(population)
            _ = AdjustedShares(population: population, heldOut: tested, brands: brands)
            _ = AdjustedShares(population: population, reviewed: reviewed, brands: brands)
        }
        #expect(time < .seconds(1))
    }
}
