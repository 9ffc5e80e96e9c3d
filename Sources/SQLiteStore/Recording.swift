import Intake
package import Queue

extension SQLiteStore {
    package func record(_ outcomes: [Outcome], for claim: Claim) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            let numbers = outcomes.map(\.item.number)
            guard let lowest = numbers.min(), let highest = numbers.max() else { return hold.standing }
            for outcome in outcomes { try hold.check(outcome.item) }

            var recorder = try OutcomeRecorder(tx, job: claim.job)
            var open = try tx.openOrigins(of: claim.job, numbers: lowest..<highest + 1)
            // An item without an origin here has its outcome already: this is a replay, and the first one holds.
            for outcome in outcomes {
                guard let origin = open.removeValue(forKey: outcome.item.number) else { continue }
                try recorder.record(outcome, origin: origin)
            }
            try recorder.finish()

            if recorder.hasRecorded { try tx.noteProgress(claim) }
            if let suspect = hold.suspect, numbers.contains(suspect) {
                try tx.db.run(
                    "UPDATE shard SET suspect = NULL, suspect_attempt = NULL, deaths = 0 WHERE job = ? AND number = ?",
                    claim.job, claim.shard)
            }
            if try tx.outcomeCount(of: claim.job, numbers: hold.numbers) == hold.numbers.count {
                try tx.set(claim.job, claim.shard, to: .done)
                try tx.endIfNothingRuns(claim.job)
            }
            return hold.standing
        }
    }
}

/// Writes the outcomes of one batch and counts what was new.
struct OutcomeRecorder {
    private let tx: Transaction
    private let job: JobID
    private let keys: KnownKeys
    private let classes: [String]
    private let countsInTrends: Bool
    private let insertPrediction: Statement
    private let knowBytes: Statement
    private let knowFile: Statement
    private var sums = SumChanges()
    private var done = 0
    private var failed = 0
    private var earlier = 0

    init(_ tx: Transaction, job: JobID) throws {
        self.tx = tx
        self.job = job
        let facts = try tx.db.row(
            """
            SELECT model.classes, job.counts_in_trends
            FROM job JOIN model ON model.id = job.model WHERE job.id = ?
            """, job
        ) { (try $0.json(0, as: [String].self), $0.bool(1)) }
        guard let facts, let keys = try tx.knownKeys(of: job) else {
            throw StoreError.damaged(why: "job \(job) has lost its model; restore a backup")
        }
        self.keys = keys
        (classes, countsInTrends) = facts
        insertPrediction = try tx.db.prepare("INSERT INTO prediction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        // All items with the same bytes have the same prediction: one is enough, and to move on to the newest would
        // write a page for each.
        knowBytes = try tx.db.prepare("INSERT INTO known VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        // The newest item with a file holds: the oldest job is the first to be forgotten.
        knowFile = try tx.db.prepare(
            "INSERT INTO known VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET job = excluded.job, number = excluded.number"
        )
    }

    /// Whether there was anything new.
    var hasRecorded: Bool { done + failed > 0 }

    /// Gives an item whose file the model has classified before that prediction. False where the model has to be asked.
    mutating func recordIfKnown(_ item: Item, origin: Origin) throws -> Bool {
        guard let key = keys.key(of: item.reference), let outcome = try tx.earlier(keys, key)?.outcome(of: item) else {
            return false
        }
        try record(outcome, stampKey: key, origin: origin)
        return true
    }

    mutating func record(_ outcome: Outcome, origin: Origin) throws {
        try record(outcome, stampKey: keys.key(of: outcome.item.reference), origin: origin)
    }

    private mutating func record(_ outcome: Outcome, stampKey: Int64?, origin: Origin) throws {
        let number = outcome.item.number
        switch outcome.result {
        case .failure(let failure):
            try tx.insert(failure, job: job, number: number)
            failed += 1
        case .prediction(let prediction, let fingerprint):
            guard prediction.probabilities.count == classes.count,
                prediction.probabilities.indices.contains(prediction.brand),
                (0...1.001).contains(prediction.confidence)
            else {
                throw StoreError.refused(
                    why: "the prediction of item \(number) does not fit its model's \(classes.count) classes")
            }
            try insertPrediction.run(
                job, number, prediction.brand, encode(prediction.probabilities), prediction.flags.rawValue,
                prediction.postTime?.timestamp, prediction.postTime?.source.code, fingerprint.bytes, stampKey)
            done += 1
            if prediction.flags.contains(.earlier) { earlier += 1 }
            try knowBytes.run(keys.model, keys.key(of: fingerprint), job, number)
            if let stampKey { try knowFile.run(keys.model, stampKey, job, number) }
            if countsInTrends && origin.countsInTrends && prediction.flags.isDisjoint(with: .incomplete) {
                try tx.see(
                    Sight(
                        job: job, number: number, model: keys.model, brand: prediction.brand,
                        brandName: classes[prediction.brand],
                        step: prediction.confidenceStep, fingerprint: fingerprint, origin: origin,
                        time: prediction.postTime ?? origin.post.time),
                    &sums)
            }
        }
    }

    func finish() throws {
        try sums.apply(tx.db)
        guard hasRecorded else { return }
        try tx.db.run(
            """
            UPDATE job SET items_done = items_done + ?, items_failed = items_failed + ?,
                items_earlier = items_earlier + ? WHERE id = ?
            """, done, failed, earlier, job)
    }
}

/// What a sighting takes from its item.
struct Origin {
    var post: Post
    var author: Author?

    /// Not where its author is to be forgotten, or where it is no picture of a post.
    var countsInTrends: Bool { post.role == .picture && author?.isForgotten != true }
}

extension Transaction {
    func insert(_ failure: Failure, job: JobID, number: Int) throws {
        try db.run("INSERT INTO failure VALUES (?, ?, ?, ?)", job, number, failure.reason, failure.message)
    }

    /// Of the items of a range that have no outcome.
    fileprivate func openOrigins(of job: JobID, numbers: Range<Int>) throws -> [Int: Origin] {
        let rows = try db.rows(
            """
            SELECT item.number, author.id, author.hash, author.forgotten, \(postColumns)
            FROM item LEFT JOIN author ON author.id = item.author
            WHERE item.job = ?1 AND item.number >= ?2 AND item.number < ?3
                AND NOT EXISTS (SELECT 1 FROM prediction WHERE job = ?1 AND number = item.number)
                AND NOT EXISTS (SELECT 1 FROM failure WHERE job = ?1 AND number = item.number)
            """, job, numbers.lowerBound, numbers.upperBound
        ) { row in
            let author = row.optionalInt(1).map { Author(id: $0, hash: row.bytes(2), isForgotten: row.int(3) > 0) }
            return (row.int(0), Origin(post: row.post(4), author: author))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    fileprivate func outcomeCount(of job: JobID, numbers: Range<Int>) throws -> Int {
        try db.row(
            """
            SELECT (SELECT count(*) FROM prediction WHERE job = ?1 AND number >= ?2 AND number < ?3)
                + (SELECT count(*) FROM failure WHERE job = ?1 AND number >= ?2 AND number < ?3)
            """, job, numbers.lowerBound, numbers.upperBound
        ) { $0.int(0) } ?? 0
    }
}
