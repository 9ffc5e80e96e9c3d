import Intake
package import Queue

/// `shard.state` as stored.
enum ShardState: Int {
    case open = 0, claimed, done, failed
}

extension Queries {
    /// Open shards of live jobs that a worker could run. Parameters: 1 whether it classifies, 2 whether it trains, 3
    /// its kernel levels and 4 its precisions as JSON.
    fileprivate static let open = runnable("shard_open", state: .open)
    /// The same of claimed shards.
    fileprivate static let claimed = runnable("shard_claimed", state: .claimed)

    /// CROSS JOIN keeps the order of the loops, so that both run down their partial index without sorting. Shards of
    /// items (from number 1) wait until the model is ready; listing and training have number 0.
    private static func runnable(_ index: String, state: ShardState) -> String {
        """
        FROM job INDEXED BY job_live CROSS JOIN shard INDEXED BY \(index) ON shard.job = job.id
        WHERE shard.state = \(state.rawValue) AND job.state IN ('waiting', 'running') AND (
            (job.kind = 'classify' AND ?1)
            OR (job.kind = 'train' AND ?2 AND NOT EXISTS (
                SELECT 1 FROM checkpoint
                WHERE checkpoint.job = job.id AND (
                    kernel_level NOT IN (SELECT value FROM json_each(?3))
                    OR checkpoint.precision NOT IN (SELECT value FROM json_each(?4))))))
            AND shard.number <= iif(
                (SELECT state FROM model WHERE id = job.model) = 'ready', 9223372036854775807, 0)
        """
    }

    /// Of a job that no trouble keeps from being worked on just now: parameters 5 and 6 are the boot and its clock.
    private static let isUntroubled = "ifnull(job.trouble_boot = ?5 AND job.trouble_until > ?6, 0) = 0"

    static let nextShard = """
        SELECT shard.job, shard.number \(open) AND \(isUntroubled)
        ORDER BY job.priority DESC, job.id, shard.number LIMIT 1
        """

    /// Parameter 7 is the job whose priority counts.
    fileprivate static let higher = """
        SELECT 1 \(open) AND \(isUntroubled) AND job.priority > (SELECT priority FROM job WHERE id = ?7)
        """

    /// Claims whose worker is silent: see `Transaction.silence`.
    static let expired = """
        SELECT job, number, first, count, fruitless, iif(suspect_attempt = attempt, suspect, NULL), deaths
        FROM shard WHERE state = 1 AND NOT iif(
            boot = ?1, lease_until > ?2,
            EXISTS (SELECT 1 FROM worker WHERE id = shard.worker AND abs(heartbeat_at - ?3) < ?4))
        """
}

extension SQLiteStore {
    package func claim(for worker: WorkerIdentity, abilities: WorkerAbilities) throws(StoreError) -> Claim? {
        try write { tx in
            try tx.rescueExpired()
            while let (job, shard) = try tx.nextShard(abilities) {
                if let claim = try tx.claim(job, shard, for: worker.id) { return claim }
            }
            return nil
        }
    }

    package func renew(_ claim: Claim, itemsDone: Int?, itemsTotal: Int?) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            if itemsDone != nil || itemsTotal != nil {
                try tx.db.run(
                    """
                    UPDATE job SET items_done = coalesce(?, items_done), items_total = coalesce(?, items_total)
                    WHERE id = ? AND kind = 'train'
                    """, itemsDone, itemsTotal, claim.job)
            }
            return hold.standing
        }
    }

    package func standing(of claim: Claim) throws(StoreError) -> ClaimStanding {
        try read { tx in
            let state = try tx.db.row(
                """
                SELECT job.state FROM shard JOIN job ON job.id = shard.job
                WHERE shard.job = ? AND shard.number = ? AND shard.state = 1 AND worker = ? AND attempt = ?
                """, claim.job, claim.shard, claim.worker, claim.attempt
            ) { $0.text(0) }
            return state.map { $0 == JobState.paused.rawValue ? .paused : .held } ?? .lost
        }
    }

    package func suspect(_ item: Item, of claim: Claim) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            try hold.check(item)
            try tx.db.run(
                """
                UPDATE shard SET deaths = iif(suspect IS ?1, deaths, 0), suspect = ?1, suspect_attempt = attempt
                WHERE job = ?2 AND number = ?3
                """, item.number, claim.job, claim.shard)
            return hold.standing
        }
    }

    package func release(_ claim: Claim, because trouble: String?) throws(StoreError) -> ClaimStanding {
        // Also from a worker that ends because a newer bagq has migrated the database.
        try write(inNewerSchema: true) { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            try tx.set(claim.job, claim.shard, to: .open)
            if let trouble {
                let pause = Int64(tx.options.leaseSeconds * 1000 / 4)
                try tx.db.run(
                    "UPDATE job SET trouble = ?, trouble_boot = ?, trouble_until = ? WHERE id = ?", trouble, tx.boot.id,
                    tx.boot.milliseconds + pause, claim.job)
            }
            return hold.standing
        }
    }

    package func fail(_ claim: Claim, because message: String) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            try tx.giveUp(claim.job, claim.shard, because: message)
            return hold.standing
        }
    }

    package func isOutranked(_ claim: Claim, abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try read { tx in
            try tx.exists(Queries.higher, abilities, tx.boot.id, tx.boot.milliseconds, claim.job)
        }
    }

    package func hasUnfinishedWork(for abilities: WorkerAbilities) throws(StoreError) -> Bool {
        try read { tx in
            for shards in [Queries.open, Queries.claimed] {
                if try tx.exists("SELECT 1 \(shards)", abilities) { return true }
            }
            // Pictures that wait for a model count while somebody is making it. A training that this worker could do
            // itself was found above.
            let awaited = try tx.db.row(
                """
                SELECT 1 FROM shard AS training INDEXED BY shard_claimed
                CROSS JOIN job AS maker ON maker.id = training.job
                CROSS JOIN job AS waiting INDEXED BY job_live ON waiting.model = maker.model
                WHERE training.state = 1 AND maker.kind = 'train' AND maker.state = 'running'
                    AND waiting.kind = 'classify' AND waiting.state IN ('waiting', 'running') LIMIT 1
                """
            ) { $0.int(0) }
            return awaited != nil && abilities.kinds.contains(.classify)
        }
    }
}

extension Transaction {
    fileprivate func exists(_ select: String, _ abilities: WorkerAbilities, _ more: any Bindable...) throws -> Bool {
        try db.prepare("SELECT EXISTS (\(select))").rows(binding: values(abilities) + more) { $0.bool(0) }.first
            ?? false
    }

    private func values(_ abilities: WorkerAbilities) throws -> [any Bindable] {
        [
            abilities.kinds.contains(.classify), abilities.kinds.contains(.train),
            try json(abilities.kernelLevels.sorted()), try json(abilities.precisions.sorted()),
        ]
    }

    fileprivate func nextShard(_ abilities: WorkerAbilities) throws -> (JobID, Int)? {
        try db.prepare(Queries.nextShard).rows(binding: values(abilities) + [boot.id, boot.milliseconds]) {
            ($0.jobID(0), $0.int(1))
        }.first
    }

    /// Nil where the shard turned out to have no open item; it is done then.
    fileprivate func claim(_ job: JobID, _ shard: Int, for worker: WorkerID) throws -> Claim? {
        let facts = try db.rows(
            """
            UPDATE shard SET state = 1, worker = ?, attempt = attempt + 1, boot = ?, lease_until = ?
            WHERE job = ? AND number = ? RETURNING first, count, attempt, fruitless >= ? OR deaths > 0
            """, worker, boot.id, leaseUntil, job, shard, Guilt.cautiousFrom
        ) { (first: $0.int(0), count: $0.int(1), attempt: $0.int(2), isCautious: $0.bool(3)) }.first
        guard let facts else { return nil }
        let details = try self.job(job)
        let work: Work
        switch details.request {
        case .classify(let request) where shard == 0:
            let listing = try self.listing(of: job)
            work = .list(
                ListWork(
                    source: request.source, itemsListed: listing.items, cursor: listing.cursor,
                    leftOut: details.leftOut, takesStamps: listing.takesKnown))
        case .classify(let request):
            let items = try openItems(of: job, numbers: facts.first..<facts.first + facts.count)
            if items.isEmpty {
                try set(job, shard, to: .done)
                try endIfNothingRuns(job)
                return nil
            }
            let (root, takesKnown) =
                try db.row("SELECT root, takes_known FROM job WHERE id = ?", job) {
                    ($0.optionalBytes(0).map(Path.init(bytes:)), $0.bool(1))
                } ?? (nil, false)
            work = .classify(
                ClassifyWork(
                    // The bagq before did not write it down.
                    root: root ?? (try? SourceLister.root(of: request.source)) ?? request.source,
                    model: request.model, precision: request.precision, items: items, asksForKnown: takesKnown,
                    isCautious: facts.isCautious))
        case .train(let request):
            work = .train(TrainWork(request: request, model: details.model, checkpoint: try checkpoint(of: job)))
        }
        try db.run("UPDATE job SET state = 'running', started_at = ? WHERE id = ? AND state = 'waiting'", now, job)
        return Claim(job: job, shard: shard, attempt: facts.attempt, worker: worker, work: work)
    }

    /// Where a listing stands. Decides at its start whether the job's pictures may be known.
    private func listing(of job: JobID) throws -> (items: Int, cursor: [UInt8]?, takesKnown: Bool) {
        let items = try itemsListed(job)
        if items == 0 {
            try db.run(
                "UPDATE job SET takes_known = EXISTS (SELECT 1 FROM known WHERE model = job.model) WHERE id = ?", job)
        }
        return try db.row("SELECT cursor, takes_known FROM job WHERE id = ?", job) {
            (items, $0.optionalBytes(0), $0.bool(1))
        } ?? (items, nil, false)
    }

    // MARK: The fence

    /// A shard whose claim was found to hold.
    struct Hold {
        var standing: ClaimStanding
        var numbers: Range<Int>
        var suspect: Int?

        func check(_ item: Item) throws {
            guard numbers.contains(item.number) else {
                throw StoreError.refused(why: "item \(item.number) is not of the claimed shard, which has \(numbers)")
            }
        }
    }

    /// Renews the claim's lease if the claim still holds; nil if it is lost. Every write for a claim starts with this.
    func hold(_ claim: Claim) throws -> Hold? {
        try db.rows(
            """
            UPDATE shard SET boot = ?, lease_until = ?
            WHERE job = ? AND number = ? AND state = 1 AND worker = ? AND attempt = ?
            RETURNING first, count, suspect, (SELECT state FROM job WHERE id = shard.job)
            """, boot.id, leaseUntil, claim.job, claim.shard, claim.worker, claim.attempt
        ) { row in
            Hold(
                standing: row.text(3) == JobState.paused.rawValue ? .paused : .held,
                numbers: row.int(0)..<row.int(0) + row.int(1), suspect: row.optionalInt(2))
        }.first
    }

    /// Ends a claim.
    func set(_ job: JobID, _ shard: Int, to state: ShardState) throws {
        try db.run(
            "UPDATE shard SET state = ?, worker = NULL, boot = NULL, lease_until = NULL WHERE job = ? AND number = ?",
            state.rawValue, job, shard)
    }

    /// The claim got something done: deaths before it no longer count against the shard, and the job is in no trouble.
    func noteProgress(_ claim: Claim) throws {
        try db.run(
            "UPDATE job SET trouble = NULL, trouble_until = NULL WHERE id = ? AND trouble IS NOT NULL", claim.job)
        try db.run("UPDATE shard SET fruitless = 0 WHERE job = ? AND number = ?", claim.job, claim.shard)
    }

    /// Ends a shard as failed; the first reason becomes the job's error.
    func giveUp(_ job: JobID, _ shard: Int, because message: String) throws {
        try set(job, shard, to: .failed)
        try db.run("UPDATE job SET error = coalesce(error, ?) WHERE id = ?", message, job)
        try endIfNothingRuns(job)
    }

    // MARK: Rescue

    /// Opens the shards whose worker has not renewed its lease, by the guilt procedure (DESIGN.md, invariant 7).
    fileprivate func rescueExpired() throws {
        let expired = try db.prepare(Queries.expired).rows(binding: silence) { row in
            (
                job: row.jobID(0), number: row.int(1), items: row.int(2)..<row.int(2) + row.int(3),
                fruitless: row.int(4), suspect: row.optionalInt(5), deaths: row.int(6)
            )
        }
        for shard in expired {
            try set(shard.job, shard.number, to: .open)
            if let suspect = shard.suspect, shard.deaths + 1 >= Guilt.deathsOfGuilt {
                try convict(suspect, job: shard.job, shard: shard.number)
                if try openItems(of: shard.job, numbers: shard.items).isEmpty {
                    try set(shard.job, shard.number, to: .done)
                    try endIfNothingRuns(shard.job)
                }
                continue
            }
            try db.run(
                "UPDATE shard SET fruitless = fruitless + 1, deaths = deaths + ? WHERE job = ? AND number = ?",
                shard.suspect == nil ? 0 : 1, shard.job, shard.number)
            if shard.fruitless + 1 >= Guilt.mostAttempts {
                let what =
                    shard.items.isEmpty
                    ? "its \(shard.number == 0 ? "listing or training" : "shard")"
                    : "items \(shard.items.lowerBound) to \(shard.items.upperBound - 1)"
                try giveUp(
                    shard.job, shard.number,
                    because:
                        "\(what) given up: \(Guilt.mostAttempts) workers in a row died without getting anything done")
            }
        }
    }

    private func convict(_ item: Int, job: JobID, shard: Int) throws {
        try insert(Guilt.failure, job: job, number: item)
        try db.run("UPDATE job SET items_failed = items_failed + 1 WHERE id = ?", job)
        try db.run(
            "UPDATE shard SET fruitless = 0, suspect = NULL, suspect_attempt = NULL, deaths = 0 WHERE job = ? AND number = ?",
            job, shard)
    }
}
