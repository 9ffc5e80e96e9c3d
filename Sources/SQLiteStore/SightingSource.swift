import Intake
import Queue

/// Reads the sightings that a query leaves in, with what a model saw in them.
struct SightingSource {
    private let tx: Transaction
    private let query: TrendQuery
    private let model: Int
    /// Whether the job is read, which is smaller than the window.
    private let readsJob: Bool
    /// Conditions beside those on model and date, and what they take from their first parameter on.
    private var conditions = ""
    private var values: [any Bindable] = []

    private static let firstParameter = 5

    init(_ tx: Transaction, _ query: TrendQuery, model: Int) throws {
        self.tx = tx
        self.query = query
        self.model = model
        let job = try query.job.map(tx.job)
        readsJob = try job.map { try $0.itemsDone < tx.sightingCount(query) } ?? false
        if let job {
            let parameter = take(job.id)
            conditions +=
                readsJob
                ? " AND appearance.job = \(parameter)"
                : " AND EXISTS (SELECT 1 FROM appearance WHERE job = \(parameter) AND sighting = sighting.id)"
        }
        try take(query.filter)
    }

    private mutating func take(_ value: any Bindable) -> String {
        values.append(value)
        return "?\(Self.firstParameter + values.count - 1)"
    }

    private mutating func take(_ filter: TrendFilter) throws {
        // Hashtags stand one a line.
        func isAmongHashtags(_ list: String) -> String {
            """
            EXISTS (SELECT 1 FROM json_each(\(list))
                WHERE instr(char(10) || hashtags || char(10), char(10) || value || char(10)))
            """
        }
        if !filter.platforms.isEmpty {
            conditions += " AND platform IN (SELECT value FROM json_each(\(take(try json(filter.platforms)))))"
        }
        if !filter.excludedAuthors.isEmpty {
            let list = take(try json(tx.authors(filter.excludedAuthors)))
            conditions += " AND (author IS NULL OR author NOT IN (SELECT value FROM json_each(\(list))))"
        }
        if let authors = filter.authors {
            conditions += " AND author IN (SELECT value FROM json_each(\(take(try json(tx.authors(authors))))))"
        }
        if !filter.hashtags.isEmpty {
            conditions += " AND \(isAmongHashtags(take(try json(filter.hashtags))))"
        }
        if !filter.excludedHashtags.isEmpty {
            conditions += " AND NOT \(isAmongHashtags(take(try json(filter.excludedHashtags))))"
        }
    }

    /// Reads `columns` of `sighting LEFT JOIN sighting_class`, by day, of the sightings with dates of a strength.
    /// - condition: One more.
    func forEach(
        _ strength: DateStrength, columns: String, where condition: String = "true", _ body: (Row) throws -> Void
    ) throws {
        let days = strength.rawDays(query.days)
        let tables =
            readsJob
            ? "appearance CROSS JOIN sighting ON sighting.id = appearance.sighting"
            : "sighting INDEXED BY sighting_date"
        let sql = """
            SELECT \(columns) FROM \(tables)
            LEFT JOIN sighting_class ON sighting_class.sighting = sighting.id AND sighting_class.model = ?1
            WHERE min(time_source, 2) = ?2 AND day >= ?3 AND day < ?4\(conditions) AND \(condition)
            ORDER BY day
            """
        let date: [any Bindable] = [model, strength.rawValue, days.lowerBound, days.upperBound]
        try tx.db.prepare(sql).forEach(binding: date + values, body)
    }

    /// The raw days with sightings that have dates of a strength, and how many.
    func daily(_ strength: DateStrength) throws -> [(day: Int, count: Int)] {
        var daily: [(day: Int, count: Int)] = []
        try forEach(strength, columns: "day") { countOne(on: $0.int(0), in: &daily) }
        return daily
    }

    /// The first or the last day of a job's sightings with dates of a strength that the model has classified, whatever
    /// window and filter.
    func extremeDay(_ strength: DateStrength, of job: JobID, isNewest: Bool) throws -> CalendarDay? {
        let isClassified =
            "EXISTS (SELECT 1 FROM sighting_class WHERE sighting_class.sighting = sighting.id AND sighting_class.model = ?3)"
        let sql =
            readsJob
            ? """
            SELECT \(isNewest ? "max" : "min")(day)
            FROM appearance CROSS JOIN sighting ON sighting.id = appearance.sighting
            WHERE min(time_source, 2) = ?1 AND appearance.job = ?2 AND \(isClassified)
            """
            : """
            SELECT day FROM sighting INDEXED BY sighting_date
            WHERE min(time_source, 2) = ?1 AND \(isClassified)
                AND EXISTS (SELECT 1 FROM appearance WHERE job = ?2 AND sighting = sighting.id)
            ORDER BY day \(isNewest ? "DESC" : "") LIMIT 1
            """
        return try tx.db.row(sql, strength.rawValue, job, model) {
            $0.optionalInt(0).map(CalendarDay.init(rawValue:))
        } ?? nil
    }
}

/// Days must not go back.
func countOne(on day: Int, in daily: inout [(day: Int, count: Int)]) {
    if daily.last?.day == day { daily[daily.count - 1].count += 1 } else { daily.append((day, 1)) }
}

/// Who or what counts once for several sightings.
struct SightingOwner: Hashable {
    private var first: UInt64
    private var second: UInt64

    fileprivate init(_ first: UInt64, _ second: UInt64) {
        (self.first, self.second) = (first, second)
    }
}

extension Row {
    /// The post, or the sighting itself where the post has no id. Posts are told apart by 127 bits of a hash: their ids
    /// would fill the memory.
    func postOwner(platform: Int, post: Int, sighting: Int) -> SightingOwner {
        if isNull(post) { return SightingOwner(UInt64(bitPattern: Int64(int(sighting))), 0) }
        var hasher = Hasher()
        combine(platform, into: &hasher)
        combine(post, into: &hasher)
        var other = hasher
        other.combine(0)
        return SightingOwner(
            UInt64(bitPattern: Int64(hasher.finalize())), UInt64(bitPattern: Int64(other.finalize())) | 1)
    }

    /// The author, or the sighting itself where there is none.
    func authorOwner(author: Int, sighting: Int) -> SightingOwner {
        optionalInt(author).map { SightingOwner(UInt64(bitPattern: Int64($0)), 1) }
            ?? SightingOwner(UInt64(bitPattern: Int64(int(sighting))), 0)
    }
}

extension Transaction {
    /// With dates in the query's days or none, whatever else it asks for.
    fileprivate func sightingCount(_ query: TrendQuery) throws -> Int {
        try DateStrength.allCases.reduce(0) { sum, strength in
            let days = strength.rawDays(query.days)
            let count =
                try db.row(
                    "SELECT sum(count) FROM sighting_day WHERE strength = ? AND day >= ? AND day < ?",
                    strength.rawValue, days.lowerBound, days.upperBound
                ) { $0.int(0) } ?? 0
            return sum + count
        }
    }

    /// The rows of those that have been seen, by name or by the hash that stands for one in results.
    func authors(_ names: [String]) throws -> [Int] {
        try names.flatMap { name in
            try [authorHash(of: name, key: authorKey), bytes(ofHex: name)].compactMap(\.self).compactMap { hash in
                try db.row("SELECT id FROM author WHERE hash = ?", hash) { $0.int(0) }
            }
        }
    }
}

/// Of 32 hexadecimal digits, as an author's hash is printed; nil for anything else.
private func bytes(ofHex text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 32, !digits.contains(nil) else { return nil }
    let values = digits.compactMap(\.self)
    return stride(from: 0, to: 32, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
