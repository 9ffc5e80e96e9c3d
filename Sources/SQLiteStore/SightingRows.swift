import Intake
package import Queue

extension SQLiteStore {
    package func sightings(
        of model: ModelVersion, in stratum: Stratum, _ query: SightingQuery, order: SightingOrder, limit: Int
    ) throws(StoreError) -> [SightingRow] {
        guard limit > 0 else { return [] }
        return try read { tx in
            let facts = try tx.classifier(model)
            guard let code = facts.code(of: stratum) else { return [] }
            let isDown = order == .mostConfident
            let count = max(limit, exactlyOrderedSightings)
            let direction = isDown ? "DESC" : ""
            let days = try tx.daysOfFirst(count, of: facts, stratum: code, query, direction: direction)
            var rows = try tx.db.rows(
                """
                SELECT \(sightingColumns)
                FROM sighting JOIN sighting_class ON \(classOfSighting) LEFT JOIN author ON author.id = sighting.author
                WHERE \(query.condition) AND \(stratumColumn) = ?7
                    AND \(days == nil ? "?9 IS NULL" : "day IN (SELECT value FROM json_each(?9))")
                ORDER BY step \(direction), day DESC, sighting.id DESC LIMIT ?8
                """, facts.id, query.days.lowerBound.rawValue, query.days.upperBound.rawValue,
                query.job?.rawValue, facts.other, ConfidenceStep.reaching(query.threshold), code, count,
                days.map(json)
            ) { $0.sighting(0) }
            for index in rows.indices { rows[index].confidence = try tx.confidence(of: rows[index], model: facts.id) }
            // Sorted stably: of equals the newest stay first.
            let order = rows.indices.sorted { left, right in
                let (one, other) = (rows[left].knownConfidence, rows[right].knownConfidence)
                return one == other ? left < right : isDown ? one > other : one < other
            }
            return try order.prefix(limit).map { try tx.withPicture(rows[$0]) }
        }
    }
}

/// What queries need of a model.
struct Classifier {
    var id: Int
    var classes: [String]

    /// The index of `_other`; -2, which no class has, where there is none.
    var other: Int { classes.firstIndex(of: otherClass) ?? -2 }

    /// As `stratumColumn` gives it; nil where the model knows no such.
    func code(of stratum: Stratum) -> Int? {
        switch stratum {
        case .brand(let index): classes.indices.contains(index) && index != other ? index : nil
        case .other: other < 0 ? nil : other
        case .unsure: -1
        }
    }

    func stratum(_ code: Int) -> Stratum { code == other ? .other : code < 0 ? .unsure : .brand(code) }
}

/// The columns that `Row.sighting` reads, of `sighting JOIN sighting_class LEFT JOIN author`.
let sightingColumns = """
    sighting.id, sighting_class.brand, sighting_class.step, sighting.posted_at, sighting.time_source, sighting.day,
    sighting.platform, sighting.post, sighting.place, sighting.hashtags, sighting.likes, sighting.comments,
    sighting.shares, sighting.views, sighting.is_repost,
    iif(sighting.author IS NULL, NULL, coalesce(author.name, lower(hex(author.hash))))
    """

/// The stratum as a number; ?5 is the index of `_other`, ?6 the step from which a prediction is recognised.
let stratumColumn = "CASE WHEN brand = ?5 OR step >= ?6 THEN brand ELSE -1 END"

/// What joins a sighting with what the model ?1 saw in it.
let classOfSighting = "sighting_class.sighting = sighting.id AND sighting_class.model = ?1"

extension SightingQuery {
    /// On sightings; ?2 and ?3 are the days, ?4 the job or null.
    var condition: String {
        """
        day >= ?2 AND day < ?3 AND min(time_source, 2) IN (\(strengthCodes))
            AND (?4 IS NULL OR EXISTS (SELECT 1 FROM appearance WHERE job = ?4 AND appearance.sighting = sighting.id))
        """
    }

    fileprivate var strengthCodes: String {
        strengths.map(\.rawValue).filter { $0 > 0 }.sorted().map(String.init).joined(separator: ", ")
    }
}

extension Transaction {
    /// The days of the first sightings of a stratum, by step and day, as the sums tell: a few of a long window, mostly.
    /// Nil where they cannot tell.
    fileprivate func daysOfFirst(
        _ count: Int, of model: Classifier, stratum: Int, _ query: SightingQuery, direction: String
    ) throws -> Set<Int>? {
        guard query.job == nil else { return nil }
        var days: Set<Int> = []
        var found = 0
        let cells = try db.rows(
            """
            SELECT day, sum(\(Queries.groups.joined(separator: " + "))) FROM trend_sum
            WHERE model = ?1 AND strength IN (\(query.strengthCodes)) AND day >= ?2 AND day < ?3 AND \(stratumColumn) = ?4
            GROUP BY step, day ORDER BY step \(direction), day DESC
            """, model.id, query.days.lowerBound.rawValue, query.days.upperBound.rawValue, stratum, model.other,
            ConfidenceStep.reaching(query.threshold)
        ) { ($0.int(0), $0.int(1)) }
        for (day, sightings) in cells where found < count {
            days.insert(day)
            found += sightings
        }
        return days
    }

    /// Whether so many of all sightings have their dates in these days that to look at all, in the order they are
    /// stored in, is faster than to pick these out.
    func isLarge(_ days: Range<CalendarDay>) throws -> Bool {
        try db.row(
            "SELECT sum(iif(strength > 0 AND day >= ? AND day < ?, count, 0)) * 4 > sum(count) FROM sighting_day",
            days.lowerBound.rawValue, days.upperBound.rawValue
        ) { $0.bool(0) } ?? false
    }

    func classifier(_ version: ModelVersion) throws -> Classifier {
        let id = try model(version).id
        let classes = try models("WHERE id = ?", id).first?.classes ?? []
        return Classifier(id: id, classes: classes)
    }

    /// The answer that is kept with the sighting is the model's first.
    func confidence(of row: SightingRow, model: Int) throws -> Float? {
        let confidence = try db.row(
            """
            SELECT prediction.brand, prediction.probabilities
            FROM appearance JOIN job ON job.id = appearance.job AND job.model = ?
            JOIN prediction ON prediction.job = appearance.job AND prediction.number = appearance.number
            WHERE appearance.sighting = ? ORDER BY appearance.job LIMIT 1
            """, model, row.number
        ) { found -> Float? in
            let probabilities = decodeProbabilities(found.bytes(1))
            return found.int(0) == row.brand && probabilities.indices.contains(row.brand)
                ? probabilities[row.brand] : nil
        }
        return (confidence ?? nil).flatMap { ConfidenceStep.of($0) == row.confidenceStep ? $0 : nil }
    }

    /// With the picture of the newest job that is known to have shown it.
    func withPicture(_ row: SightingRow) throws -> SightingRow {
        var row = row
        row.picture = try db.row(
            """
            SELECT appearance.job, coalesce(job.root, job.path), prediction.fingerprint, \(itemColumns)
            FROM appearance JOIN job ON job.id = appearance.job AND job.state <> 'forgotten'
            JOIN item ON item.job = appearance.job AND item.number = appearance.number
            LEFT JOIN author ON author.id = item.author
            LEFT JOIN prediction ON prediction.job = appearance.job AND prediction.number = appearance.number
            WHERE appearance.sighting = ? ORDER BY appearance.job DESC LIMIT 1
            """, row.number
        ) { found in
            SightingRow.Picture(
                job: found.jobID(0), root: found.path(1), place: found.item(3).reference.place,
                fingerprint: found.optionalBytes(2).map(Fingerprint.init(bytes:)))
        }
        return row
    }
}

extension Row {
    /// From `sightingColumns`.
    func sighting(_ column: Int) -> SightingRow {
        var post = Post(
            platform: optionalText(column + 6), id: optionalText(column + 7), place: optionalInt(column + 8),
            author: optionalText(column + 15))
        post.hashtags = lines(column + 9)
        post.engagement = Engagement(
            likes: optionalInt(column + 10), comments: optionalInt(column + 11), shares: optionalInt(column + 12),
            views: optionalInt(column + 13))
        post.isRepost = bool(column + 14)
        let time = int(column + 4) == 0 ? nil : postTime(column + 3)
        return SightingRow(
            number: int(column), brand: int(column + 1), confidenceStep: int(column + 2), confidence: nil, time: time,
            day: time == nil ? nil : CalendarDay(rawValue: int(column + 5)), post: post, picture: nil)
    }
}
