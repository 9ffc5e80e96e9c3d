import Foundation
import TestSupport
import Testing

@testable import Statistics

/// What is promised of the intervals, verdicts and leaders, seen to hold on dumps whose truth is known. By default few
/// draws, with bounds that leave room for their luck.
@Suite struct SimulationTests {
    static let isSlow = ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil
    static let draws = isSlow ? 2_000 : 200
    static let dumps = isSlow ? MadeDump.all : [MadeDump.week]
    /// By how much a rate over the draws may be off by their luck: three standard deviations of few, none of 2,000.
    static func slack(_ rate: Double) -> Double { isSlow ? 0 : 3 * (rate * (1 - rate) / Double(draws)).squareRoot() }

    @Test(arguments: dumps) func sharesAreCovered(_ dump: MadeDump) {
        var tally = Tally(dump.predictedShares)
        dump.draw(Self.draws, seed: 1) { authors, generator in
            let shares = Shares(authors.window(of: dump, using: &generator).recognised)
            tally.count((0..<dump.brands).map { shares[$0] })
        }
        tally.check("\(dump.name): raw shares", slack: Self.slack(0.95))
    }

    @Test(arguments: dumps, [30, 100]) func reviewedSharesAreCovered(_ dump: MadeDump, perCategory: Int) {
        var tally = Tally(dump.trueShares)
        dump.draw(Self.draws, seed: 2) { authors, generator in
            let window = authors.window(of: dump, using: &generator)
            let reviewed = window.review(perCategory, using: &generator)
            let shares = AdjustedShares(population: window.population, reviewed: reviewed, brands: dump.brands)
            tally.count((0..<dump.brands).map { shares[$0] })
        }
        tally.check("\(dump.name): shares by \(perCategory) reviewed a category", slack: Self.slack(0.95))
    }

    @Test(arguments: dumps, [30, 300]) func heldOutSharesAreCovered(_ dump: MadeDump, perTruth: Int) {
        var tally = Tally(dump.trueShares)
        dump.draw(Self.draws, seed: 3) { authors, generator in
            let window = authors.window(of: dump, using: &generator)
            let tested = heldOut(dump.matrix, each: perTruth, using: &generator)
            let shares = AdjustedShares(population: window.population, heldOut: tested, brands: dump.brands)
            tally.count((0..<dump.brands).map { shares[$0] })
        }
        tally.check(
            "\(dump.name): shares by \(perTruth) held out a truth", slack: Self.slack(0.95), least: 0.9, most: 0.99)
    }

    /// Nothing changed, whether the same authors posted before or others, as much or a quarter.
    @Test(arguments: dumps, [true, false]) func aTableWithoutChangeCallsNone(_ dump: MadeDump, sameAuthors: Bool) {
        var thinner = dump
        thinner.sightings /= 4
        var (tables, calls) = (0, 0)
        dump.draw(Self.draws, seed: 4) { authors, generator in
            let now = authors.window(of: dump, using: &generator).recognised
            let earlier = sameAuthors ? authors : MadeAuthors(dump, using: &generator)
            let before = earlier.window(of: sameAuthors ? dump : thinner, using: &generator).recognised
            let changes = Changes(now: now, before: before, shown: Array(0..<dump.brands))
            tables += 1
            if changes.brands.contains(where: \.isCalled) { calls += 1 }
        }
        let rate = Double(calls) / Double(tables)
        say(
            "\(dump.name), \(sameAuthors ? "same authors" : "others, a quarter as many before"): false calls \(percent(rate))"
        )
        #expect(rate <= 0.06 + Self.slack(0.05))
    }

    /// Twice what the table of an unchanged window says is the smallest visible change is seen, up or down.
    @Test(arguments: dumps) func twiceTheSmallestVisibleIsCalled(_ dump: MadeDump) {
        let shares = dump.predictedShares
        var tally: [Verdict: (planted: Int, called: Int)] = [.rising: (0, 0), .falling: (0, 0)]
        var turn = 0
        dump.draw(Self.draws, seed: 5) { authors, generator in
            let before = authors.window(of: dump, using: &generator).recognised
            let unchanged = authors.window(of: dump, using: &generator).recognised
            turn += 1
            let brand = turn % dump.brands
            let shown = Array(0..<dump.brands)
            guard let visible = Changes(now: unchanged, before: before, shown: shown).brands[brand].smallestVisible
            else {
                return
            }
            for (verdict, sign) in [(Verdict.rising, 2.0), (.falling, -2)] {
                guard let changed = dump.planted(brand, share: shares[brand] + sign * visible) else { continue }
                let now = authors.window(of: changed, using: &generator).recognised
                let isCalled = Changes(now: now, before: before, shown: shown).brands[brand].verdict == verdict
                tally[verdict, default: (0, 0)].planted += 1
                tally[verdict, default: (0, 0)].called += isCalled ? 1 : 0
            }
        }
        for (verdict, seen) in tally.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where seen.planted > 0 {
            let rate = Double(seen.called) / Double(seen.planted)
            say(
                "\(dump.name): \(verdict.rawValue) by twice the smallest visible called \(percent(rate)) of \(seen.planted)"
            )
            #expect(seen.planted < 50 || rate >= 0.9 - Self.slack(0.9))
        }
    }

    /// The first two exactly equal, so that every leader named is wrong; and the second a little behind.
    @Test(arguments: dumps, [1, 0.9]) func leadersAreRarelyWrong(_ dump: MadeDump, second: Double) {
        var tied = dump
        tied.mix[1] = tied.mix[0] * second
        tied.weekly[1] = tied.weekly[0]
        tied.matrix = tied.matrix.map { row in
            // What others are taken for the one they are as often taken for the other.
            var row = row
            if row[0] < 0.5 && row[1] < 0.5 { (row[0], row[1]) = ((row[0] + row[1]) / 2, (row[0] + row[1]) / 2) }
            return row
        }
        tied.matrix[1] = tied.matrix[0]
        tied.matrix[1].swapAt(0, 1)
        while let best = tied.predictedShares.max(), best > tied.predictedShares[0] + 1e-9 {
            tied.mix[0] *= 1.1
            tied.mix[1] *= 1.1
        }
        var (named, wrong, seasons) = (0, 0, 0)
        tied.draw(Self.draws, seed: 6) { authors, generator in
            seasons += 1
            if case .leads(let leader) = lead(authors.window(of: tied, using: &generator).recognised) {
                named += 1
                if second == 1 || leader != 0 { wrong += 1 }
            }
        }
        let rate = Double(wrong) / Double(seasons)
        say(
            "\(dump.name), the second \(percent(second)) of the first: leader named \(percent(Double(named) / Double(seasons))),"
                + " wrongly \(percent(rate))")
        #expect(rate <= 0.05 + Self.slack(0.05))
    }
}

/// How often intervals held a truth.
private struct Tally {
    let truth: [Double]
    var draws = 0
    var covered: [Int]
    var untold = 0

    init(_ truth: [Double]) {
        self.truth = truth
        covered = truth.map { _ in 0 }
    }

    mutating func count(_ estimates: [Estimate?]) {
        draws += 1
        for (brand, estimate) in estimates.enumerated() {
            guard let interval = estimate?.interval else { untold += 1; continue }
            if interval.contains(truth[brand]) { covered[brand] += 1 }
        }
    }

    /// Over all brands; each brand's own is printed.
    func check(_ name: String, slack: Double, least: Double = 0.93, most: Double = 0.97) {
        let all = Double(covered.reduce(0, +)) / Double(draws * truth.count - untold)
        let each = covered.map { percent(Double($0) / Double(draws)) }.joined(separator: ", ")
        say("\(name): covered \(percent(all)) (\(each)), untold \(untold)")
        #expect(all >= least - slack && all <= most + slack, "\(name)")
        #expect(Double(untold) < 0.01 * Double(draws * truth.count))
    }
}

private func percent(_ rate: Double) -> String { String(format: "%.1f %%", rate * 100) }

/// The figures of the whole simulations are for whoever runs them.
private func say(_ line: String) {
    if SimulationTests.isSlow { print(line) }
}

extension Change {
    var isCalled: Bool { verdict == .rising || verdict == .falling }
}

extension MadeDump {
    /// Gives each draw's authors.
    func draw(_ draws: Int, seed: UInt64, _ body: (MadeAuthors, inout Generator) -> Void) {
        var generator = Generator(state: seed)
        for _ in 0..<draws { body(MadeAuthors(self, using: &generator), &generator) }
    }

    /// The dump with so much of a brand that it has this share of what is predicted; nil where no mix has.
    func planted(_ brand: Int, share: Double) -> MadeDump? {
        var changed = self
        var (low, high) = (0.0, 1e4)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            changed.mix[brand] = mix[brand] * middle
            if changed.predictedShares[brand] < share { low = middle } else { high = middle }
        }
        return abs(changed.predictedShares[brand] - share) < 1e-6 ? changed : nil
    }

    static let week = MadeDump(
        name: "week", mix: [0.14, 0.1, 0.08, 0.04, 0.02, 0.02, 0.6], weekly: [1, 1.1, 0.9, 1.2, 0.8, 1, 1], weeks: 1,
        sightings: 700, authors: 250, prolific: 2, matrix: matrix(brands: 6, right: 0.8, falseAlarms: 0.06))
    static let all = [
        week,
        MadeDump(
            name: "season", mix: [0.1, 0.09, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.02, 0.01, 0.005, 0.005, 0.5],
            weekly: [0.97, 1.04, 1, 1.02, 0.95, 1, 1.05, 0.98, 1, 1.1, 0.9, 1, 1], weeks: 13, sightings: 6_000,
            authors: 1_200, prolific: 4, matrix: matrix(brands: 12, right: 0.85, falseAlarms: 0.05)),
        MadeDump(
            name: "thin", mix: [0.15, 0.14, 0.1, 0.02, 0.01, 0.58], weekly: [1, 1, 1, 1, 1, 1], sightings: 150,
            authors: 100,
            matrix: matrix(brands: 5, right: 0.75, falseAlarms: 0.08)),
        MadeDump(
            name: "fans", mix: [0.2, 0.15, 0.1, 0.05, 0.03, 0.02, 0.45], weekly: [1, 1.05, 0.95, 1, 1.1, 0.9, 1],
            weeks: 4,
            sightings: 2_000, authors: 300, activitySpread: 1.3, prolific: 4, habit: 0.7,
            matrix: matrix(brands: 6, right: 0.9, falseAlarms: 0.03)),
        MadeDump(
            name: "independent", mix: [0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.02, 0.02, 0.6],
            weekly: [1, 1, 1, 1, 1, 1, 1, 1, 1], sightings: 1_500, authors: 1_500, habit: 0,
            matrix: matrix(brands: 8, right: 0.7, falseAlarms: 0.1)),
        MadeDump(
            name: "clothing", mix: [0.2, 0.12, 0.1, 0.1, 0.08, 0.06, 0.04, 0.3], weekly: [1, 1, 1, 1, 1, 1, 1, 1],
            sightings: 1_500, authors: 400, prolific: 2, matrix: clothing),
        MadeDump(
            name: "clothing, another mix", mix: [0.02, 0.03, 0.3, 0.02, 0.1, 0.03, 0.2, 0.3],
            weekly: [1, 1, 1, 1, 1, 1, 1, 1], sightings: 1_500, authors: 400, prolific: 2, matrix: clothing),
    ]

    /// Real predictions: a `blog` network's of the clothing set's 372 test pictures, at its own threshold. The truths
    /// are longsleeve, outwear, pants, shirt, shoes, shorts and t-shirt; dress, hat and skirt are none of these, and
    /// other where they are predicted.
    private static let clothing = [
        [46, 1, 0, 7, 0, 0, 4, 1, 13],
        [15, 7, 0, 2, 0, 0, 0, 0, 14],
        [0, 0, 41, 0, 0, 0, 0, 0, 1],
        [8, 0, 0, 10, 0, 0, 2, 0, 6],
        [0, 0, 0, 0, 53, 6, 0, 0, 14],
        [0, 0, 3, 0, 0, 20, 0, 1, 6],
        [5, 0, 0, 1, 1, 0, 38, 1, 6],
        [2, 0, 0, 1, 1, 1, 2, 15, 17],
    ].map { (row: [Int]) in row.map { Double($0) / Double(row.reduce(0, +)) } }
}
