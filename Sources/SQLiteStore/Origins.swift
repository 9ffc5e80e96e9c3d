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
                sources: try tx.sources(of: days, where: condition, first, end), platforms: [:], times: [:])
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
            let model = try tx.model(model)
            let lacking = try tx.daysWithUnclassified(by: model, among: days)
            if lacking.isEmpty { return [] }
            return try tx.sources(
                of: days,
                where: """
                    day IN (SELECT value FROM json_each(?1)) AND min(time_source, 2) IN (1, 2) AND NOT EXISTS (
                        SELECT 1 FROM sighting_class WHERE sighting_class.sighting = sighting.id AND model = ?2)
                    """, json(lacking), model.id)
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
    /// As the sums tell: mostly a model has classified all sightings of a day.
    fileprivate func daysWithUnclassified(by model: ModelFacts, among days: Range<CalendarDay>) throws -> Set<Int> {
        var query = TrendQuery(days: days, thresholdStep: 0)
        query.includesUndated = false
        let window = try trendsFromSums(of: model, query)
        var left = window.daily.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        for sum in window.sums { left[sum.day]? -= sum.count }
        return Set(left.filter { $0.value > 0 }.keys.map(\.rawValue))
    }

    /// The sources of sightings that a condition on `sighting` holds for.
    fileprivate func sources(
        of days: Range<CalendarDay>, where condition: String, _ values: any Bindable...
    ) throws -> [Origins.Source] {
        let jobs = try db.rows(
            "SELECT id, path, name FROM job WHERE kind = 'classify' AND state <> 'forgotten' ORDER BY id"
        ) { Origins.Source(path: $0.path(1), job: $0.jobID(0), name: $0.text(2), sightings: 0) }
        var sources: [Origins.Source] = []
        var places: [Path: Int] = [:]
        var placeOfJob: [Int: (source: Int, job: Int)] = [:]
        for (index, job) in jobs.enumerated() {
            let place = places[job.path] ?? sources.count
            if place == sources.count { sources.append(job) }
            places[job.path] = place
            placeOfJob[Int(job.job.rawValue)] = (place, index)
        }
        // A sighting counts once for a source, in however many of its jobs it was: these come one after the other.
        var last = sources.map { _ in -1 }
        let order = try isLarge(days) ? "NOT INDEXED" : ""
        try db.visit(
            """
            SELECT 1 FROM sighting \(order) CROSS JOIN appearance ON appearance.sighting = sighting.id
            WHERE \(condition) AND visit(sighting.id, appearance.job)
            """, values
        ) { row in
            guard let (place, index) = placeOfJob[row.int(1)] else { return }
            if sources[place].job < jobs[index].job {
                (sources[place].job, sources[place].name) = (jobs[index].job, jobs[index].name)
            }
            if last[place] == row.int(0) { return }
            last[place] = row.int(0)
            sources[place].sightings += 1
        }
        return sources.filter { $0.sightings > 0 }.sorted {
            $0.sightings == $1.sightings ? $0.path < $1.path : $0.sightings > $1.sightings
        }
    }
}
