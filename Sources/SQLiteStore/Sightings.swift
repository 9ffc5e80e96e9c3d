import Intake
import Queue

/// A prediction that counts, on its way to the sightings.
struct Sight {
    var job: JobID
    /// Of the item.
    var number: Int
    var model: Int
    var brand: Int
    var brandName: String
    var step: Int
    var fingerprint: Fingerprint
    var origin: Origin
    var time: PostTime?
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
        var words = Words(of: post)
        if let known = try sighting("identity = ?2", model: sight.model, identity) {
            (id, group, isClassified) = (known.id, known.group, known.isClassified)
            if source > known.timeSource {
                try db.run(
                    "UPDATE sighting SET posted_at = ?, time_source = ?, day = ? WHERE id = ?", time?.timestamp, source,
                    date.day, id)
            } else {
                date = known.date
            }
            if known.isBare { try describe(known.id, post) } else { words = known.words }
            try move(known, to: date, words, &changes)
        } else {
            try db.run(
                """
                INSERT INTO sighting (identity, posted_at, time_source, day, author, author_group, platform, post, place,
                    hashtags, mentions, likes, comments, shares, views, is_repost, has_text)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, identity, time?.timestamp, source, date.day, author?.id, group, post.platform, post.id, post.place,
                encode(post.hashtags), encode(post.mentions), post.engagement.likes, post.engagement.comments,
                post.engagement.shares, post.engagement.views, post.isRepost, post.hasText)
            id = Int(db.lastInsertedRow)
            changes.add(1, sightingsOf: date)
        }
        try db.run("INSERT INTO appearance VALUES (?, ?, ?) ON CONFLICT DO NOTHING", sight.job, id, sight.number)
        if isClassified { return }
        try db.run("INSERT INTO sighting_class VALUES (?, ?, ?, ?)", id, sight.model, sight.brand, sight.step)
        changes.add(
            1, model: sight.model, date: date, brand: sight.brand, step: sight.step, group: group,
            text: words.kind(for: sight.brandName))
    }

    /// What is known of a post's text.
    private struct Words: Hashable {
        var hasText: Bool
        var mentions: [String]

        init(hasText: Bool, mentions: [String]) {
            (self.hasText, self.mentions) = (hasText, mentions)
        }

        init(of post: Post) {
            self.init(hasText: post.hasText || !post.hashtags.isEmpty, mentions: post.mentions)
        }

        func kind(for brand: String) -> TextKind { TextKind(hasText: hasText, mentions: mentions, brand: brand) }
    }

    private struct Sighting {
        var id: Int
        var timeSource: Int
        var date: SumChanges.Date
        var group: Int
        var words: Words
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
                coalesce(hashtags, mentions, likes, comments, shares, views) IS NULL AND NOT is_repost AND NOT has_text,
                EXISTS (SELECT 1 FROM sighting_class WHERE sighting = sighting.id AND model = ?1),
                has_text OR hashtags IS NOT NULL, mentions
            FROM sighting WHERE \(condition)
            """, model, value
        ) {
            Sighting(
                id: $0.int(0), timeSource: $0.int(1), date: SumChanges.Date(timeSource: $0.int(1), day: $0.int(2)),
                group: $0.int(3), words: Words(hasText: $0.bool(6), mentions: $0.lines(7)), isBare: $0.bool(4),
                isClassified: $0.bool(5))
        }
    }

    /// Gives a sighting that a poorer dump made what its post says. What is known already is left as it was.
    private func describe(_ id: Int, _ post: Post) throws {
        let engagement = post.engagement
        if !post.hasText, post.hashtags.isEmpty, post.mentions.isEmpty, engagement == Engagement(), !post.isRepost {
            return
        }
        try db.run(
            """
            UPDATE sighting SET platform = ?, post = ?, place = ?, hashtags = ?, mentions = ?, likes = ?, comments = ?,
                shares = ?, views = ?, is_repost = ?, has_text = ?
            WHERE id = ?
            """, post.platform, post.id, post.place, encode(post.hashtags), encode(post.mentions), engagement.likes,
            engagement.comments, engagement.shares, engagement.views, post.isRepost, post.hasText, id)
    }

    /// Counts a sighting under another date, or with words that it had not.
    private func move(
        _ sighting: Sighting, to date: SumChanges.Date, _ words: Words, _ changes: inout SumChanges
    ) throws {
        if date == sighting.date, words == sighting.words { return }
        try count(sighting, by: -1, &changes)
        var moved = sighting
        (moved.date, moved.words) = (date, words)
        try count(moved, by: 1, &changes)
    }

    private func count(_ sighting: Sighting, by change: Int, _ changes: inout SumChanges) throws {
        changes.add(change, sightingsOf: sighting.date)
        let classes = try db.rows(
            """
            SELECT sighting_class.model, brand, step, iif(?2, json_extract(model.classes, '$[' || brand || ']'), NULL)
            FROM sighting_class JOIN model ON model.id = sighting_class.model WHERE sighting = ?1
            """, sighting.id, !sighting.words.mentions.isEmpty
        ) { ($0.int(0), $0.int(1), $0.int(2), $0.optionalText(3) ?? "") }
        for (model, brand, step, name) in classes {
            changes.add(
                change, model: model, date: sighting.date, brand: brand, step: step, group: sighting.group,
                text: sighting.words.kind(for: name))
        }
    }

    /// Deletes a sighting with its classes and appearances.
    func removeSighting(_ id: Int, _ changes: inout SumChanges) throws {
        guard let sighting = try sighting("id = ?2", id) else { return }
        try count(sighting, by: -1, &changes)
        try db.run("DELETE FROM sighting WHERE id = ?", id)
    }
}
