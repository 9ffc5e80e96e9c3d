import Foundation
import Statistics
import TestSupport
import Testing

/// A network's posts as they might be, with the truth known: brands whose mix shifts from week to week, authors of whom
/// a few post much, each with a habit, and a classifier that errs by a matrix. The last truth is a picture of none of
/// the brands.
struct MadeDump: CustomTestStringConvertible {
    var name: String
    /// Of the truths, in the first week.
    var mix: [Double]
    /// Each week multiplies the mix by these, and it is made to add up to 1 again.
    var weekly: [Double]
    var weeks = 1
    var sightings: Int
    var authors: Int
    /// Of the logarithm of how much an author posts.
    var activitySpread = 1.0
    /// These post 3 % of everything each.
    var prolific = 0
    /// How many of an author's pictures are of the author's own brand, whatever the mix is.
    var habit = 0.5
    /// [truth][category]: the brands, other, unsure.
    var matrix: [[Double]]

    var brands: Int { mix.count - 1 }
    var testDescription: String { name }

    /// A classifier that tells `right` of each brand's pictures, throws the rest at the next two brands, other and
    /// unsure, and takes `falseAlarms` of the other pictures for one of the brands.
    static func matrix(brands: Int, right: Double, falseAlarms: Double) -> [[Double]] {
        let wrong = 1 - right
        let rows = (0..<brands).map { brand in
            var row = Array(repeating: 0.0, count: brands + 2)
            row[brand] = right
            row[(brand + 1) % brands] += 0.25 * wrong
            row[(brand + 2) % brands] += 0.1 * wrong
            row[brands] = 0.25 * wrong
            row[brands + 1] = 0.4 * wrong
            return row
        }
        let none = (0..<brands).map { falseAlarms * 2 * Double($0 + 1) / Double(brands * (brands + 1)) }
        return rows + [none + [1 - 2 * falseAlarms, falseAlarms]]
    }

    func mix(inWeek week: Int) -> [Double] {
        let raised = zip(mix, weekly).map { $0 * pow($1, Double(week)) }
        let sum = raised.reduce(0, +)
        return raised.map { $0 / sum }
    }

    /// Of the truths, over the weeks.
    var meanMix: [Double] {
        let mixes = (0..<weeks).map { mix(inWeek: $0) }
        return mix.indices.map { truth in mixes.reduce(0) { $0 + $1[truth] } / Double(weeks) }
    }

    /// What the shares of the brands predicted come to in the long run, among all recognised.
    var predictedShares: [Double] {
        let predicted = (0..<brands).map { category in zip(meanMix, matrix).reduce(0) { $0 + $1.0 * $1.1[category] } }
        return predicted.map { $0 / predicted.reduce(0, +) }
    }

    /// Of each brand among all pictures of brands.
    var trueShares: [Double] {
        let known = meanMix.dropLast()
        return known.map { $0 / known.reduce(0, +) }
    }
}

/// One draw of a window's pictures.
struct MadeWindow {
    /// [truth]: by category and group.
    var counts: [GroupedCounts]

    var population: GroupedCounts {
        var sum = counts[0]
        for category in 0..<sum.categories {
            for group in 0..<sum.groups { sum[category, group] = counts.reduce(0) { $0 + $1[category, group] } }
        }
        return sum
    }

    /// The recognised alone.
    var recognised: GroupedCounts {
        let all = population
        var brands = GroupedCounts(categories: all.categories - 2, groups: all.groups)
        for category in 0..<brands.categories {
            for group in 0..<brands.groups { brands[category, group] = all[category, group] }
        }
        return brands
    }

    /// [category][truth] of as many pictures as wanted of each category, or all that there are.
    func review(_ wanted: Int, using generator: inout Generator) -> [[Int]] {
        (0..<counts[0].categories).map { category in
            var left = counts.map { $0.total(category) }
            var drawn = left.map { _ in 0 }
            for _ in 0..<min(wanted, left.reduce(0, +)) {
                var place = Int.random(in: 0..<left.reduce(0, +), using: &generator)
                let truth = left.firstIndex { count in
                    if place < count { return true }
                    place -= count
                    return false
                }
                guard let truth else { break }
                left[truth] -= 1
                drawn[truth] += 1
            }
            return drawn
        }
    }
}

/// Those who post, the same in every window drawn of them.
struct MadeAuthors {
    /// How much each posts, against all.
    let activity: [Double]
    let groups: [Int]
    /// [author][truth]: what the author's own brand follows from, with the mix of the week: the largest sum of its
    /// logarithm and these, which have Gumbel's distribution. So own brands have the mix's shares, and as it shifts
    /// only as many authors change as must.
    let tastes: [[Double]]

    init(_ dump: MadeDump, using generator: inout Generator) {
        var activity = (0..<dump.authors).map { _ in exp(dump.activitySpread * generator.normal()) }
        let others = activity.reduce(0, +)
        let prolificShare = 0.03 * Double(dump.prolific)
        activity += Array(repeating: others * 0.03 / (1 - prolificShare), count: dump.prolific)
        let sum = activity.reduce(0, +)
        self.activity = activity.map { $0 / sum }
        groups = activity.map { _ in Int.random(in: 0..<20, using: &generator) }
        tastes = activity.map { _ in
            dump.mix.map { _ in -log(-log(1 - Double.random(in: 0..<1, using: &generator))) }
        }
    }

    func window(of dump: MadeDump, using generator: inout Generator) -> MadeWindow {
        var counts = Array(repeating: GroupedCounts(categories: dump.brands + 2), count: dump.mix.count)
        let matrix = dump.matrix.map(cumulated)
        for week in 0..<dump.weeks {
            let shares = dump.mix(inWeek: week)
            let (logarithms, mix) = (shares.map { log($0) }, cumulated(shares))
            for author in activity.indices {
                let expected = activity[author] * Double(dump.sightings) / Double(dump.weeks)
                let posts = generator.poisson(expected)
                if posts == 0 { continue }
                let own = mix.indices.max {
                    logarithms[$0] + tastes[author][$0] < logarithms[$1] + tastes[author][$1]
                }
                guard let own else { continue }
                for _ in 0..<posts {
                    let isOwn = Double.random(in: 0..<1, using: &generator) < dump.habit
                    let truth = isOwn ? own : pick(Double.random(in: 0..<1, using: &generator), of: mix)
                    let category = pick(Double.random(in: 0..<1, using: &generator), of: matrix[truth])
                    counts[truth][category, groups[author]] += 1
                }
            }
        }
        return MadeWindow(counts: counts)
    }
}

/// [truth][category] of `each` pictures a truth.
func heldOut(_ matrix: [[Double]], each: Int, using generator: inout Generator) -> [[Int]] {
    matrix.map { row in
        let cumulated = cumulated(row)
        var counts = row.map { _ in 0 }
        for _ in 0..<each { counts[pick(Double.random(in: 0..<1, using: &generator), of: cumulated)] += 1 }
        return counts
    }
}

private func cumulated(_ probabilities: [Double]) -> [Double] {
    var sum = 0.0
    return probabilities.map {
        sum += $0
        return sum
    }
}

private func pick(_ place: Double, of cumulated: [Double]) -> Int {
    cumulated.firstIndex { place < $0 } ?? cumulated.count - 1
}

extension Generator {
    /// Box and Muller's.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
        return radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
    }

    /// By the gaps of exponential length that fit into `mean`.
    mutating func poisson(_ mean: Double) -> Int {
        var (count, passed) = (0, 0.0)
        while true {
            passed -= log(1 - Double.random(in: 0..<1, using: &self))
            if passed > mean { return count }
            count += 1
        }
    }
}
