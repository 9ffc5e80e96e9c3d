import TestSupport
import Testing

@testable import Statistics

/// Counts from rows: one for each group, one number for each category.
func grouped(_ rows: [[Int]], groups: Int = 20) -> GroupedCounts {
    var counts = GroupedCounts(categories: rows.first?.count ?? 0, groups: groups)
    for (group, row) in rows.enumerated() {
        for (category, count) in row.enumerated() { counts[category, group] = count }
    }
    return counts
}

/// In all brands an author is as like himself: each group's count is off its level by up to three times what chance
/// would do.
private func random(categories: Int, upTo most: Int, seed: UInt64) -> [[Int]] {
    var generator = Generator(state: seed)
    let levels = (0..<categories).map { _ in Int.random(in: 100...most, using: &generator) }
    return (0..<20).map { _ in
        levels.map { level in
            let off = 3 * Int(Double(level).squareRoot())
            return level + Int.random(in: -off...off, using: &generator)
        }
    }
}

@Suite struct SharesTests {
    @Test func countsAddUp() {
        let counts = grouped([[3, 0, 1], [2, 5, 0]])
        #expect(counts.total == 11)
        #expect((0..<3).map(counts.total) == [5, 5, 1])
        #expect(counts[1, 1] == 5)
        #expect(counts[1, 19] == 0)
        #expect(GroupedCounts(categories: 0).total == 0)
    }

    /// The textbook's jackknife: counted again without each group, symmetric about the share.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func manySightingsGiveTheJackknifesInterval(seed: UInt64) throws {
        let rows = random(categories: 4, upTo: 40_000, seed: seed)
        func share(_ category: Int, without left: Int?) -> Double {
            let kept = rows.indices.filter { $0 != left }.map { rows[$0] }
            return Double(kept.reduce(0) { $0 + $1[category] }) / Double(kept.reduce(0) { $0 + $1.reduce(0, +) })
        }
        let shares = Shares(grouped(rows))
        for category in 0..<4 {
            let estimate = try #require(shares[category])
            let whole = share(category, without: nil)
            #expect(abs(estimate.value - whole) < 1e-12)
            let squares = (0..<20).map { share(category, without: $0) - whole }.reduce(0) { $0 + $1 * $1 }
            let half = 2.093024054408263 * (19.0 / 20 * squares).squareRoot()
            let interval = try #require(estimate.interval)
            #expect(abs((interval.high - interval.low) / (2 * half) - 1) < 0.02)
            #expect(abs((interval.high + interval.low) / 2 - whole) < 0.1 * half)
        }
    }

    @Test func aBrandThatWasNeverSeenIsNotCertainToBeNone() throws {
        let shares = Shares(grouped((0..<20).map { [5 + $0 % 3, 4 - $0 % 2, 0] }))
        let never = try #require(shares[2]?.interval)
        // 209 sightings and none of it: three of them (the rule of three) are 1.4 %.
        #expect(never.low == 0)
        #expect(never.high > 3.0 / 209 && never.high < 6.0 / 209)
        let always = try #require(Shares(grouped((0..<20).map { _ in [50, 0] }))[0]?.interval)
        #expect(always.high == 1)
        #expect(always.low > 0.7 && always.low < 0.9, "20 groups alike are worth 20 sightings")
    }

    /// Those who post much post the first two brands, and happen not to have posted the third: its groups alone would
    /// say too little.
    @Test func aBrandIsAboutAsClusteredAsTheOthers() throws {
        let rows = (0..<20).map { group in
            group < 2 ? [200, 10, 0] : group < 4 ? [10, 200, 0] : [20, 20, group.isMultiple(of: 2) ? 4 : 3]
        }
        let interval = try #require(Shares(grouped(rows))[2]?.interval)
        // 56 of 1,246; as if all were independent, 3.5 to 5.8 %.
        #expect(interval.low < 0.025 && interval.low > 0.005)
        #expect(interval.high > 0.08 && interval.high < 0.2)
    }

    @Test func anAuthorsMannerWidensTheInterval() throws {
        let spread = grouped((0..<20).map { _ in [4, 16] })
        let oneAuthor = grouped((0..<20).map { $0 == 7 ? [80, 0] : [0, $0 == 0 ? 16 * 20 : 0] })
        let (narrow, wide) = (try #require(Shares(spread)[0]?.interval), try #require(Shares(oneAuthor)[0]?.interval))
        #expect(Shares(oneAuthor)[0]?.value == 0.2)
        #expect(wide.high - wide.low > 3 * (narrow.high - narrow.low))
        #expect(narrow.low < 0.2 && narrow.high > 0.2)
    }

    @Test func ratesOfPlainCounts() {
        // From R's binom.confint(..., methods = "wilson") and the textbook cases.
        for (successes, n, low, high) in [
            (48, 50, 0.8654, 0.9890), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (300, 1000, 0.2724, 0.3291),
        ] {
            let interval = wilson(successes, of: n)
            #expect(abs(interval.low - low) < 1e-4 && abs(interval.high - high) < 1e-4)
        }
        #expect(wilson(0, of: 0) == Interval(low: 0, high: 1))
    }

    @Test func nothingCountedAndOneGroup() {
        #expect(Shares(GroupedCounts(categories: 3))[0] == nil)
        let alone = Shares(grouped([[3, 9]]))
        #expect(alone[0] == Estimate(value: 0.25, interval: nil))
        for groups in 1...20 {
            for sightings in [1, 2, 7] {
                let shares = Shares(grouped((0..<groups).map { [$0 % 2, sightings, 0] }))
                for category in 0..<3 {
                    guard let estimate = shares[category] else { Issue.record("counted, but no share"); continue }
                    guard let interval = estimate.interval else { #expect(groups == 1); continue }
                    #expect(interval.low >= 0 && interval.high <= 1 && interval.low < interval.high)
                    #expect(interval.contains(estimate.value))
                }
            }
        }
    }
}
