import Intake
package import Queue

extension SQLiteStore {
    package func trends(of model: ModelVersion, _ query: TrendQuery) throws(StoreError) -> TrendWindow {
        guard query.unit == .sightings, query.filter.isEmpty else {
            throw .refused(why: "only sightings can be counted so far, without a filter")
        }
        return try read { tx in
            let id = try tx.model(model).id
            return if let job = query.job { try tx.trends(of: id, days: query.days, job: tx.job(job).id) } else {
                try tx.trends(of: id, days: query.days)
            }
        }
    }

    package func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double
    ) throws(StoreError) -> [EngagementRow] { throw .refused(why: "engagement cannot be read so far") }
}

extension Queries {
    static let window = """
        SELECT day, brand, step, author_group, count FROM trend_sum
        WHERE model = ? AND strength = ? AND day >= ? AND day < ? ORDER BY day, brand, step, author_group
        """
    static let newestDay = "SELECT max(day) FROM trend_sum WHERE model = ? AND strength = ?"
}

extension Transaction {
    /// From the sums: costs what the window holds, whatever came before it.
    fileprivate func trends(of model: Int, days: Range<CalendarDay>) throws -> TrendWindow {
        var window = TrendWindow()
        for strength in DateStrength.allCases {
            let range = strength == .undated ? 0..<1 : days.lowerBound.rawValue..<days.upperBound.rawValue
            window.sums += try db.rows(
                Queries.window, model, strength.rawValue, range.lowerBound, range.upperBound
            ) { $0.trendSum(strength) }
            window.sightings[strength] =
                try db.row(
                    "SELECT sum(count) FROM sighting_day WHERE strength = ? AND day >= ? AND day < ?",
                    strength.rawValue,
                    range.lowerBound, range.upperBound
                ) { $0.optionalInt(0) } ?? nil
            if strength != .undated {
                window.newestDay[strength] =
                    try db.row(Queries.newestDay, model, strength.rawValue) {
                        $0.optionalInt(0).map(CalendarDay.init(rawValue:))
                    } ?? nil
            }
        }
        return window
    }

    /// From the sightings that one job showed.
    fileprivate func trends(of model: Int, days: Range<CalendarDay>, job: JobID) throws -> TrendWindow {
        var window = TrendWindow()
        for strength in DateStrength.allCases {
            let range = strength == .undated ? 0..<1 : days.lowerBound.rawValue..<days.upperBound.rawValue
            let classified = """
                FROM appearance JOIN sighting ON sighting.id = appearance.sighting
                JOIN sighting_class ON sighting_class.sighting = sighting.id AND model = ?
                WHERE job = ? AND min(time_source, 2) = ?
                """
            window.sums += try db.rows(
                """
                SELECT day, brand, step, author_group, count(*) \(classified) AND day >= ? AND day < ?
                GROUP BY day, brand, step, author_group ORDER BY day, brand, step, author_group
                """, model, job, strength.rawValue, range.lowerBound, range.upperBound
            ) { $0.trendSum(strength) }
            let sightings =
                try db.row(
                    """
                    SELECT count(*) FROM appearance JOIN sighting ON sighting.id = appearance.sighting
                    WHERE job = ? AND min(time_source, 2) = ? AND day >= ? AND day < ?
                    """, job, strength.rawValue, range.lowerBound, range.upperBound
                ) { $0.int(0) } ?? 0
            if sightings > 0 { window.sightings[strength] = sightings }
            if strength != .undated {
                window.newestDay[strength] =
                    try db.row("SELECT max(day) \(classified)", model, job, strength.rawValue) {
                        $0.optionalInt(0).map(CalendarDay.init(rawValue:))
                    } ?? nil
            }
        }
        return window
    }
}

extension Row {
    fileprivate func trendSum(_ strength: DateStrength) -> TrendSum {
        TrendSum(
            day: strength == .undated ? nil : CalendarDay(rawValue: int(0)), strength: strength, brand: int(1),
            confidenceStep: int(2), authorGroup: int(3), count: int(4))
    }
}
