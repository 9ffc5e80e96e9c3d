package import Queue

extension SQLiteStore {
    package func recount() throws(StoreError) -> RecountReport {
        try alone { try $0.sortOnDisk() }
        return try read { tx in
            RecountReport(
                sightings: try tx.db.row("SELECT count(*) FROM sighting") { $0.int(0) } ?? 0,
                sums: try tx.db.row("SELECT count(*) FROM trend_sum") { $0.int(0) } ?? 0,
                differences: try tx.sumDifferences() + tx.brokenInvariants())
        }
    }
}

extension Transaction {
    fileprivate func sumDifferences() throws -> [String] {
        let groups = Queries.groups
        func each(_ make: (String) -> String) -> String { groups.map(make).joined(separator: ", ") }
        var sums: [String] = []
        _ = try db.rows(
            """
            SELECT model.name || '@' || model.number, strength, day, brand, step, text,
                \(each { "sum(\($0) * is_stored), sum(\($0) * (1 - is_stored))" })
            FROM (
                SELECT model, strength, day, brand, step, text, 1 AS is_stored, \(each { $0 }) FROM trend_sum
                UNION ALL \(Queries.recount("0"))
            ) AS both JOIN model ON model.id = both.model
            GROUP BY both.model, strength, day, brand, step, text
            HAVING \(groups.map { "sum(\($0) * (2 * is_stored - 1)) <> 0" }.joined(separator: " OR "))
            """
        ) { row in
            for group in groups.indices {
                let (stored, counted) = (row.int(6 + 2 * group), row.int(7 + 2 * group))
                guard stored != counted else { continue }
                sums.append(
                    "the sum of \(row.text(0)), date strength \(row.int(1)), day \(row.int(2)), brand \(row.int(3)), "
                        + "step \(row.int(4)), text \(row.int(5)), author group \(group) is \(stored), counted again \(counted)"
                )
            }
        }
        let days = try db.rows(
            """
            SELECT strength, day, sum(stored), sum(counted) FROM (
                SELECT strength, day, count AS stored, 0 AS counted FROM sighting_day
                UNION ALL SELECT min(time_source, 2), day, 0, 1 FROM sighting)
            GROUP BY strength, day HAVING sum(stored) <> sum(counted)
            """
        ) { row in
            "the sightings of day \(row.int(1)), date strength \(row.int(0)), are \(row.int(2)), counted again \(row.int(3))"
        }
        return sums + days
    }

    fileprivate func brokenInvariants() throws -> [String] {
        var lines: [String] = []
        func report(_ select: String, _ line: (Row) -> String) throws { lines += try db.rows(select, map: line) }
        try report(
            """
            SELECT job, number FROM failure
            WHERE EXISTS (SELECT 1 FROM prediction WHERE prediction.job = failure.job AND prediction.number = failure.number)
            """
        ) { "job \($0.int(0)): item \($0.int(1)) has both a prediction and a failure" }
        try report(
            """
            SELECT * FROM (
                SELECT id, items_done, (SELECT count(*) FROM prediction WHERE job = id) AS done,
                    items_failed, (SELECT count(*) FROM failure WHERE job = id) AS failed,
                    items_earlier, (SELECT count(*) FROM prediction WHERE job = id AND flags & 4) AS earlier
                FROM job WHERE kind = 'classify' AND state <> 'forgotten')
            WHERE items_done <> done OR items_failed <> failed OR items_earlier <> earlier
            """
        ) {
            "job \($0.int(0)) says \($0.int(1)) done (\($0.int(5)) earlier) and \($0.int(3)) failed, counted again "
                + "\($0.int(2)) (\($0.int(6))) and \($0.int(4))"
        }
        try report(
            """
            SELECT job, number FROM known WHERE NOT EXISTS (
                SELECT 1 FROM prediction WHERE prediction.job = known.job AND prediction.number = known.number)
            """
        ) { "a picture is known by item \($0.int(1)) of job \($0.int(0)), which has no prediction" }
        try report(
            "SELECT job, shard.number FROM shard JOIN job ON job.id = job WHERE shard.state = 1 AND finished_at IS NOT NULL"
        ) { "job \($0.int(0)) has ended, but its shard \($0.int(1)) is claimed" }
        try report(
            """
            SELECT job, shard.number FROM shard
            WHERE shard.state = 2 AND job NOT IN (SELECT id FROM job WHERE state = 'forgotten') AND count <>
                (SELECT count(*) FROM prediction
                    WHERE prediction.job = shard.job AND prediction.number >= first AND prediction.number < first + count)
                + (SELECT count(*) FROM failure
                    WHERE failure.job = shard.job AND failure.number >= first AND failure.number < first + count)
            """
        ) { "job \($0.int(0)): shard \($0.int(1)) is done, but not all of its items have an outcome" }
        try report(
            "SELECT id FROM sighting WHERE NOT EXISTS (SELECT 1 FROM appearance WHERE sighting = sighting.id)"
        ) { "sighting \($0.int(0)) is of no job" }
        try report("PRAGMA integrity_check(10)") { "the file: \($0.text(0))" }
        return lines.filter { $0 != "the file: ok" }
    }
}
