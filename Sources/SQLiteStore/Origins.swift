package import Intake
package import Queue

extension SQLiteStore {
    package func origins(
        days: Range<CalendarDay>, strengths: Set<DateStrength>
    ) throws(StoreError) -> Origins {
        try read { tx in
            let codes = strengths.map(\.rawValue).filter { $0 > 0 }.sorted().map(String.init).joined(separator: ", ")
            let condition = "day >= ?1 AND day < ?2 AND min(time_source, 2) IN (\(codes))"
            let (first, end) = (days.lowerBound.rawValue, days.upperBound.rawValue)
            let counts = try tx.db.rows(
                "SELECT platform, time_source, count(*) FROM sighting WHERE \(condition) GROUP BY platform, time_source",
                first, end
            ) { ($0.optionalText(0), TimeSource(code: $0.int(1)), $0.int(2)) }
            var origins = Origins(
                sources: try tx.sources(where: condition, first, end), platforms: [:], times: [:])
            for (platform, time, count) in counts {
                origins.platforms[platform, default: 0] += count
                origins.times[time, default: 0] += count
            }
            return origins
        }
    }

    package func unclassified(
        by model: ModelVersion, days: Range<CalendarDay>
    ) throws(StoreError) -> [Origins.Source] {
        try read { tx in
            try tx.sources(
                where: """
                    day >= ?1 AND day < ?2 AND min(time_source, 2) IN (1, 2) AND NOT EXISTS (
                        SELECT 1 FROM sighting_class WHERE sighting_class.sighting = sighting.id AND model = ?3)
                    """, days.lowerBound.rawValue, days.upperBound.rawValue, tx.model(model).id)
        }
    }

    package func failureCounts() throws(StoreError) -> [FailureCount] {
        try read { tx in
            try tx.db.rows(
                """
                SELECT reason, count(*), count(DISTINCT job) FROM failure
                WHERE job NOT IN (SELECT id FROM job WHERE state = 'forgotten')
                GROUP BY reason ORDER BY count(*) DESC, reason
                """
            ) { FailureCount(reason: $0.text(0), items: $0.int(1), jobs: $0.int(2)) }
        }
    }
}

extension Transaction {
    /// The sources of sightings that a condition on `sighting` holds for.
    fileprivate func sources(where condition: String, _ values: any Bindable...) throws -> [Origins.Source] {
        // A sighting counts once for a source, in however many of its jobs it was. The name is that of the row with max(): SQLite says so.
        try db.prepare(
            """
            SELECT job.path, max(job.id), job.name, count(DISTINCT sighting.id)
            FROM sighting JOIN appearance ON appearance.sighting = sighting.id
            JOIN job ON job.id = appearance.job AND job.state <> 'forgotten'
            WHERE \(condition) GROUP BY job.path ORDER BY count(DISTINCT sighting.id) DESC, job.path
            """
        ).rows(binding: values) {
            Origins.Source(path: $0.path(0), job: $0.jobID(1), name: $0.text(2), sightings: $0.int(3))
        }
    }
}
