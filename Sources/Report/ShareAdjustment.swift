package import Intake
package import Queue
import Statistics

/// What takes a model's mistakes out of its counts: pictures whose truth somebody knows.
package struct ShareAdjustment: Sendable {
    enum Source: Hashable, Sendable {
        /// People looked at a random sample of the sightings themselves.
        case reviewed
        /// The pictures that were held out when the model was trained, as if the sightings were like them.
        case heldOut(HeldOutPictures)
        case none(Reason)
    }

    /// Why shares stand as they were counted.
    enum Reason: Hashable, Sendable {
        /// Adjusted shares are of sightings.
        case otherUnit
        /// A model that has seen nothing but its brands cannot tell what is none of them.
        case closedModel
        case nothingHeldOut
        /// None of these classes was held out.
        case untested([String])
    }

    let source: Source
    /// Used or, where they are too few, not.
    let reviewed: ReviewedPictures

    /// By people's answers where they are enough, else by the model's held-out pictures.
    /// - reviews: those that are a random sample of what is counted, or of a part of its days.
    /// - daily: how many sightings each day of the window has.
    /// - heldOut: asked where it is needed; nil where there are none.
    package init(
        classes: [String], threshold: Double, unit: CountingUnit, reviews: [ReviewSum],
        daily: [CalendarDay: Int], heldOut: () throws -> HeldOutPictures?
    ) rethrows {
        reviewed = ReviewedPictures(reviews, classes: classes, threshold: threshold, daily: daily)
        if unit != .sightings {
            source = .none(.otherUnit)
        } else if reviewed.isEnough {
            source = .reviewed
        } else if !classes.contains(otherClass) {
            source = .none(.closedModel)
        } else if let heldOut = try heldOut() {
            source = heldOut.untested.isEmpty ? .heldOut(heldOut) : .none(.untested(heldOut.untested))
        } else {
            source = .none(.nothingHeldOut)
        }
    }

    /// How it is written in JSON and CSV.
    var method: String? {
        switch source {
        case .reviewed: "reviewed"
        case .heldOut: "held_out"
        case .none: nil
        }
    }

    /// - population: what was counted, by category as in `AdjustedShares` and author group.
    func shares(of population: GroupedCounts) -> AdjustedShares? {
        let brands = population.categories - 2
        return switch source {
        case .reviewed: AdjustedShares(population: population, reviewed: reviewed.matrix, brands: brands)
        case .heldOut(let pictures): AdjustedShares(population: population, heldOut: pictures.matrix, brands: brands)
        case .none: nil
        }
    }
}

extension AdjustedShares {
    /// The share with its interval; nil also where the interval cannot be told.
    func certain(_ brand: Int) -> Estimate? { self[brand].flatMap { $0.interval == nil ? nil : $0 } }
}

/// Sightings that people looked at.
struct ReviewedPictures: Hashable, Sendable {
    /// A row for each category, a column for each brand and one for none of them.
    let matrix: [[Int]]
    /// From the first to the last day that their samples were drawn from, as far as it was counted; nil without any.
    let days: Range<CalendarDay>?
    /// Of what was counted, the part that is of days that their samples were drawn from, from 0 to 1.
    let coverage: Double

    /// Samples that alone are of most of the window, where there are such: days that another was drawn from too would
    /// weigh more.
    /// - daily: how many sightings each day of the window has.
    init(_ sums: [ReviewSum], classes: [String], threshold: Double, daily: [CalendarDay: Int]) {
        let all = daily.values.reduce(0, +)
        func covered(_ drawn: Set<Range<CalendarDay>>) -> [CalendarDay: Int] {
            daily.filter { day in day.value > 0 && drawn.contains { $0.contains(day.key) } }
        }
        func coverage(_ drawn: Set<Range<CalendarDay>>) -> Double {
            all == 0 ? 0 : Double(covered(drawn).values.reduce(0, +)) / Double(all)
        }
        let drawn = Set(sums.map(\.days))
        let alone = drawn.filter { coverage([$0]) >= Self.most }
        let used = alone.isEmpty ? drawn : alone
        matrix =
            ReviewResult(sums.filter { used.contains($0.days) }, classes: classes, threshold: threshold).matrix
        let days = covered(used).keys
        self.days = days.min().flatMap { first in days.max().map { first..<$0.advanced(by: 1) } }
        self.coverage = coverage(used)
    }

    var count: Int { matrix.reduce(0) { $0 + $1.reduce(0, +) } }
    /// What a model takes for a brand is right as often as the brand is frequent: that changes, so that a few days do
    /// not speak for many.
    var isOfMost: Bool { coverage >= Self.most }
    private static let most = 0.75
    var isEnough: Bool { count >= fewestToCall && isOfMost }
}

/// What a model made of the pictures that were held out when it was trained.
package struct HeldOutPictures: Hashable, Sendable {
    /// So many pictures of a class that were predicted as a class with a confidence.
    package struct Cell: Hashable, Sendable {
        /// Indices in the model's classes.
        package var label: Int
        package var predicted: Int
        package var step: Int
        package var count: Int

        package init(label: Int, predicted: Int, step: Int, count: Int) {
            self.label = label
            self.predicted = predicted
            self.step = step
            self.count = count
        }
    }

    /// A row for each truth (the brands, and none of them where the model has that class), a column for each category.
    let matrix: [[Int]]
    /// Classes without a picture.
    let untested: [String]
    /// "41 test pictures", "24 validation pictures, by which it was also chosen and which flatter it"
    let text: String

    /// - part: `test` or `validation`. The latter were also used to choose what the model is.
    package init(_ cells: [Cell], classes: [String], threshold: Double, part: String) {
        let index = BrandIndex(classes: classes, threshold: threshold)
        let brands = index.brands.count
        var matrix = classes.map { _ in [Int](repeating: 0, count: brands + 2) }
        for cell in cells where classes.indices.contains(cell.label) {
            let category = index.category(ofClass: cell.predicted, step: cell.step)
            if let category { matrix[index.brandOfClass[cell.label] ?? brands][category] += cell.count }
        }
        self.matrix = matrix
        let truths = index.brands + (index.hasOther ? [otherClass] : [])
        untested = zip(truths, matrix).filter { $1.allSatisfy { $0 == 0 } }.map(\.0)
        let count = Format.count(matrix.reduce(0) { $0 + $1.reduce(0, +) }, "\(part) picture")
        text = part == "test" ? count : "\(count), by which it was also chosen and which flatter it"
    }
}
