import Intake
import Queue

/// A prediction that counts, on its way to the sightings.
struct Sight {
    var job: JobID
    /// Of the item.
    var number: Int
    var model: Int
    var brand: Int
    var step: Int
    var fingerprint: Fingerprint
    var origin: Origin
    var time: PostTime?
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
        var group: Int
    }

    private var sums: [Sum: Int] = [:]
    private var days: [Date: Int] = [:]

    mutating func add(_ change: Int, model: Int, date: Date, brand: Int, step: Int, group: Int) {
        sums[Sum(model: model, date: date, brand: brand, step: step, group: group), default: 0] += change
    }

    mutating func add(_ change: Int, sightingsOf date: Date) {
        days[date, default: 0] += change
    }

    /// Sums that come to 0 are deleted, so that the table equals a recount row by row.
    func apply(_ db: Connection) throws {
        for (sum, change) in sums where change != 0 {
            try db.run(
                """
                INSERT INTO trend_sum VALUES (?, ?, ?, ?, ?, ?, max(0, ?7))
                ON CONFLICT DO UPDATE SET count = count + ?7
                """, sum.model, sum.date.strength, sum.date.day, sum.brand, sum.step, sum.group, change)
            if change < 0 {
                try db.run(
                    """
                    DELETE FROM trend_sum WHERE model = ? AND strength = ? AND day = ? AND brand = ? AND step = ?
                        AND author_group = ? AND count = 0
                    """, sum.model, sum.date.strength, sum.date.day, sum.brand, sum.step, sum.group)
            }
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

extension Transaction {
    /// Counts a prediction's sighting, once for each model.
    func see(_ sight: Sight, _ changes: inout SumChanges) throws {
        let (post, author) = (sight.origin.post, sight.origin.author)
        let identity = SightingIdentity(
            sight.fingerprint, platform: post.platform, postID: post.id, place: post.place, authorHash: author?.hash
        ).bytes
        // A time outside of the calendar is none.
        let day = sight.time.flatMap { $0.source == .none ? nil : calendar.day(of: $0.timestamp)?.rawValue }
        let time = day == nil ? nil : sight.time
        let source = time?.source.code ?? 0
        var date = SumChanges.Date(timeSource: source, day: day ?? 0)
        var group = authorGroup(of: author?.hash ?? identity)

        let id: Int
        var isClassified = false
        if let known = try sighting("identity = ?2", model: sight.model, identity) {
            (id, group, isClassified) = (known.id, known.group, known.isClassified)
            if source > known.timeSource {
                try db.run(
                    "UPDATE sighting SET posted_at = ?, time_source = ?, day = ? WHERE id = ?", time?.timestamp, source,
                    date.day, id)
                try move(known, to: date, &changes)
            } else {
                date = known.date
            }
            if known.isBare { try describe(known.id, post) }
        } else {
            try db.run(
                """
                INSERT INTO sighting (identity, posted_at, time_source, day, author, author_group, platform, post, place,
                    hashtags, mentions, likes, comments, shares, views, is_repost)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, identity, time?.timestamp, source, date.day, author?.id, group, post.platform, post.id, post.place,
                encode(post.hashtags), encode(post.mentions), post.engagement.likes, post.engagement.comments,
                post.engagement.shares, post.engagement.views, post.isRepost)
            id = Int(db.lastInsertedRow)
            changes.add(1, sightingsOf: date)
        }
        try db.run("INSERT INTO appearance VALUES (?, ?, ?) ON CONFLICT DO NOTHING", sight.job, id, sight.number)
        if isClassified { return }
        try db.run("INSERT INTO sighting_class VALUES (?, ?, ?, ?)", id, sight.model, sight.brand, sight.step)
        changes.add(1, model: sight.model, date: date, brand: sight.brand, step: sight.step, group: group)
    }

    private struct Sighting {
        var id: Int
        var timeSource: Int
        var date: SumChanges.Date
        var group: Int
        /// It knows nothing of its post but what makes its identity.
        var isBare: Bool
        /// By the model that was asked for.
        var isClassified: Bool
    }

    /// - condition: On its parameter 2, which is `value`.
    private func sighting(_ condition: String, model: Int? = nil, _ value: any Bindable) throws -> Sighting? {
        try db.row(
            """
            SELECT id, time_source, day, author_group,
                coalesce(hashtags, mentions, likes, comments, shares, views) IS NULL AND NOT is_repost,
                EXISTS (SELECT 1 FROM sighting_class WHERE sighting = sighting.id AND model = ?1)
            FROM sighting WHERE \(condition)
            """, model, value
        ) {
            Sighting(
                id: $0.int(0), timeSource: $0.int(1), date: SumChanges.Date(timeSource: $0.int(1), day: $0.int(2)),
                group: $0.int(3), isBare: $0.bool(4), isClassified: $0.bool(5))
        }
    }

    /// Gives a sighting that a poorer dump made what its post says. What is known already is left as it was.
    private func describe(_ id: Int, _ post: Post) throws {
        let engagement = post.engagement
        if post.hashtags.isEmpty, post.mentions.isEmpty, engagement == Engagement(), !post.isRepost { return }
        try db.run(
            """
            UPDATE sighting SET platform = ?, post = ?, place = ?, hashtags = ?, mentions = ?, likes = ?, comments = ?,
                shares = ?, views = ?, is_repost = ?
            WHERE id = ?
            """, post.platform, post.id, post.place, encode(post.hashtags), encode(post.mentions), engagement.likes,
            engagement.comments, engagement.shares, engagement.views, post.isRepost, id)
    }

    private func move(_ sighting: Sighting, to new: SumChanges.Date, _ changes: inout SumChanges) throws {
        changes.add(-1, sightingsOf: sighting.date)
        changes.add(1, sightingsOf: new)
        for (model, brand, step) in try classes(ofSighting: sighting.id) {
            changes.add(-1, model: model, date: sighting.date, brand: brand, step: step, group: sighting.group)
            changes.add(1, model: model, date: new, brand: brand, step: step, group: sighting.group)
        }
    }

    private func classes(ofSighting id: Int) throws -> [(model: Int, brand: Int, step: Int)] {
        try db.rows("SELECT model, brand, step FROM sighting_class WHERE sighting = ?", id) {
            ($0.int(0), $0.int(1), $0.int(2))
        }
    }

    /// Deletes a sighting with its classes and appearances.
    func removeSighting(_ id: Int, _ changes: inout SumChanges) throws {
        guard let sighting = try sighting("id = ?2", id) else { return }
        changes.add(-1, sightingsOf: sighting.date)
        for (model, brand, step) in try classes(ofSighting: id) {
            changes.add(-1, model: model, date: sighting.date, brand: brand, step: step, group: sighting.group)
        }
        try db.run("DELETE FROM sighting WHERE id = ?", id)
    }
}
