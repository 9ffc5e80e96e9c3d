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

    enum Meaning { case recognised(Int), other, unsure }

    /// What a sum counts; nil for a class that the model does not have.
    func meaning(of sum: TrendSum) -> Meaning? {
        guard brandOfClass.indices.contains(sum.brand) else { return nil }
        guard let brand = brandOfClass[sum.brand] else { return .other }
        return sum.confidenceStep >= firstStep ? .recognised(brand) : .unsure
    }
}

/// Sums added up by what they mean.
struct TrendCounts: Sendable {
    /// The recognised, by brand and author group.
    private(set) var brands: GroupedCounts
    /// How many of each brand's have a text, and how many name it there.
    private(set) var texts: [Int]
    private(set) var named: [Int]
    private(set) var other = 0
    private(set) var unsure = 0
    /// How many of all of these are dated by file time alone.
    private(set) var weak = 0

    init(brands: Int) {
        self.brands = GroupedCounts(categories: brands)
        texts = Array(repeating: 0, count: brands)
        named = texts
    }

    init(_ sums: [TrendSum], of index: BrandIndex, dates: TrendReport.Shown) {
        self.init(brands: index.brands.count)
        for sum in sums where dates.covers(sum.strength) { add(sum, of: index) }
    }

    mutating func add(_ sum: TrendSum, of index: BrandIndex) {
        let meaning = index.meaning(of: sum)
        if meaning != nil, sum.strength == .weak { weak += sum.count }
        switch meaning {
        case nil: break
        case .other: other += sum.count
        case .unsure: unsure += sum.count
        case .recognised(let brand):
            brands[brand, min(brands.groups - 1, max(0, sum.authorGroup))] += sum.count
            texts[brand] += sum.texts
            named[brand] += sum.named
        }
    }

    var recognised: Int { brands.total }
    var all: Int { recognised + other + unsure }
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
        /// Cut off by the window or by today, begun before the first sighting, or without sightings on more than a quarter of its days.
        case partial
    }

    package let days: Range<CalendarDay>
    /// Days with a sighting.
    package let daysSeen: Int
    package let recognised: Int
    package let remarks: [Remark]

    /// - counted: sightings of any meaning. - firstDay: of all sightings that could count. - isCut: part of it is left out or to come.
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
