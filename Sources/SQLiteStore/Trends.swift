import Intake
package import Queue

extension SQLiteStore {
    package func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow {
        try read { tx in
            let model = try tx.model(model)
            guard query.unit == .sightings, query.job == nil, query.filter.isEmpty else {
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
        // The strongest first: what counts once for several sightings has the date of the first that comes.
        for strength in query.strengths.reversed() {
            var daily: [(day: Int, count: Int)] = []
            var classified = 0
            counter.begin(strength)
            try source.forEach(strength, columns: UnitCounter.columns) { row in
                let day = row.int(0)
                if daily.last?.day == day { daily[daily.count - 1].count += 1 } else { daily.append((day, 1)) }
                if counter.count(row) { classified += 1 }
            }
            window.note(daily, strength, classified: classified)
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
        var brand: Int
        /// The author's day; nil where a unit is no matter of days.
        var day: Int?
        var isDated: Bool
    }

    private struct Unit {
        var strength: DateStrength
        var day: Int
        var brand: Int
        var step: Int
        var group: Int
        var text: TextKind
    }

    private let query: TrendQuery
    private let classes: [String]
    private var strength = DateStrength.undated
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
            strength: strength, day: row.int(0), brand: brand, step: row.int(7), group: row.int(3),
            text: TextKind(
                hasText: row.bool(4), mentions: mentions, brand: classes.indices.contains(brand) ? classes[brand] : ""))
        let isDated = strength != .undated
        switch query.unit {
        case .sightings: add(unit)
        case .posts:
            let owner = row.postOwner(platform: 8, post: 9, sighting: 1)
            merge(unit, Key(owner: owner, brand: brand, day: nil, isDated: isDated))
        case .authors:
            let owner = row.authorOwner(author: 2, sighting: 1)
            merge(unit, Key(owner: owner, brand: brand, day: unit.day, isDated: isDated))
        }
        return true
    }

    private mutating func merge(_ unit: Unit, _ key: Key) {
        guard let known = units[key] else {
            units[key] = unit
            return
        }
        units[key]?.step = max(known.step, unit.step)
        units[key]?.text = max(known.text, unit.text)
    }

    private mutating func add(_ unit: Unit) {
        let place = buffer.place(day: unit.day, brand: unit.brand, step: unit.step, text: unit.text)
        buffer.add(1, at: place, group: unit.group)
    }

    /// In the order of those of `trendsFromSums`.
    mutating func sums() -> [TrendSum] {
        let order = units.values.sorted { ($0.strength.rawValue, $0.day) < ($1.strength.rawValue, $1.day) }
        for (index, unit) in order.enumerated() {
            if index == 0 || unit.strength != order[index - 1].strength { begin(unit.strength) }
            add(unit)
        }
        buffer.finish()
        return buffer.sums.sorted { one, other in
            (one.strength.rawValue, one.day?.rawValue ?? 0, one.brand, one.confidenceStep, one.authorGroup)
                < (
                    other.strength.rawValue, other.day?.rawValue ?? 0, other.brand, other.confidenceStep,
                    other.authorGroup
                )
        }
    }
}
