package import Intake
package import Queue
package import Statistics

/// How often a model saw each brand over a range of days, and how sure that is.
package struct TrendReport {
    package struct Brand: Hashable, Sendable {
        package var name: String
        package var count: Int
        /// Of the recognised, with its 95 % interval; nil where nothing was recognised.
        package var share: Estimate?
        /// The same in the days before.
        package var shareBefore: Estimate?
        /// The share without the model's mistakes, with its 95 % interval; nil where it, or how sure it is, cannot be
        /// told.
        package var adjusted: Estimate?
        /// How many of what the model took for it are not of it, as people found; nil where they looked at none.
        package var falsePositives: Estimate?
        /// How many that the model took for it people looked at.
        package var reviewed: Int
        /// Against the days before, with its verdict over the brands shown; nil for what is not seen in either window.
        package var change: Change?
        /// How many of `count` have a text that is known, and how many of those name the brand.
        package var texts: Int
        package var named: Int
        /// Whether there is anything to say of it.
        package var isSeen: Bool

        /// The smallest change that would have been called, as a fraction; nil where none would, however large.
        package var smallestVisible: Double? { change?.verdict == .tooFew ? nil : change?.smallestVisible }
    }

    package struct Bucket: Hashable, Sendable {
        package var period: Period
        /// All its days are in the window, and over.
        package var isComplete: Bool
        package var coverage: Coverage
        /// In the order of the report's brands.
        package var counts: [Int]
        /// The same; nil where nothing was recognised.
        package var shares: [Estimate?]
        package var other: Int
        package var unsure: Int
        /// How many of all these are dated by file time alone.
        package var weak: Int
        /// Of all brands, shown or not.
        package var recognised: Int { coverage.recognised }
    }

    package let range: TrendRange
    package let model: ModelVersion
    package let threshold: Double
    package let unit: CountingUnit
    package let shown: Shown
    let adjustment: ShareAdjustment
    /// What the model took for these (a brand, other or unsure) nobody reviewed, though it counts.
    let unreviewed: [String]
    /// The most frequent first.
    package let brands: [Brand]
    /// Of all brands, shown or not, as indices into `brandNames`.
    package let lead: Lead
    /// All brands that the model knows, in its order.
    package let brandNames: [String]
    package let buckets: [Bucket]
    package let coverage: Coverage
    package let coverageBefore: Coverage
    package let other: Int
    package let unsure: Int
    /// In sightings, whatever the unit; whenever they were made.
    package let undated: Int
    /// Dated in the window by a file time alone: of those counted; where these have strong dates, sightings beside
    /// them, classified or not.
    package let weak: Int
    /// Dated in the window as what is counted, but not yet classified by the model; in sightings.
    package let unclassified: Int
    /// Whether the model knows what is none of its brands.
    package let hasOther: Bool
    /// Counts of today, in the order of `brands`, and what dates them; nil where the window does not reach up to today.
    package let today: (counts: [Int], dates: Shown)?
    /// The first and the newest day with a sighting that could be shown.
    package let firstDay: CalendarDay?
    package let newestDay: CalendarDay?

    /// - classes: the model's.
    /// - threshold: the confidence from which a brand is recognised, a multiple of 0.05.
    /// - window, before, today: the sums of `range.days`, `range.before` and of `range.today` alone, of `unit`; undated
    ///   ones are read from the first.
    /// - brands: the classes to show; empty for all. Shares stay shares of all that is recognised.
    /// - adjustment: of `range.days`.
    package init(
        range: TrendRange, model: ModelVersion, classes: [String], threshold: Double, unit: CountingUnit = .sightings,
        window: TrendWindow, before: TrendWindow, today: TrendWindow?,
        dates: TrendDates = .strong, brands wanted: [String] = [], adjustment: ShareAdjustment? = nil
    ) throws(TrendReportError) {
        let index = BrandIndex(classes: classes, threshold: threshold)
        let selected = try Self.selected(wanted, of: index.brands, model: model)
        let shown = Shown(window.sums, dates: dates)
        let here = TrendCounts(window.sums, of: index, dates: shown)
        let then = TrendCounts(before.sums, of: index, dates: shown)
        let order = selected.sorted {
            (here.brands.total($1), index.brands[$0]) < (here.brands.total($0), index.brands[$1])
        }
        let seen = order.filter { here.brands.total($0) > 0 || then.brands.total($0) > 0 }
        let changes = Dictionary(
            uniqueKeysWithValues: zip(seen, Changes(now: here.brands, before: then.brands, shown: seen).brands))
        let (shares, sharesBefore) = (Shares(here.brands), Shares(then.brands))
        let adjustment =
            adjustment
            ?? ShareAdjustment(
                classes: classes, threshold: threshold, unit: unit, reviews: [], daily: [:], heldOut: { nil })
        let adjusted = adjustment.shares(of: here.population)
        let reviewed = adjustment.reviewed.matrix.map { $0.reduce(0, +) }

        self.range = range
        self.model = model
        self.threshold = threshold
        self.unit = unit
        self.shown = shown
        self.adjustment = adjustment
        let strata = index.brands + [Recognition.other.rawValue, Recognition.unsure.rawValue]
        unreviewed = adjustment.source == .reviewed ? (adjusted?.unknown ?? []).map { strata[$0] } : []
        hasOther = index.hasOther
        brandNames = index.brands
        brands = order.map { brand in
            Brand(
                name: index.brands[brand], count: here.brands.total(brand), share: shares[brand],
                shareBefore: sharesBefore[brand], adjusted: adjusted?.certain(brand),
                falsePositives: adjusted?.falsePositiveRate(brand),
                reviewed: adjustment.source == .reviewed ? reviewed[brand] : 0, change: changes[brand],
                texts: here.texts[brand],
                named: here.named[brand], isSeen: changes[brand] != nil)
        }
        lead = Statistics.lead(here.brands)
        self.today = today.map { today in
            let dates = Shown(today.sums, dates: dates)
            let counts = TrendCounts(today.sums, of: index, dates: dates)
            return (order.map { counts.brands.total($0) }, dates)
        }
        let firstDay = window.firstDay.filter { shown.covers($0.key) }.values.min()
        self.firstDay = firstDay
        newestDay = dates == .any ? window.newestDay.values.max() : window.newestDay[.strong] ?? window.newestDay[.weak]
        buckets = Self.buckets(range, window, index: index, order: order, shown: shown, firstDay: firstDay)
        func covered(_ days: Range<CalendarDay>, _ window: TrendWindow, _ counts: TrendCounts) -> Coverage {
            Coverage(
                days: days, daysSeen: window.daysSeen(shown).count, recognised: counts.recognised,
                counted: counts.all, firstDay: firstDay, isCut: days.upperBound > range.currentDay)
        }
        coverage = covered(range.days, window, here)
        coverageBefore = covered(range.before, before, then)
        other = here.other
        unsure = here.unsure
        undated = window.sightings[.undated] ?? 0
        weak = shown == .strong ? window.sightings[.weak] ?? 0 : here.weak
        unclassified = window.unclassified.reduce(0) { $0 + (shown.covers($1.key) ? $1.value : 0) }
    }

    /// The places of the brands to show among all.
    private static func selected(
        _ wanted: [String], of brands: [String], model: ModelVersion
    ) throws(TrendReportError) -> [Int] {
        if wanted.isEmpty { return Array(brands.indices) }
        var selected: [Int] = []
        for name in wanted {
            guard let index = brands.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
                throw .unknownBrand(name, model: model, brands: brands)
            }
            if !selected.contains(index) { selected.append(index) }
        }
        return selected
    }

    private static func buckets(
        _ range: TrendRange, _ window: TrendWindow, index: BrandIndex, order: [Int], shown: Shown,
        firstDay: CalendarDay?
    ) -> [Bucket] {
        let periods = range.buckets
        // The bucket of each of the window's days.
        var bucketOfDay: [Int] = []
        for (bucket, period) in periods.enumerated() {
            let days = period.days.clamped(to: range.days)
            bucketOfDay += repeatElement(bucket, count: days.count)
        }
        func bucket(of day: CalendarDay) -> Int? {
            let place = day.rawValue - range.days.lowerBound.rawValue
            return bucketOfDay.indices.contains(place) ? bucketOfDay[place] : nil
        }
        var counts = periods.map { _ in TrendCounts(brands: index.brands.count) }
        for sum in window.sums where shown.covers(sum.strength) {
            if let bucket = bucket(of: sum.day) { counts[bucket].add(sum, of: index) }
        }
        var daysSeen = periods.map { _ in 0 }
        for day in window.daysSeen(shown) {
            if let bucket = bucket(of: day) { daysSeen[bucket] += 1 }
        }
        return periods.indices.map { bucket in
            let (period, counts) = (periods[bucket], counts[bucket])
            let shares = Shares(counts.brands)
            let isComplete = range.isComplete(period)
            return Bucket(
                period: period, isComplete: isComplete,
                coverage: Coverage(
                    days: period.days.clamped(to: range.days), daysSeen: daysSeen[bucket],
                    recognised: counts.recognised, counted: counts.all, firstDay: firstDay, isCut: !isComplete),
                counts: order.map { counts.brands.total($0) }, shares: order.map { shares[$0] }, other: counts.other,
                unsure: counts.unsure, weak: counts.weak)
        }
    }

    package var recognised: Int { coverage.recognised }

    /// Nothing that the model classified is dated in the window.
    package var isEmpty: Bool { recognised + other + unsure == 0 }

    /// The range in longer buckets, where most of these are thin and their unit was not asked for: to be read and drawn
    /// instead.
    package var legibleRange: TrendRange? {
        guard !range.isUnitChosen, isMostlyThin, let unit = range.unit.longer else { return nil }
        let longer = range.by(unit)
        return longer.buckets.count < 2 ? nil : longer
    }

    private var isMostlyThin: Bool {
        let filled = buckets.filter { $0.recognised > 0 }
        return filled.filter(\.coverage.isThin).count * 2 > filled.count
    }
}

extension TrendWindow {
    /// The days with a sighting that counts.
    fileprivate func daysSeen(_ shown: TrendReport.Shown) -> Set<CalendarDay> { Set(daily(shown).keys) }

    /// How many sightings with such dates each day has, classified or not; days without are not there.
    package func daily(_ shown: TrendReport.Shown) -> [CalendarDay: Int] {
        daily.reduce(into: [:]) { if shown.covers($1.key) { $0.merge($1.value, uniquingKeysWith: +) } }
    }
}

extension TrendUnit {
    /// Never season: what seasons are is the user's to say.
    fileprivate var longer: TrendUnit? {
        switch self {
        case .day: .week
        case .week: .month
        case .month, .season: nil
        }
    }
}

package enum TrendReportError: Error, Hashable, CustomStringConvertible {
    case unknownBrand(String, model: ModelVersion, brands: [String])
    /// There is no point to draw in a chart of these days.
    case nothingToDraw(model: ModelVersion, days: Range<CalendarDay>)

    package var description: String {
        switch self {
        case .unknownBrand(let name, let model, let brands):
            "\(model) knows no brand \(Escaping.terminal(name)); it knows \(brands.map(Escaping.terminal).joined(separator: ", "))"
        case .nothingToDraw(let model, let days):
            "there is nothing to draw: \(model) has recognised no brand in \(days.text); `bagq trends` without --chart says where the newest sightings are"
        }
    }
}
