package import Intake
import Queue
import Statistics

/// A model's classes, and what its answers come to at a threshold.
struct BrandIndex: Sendable {
    /// Without `_other`, in the order of the model's classes.
    let brands: [String]
    /// The place among `brands` of each class; nil for `_other`.
    let brandOfClass: [Int?]
    let threshold: Double
    private let firstStep: Int

    init(classes: [String], threshold: Double) {
        var brands: [String] = []
        brandOfClass = classes.map { name in
            if name == otherClass { return nil }
            brands.append(name)
            return brands.count - 1
        }
        self.brands = brands
        self.threshold = threshold
        firstStep = ConfidenceStep.reaching(threshold)
    }

    var hasOther: Bool { brandOfClass.contains(nil) }

    /// What a prediction counts as, numbered as in `AdjustedShares`: one of the brands, other or unsure; nil for a
    /// class that the model does not have.
    func category(ofClass index: Int, step: Int) -> Int? {
        guard brandOfClass.indices.contains(index) else { return nil }
        guard let brand = brandOfClass[index] else { return brands.count }
        return step >= firstStep ? brand : brands.count + 1
    }
}

/// Sums added up by what they mean.
struct TrendCounts: Sendable {
    /// All of them, by category and author group.
    private(set) var population: GroupedCounts
    /// How many of each brand's have a text, and how many name it there.
    private(set) var texts: [Int]
    private(set) var named: [Int]
    /// How many of all are dated by file time alone.
    private(set) var weak = 0

    init(brands: Int) {
        population = GroupedCounts(categories: brands + 2)
        texts = Array(repeating: 0, count: brands)
        named = texts
    }

    init(_ sums: [TrendSum], of index: BrandIndex, dates: TrendReport.Shown) {
        self.init(brands: index.brands.count)
        for sum in sums where dates.covers(sum.strength) { add(sum, of: index) }
    }

    mutating func add(_ sum: TrendSum, of index: BrandIndex) {
        guard let category = index.category(ofClass: sum.brand, step: sum.confidenceStep) else { return }
        population[category, min(population.groups - 1, max(0, sum.authorGroup))] += sum.count
        if sum.strength == .weak { weak += sum.count }
        guard texts.indices.contains(category) else { return }
        texts[category] += sum.texts
        named[category] += sum.named
    }

    /// The recognised.
    var brands: GroupedCounts { population.prefix(texts.count) }
    var recognised: Int { brands.total }
    var other: Int { population.total(texts.count) }
    var unsure: Int { population.total(texts.count + 1) }
    var all: Int { population.total }
}

/// How well a stretch of days is covered: what a reader must know before believing its shares.
package struct Coverage: Hashable, Sendable {
    /// What is wrong with it, the gravest first.
    package enum Remark: String, CaseIterable, Sendable {
        /// All of it lies before the first sighting that could count.
        case beforeFirst = "before_first"
        /// Nothing was counted.
        case empty
        /// Fewer were recognised than tell anything.
        case thin
        /// Cut off by the window or by today, begun before the first sighting, or without sightings on more than a
        /// quarter of its days.
        case partial
    }

    package let days: Range<CalendarDay>
    /// Days with a sighting.
    package let daysSeen: Int
    package let recognised: Int
    package let remarks: [Remark]

    /// - counted: sightings of any meaning.
    /// - firstDay: of all sightings that could count.
    /// - isCut: part of it is left out or to come.
    init(
        days: Range<CalendarDay>, daysSeen: Int, recognised: Int, counted: Int, firstDay: CalendarDay?,
        isCut: Bool = false
    ) {
        self.days = days
        self.daysSeen = daysSeen
        self.recognised = recognised
        var remarks: [Remark] = []
        let isBefore = firstDay.map { days.upperBound <= $0 } == true
        if isBefore {
            remarks.append(.beforeFirst)
        } else if counted == 0 {
            remarks.append(.empty)
        } else {
            if recognised < fewestToCall { remarks.append(.thin) }
            let beginsBefore = firstDay.map { days.lowerBound < $0 } == true
            if isCut || beginsBefore || daysSeen * 4 < days.count * 3 { remarks.append(.partial) }
        }
        self.remarks = remarks
    }

    package func has(_ remark: Remark) -> Bool { remarks.contains(remark) }

    /// Whether a share of it is shown like any other.
    var isThin: Bool { recognised < fewestToCall }
}
