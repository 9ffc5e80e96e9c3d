import Intake
package import Queue

extension SQLiteStore {
    package func drawReview(
        of model: ModelVersion, _ query: SightingQuery, perStratum: Int, seed: UInt64
    ) throws(StoreError) -> ReviewSample {
        try write(durably: true) { tx in
            let facts = try tx.classifier(model)
            var drawn: [Int: SmallestKeys<Int>] = [:]
            let tables = try tx.isLarge(query.days) ? ["sighting_class", "sighting"] : ["sighting", "sighting_class"]
            try tx.db.visit(
                """
                SELECT 1 FROM \(tables.joined(separator: " CROSS JOIN "))
                WHERE \(classOfSighting) AND \(query.condition) AND visit(sighting.id, \(stratumColumn))
                """, facts.id, query.days.lowerBound.rawValue, query.days.upperBound.rawValue, query.job?.rawValue,
                facts.other, ConfidenceStep.reaching(query.threshold)
            ) { row in
                let id = row.int(0)
                drawn[row.int(1), default: SmallestKeys(limit: perStratum)]
                    .insert(id, key: drawingKey(seed: seed, sighting: id))
            }
            guard drawn.contains(where: { !$0.value.values.isEmpty }) else {
                throw StoreError.refused(
                    why: "\(model) has classified no sighting of these days; there is nothing to draw")
            }
            try tx.db.run(
                """
                INSERT INTO review_sample (model, first_day, end_day, strengths, threshold, job, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """, facts.id, query.days.lowerBound.rawValue, query.days.upperBound.rawValue,
                query.strengths.reduce(0) { $0 | 1 << $1.rawValue }, query.threshold, query.job?.rawValue, tx.now)
            let number = Int(tx.db.lastInsertedRow)
            for (stratum, sightings) in drawn {
                for id in sightings.values {
                    try tx.db.run(
                        "INSERT INTO review (sample, sighting, stratum) VALUES (?, ?, ?)", number, id, stratum)
                }
            }
            return try tx.reviewSample(number)
        }
    }

    package func reviewSample(_ number: Int) throws(StoreError) -> ReviewSample {
        try read { try $0.reviewSample(number) }
    }

    package func apply(_ answers: [Int: Truth], toReview number: Int) throws(StoreError) {
        try write(durably: true) { tx in
            let classes = try tx.classifier(tx.reviewSample(number).model).classes
            for (sighting, truth) in answers {
                if case .brand(let index) = truth {
                    guard classes.indices.contains(index), classes[index] != otherClass else {
                        throw StoreError.refused(why: "the model of sample \(number) has no brand \(index)")
                    }
                }
                let changed = try tx.db.run(
                    "UPDATE review SET truth = ? WHERE sample = ? AND sighting = ?", truth.code, number, sighting)
                guard changed == 1 else {
                    throw StoreError.refused(why: "picture \(sighting) is not in sample \(number)")
                }
            }
        }
    }

    package func reviews(of model: ModelVersion, _ query: SightingQuery?) throws(StoreError) -> [ReviewSum] {
        let strengths = query.map { query in query.strengths.reduce(0) { $0 | 1 << $1.rawValue } }
        return try read { tx in
            let facts = try tx.classifier(model)
            return try tx.db.rows(
                """
                WITH usable AS MATERIALIZED (
                    SELECT * FROM review_sample WHERE model = ?1 AND (?2 IS NULL
                        OR (abs(threshold - ?5) < 0.001 AND strengths & ?4 = ?4 AND (job IS NULL OR job = ?6))))
                SELECT first_day, end_day, threshold, stratum, truth, count(*)
                FROM usable CROSS JOIN review ON review.sample = usable.id
                JOIN sighting ON sighting.id = review.sighting
                WHERE truth IS NOT NULL
                    AND (?2 IS NULL OR (day >= ?2 AND day < ?3 AND time_source > 0
                        AND ?4 & (1 << min(time_source, 2)) <> 0
                        AND (?6 IS NULL OR EXISTS (
                            SELECT 1 FROM appearance WHERE appearance.job = ?6 AND appearance.sighting = sighting.id))))
                    AND NOT EXISTS (
                        SELECT 1 FROM review AS later JOIN usable AS newer ON newer.id = later.sample
                        WHERE later.sighting = review.sighting AND later.sample > review.sample
                            AND newer.threshold = usable.threshold AND later.truth IS NOT NULL)
                GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
                """, facts.id, query?.days.lowerBound.rawValue, query?.days.upperBound.rawValue, strengths,
                query?.threshold, query?.job?.rawValue
            ) { row in
                ReviewSum(
                    days: CalendarDay(rawValue: row.int(0))..<CalendarDay(rawValue: row.int(1)),
                    threshold: row.double(2), stratum: facts.stratum(row.int(3)), truth: Truth(code: row.int(4)),
                    count: row.int(5))
            }
        }
    }
}

extension Truth {
    fileprivate init(code: Int) { self = code < 0 ? .noneOfThem : .brand(code) }

    fileprivate var code: Int { if case .brand(let index) = self { index } else { -1 } }
}

extension Transaction {
    func reviewSample(_ number: Int) throws -> ReviewSample {
        let found = try db.row(
            """
            SELECT model.name, model.number, first_day, end_day, strengths, review_sample.threshold, job, review_sample.created_at
            FROM review_sample JOIN model ON model.id = model AND state <> 'removed' WHERE review_sample.id = ?
            """, number
        ) { row in
            let query = SightingQuery(
                days: CalendarDay(rawValue: row.int(2))..<CalendarDay(rawValue: row.int(3)),
                strengths: Set(DateStrength.allCases.filter { row.int(4) & 1 << $0.rawValue != 0 }),
                threshold: row.double(5), job: row.optionalInt(6).map { JobID(rawValue: Int64($0)) })
            return ReviewSample(
                number: number, model: ModelVersion(name: row.text(0), number: row.int(1)), query: query,
                createdAt: row.timestamp(7), drawn: [])
        }
        guard var sample = found else {
            throw StoreError.notFound(
                what: "there is no review sample \(number); draw one with `bagq review-sample > sample.csv`")
        }
        let model = try classifier(sample.model)
        let drawn = try db.rows(
            """
            SELECT review.stratum, review.truth, \(sightingColumns)
            FROM review JOIN sighting ON sighting.id = review.sighting
            JOIN sighting_class ON sighting_class.sighting = sighting.id AND sighting_class.model = ?
            LEFT JOIN author ON author.id = sighting.author
            WHERE review.sample = ? ORDER BY sighting.id
            """, model.id, number
        ) { row in
            ReviewSample.Drawn(
                row: row.sighting(2), stratum: model.stratum(row.int(0)),
                truth: row.optionalInt(1).map(Truth.init(code:)))
        }
        sample.drawn = try drawn.map { drawn in
            var drawn = drawn
            drawn.row.confidence = try confidence(of: drawn.row, model: model.id)
            drawn.row = try withPicture(drawn.row)
            return drawn
        }
        return sample
    }
}
