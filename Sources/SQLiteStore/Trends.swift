import Intake
package import Queue

extension SQLiteStore {
    package func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow {
        try read { tx in
            let model = try tx.model(model)
            guard query.unit == .sightings, query.isOfAll else {
                return try tx.trendsFromSightings(of: model, query)
            }
            return try tx.trendsFromSums(of: model, query)
        }
    }
}

extension SQLiteStore {
    package func unseenAuthors(among names: [String]) throws(StoreError) -> [String] {
        try read { tx in try names.filter { try tx.authors([$0]).isEmpty } }
    }
}

extension Transaction {
    /// From the sightings themselves.
    fileprivate func trendsFromSightings(of model: ModelFacts, _ query: TrendQuery) throws -> TrendWindow {
        var window = TrendWindow()
        var counter = UnitCounter(query, classes: model.classes)
        let source = try SightingSource(self, query, model: model.id)
        var hasStrong = false
        // What counts once for several sightings has the date of the first that comes, of the strongest.
        for strength in query.strengths {
            guard query.counts(strength, hasStrong: hasStrong) else {
                window.note(try query.isOfAll ? daily(strength, query.days) : source.daily(strength), strength)
                continue
            }
            var daily: [(day: Int, count: Int)] = []
            var classified = 0
            counter.begin(strength)
            try source.forEach(strength, columns: UnitCounter.columns) { row in
                countOne(on: row.int(0), in: &daily)
                if counter.count(row) { classified += 1 }
            }
            window.note(daily, strength, classified: classified)
            hasStrong = hasStrong || classified > 0
        }
        window.sums = counter.sums()
        if let job = query.job {
            for strength in DateStrength.allCases where strength != .undated {
                window.firstDay[strength] = try source.extremeDay(strength, of: job, isNewest: false)
                window.newestDay[strength] = try source.extremeDay(strength, of: job, isNewest: true)
            }
        } else {
            try noteExtremes(&window, of: model.id)
        }
        return window
    }
}

/// Counts sightings, or once what several of them share.
private struct UnitCounter {
    static let columns = """
        sighting.day, sighting.id, author, author_group, has_text OR hashtags IS NOT NULL, mentions, brand, step,
        platform, post
        """

    private struct Key: Hashable {
        var owner: SightingOwner
        var brand: Int32
        /// The author's day; 0 where a unit is no matter of days.
        var day: Int32
    }

    /// Small, for there may be millions.
    private struct Unit {
        var day: Int32
        var brand: Int32
        var strength: DateStrength
        var step: Int8
        var group: Int8
        var text: TextKind

        mutating func take(_ other: Unit) {
            step = max(step, other.step)
            text = max(text, other.text)
        }
    }

    private let query: TrendQuery
    private let classes: [String]
    private var strength = DateStrength.strong
    private var buffer: SumBuffer
    private var units: [Key: Unit] = [:]

    init(_ query: TrendQuery, classes: [String]) {
        self.query = query
        self.classes = classes
        buffer = SumBuffer(query, classes: classes.count)
    }

    mutating func begin(_ strength: DateStrength) {
        self.strength = strength
        buffer.begin(strength)
    }

    /// False where the model has not classified the sighting. Rows of a strength come by day.
    mutating func count(_ row: Row) -> Bool {
        guard let brand = row.optionalInt(6) else { return false }
        let mentions = row.lines(5)
        let unit = Unit(
            day: Int32(row.int(0)), brand: Int32(brand), strength: strength, step: Int8(row.int(7)),
            group: Int8(row.int(3)),
            text: TextKind(
                hasText: row.bool(4), mentions: mentions, brand: classes.indices.contains(brand) ? classes[brand] : ""))
        switch query.unit {
        case .sightings: add(unit)
        case .posts:
            let owner = row.postOwner(platform: 8, post: 9, sighting: 1)
            units[Key(owner: owner, brand: unit.brand, day: 0), default: unit].take(unit)
        case .authors:
            let owner = row.authorOwner(author: 2, sighting: 1)
            units[Key(owner: owner, brand: unit.brand, day: unit.day), default: unit].take(unit)
        }
        return true
    }

    private mutating func add(_ unit: Unit) {
        let place = buffer.place(day: Int(unit.day), brand: Int(unit.brand), step: Int(unit.step), text: unit.text)
        buffer.add(1, at: place, group: Int(unit.group))
    }

    /// In the order of those of `trendsFromSums`.
    mutating func sums() -> [TrendSum] {
        let order = units.values.sorted { ($1.strength.rawValue, $0.day) < ($0.strength.rawValue, $1.day) }
        for (index, unit) in order.enumerated() {
            if index == 0 || unit.strength != order[index - 1].strength { begin(unit.strength) }
            add(unit)
        }
        buffer.finish()
        return buffer.sums
    }
}
