import Intake
import Queue

extension Queries {
    /// The columns of `trend_sum` that count, one for each author group.
    static let groups = (0..<SumBuffer.groups).map { "g\($0)" }

    static let window = """
        SELECT 1 FROM trend_sum
        WHERE model = ? AND strength = ? AND day >= ? AND day < ?
            AND visit(day, brand, step, text, \(groups.joined(separator: ", ")))
        ORDER BY day, brand, step, text
        """
    static let firstDay = "SELECT min(day) FROM trend_sum WHERE model = ? AND strength = ?"
    static let newestDay = "SELECT max(day) FROM trend_sum WHERE model = ? AND strength = ?"

    /// Rows as `trend_sum` has them, counted from the sightings themselves. Part of a migration: only a new one may
    /// change it.
    /// - extra: A column between the key and the counts.
    static func recount(_ extra: String? = nil) -> String {
        """
        SELECT model, strength, day, brand, step, text\(extra.map { ", \($0)" } ?? ""),
            \(groups.indices.map { "sum(iif(author_group = \($0), count, 0))" }.joined(separator: ", "))
        FROM (
            SELECT sighting_class.model, min(time_source, 2) AS strength, day, brand, step,
                CASE WHEN mentions IS NULL THEN has_text OR hashtags IS NOT NULL
                    ELSE 1 + names_brand(mentions, json_extract(model.classes, '$[' || brand || ']')) END AS text,
                author_group, count(*) AS count
            FROM sighting JOIN sighting_class ON sighting = sighting.id JOIN model ON model.id = sighting_class.model
            GROUP BY 1, 2, 3, 4, 5, 6, 7)
        GROUP BY 1, 2, 3, 4, 5, 6
        """
    }

    /// Takes changes that may be negative, which a row that is new cannot be.
    fileprivate static let addToSum: String = {
        let first = 7
        let values = groups.indices.map { "max(0, ?\(first + $0))" }.joined(separator: ", ")
        let changes = groups.enumerated().map { "\($1) = \($1) + ?\(first + $0)" }.joined(separator: ", ")
        return "INSERT INTO trend_sum VALUES (?1, ?2, ?3, ?4, ?5, ?6, \(values)) ON CONFLICT DO UPDATE SET \(changes)"
    }()

    fileprivate static let removeEmptySum = """
        DELETE FROM trend_sum WHERE model = ? AND strength = ? AND day = ? AND brand = ? AND step = ? AND text = ?
            AND max(\(groups.joined(separator: ", "))) = 0
        """
}

extension DateStrength {
    /// The raw days of a window, of those with dates of this strength: undated sightings are stored as of day 0.
    func rawDays(_ days: Range<CalendarDay>) -> Range<Int> {
        self == .undated ? 0..<1 : days.lowerBound.rawValue..<days.upperBound.rawValue
    }
}

extension Transaction {
    /// From the sums: costs what the window holds, whatever came before it.
    func trendsFromSums(of model: ModelFacts, _ query: TrendQuery) throws -> TrendWindow {
        var window = TrendWindow()
        var buffer = SumBuffer(query, classes: model.classes.count)
        var hasStrong = false
        for strength in query.strengths {
            let daily = try daily(strength, query.days)
            guard query.counts(strength, hasStrong: hasStrong) else {
                window.note(daily, strength)
                continue
            }
            let days = strength.rawDays(query.days)
            buffer.begin(strength)
            var classified = 0
            try db.visit(Queries.window, model.id, strength.rawValue, days.lowerBound, days.upperBound) { row in
                let place = buffer.place(
                    day: row.int(0), brand: row.int(1), step: row.int(2),
                    text: TextKind(rawValue: row.int(3)) ?? .unknown)
                for group in 0..<SumBuffer.groups {
                    let count = row.int(4 + group)
                    if count == 0 { continue }
                    buffer.add(count, at: place, group: group)
                    classified += count
                }
            }
            window.note(daily, strength, classified: classified)
            hasStrong = hasStrong || classified > 0
        }
        buffer.finish()
        window.sums = buffer.sums
        try noteExtremes(&window, of: model.id)
        return window
    }

    /// The raw days of a window with sightings that have dates of this strength, and how many.
    func daily(_ strength: DateStrength, _ days: Range<CalendarDay>) throws -> [(day: Int, count: Int)] {
        let days = strength.rawDays(days)
        return try db.rows(
            "SELECT day, count FROM sighting_day WHERE strength = ? AND day >= ? AND day < ?", strength.rawValue,
            days.lowerBound, days.upperBound
        ) { ($0.int(0), $0.int(1)) }
    }

    /// The first and the last day of all that a model has classified.
    func noteExtremes(_ window: inout TrendWindow, of model: Int) throws {
        for strength in DateStrength.allCases where strength != .undated {
            func day(_ sql: String) throws -> CalendarDay? {
                try db.row(sql, model, strength.rawValue) { $0.optionalInt(0).map(CalendarDay.init(rawValue:)) } ?? nil
            }
            window.firstDay[strength] = try day(Queries.firstDay)
            window.newestDay[strength] = try day(Queries.newestDay)
        }
    }
}

extension TrendWindow {
    /// - daily: Raw days of that strength with their sightings.
    /// - classified: How many of these the model has classified; nil where they are not counted.
    mutating func note(_ daily: [(day: Int, count: Int)], _ strength: DateStrength, classified: Int? = nil) {
        let total = daily.reduce(0) { $0 + $1.count }
        if total > 0 { sightings[strength] = total }
        if let classified, total > classified { unclassified[strength] = total - classified }
        guard strength != .undated, !daily.isEmpty else { return }
        self.daily[strength] = Dictionary(
            uniqueKeysWithValues: daily.map { (CalendarDay(rawValue: $0.day), $0.count) })
    }
}

/// Changes to the sums, gathered over a transaction and written at its end.
struct SumChanges {
    struct Date: Hashable {
        var strength: Int
        var day: Int

        init(timeSource: Int, day: Int) {
            strength = min(timeSource, 2)
            self.day = day
        }
    }

    private struct Sum: Hashable {
        var model: Int
        var date: Date
        var brand: Int
        var step: Int
        var text: TextKind
    }

    /// By author group.
    private var sums: [Sum: [Int]] = [:]
    private var days: [Date: Int] = [:]

    mutating func add(
        _ change: Int, model: Int, date: Date, brand: Int, step: Int, group: Int, text: TextKind
    ) {
        let sum = Sum(model: model, date: date, brand: brand, step: step, text: text)
        sums[sum, default: Array(repeating: 0, count: SumBuffer.groups)][group] += change
    }

    mutating func add(_ change: Int, sightingsOf date: Date) {
        days[date, default: 0] += change
    }

    /// Sums that come to 0 are deleted, so that the table equals a recount row by row.
    func apply(_ db: Connection) throws {
        for (sum, changes) in sums where changes.contains(where: { $0 != 0 }) {
            let key = [sum.model, sum.date.strength, sum.date.day, sum.brand, sum.step, sum.text.rawValue]
            try db.prepare(Queries.addToSum).run(binding: key + changes)
            if changes.contains(where: { $0 < 0 }) { try db.prepare(Queries.removeEmptySum).run(binding: key) }
        }
        for (date, change) in days where change != 0 {
            try db.run(
                "INSERT INTO sighting_day VALUES (?, ?, max(0, ?3)) ON CONFLICT DO UPDATE SET count = count + ?3",
                date.strength, date.day, change)
            if change < 0 {
                try db.run(
                    "DELETE FROM sighting_day WHERE strength = ? AND day = ? AND count = 0", date.strength, date.day)
            }
        }
    }
}
