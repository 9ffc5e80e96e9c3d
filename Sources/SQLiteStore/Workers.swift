import Intake
package import Queue

extension Queries {
    /// Of a row of `worker`, with the parameters of `Transaction.silence`.
    static let isAlive = "iif(boot = ?1, lease_until > ?2, abs(heartbeat_at - ?3) < ?4)"
}

extension Transaction {
    /// What tells whether a worker is silent: parameters 1 and 2 are the boot and its clock, by which leases run out; 3
    /// and 4 the time of day and a lease's length, for the heartbeats of another boot. That one is not over for sure: a
    /// container may be shown a boot id of its own, so its leases hold as long as its workers are heard.
    var silence: [any Bindable] {
        [boot.id, boot.milliseconds, now, Int64(options.leaseSeconds * 1000)]
    }
}

extension SQLiteStore {
    package func heartbeat(_ worker: WorkerIdentity, _ report: WorkerReport) throws(StoreError) {
        try checkPlace()
        try write { tx in
            // Whoever lives sweeps up the dead.
            _ = try tx.db.prepare("DELETE FROM worker WHERE NOT \(Queries.isAlive)").run(binding: tx.silence)
            try tx.db.run(
                "INSERT OR REPLACE INTO worker VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", worker.id, worker.name,
                worker.host,
                worker.pid, report.state.rawValue, report.job, report.ratePerSecond, tx.now, tx.boot.id, tx.leaseUntil,
                report.kinds.map(\.rawValue).sorted().joined(separator: ","))
        }
    }

    package func workers() throws(StoreError) -> [WorkerRecord] {
        try read { tx in
            try tx.db.prepare(
                """
                SELECT id, name, host, pid, state, job, rate, heartbeat_at, kinds FROM worker
                WHERE \(Queries.isAlive) ORDER BY name, id
                """
            ).rows(binding: tx.silence) { row in
                WorkerRecord(
                    identity: WorkerIdentity(
                        id: WorkerID(rawValue: row.text(0)), name: row.text(1), host: row.text(2), pid: row.int(3)),
                    report: WorkerReport(
                        state: WorkerReport.State(rawValue: row.text(4)) ?? .idle,
                        job: row.optionalInt(5).map { JobID(rawValue: Int64($0)) },
                        ratePerSecond: row.optionalDouble(6),
                        kinds: Set(row.text(8).split(separator: ",").compactMap { JobKind(rawValue: String($0)) })),
                    heartbeatAt: row.timestamp(7))
            }
        }
    }

    package func leave(_ worker: WorkerIdentity) throws(StoreError) {
        try write(inNewerSchema: true) { tx in
            try tx.db.run("DELETE FROM worker WHERE id = ?", worker.id)
            try tx.db.run(
                """
                UPDATE shard SET state = 0, worker = NULL, boot = NULL, lease_until = NULL
                WHERE state = 1 AND worker = ?
                """, worker.id)
        }
    }
}
