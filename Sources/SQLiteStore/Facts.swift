import CSQLite
import Foundation
import Intake
package import Queue

/// What `bagq doctor` shows of the database and of SQLite itself.
extension SQLiteStore {
    /// Of the SQLite that this process runs with, for instance "3.40.1".
    package static var sqliteVersion: String { unsafe String(cString: sqlite3_libversion()) }

    /// What is known against that version; nil when nothing is.
    package static var sqliteWarning: String? {
        let number = Int(sqlite3_libversion_number())
        let isMended =
            number >= 3_051_003 || (3_050_007..<3_051_000).contains(number) || (3_044_006..<3_045_000).contains(number)
        return isMended
            ? nil
            : "SQLite \(sqliteVersion) has the WAL-reset defect (mended in 3.51.3); bagq works around it, other programs "
                + "that write to this database may not"
    }

    package func facts() throws(StoreError) -> [(name: String, value: String)] {
        let file = String(decoding: path.bytes, as: UTF8.self)
        let size = { (suffix: String) -> Int in
            let attributes = try? FileManager.default.attributesOfItem(atPath: file + suffix)
            return (attributes?[.size] as? Int) ?? 0
        }
        let (version, free) = try read { tx in
            (
                try tx.db.row("PRAGMA user_version") { $0.int(0) } ?? 0,
                try tx.db.row("PRAGMA freelist_count") { $0.int(0) } ?? 0
            )
        }
        return [
            ("database", path.description), ("schema", String(version)), ("time zone", try timeZone),
            ("bytes", String(size(""))), ("bytes of the write-ahead log", String(size("-wal"))),
            ("free pages", String(free)),
        ]
    }
}
