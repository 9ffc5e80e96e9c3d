import Intake
package import Queue

extension SQLiteStore {
    package func heartbeat(_ worker: WorkerIdentity, _ report: WorkerReport) throws(StoreError) {
        try write { tx in
            // Whoever lives sweeps up the dead.
            try tx.db.run("DELETE FROM worker WHERE boot <> ? OR lease_until <= ?", tx.boot.id, tx.boot.milliseconds)
            try tx.db.run(
                "INSERT OR REPLACE INTO worker VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", worker.id, worker.name,
                worker.host,
                worker.pid, report.state.rawValue, report.job, report.ratePerSecond, tx.now, tx.boot.id, tx.leaseUntil,
                report.kinds.map(\.rawValue).sorted().joined(separator: ","))
        }
    }

    package func workers() throws(StoreError) -> [WorkerRecord] {
        try read { tx in
            try tx.db.rows(
                """
                SELECT id, name, host, pid, state, job, rate, heartbeat_at, kinds FROM worker
                WHERE boot = ? AND lease_until > ? ORDER BY name, id
                """, tx.boot.id, tx.boot.milliseconds
            ) { row in
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
