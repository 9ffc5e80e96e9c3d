package import Intake
package import Queue

/// Which dates count. `strong` falls back on weak ones, under a heading that says so, where the window has no others.
package enum TrendDates: String, CaseIterable, Sendable {
    case strong, any
}

/// How often a model saw each brand over a range of days.
package struct TrendReport {
    package struct Brand: Hashable, Sendable {
        package var name: String
        package var count: Int
        /// Of the recognised; nil where nothing was recognised.
        package var share: Double?
        /// In percentage points against the days before; nil where one of the two has no share.
        package var changePoints: Double?
        /// Whether there is anything to say of it.
        package var isSeen: Bool
    }

    package struct Bucket: Hashable, Sendable {
        package var start: CalendarDay
        /// All its days are in the window, and over.
        package var isComplete: Bool
        /// In the order of the report's brands.
        package var counts: [Int]
        /// Of all brands, shown or not.
        package var recognised: Int

        package func share(of brand: Int) -> Double? {
            recognised == 0 ? nil : Double(counts[brand]) / Double(recognised)
        }
    }

    /// Which sightings the report counts.
    package enum Shown: String, Sendable { case strong, weak, any }

    package let range: TrendRange
    package let model: ModelVersion
    package let threshold: Double
    package let shown: Shown
    /// The most frequent first.
    package let brands: [Brand]
    package let buckets: [Bucket]
    package let recognised: Int
    package let other: Int
    package let unsure: Int
    package let undated: Int
    /// Dated in the window, but only by a file time, and not counted here.
    package let weak: Int
    /// Dated in the window, but not yet classified by the model.
    package let unclassified: Int
    /// Counts of today, in the order of `brands`; nil where the window does not reach up to today.
    package let today: [Int]?
    /// The newest day with a sighting that could be shown instead of an empty window.
    package let newestDay: CalendarDay?

    /// - classes: the model's. - window, before, today: the sums of `range.days`, `range.before` and of `range.today` alone.
    /// - brands: the classes to show; empty for all. Shares stay shares of all that is recognised.
    package init(
        range: TrendRange, model: ModelVersion, classes: [String], threshold: Double, window: TrendWindow,
        before: TrendWindow, today: TrendWindow?,
        dates: TrendDates = .strong, brands wanted: [String] = []
    ) throws(TrendReportError) {
        let known = classes.indices.filter { classes[$0] != otherClass }
        var selected = known
        if !wanted.isEmpty {
            selected = []
            for name in wanted {
                guard let index = known.first(where: { classes[$0].lowercased() == name.lowercased() }) else {
                    throw .unknownBrand(name, model: model, brands: known.map { classes[$0] })
                }
                if !selected.contains(index) { selected.append(index) }
            }
        }
        let shown: Shown =
            if dates == .any {
                .any
            } else {
                window.sums.contains { $0.strength == .strong } || !window.sums.contains { $0.strength == .weak }
                    ? .strong : .weak
            }
        func counts(_ sums: [TrendSum]) -> TrendCounts {
            TrendCounts(sums.filter { shown.covers($0.strength) }, classes: classes, threshold: threshold)
        }
        let (here, then) = (counts(window.sums), counts(before.sums))
        selected.sort { (here.brands[$1], classes[$0]) < (here.brands[$0], classes[$1]) }

        self.range = range
        self.model = model
        self.threshold = threshold
        self.shown = shown
        self.today = today.map { today in
            let counts = counts(today.sums)
            return selected.map { counts.brands[$0] }
        }
        brands = selected.map { index in
            let (share, shareThen) = (here.share(of: index), then.share(of: index))
            let change = if let share, let shareThen { (share - shareThen) * 100 } else { nil as Double? }
            return Brand(
                name: classes[index], count: here.brands[index], share: share, changePoints: change,
                isSeen: here.brands[index] > 0 || then.brands[index] > 0)
        }
        var byStart: [CalendarDay: [TrendSum]] = [:]
        for sum in window.sums where shown.covers(sum.strength) {
            if let day = sum.day { byStart[range.unit.start(of: day), default: []].append(sum) }
        }
        buckets = range.bucketStarts.map { start in
            let counts = TrendCounts(byStart[start] ?? [], classes: classes, threshold: threshold)
            return Bucket(
                start: start, isComplete: range.isComplete(start), counts: selected.map { counts.brands[$0] },
                recognised: counts.recognised)
        }
        recognised = here.recognised
        other = here.other
        unsure = here.unsure
        undated = window.sums.reduce(0) { $0 + ($1.strength == .undated ? $1.count : 0) }
        weak = shown == .strong ? window.sums.reduce(0) { $0 + ($1.strength == .weak ? $1.count : 0) } : 0
        let dated = window.sightings.reduce(0) { $0 + (shown.covers($1.key) ? $1.value : 0) }
        unclassified = max(0, dated - here.recognised - here.other - here.unsure)
        newestDay = dates == .any ? window.newestDay.values.max() : window.newestDay[.strong] ?? window.newestDay[.weak]
    }

    /// Nothing that the model classified is dated in the window.
    package var isEmpty: Bool { recognised + other + unsure == 0 }
}

package enum TrendReportError: Error, Hashable, CustomStringConvertible {
    case unknownBrand(String, model: ModelVersion, brands: [String])

    package var description: String {
        switch self {
        case .unknownBrand(let name, let model, let brands):
            "\(model) knows no brand \(Escaping.terminal(name)); it knows \(brands.map(Escaping.terminal).joined(separator: ", "))"
        }
    }
}

extension TrendReport.Shown {
    fileprivate func covers(_ strength: DateStrength) -> Bool {
        switch self {
        case .strong: strength == .strong
        case .weak: strength == .weak
        case .any: strength != .undated
        }
    }
}

/// Sums added up by what they mean.
private struct TrendCounts {
    /// By class.
    var brands: [Int]
    var other = 0
    var unsure = 0

    init(_ sums: [TrendSum], classes: [String], threshold: Double) {
        brands = classes.map { _ in 0 }
        for sum in sums where classes.indices.contains(sum.brand) {
            switch Recognition(brand: classes[sum.brand], confidenceStep: sum.confidenceStep, threshold: threshold) {
            case .recognised: brands[sum.brand] += sum.count
            case .other: other += sum.count
            case .unsure: unsure += sum.count
            }
        }
    }

    var recognised: Int { brands.reduce(0, +) }

    func share(of brand: Int) -> Double? { recognised == 0 ? nil : Double(brands[brand]) / Double(recognised) }
}
