package import Queue

extension SQLiteStore {
    package func submit(_ request: JobRequest) throws(StoreError) -> Job {
        try write(durably: true) { tx in
            let id: JobID
            switch request {
            case .classify(let classify):
                let model = try tx.model(classify.model)
                guard model.state == "ready" || model.state == "reserved" else {
                    throw StoreError.refused(
                        why:
                            "the training of \(classify.model) did not end with a model; choose another, see `bagq models`"
                    )
                }
                try tx.db.run(
                    """
                    INSERT INTO job (kind, state, priority, name, path, model, counts_in_trends, precision, created_at)
                    VALUES ('classify', 'waiting', ?, ?, ?, ?, ?, ?, ?)
                    """, classify.priority, classify.name, classify.source, model.id, classify.countsInTrends,
                    classify.precision.rawValue, tx.now)
            case .train(let train):
                let model = try tx.insertModel(named: train.modelName)
                try tx.db.run(
                    """
                    INSERT INTO job (kind, state, priority, name, path, model, options, created_at)
                    VALUES ('train', 'waiting', ?, ?, ?, ?, ?, ?)
                    """, train.priority, train.modelName, train.data, model.id, train.options, tx.now)
            }
            id = JobID(rawValue: tx.db.lastInsertedRow)
            try tx.db.run("INSERT INTO shard (job, number) VALUES (?, 0)", id)
            return try tx.job(id)
        }
    }

    package func job(_ id: JobID) throws(StoreError) -> Job {
        try read { try $0.job(id) }
    }

    package func jobs(limit: Int) throws(StoreError) -> [Job] {
        try read { tx in
            let unfinished = try tx.jobs("WHERE job.finished_at IS NULL ORDER BY job.id DESC LIMIT ?", limit)
            // Down the primary key, past the few unfinished ones: its cost does not grow with history.
            let finished = try tx.jobs(
                "WHERE job.finished_at IS NOT NULL AND job.state <> 'forgotten' ORDER BY job.id DESC LIMIT ?",
                max(0, limit - unfinished.count))
            return unfinished + finished
        }
    }

    package func cancel(_ id: JobID) throws(StoreError) {
        try write { tx in
            let job = try tx.job(id)
            guard !job.state.isFinal else {
                throw StoreError.refused(why: "job \(id) is \(job.state.rawValue) already; there is nothing to cancel")
            }
            try tx.end(id, as: .cancelled, error: nil)
            if job.request.kind == .train {
                try tx.trainingFailed(job: id, as: .cancelled)
                try tx.removeCheckpoint(of: id)
            }
        }
        // The job is cancelled, whatever becomes of the file's size.
        try? giveBackPages()
    }

    package func pause(_ id: JobID) throws(StoreError) {
        try write { tx in
            let state = try tx.job(id).state
            guard state == .waiting || state == .running else {
                throw StoreError.refused(
                    why:
                        "job \(id) is \(state.rawValue)\(state == .paused ? " already" : "; there is nothing to pause")"
                )
            }
            try tx.db.run("UPDATE job SET state = 'paused' WHERE id = ?", id)
        }
    }

    package func resume(_ id: JobID) throws(StoreError) {
        try write { tx in
            let state = try tx.job(id).state
            guard state == .paused else {
                throw StoreError.refused(
                    why: state.isFinal
                        ? "job \(id) is \(state.rawValue); try what failed again with `bagq retry \(id)`"
                        : "job \(id) is not paused, it is \(state.rawValue)")
            }
            try tx.db.run(
                "UPDATE job SET state = iif(started_at IS NULL, 'waiting', 'running') WHERE id = ?", id)
        }
    }

    package func retry(_ id: JobID, restarting: Bool) throws(StoreError) -> Int {
        try write { tx in
            let job = try tx.job(id)
            guard job.state.isFinal else {
                throw StoreError.refused(why: "job \(id) is \(job.state.rawValue); `retry` is for jobs that have ended")
            }
            let model: Transaction.ModelFacts
            do { model = try tx.model(job.model) } catch StoreError.notFound {
                throw StoreError.refused(
                    why: "job \(id) needs \(job.model), which was removed; submit its source again with another model")
            }
            switch (job.request.kind, model.state) {
            case (.classify, "failed"):
                throw StoreError.refused(
                    why: "job \(id) needs \(job.model), whose training failed; retry that training job first")
            case (.train, "failed"):
                try tx.db.run("UPDATE model SET state = 'reserved', cancelled = 0 WHERE id = ?", model.id)
            default: break
            }
            try tx.db.run(
                """
                UPDATE shard SET state = 0, fruitless = 0, suspect = NULL, deaths = 0
                WHERE job = ?1 AND (state IN (0, 3) OR EXISTS (
                    SELECT 1 FROM failure
                    WHERE failure.job = ?1 AND failure.number >= first AND failure.number < first + count))
                """, id)
            guard try tx.exists("SELECT 1 FROM shard WHERE job = ? AND state = 0", id) else {
                throw StoreError.refused(
                    why: "job \(id) is \(job.state.rawValue) and nothing of it failed; there is nothing to retry")
            }
            if restarting { try tx.removeCheckpoint(of: id) }
            try tx.db.run(
                """
                UPDATE job SET items_done = 0
                WHERE id = ?1 AND kind = 'train' AND NOT EXISTS (SELECT 1 FROM checkpoint WHERE job = ?1)
                """, id)
            try tx.db.run("DELETE FROM failure WHERE job = ?", id)
            try tx.db.run(
                """
                UPDATE job SET state = 'waiting', started_at = NULL, finished_at = NULL, error = NULL, items_failed = 0,
                    trouble = NULL, trouble_until = NULL
                WHERE id = ?
                """, id)
            return job.request.kind == .train ? 0 : try tx.itemsListed(id) - job.itemsDone
        }
    }
}

extension Queries {
    /// Asked at every shard's end, so that it must not walk over the shards that are done.
    static let end = """
        UPDATE job SET finished_at = ?2,
            state = iif(EXISTS (SELECT 1 FROM shard WHERE job = ?1 AND state = 3), 'failed', 'done')
        WHERE id = ?1 AND finished_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM shard INDEXED BY shard_open WHERE job = ?1 AND state = 0)
            AND NOT EXISTS (SELECT 1 FROM shard INDEXED BY shard_claimed WHERE job = ?1 AND state = 1)
        RETURNING kind, state
        """
}

extension Transaction {
    /// Jobs as people see them, chosen and ordered by `clause`.
    func jobs(_ clause: String, _ value: any Bindable) throws -> [Job] {
        let rates = try db.prepare(
            """
            SELECT job, sum(rate) FROM worker
            WHERE \(Queries.isAlive) AND job IS NOT NULL AND rate IS NOT NULL GROUP BY job
            """
        ).rows(binding: silence) { ($0.jobID(0), $0.double(1)) }
        return try db.rows(
            """
            SELECT job.id, job.kind, job.state, job.priority, job.name, job.path, job.counts_in_trends, job.precision,
                job.options, job.left_out, job.items_total, job.items_done, job.items_failed, job.created_at,
                job.started_at, job.finished_at, job.error, model.name, model.number,
                CASE WHEN model.byte_count > 0 THEN model.precision END,
                iif(job.finished_at IS NULL, job.trouble, NULL), job.items_earlier
            FROM job JOIN model ON model.id = job.model \(clause)
            """, value
        ) { row in
            let id = row.jobID(0)
            let model = ModelVersion(name: row.text(17), number: row.int(18))
            let request = request(row, model: model)
            return Job(
                id: id, request: request, state: JobState(rawValue: row.text(2)) ?? .failed, model: model,
                precision: request.precision?.resolved(
                    preferring: row.optionalText(19).flatMap(Precision.init(rawValue:))),
                itemsTotal: row.optionalInt(10), itemsDone: row.int(11), itemsFailed: row.int(12),
                itemsEarlier: row.int(21),
                leftOut: try row.json(9, as: [String: Int].self), createdAt: row.timestamp(13),
                startedAt: row.optionalTimestamp(14), finishedAt: row.optionalTimestamp(15),
                ratePerSecond: rates.first { $0.0 == id }?.1, error: row.optionalText(16),
                trouble: row.optionalText(20))
        }
    }

    private func request(_ row: Row, model: ModelVersion) -> JobRequest {
        if row.text(1) == JobKind.train.rawValue {
            return .train(
                TrainRequest(
                    data: row.path(5), modelName: row.text(4), priority: row.int(3), options: row.text(8)))
        }
        return .classify(
            ClassifyRequest(
                source: row.path(5), name: row.text(4), priority: row.int(3), model: model,
                countsInTrends: row.bool(6), precision: Precision(rawValue: row.text(7)) ?? .auto))
    }

    func job(_ id: JobID) throws -> Job {
        guard let job = try jobs("WHERE job.id = ? AND job.state <> 'forgotten'", id).first else {
            throw StoreError.notFound(what: "there is no job \(id); `bagq status` lists the jobs")
        }
        return job
    }

    func exists(_ select: String, _ value: any Bindable) throws -> Bool {
        try db.row("SELECT EXISTS (\(select))", value) { $0.bool(0) } ?? false
    }

    /// Ends a job whatever runs of it: claims are revoked, so that their next write is `.lost`.
    func end(_ id: JobID, as state: JobState, error: String?) throws {
        try db.run(
            "UPDATE job SET state = ?, finished_at = ?, error = coalesce(?, error) WHERE id = ?", state.rawValue, now,
            error, id)
        try db.run(
            "UPDATE shard SET state = 0, worker = NULL, boot = NULL, lease_until = NULL WHERE job = ? AND state = 1", id
        )
    }

    /// Ends the job if none of its shards is open or claimed.
    func endIfNothingRuns(_ id: JobID) throws {
        let ended = try db.rows(Queries.end, id, now) { ($0.text(0), $0.text(1)) }.first
        if let (kind, state) = ended, kind == JobKind.train.rawValue, state == JobState.failed.rawValue {
            try trainingFailed(job: id, as: .failed)
        }
    }

    /// Gives up the model that a training job reserved, and the jobs that wait for it.
    func trainingFailed(job: JobID, as state: JobState) throws {
        let isCancelled = state == .cancelled
        try db.run(
            "UPDATE model SET state = 'failed', cancelled = ? WHERE id = (SELECT model FROM job WHERE id = ?)",
            isCancelled, job)
        let waiting = try db.rows(
            """
            SELECT waiting.id, model.name, model.number
            FROM job AS training JOIN model ON model.id = training.model
            JOIN job AS waiting ON waiting.model = training.model AND waiting.kind = 'classify'
            WHERE training.id = ? AND waiting.finished_at IS NULL
            """, job
        ) { ($0.jobID(0), ModelVersion(name: $0.text(1), number: $0.int(2))) }
        for (id, model) in waiting {
            try end(
                id, as: .failed,
                error: "it waited for \(model), but training job \(job) \(isCancelled ? "was cancelled" : "failed")")
        }
    }
}
