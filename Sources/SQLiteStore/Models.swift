package import Queue

extension SQLiteStore {
    package func models() throws(StoreError) -> [ModelRecord] {
        try read { try $0.models("WHERE state <> 'removed' ORDER BY name, number") }
    }

    package func resolve(_ selector: ModelSelector?) throws(StoreError) -> ModelRecord {
        try read { tx in
            guard let selector else {
                guard let active = try tx.models("WHERE active = 1").first else {
                    throw StoreError.notFound(
                        what: "no model is active; make one with `bagq train`, or `bagq models import`")
                }
                return active
            }
            let found =
                if let number = selector.number {
                    try tx.models("WHERE name = ? AND number = ? AND state <> 'removed'", selector.name, number)
                } else {
                    try tx.models(
                        "WHERE name = ? AND state IN ('ready', 'reserved') ORDER BY state = 'ready' DESC, number DESC LIMIT 1",
                        selector.name)
                }
            guard let record = found.first else {
                throw StoreError.notFound(
                    what: selector.number == nil
                        ? "there is no model \(selector) that is ready or being trained; `bagq models` lists them"
                        : "there is no model \(selector); `bagq models` lists them")
            }
            return record
        }
    }

    package func modelFile(_ version: ModelVersion, upTo limit: Int?) throws(StoreError) -> [UInt8] {
        try read { tx in
            let model = try tx.model(version)
            guard
                let count = try tx.db.row(
                    "SELECT length(data) FROM model_file WHERE model = ?", model.id, map: { $0.int(0) })
            else {
                throw StoreError.refused(
                    why: model.state == "reserved"
                        ? "\(version) is still being trained; see `bagq status`"
                        : "the training of \(version) did not end with a model")
            }
            return try tx.db.blob("data", in: "model_file", row: Int64(model.id), upTo: min(count, limit ?? count))
        }
    }

    package func add(_ model: NewModel, named name: String) throws(StoreError) -> ModelVersion {
        try write { tx in
            let (id, version) = try tx.insertModel(named: name)
            try tx.makeReady(id, model)
            return version
        }
    }

    package func activate(_ version: ModelVersion, threshold: Double?) throws(StoreError) {
        try write { tx in
            if let threshold, !(0...1).contains(threshold) {
                throw StoreError.refused(why: "a threshold is within 0 and 1, not \(threshold)")
            }
            let model = try tx.model(version)
            guard model.state == "ready" else {
                throw StoreError.refused(why: "\(version) has no model file yet; only a ready model can be used")
            }
            try tx.db.run("UPDATE model SET active = 0 WHERE active = 1")
            try tx.db.run(
                "UPDATE model SET active = 1, threshold = coalesce(?, threshold) WHERE id = ?", threshold, model.id)
        }
    }

    package func rename(_ name: String, to newName: String) throws(StoreError) {
        try write { tx in
            guard ModelSelector.isName(newName) else { throw StoreError.refused(why: Self.noName(newName)) }
            let last = try tx.db.row(
                "SELECT max(number) FROM model WHERE name = ? AND state <> 'removed'", name, map: { $0.optionalInt(0) })
            guard let last = last ?? nil else {
                throw StoreError.notFound(what: "there is no model \(name); `bagq models` lists them")
            }
            guard try !tx.exists("SELECT 1 FROM model WHERE name = ?", newName) else {
                throw StoreError.refused(
                    why:
                        "\(newName) is the name of other models, or was; their numbers are not used twice, so choose another"
                )
            }
            let user = try tx.db.row(
                """
                SELECT job.id, number FROM job JOIN model ON model.id = job.model
                WHERE finished_at IS NULL AND model.name = ? LIMIT 1
                """, name, map: { ($0.jobID(0), ModelVersion(name: name, number: $0.int(1))) })
            if let (job, version) = user {
                throw StoreError.refused(why: "job \(job) needs \(version); wait for it or cancel it first")
            }
            try tx.db.run("UPDATE model SET name = ? WHERE name = ? AND state <> 'removed'", newName, name)
            // Keeps the old numbers from being used again.
            try tx.db.run(
                "INSERT OR IGNORE INTO model (name, number, state, created_at) VALUES (?, ?, 'removed', ?)", name, last,
                tx.now)
        }
    }

    package func trainingJob(of version: ModelVersion) throws(StoreError) -> Job? {
        try read { tx in
            try tx.jobs(
                "WHERE job.model = ? AND job.kind = 'train' AND job.state <> 'forgotten' ORDER BY job.id DESC LIMIT 1",
                tx.model(version).id
            ).first
        }
    }

    static func noName(_ text: String) -> String {
        "\"\(text)\" cannot name a model; use letters, digits, . _ and -"
    }

    package func sightingCount(of version: ModelVersion) throws(StoreError) -> Int {
        try read { tx in
            try tx.db.row(
                "SELECT sum(\(Queries.groups.joined(separator: " + "))) FROM trend_sum WHERE model = ?",
                tx.model(version).id
            ) { $0.int(0) } ?? 0
        }
    }

    package func remove(_ version: ModelVersion) throws(StoreError) {
        try write { tx in
            let model = try tx.model(version)
            if model.isActive {
                throw StoreError.refused(
                    why: "\(version) is the active model; choose another first with `bagq models use`")
            }
            let user = try tx.db.row(
                "SELECT id FROM job WHERE finished_at IS NULL AND model = ? LIMIT 1", model.id, map: { $0.jobID(0) })
            if let user {
                throw StoreError.refused(why: "job \(user) needs \(version); wait for it or cancel it first")
            }
            try tx.db.run("DELETE FROM model_file WHERE model = ?", model.id)
            try tx.db.run("UPDATE model SET state = 'removed' WHERE id = ?", model.id)
        }
        // The model is gone, whatever becomes of what it has classified; a later call goes on.
        _ = try? finishForgetting()
    }
}

extension Transaction {
    /// Columns of a model that calls decide on.
    struct ModelFacts {
        var id: Int
        var state: String
        var isActive: Bool
        var classes: [String]
    }

    func model(_ version: ModelVersion) throws -> ModelFacts {
        let facts = try db.row(
            "SELECT id, state, active, classes FROM model WHERE name = ? AND number = ? AND state <> 'removed'",
            version.name,
            version.number
        ) {
            ModelFacts(
                id: $0.int(0), state: $0.text(1), isActive: $0.bool(2), classes: try $0.json(3, as: [String].self))
        }
        guard let facts else {
            throw StoreError.notFound(what: "there is no model \(version); `bagq models` lists them")
        }
        return facts
    }

    func models(_ clause: String, _ values: any Bindable...) throws -> [ModelRecord] {
        try db.prepare(
            """
            SELECT name, number, iif(state = 'failed' AND cancelled, 'cancelled', state), active, classes, threshold, byte_count, created_at, summary, precision FROM model \(clause)
            """
        ).rows(binding: values) { row in
            ModelRecord(
                version: ModelVersion(name: row.text(0), number: row.int(1)),
                state: ModelRecord.State(rawValue: row.text(2)) ?? .failed, isActive: row.bool(3),
                classes: try row.json(4, as: [String].self), threshold: row.double(5),
                precision: Precision(rawValue: row.text(9)) ?? .fp32, byteCount: row.int(6),
                createdAt: row.timestamp(7), summary: row.text(8))
        }
    }

    /// Reserves the next number of a name. Numbers of failed and removed models are not used again.
    func insertModel(named name: String) throws -> (id: Int, version: ModelVersion) {
        guard ModelSelector.isName(name) else {
            throw StoreError.refused(why: SQLiteStore.noName(name))
        }
        let number =
            try db.row("SELECT coalesce(max(number), 0) + 1 FROM model WHERE name = ?", name) { $0.int(0) } ?? 1
        try db.run(
            "INSERT INTO model (name, number, state, created_at) VALUES (?, ?, 'reserved', ?)", name, number, now)
        return (Int(db.lastInsertedRow), ModelVersion(name: name, number: number))
    }

    /// Gives a reserved model its file; it becomes active if none is.
    func makeReady(_ id: Int, _ model: NewModel) throws {
        guard !model.classes.isEmpty, (0...1).contains(model.threshold) else {
            throw StoreError.refused(why: "a model needs classes and a threshold from 0 to 1")
        }
        try db.run(
            """
            UPDATE model SET state = 'ready', classes = ?, threshold = ?, byte_count = ?, summary = ?, precision = ?,
                active = NOT EXISTS (SELECT 1 FROM model WHERE active = 1)
            WHERE id = ?
            """, try json(model.classes), model.threshold, model.file.count, model.summary,
            model.precision.rawValue, id)
        try db.run("INSERT INTO model_file (model, data) VALUES (?, ?)", id, model.file)
    }
}
