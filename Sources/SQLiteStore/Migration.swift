import Intake
import Queue

extension Schema {
    /// Takes the steps that the database lacks, all in one transaction, and returns the version found. Safe beside
    /// other processes that do the same. The time zone is for a database that is still empty.
    @discardableResult
    static func migrate(
        _ db: Connection, timeZone: String?, willMigrate: (_ from: Int, _ to: Int) -> Void = { _, _ in }
    ) throws -> Int {
        try db.execute("BEGIN IMMEDIATE")
        defer { if db.isInTransaction { try? db.execute("ROLLBACK") } }
        // Under the lock: another process may have migrated while this one waited for it.
        let found = try userVersion(db)
        guard found <= version else { throw StoreError.newer(found: found, known: version) }
        if found > 0, found < version { willMigrate(found, version) }
        for step in migrations[found...] { try db.execute(step) }
        if found == 0 {
            try db.execute("PRAGMA application_id = \(applicationID)")
            try db.run("INSERT INTO setting VALUES ('time_zone', ?)", timeZone)
            var random = SystemRandomNumberGenerator()
            try db.run(
                "INSERT INTO setting VALUES ('author_key', ?)",
                (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        if found < version { try db.execute("PRAGMA user_version = \(version)") }
        try db.execute("COMMIT")
        return found
    }

    /// Refuses a database of another schema than this bagq's.
    static func check(_ db: Connection, path: Path) throws {
        let found = try userVersion(db)
        if found > version { throw StoreError.newer(found: found, known: version) }
        if found < version {
            throw StoreError.refused(
                why: "\(path) has schema \(found), this bagq needs \(version); run `bagq migrate --db \(path)`")
        }
    }

    static func userVersion(_ db: Connection) throws -> Int {
        try db.row("PRAGMA user_version") { $0.int(0) } ?? 0
    }
}
