import Intake
package import Queue

extension SQLiteStore {
    package func record(_ outcomes: [Outcome], for claim: Claim) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            let numbers = outcomes.map(\.item.number)
            guard let lowest = numbers.min(), let highest = numbers.max() else { return hold.standing }
            for outcome in outcomes { try hold.check(outcome.item) }

            var recorder = try Recorder(tx, job: claim.job)
            var open = try tx.openOrigins(of: claim.job, numbers: lowest..<highest + 1)
            // An item without an origin here has its outcome already: this is a replay, and the first one holds.
            for outcome in outcomes {
                guard let origin = open.removeValue(forKey: outcome.item.number) else { continue }
                try recorder.record(outcome, origin: origin)
            }
            try recorder.finish()

            if recorder.done + recorder.failed > 0 { try tx.noteProgress(claim) }
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
private struct Recorder {
    let tx: Transaction
    let job: JobID
    let model: Int
    let classCount: Int
    let countsInTrends: Bool
    let insertPrediction: Statement
    var sums = SumChanges()
    var done = 0
    var failed = 0

    init(_ tx: Transaction, job: JobID) throws {
        self.tx = tx
        self.job = job
        let facts = try tx.db.row(
            """
            SELECT model.id, json_array_length(model.classes), job.counts_in_trends
            FROM job JOIN model ON model.id = job.model WHERE job.id = ?
            """, job
        ) { ($0.int(0), $0.int(1), $0.bool(2)) }
        (model, classCount, countsInTrends) = facts ?? (0, 0, false)
        insertPrediction = try tx.db.prepare("INSERT INTO prediction VALUES (?, ?, ?, ?, ?, ?, ?)")
    }

    mutating func record(_ outcome: Outcome, origin: Origin) throws {
        switch outcome.result {
        case .failure(let failure):
            try tx.insert(failure, job: job, number: outcome.item.number)
            failed += 1
        case .prediction(let prediction, let fingerprint):
            guard prediction.probabilities.count == classCount,
                prediction.probabilities.indices.contains(prediction.brand),
                (0...1.001).contains(prediction.confidence)
            else {
                throw StoreError.refused(
                    why: "the prediction of item \(outcome.item.number) does not fit its model's \(classCount) classes")
            }
            try insertPrediction.run(
                job, outcome.item.number, prediction.brand, encode(prediction.probabilities), prediction.flags.rawValue,
                prediction.postTime?.timestamp, prediction.postTime?.source.code)
            done += 1
            if countsInTrends && !origin.isForgotten && prediction.flags.isDisjoint(with: .incomplete) {
                try tx.see(
                    Sight(
                        job: job, model: model, brand: prediction.brand, step: prediction.confidenceStep,
                        fingerprint: fingerprint, origin: origin, time: prediction.postTime ?? origin.time),
                    &sums)
            }
        }
    }

    func finish() throws {
        try sums.apply(tx.db)
        try tx.db.run(
            "UPDATE job SET items_done = items_done + ?, items_failed = items_failed + ? WHERE id = ?", done, failed,
            job)
    }
}

/// What a sighting takes from its item.
struct Origin {
    var time: PostTime?
    var platform: String?
    var post: String?
    var place: Int?
    var author: Int?
    var authorHash: [UInt8]?
    /// Its author is to be forgotten, so it makes no sighting.
    var isForgotten = false
}

extension Transaction {
    func insert(_ failure: Failure, job: JobID, number: Int) throws {
        try db.run("INSERT INTO failure VALUES (?, ?, ?, ?)", job, number, failure.reason, failure.message)
    }

    /// Of the items of a range that have no outcome.
    fileprivate func openOrigins(of job: JobID, numbers: Range<Int>) throws -> [Int: Origin] {
        let rows = try db.rows(
            """
            SELECT item.number, item.posted_at, item.time_source, item.platform, item.post, item.place, item.author,
                author.hash, author.forgotten
            FROM item LEFT JOIN author ON author.id = item.author
            WHERE item.job = ?1 AND item.number >= ?2 AND item.number < ?3
                AND NOT EXISTS (SELECT 1 FROM prediction WHERE job = ?1 AND number = item.number)
                AND NOT EXISTS (SELECT 1 FROM failure WHERE job = ?1 AND number = item.number)
            """, job, numbers.lowerBound, numbers.upperBound
        ) { row in
            (
                row.int(0),
                Origin(
                    time: row.postTime(1), platform: row.optionalText(3), post: row.optionalText(4),
                    place: row.optionalInt(5), author: row.optionalInt(6), authorHash: row.optionalBytes(7),
                    isForgotten: (row.optionalInt(8) ?? 0) > 0)
            )
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
