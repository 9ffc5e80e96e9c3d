import TestSupport
import Testing

@testable import Statistics

@Suite struct ChangesTests {
    /// Each group of `now` and `before` has these counts, shuffled by a little so that groups differ.
    private func window(_ row: [Int], shake: Int = 1, seed: UInt64 = 1) -> GroupedCounts {
        var generator = Generator(state: seed)
        return grouped((0..<20).map { _ in row.map { max(0, $0 + Int.random(in: -shake...shake, using: &generator)) } })
    }

    @Test func aPlainChangeIsCalled() throws {
        let changes = Changes(now: window([30, 10, 20]), before: window([20, 20, 20], seed: 2), shown: [2, 0, 1])
        #expect(changes.brands.map(\.verdict) == [.noClearChange, .rising, .falling])
        let rise = try #require(changes.brands[1].difference)
        #expect(abs(rise.value - 1.0 / 6) < 0.02)
        #expect(try #require(rise.interval).low > 0.1)
        let visible = try #require(changes.brands[0].smallestVisible)
        #expect(visible > 0 && visible < 0.1)
        #expect(Changes(now: window([30, 10, 20]), before: window([20, 20, 20]), shown: []).brands.isEmpty)
    }

    /// The same authors in both windows, each faithful to one brand: what they post cancels, and a small true change is
    /// seen.
    @Test func authorsInBothWindowsCancel() throws {
        let before = grouped((0..<20).map { $0.isMultiple(of: 2) ? [90, 10] : [20, 80] })
        let now = grouped((0..<20).map { $0.isMultiple(of: 2) ? [96, 4 + $0 % 3] : [26, 74 - $0 % 4] })
        let change = Changes(now: now, before: before, shown: [0]).brands[0]
        #expect(change.verdict == .rising)
        let apart = try #require(Shares(now)[0]?.interval)
        #expect(try #require(change.smallestVisible) < (apart.high - apart.low) / 4)

        let others = grouped((0..<20).map { $0.isMultiple(of: 2) ? [26, 74 - $0 % 4] : [96, 4 + $0 % 3] })
        #expect(Changes(now: others, before: before, shown: [0]).brands[0].verdict == .noClearChange)
    }

    @Test func fewAreNotCalled() {
        let few = grouped((0..<14).map { $0 < 7 ? [2, 0] : [2, $0 == 13 ? 1 : 0] })
        #expect(few.total == 29)
        let changes = Changes(now: few, before: window([1, 60]), shown: [0, 1])
        #expect(changes.brands.map(\.verdict) == [.tooFew, .tooFew])
        #expect(changes.brands[0].difference?.interval != nil)
        var enough = few
        enough[1, 14] = 1
        #expect(Changes(now: enough, before: window([1, 60]), shown: [0]).brands[0].verdict == .rising)
        let none = Changes(now: few, before: GroupedCounts(categories: 2), shown: [0]).brands[0]
        #expect(none == Change(difference: nil, verdict: .tooFew, smallestVisible: nil))
        let oneGroup = Changes(now: grouped([[500, 10]]), before: window([1, 60]), shown: [0]).brands[0]
        #expect(oneGroup.verdict == .tooFew)
        #expect(oneGroup.smallestVisible == nil)
    }

    /// 40 sightings before without a brand that has 3 % now: none before was likely, and no rise is seen.
    @Test func aThinWindowWithoutABrandIsNoRise() {
        let changes = Changes(
            now: window([15, 485], shake: 4), before: grouped((0..<20).map { _ in [0, 2] }), shown: [0])
        #expect(changes.brands[0].verdict == .noClearChange)
    }

    /// A change that is called alone is not where 30 brands are shown; and what is called eases the level for the rest.
    @Test func moreBrandsNeedMore() throws {
        let quiet = Array(repeating: 40, count: 30)
        let before = window([40, 40] + quiet, shake: 12, seed: 3)
        let now = window([53, 40] + quiet, shake: 12, seed: 4)
        let alone = Changes(now: now, before: before, shown: [0]).brands[0]
        let among = Changes(now: now, before: before, shown: Array(0..<32)).brands[0]
        #expect(alone.verdict == .rising)
        #expect(among.verdict == .noClearChange)
        #expect(among.difference == alone.difference)
        #expect(try #require(among.smallestVisible) > 1.3 * (try #require(alone.smallestVisible)))
    }

    /// Holm's procedure as its paper gives it: p-values in order, each against 5 % over those that are left.
    @Test(arguments: 1...10 as ClosedRange<UInt64>) func holm(seed: UInt64) {
        var generator = Generator(state: seed)
        let level = (0..<8).map { _ in Int.random(in: 5...60, using: &generator) }
        let shifted = level.map { max(0, $0 + Int.random(in: -6...6, using: &generator)) }
        let (now, before) = (window(shifted, shake: 5, seed: seed), window(level, shake: 5, seed: ~seed))
        guard let here = GroupedShares(now), let then = GroupedShares(before) else { Issue.record("no shares"); return }
        func probability(_ category: Int) -> Double {
            let difference = Difference((here, category), less: (then, category))
            var (low, high) = (1e-12, 1.0)
            for _ in 0..<40 {
                let middle = (low * high).squareRoot()
                if difference.interval(tail: middle)?.contains(0) == false { high = middle } else { low = middle }
            }
            return high
        }
        let ordered = (0..<8).map { (probability($0), $0) }.sorted { $0.0 < $1.0 }
        var expected: Set<Int> = []
        for (rank, (probability, category)) in ordered.enumerated() {
            guard probability <= 0.05 / Double(8 - rank) else { break }
            expected.insert(category)
        }
        let changes = Changes(now: now, before: before, shown: Array(0..<8)).brands
        let called = Set(changes.indices.filter { [.rising, .falling].contains(changes[$0].verdict) })
        #expect(called == expected)
    }
}

@Suite struct LeadTests {
    @Test func leadersAndTies() {
        #expect(lead(grouped((0..<20).map { [3, 10 + $0 % 2, 4] })) == .leads(1))
        #expect(lead(grouped((0..<20).map { [$0 % 3, 10 - $0 % 3, 10 - ($0 + 1) % 4] })) == .tied(1, 2))
        #expect(lead(grouped((0..<20).map { _ in [4, 4] })) == .tied(0, 1))
        #expect(lead(grouped((0..<20).map { _ in [0, 40, 0] })) == .leads(1))
        #expect(lead(grouped((0..<20).map { _ in [40] })) == .leads(0))
        #expect(lead(grouped((0..<20).map { $0 == 3 ? [900, 0] : [0, 20] })) == .tied(0, 1), "one author's leader")
        #expect(lead(grouped([[900, 2]])) == .tied(0, 1), "one group cannot tell")
    }

    @Test func noLeaderOfFew() {
        #expect(lead(GroupedCounts(categories: 0)) == .none)
        #expect(lead(GroupedCounts(categories: 4)) == .none)
        #expect(lead(grouped((0..<20).map { $0 < 9 ? [2, 0] : [1, 0] })) == .none)
        #expect(lead(grouped((0..<20).map { $0 < 10 ? [2, 0] : [1, 0] })) == .leads(0))
    }
}
