package import Queue

/// Rows deleted in one transaction: others wait for milliseconds, not for the whole.
private let batchSize = 2000

extension SQLiteStore {
    package func forget(_ id: JobID) throws(StoreError) {
        try write { tx in
            // Cut short the last time: this call goes on with it.
            if try tx.exists("SELECT 1 FROM job WHERE id = ? AND state = 'forgotten'", id) { return }
            let state = try tx.job(id).state
            guard state.isFinal else {
                throw StoreError.refused(why: "job \(id) is \(state.rawValue); cancel it before it can be forgotten")
            }
            try tx.db.run("UPDATE job SET state = 'forgotten' WHERE id = ?", id)
        }
        _ = try finishForgetting()
    }

    package func forget(author: String) throws(StoreError) -> Int {
        let count = try write { tx in
            let known = try tx.db.rows(
                "UPDATE author SET name = NULL, forgotten = 1 WHERE hash = ? RETURNING id",
                authorHash(of: author, key: tx.authorKey)
            ) {
                $0.int(0)
            }.first
            guard let known else { throw StoreError.notFound(what: "no post by \(author) has been seen") }
            return try tx.db.row("SELECT count(*) FROM sighting WHERE author = ?", known) { $0.int(0) } ?? 0
        }
        _ = try finishForgetting()
        return count
    }

    package func finishForgetting() throws(StoreError) -> Bool {
        let isAny = try read { try Transaction.hasForgotten($0.db) }
        guard isAny else { return false }
        while let author = try read({ try $0.forgottenAuthor() }) { try sweep(author: author) }
        while try write({ try $0.sweepForgottenJob() }) {}
        while try write({ try $0.sweepRemovedModel() }) {}
        try giveBackPages()
        return true
    }

    /// Shrinks the file by its free pages.
    func giveBackPages() throws(StoreError) {
        while try write({ try $0.giveBackPages() }) {}
    }

    private func sweep(author: Int) throws(StoreError) {
        // Without an index: it would cost every recorded picture a page, and this is rare. Reading blocks nobody.
        let sightings = try read { tx in
            try tx.db.rows("SELECT id FROM sighting WHERE author = ?", author) { $0.int(0) }
        }
        for first in stride(from: 0, to: sightings.count, by: batchSize) {
            try write { tx in
                var changes = SumChanges()
                for id in sightings[first..<min(first + batchSize, sightings.count)] {
                    try tx.removeSighting(id, &changes)
                }
                try changes.apply(tx.db)
            }
        }
        _ = try write { tx in try tx.db.run("UPDATE author SET forgotten = 2 WHERE id = ?", author) }
    }
}

extension Transaction {
    private static let forgottenJob = "SELECT id FROM job WHERE state = 'forgotten' LIMIT 1"

    private static let forgottenAuthor = "SELECT id FROM author WHERE forgotten = 1 LIMIT 1"

    private static let removedModel =
        "SELECT id FROM model WHERE state = 'removed' AND EXISTS (SELECT 1 FROM known WHERE known.model = model.id) LIMIT 1"

    /// Whether some of a forgotten job or author or of a removed model is still there.
    static func hasForgotten(_ db: Connection) throws -> Bool {
        try [forgottenJob, forgottenAuthor, removedModel].contains { try db.row($0) { $0.int(0) } != nil }
    }

    fileprivate func forgottenAuthor() throws -> Int? {
        try db.row(Self.forgottenAuthor) { $0.int(0) }
    }

    /// Shrinks the file by a batch of its free pages. False once none is left.
    fileprivate func giveBackPages() throws -> Bool {
        func freePages() throws -> Int { try db.row("PRAGMA freelist_count") { $0.int(0) } ?? 0 }
        let before = try freePages()
        try db.execute("PRAGMA incremental_vacuum(\(batchSize))")
        let after = try freePages()
        return after > 0 && after < before
    }

    /// Deletes a batch of what forgotten jobs left, also of one whose forgetting was cut short. False once nothing is
    /// left.
    fileprivate func sweepForgottenJob() throws -> Bool {
        guard let job = try db.row(Self.forgottenJob, map: { $0.jobID(0) }) else {
            return false
        }
        let sightings = try db.rows("SELECT sighting FROM appearance WHERE job = ? LIMIT ?", job, batchSize) {
            $0.int(0)
        }
        var changes = SumChanges()
        for id in sightings {
            try db.run("DELETE FROM appearance WHERE job = ? AND sighting = ?", job, id)
            if try !exists("SELECT 1 FROM appearance WHERE sighting = ?", id) { try removeSighting(id, &changes) }
        }
        try changes.apply(db)
        if !sightings.isEmpty { return true }

        let last =
            try db.row("SELECT min(number) + ? FROM item WHERE job = ?", batchSize, job) { $0.optionalInt(0) } ?? nil
        if let last {
            try removeKnown(of: job, below: last)
            try db.run("DELETE FROM item WHERE job = ? AND number < ?", job, last)
            return true
        }
        try removeCheckpoint(of: job)
        try db.run("DELETE FROM shard WHERE job = ?", job)
        try db.run("DELETE FROM job WHERE id = ?", job)
        return true
    }

    /// Deletes a batch of what a removed model has classified. False once nothing is left.
    fileprivate func sweepRemovedModel() throws -> Bool {
        guard let model = try db.row(Self.removedModel, map: { $0.int(0) }) else { return false }
        try db.run(
            "DELETE FROM known WHERE model = ?1 AND key IN (SELECT key FROM known WHERE model = ?1 LIMIT ?2)", model,
            batchSize)
        return true
    }
}
