package import Queue

/// Bytes in a chunk: small enough that others wait milliseconds for the transaction that writes it.
private let chunkSize = 1 << 20

extension SQLiteStore {
    package func save(_ checkpoint: Checkpoint, for claim: Claim) throws(StoreError) -> ClaimStanding {
        // Chunks go under a new generation, which counts only once the last transaction says so.
        let start: (standing: ClaimStanding, generation: Int) = try write { tx in
            guard let hold = try tx.hold(claim) else { return (.lost, 0) }
            let current = try tx.db.row("SELECT generation FROM checkpoint WHERE job = ?", claim.job) { $0.int(0) } ?? 0
            try tx.db.run("DELETE FROM checkpoint_chunk WHERE job = ? AND generation <> ?", claim.job, current)
            return (hold.standing, current + 1)
        }
        if start.standing == .lost { return .lost }
        for (number, first) in stride(from: 0, to: checkpoint.bytes.count, by: chunkSize).enumerated() {
            let chunk = Array(checkpoint.bytes[first..<min(first + chunkSize, checkpoint.bytes.count)])
            let isHeld = try write { tx in
                guard try tx.hold(claim) != nil else { return false }
                try tx.db.run(
                    "INSERT INTO checkpoint_chunk VALUES (?, ?, ?, ?)", claim.job, start.generation, number, chunk)
                return true
            }
            if !isHeld { return .lost }
        }
        return try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            let before = try tx.db.row("SELECT items_done FROM checkpoint WHERE job = ?", claim.job) { $0.int(0) } ?? 0
            try tx.db.run(
                "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)", claim.job, start.generation,
                checkpoint.kernelLevel, checkpoint.precision, checkpoint.itemsDone)
            try tx.db.run(
                "DELETE FROM checkpoint_chunk WHERE job = ? AND generation <> ?", claim.job, start.generation)
            if checkpoint.itemsDone > before { try tx.noteProgress(claim) }
            return hold.standing
        }
    }

    package func finish(_ claim: Claim, with model: NewModel, note: String?) throws(StoreError) -> ClaimStanding {
        let standing: ClaimStanding = try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            guard
                let reserved = try tx.db.row(
                    "SELECT model, kind FROM job WHERE id = ?", claim.job, map: { ($0.int(0), $0.text(1)) }),
                reserved.1 == JobKind.train.rawValue
            else { throw StoreError.refused(why: "job \(claim.job) does not train a model") }
            try tx.makeReady(reserved.0, model)
            try tx.removeCheckpoint(of: claim.job)
            try tx.db.run("UPDATE job SET error = ? WHERE id = ?", note, claim.job)
            try tx.set(claim.job, claim.shard, to: .done)
            try tx.endIfNothingRuns(claim.job)
            return hold.standing
        }
        // The training is done, whatever becomes of the file's size.
        if standing != .lost { try? giveBackPages() }
        return standing
    }
}

extension Transaction {
    func checkpoint(of job: JobID) throws -> Checkpoint? {
        let facts = try db.row(
            "SELECT generation, kernel_level, precision, items_done FROM checkpoint WHERE job = ?", job
        ) { (generation: $0.int(0), kernelLevel: $0.text(1), precision: $0.text(2), itemsDone: $0.int(3)) }
        guard let facts else { return nil }
        let chunks = try db.rows(
            "SELECT data FROM checkpoint_chunk WHERE job = ? AND generation = ? ORDER BY number", job, facts.generation
        ) { $0.bytes(0) }
        return Checkpoint(
            kernelLevel: facts.kernelLevel, precision: facts.precision, itemsDone: facts.itemsDone,
            // Not `joined()`, which takes its bytes one by one: this holds the write lock.
            bytes: chunks.reduce(into: []) { $0 += $1 })
    }

    func removeCheckpoint(of job: JobID) throws {
        try db.run("DELETE FROM checkpoint_chunk WHERE job = ?", job)
        try db.run("DELETE FROM checkpoint WHERE job = ?", job)
    }
}
