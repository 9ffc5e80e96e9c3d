import Glibc
package import Intake
package import Queue

extension SQLiteStore {
    package func backup(to target: Path) throws(StoreError) {
        guard !target.allows(F_OK) else {
            throw .refused(why: "\(target) exists already; name a file that does not, or move it away")
        }
        let temporary = target + ".partial-\(getpid())"
        // Also before: a backup that was killed may have had the same process number.
        DatabaseFile.remove(temporary)
        defer { DatabaseFile.remove(temporary) }
        do {
            guard target.folder.allows(W_OK) else { throw FileError(path: target) }
            // Readable for nobody else from its first byte: it holds the key that authors are hashed with.
            try DatabaseFile.makeFile(at: temporary, mode: 0o600)
            try alone(about: target) { db in
                // One snapshot, without the free pages; no transaction may be open around it.
                _ = try db.run("VACUUM INTO CAST(? AS TEXT)", temporary)
            }
            try Self.enterWAL(temporary)
            try FileRights(for: path).give(to: temporary)
            try DatabaseFile.sync(temporary)
            // Unlike rename, link does not replace what has come to stand there meanwhile.
            guard unsafe link(temporary.cString, target.cString) == 0 else { throw FileError(path: target) }
            try DatabaseFile.sync(target.folder)
        } catch {
            throw StoreError(error, path: target)
        }
    }

    /// A copy made by SQLite has another journal mode, which would slow down whoever works on it.
    private static func enterWAL(_ copy: Path) throws {
        try Connection(path: copy, access: .writing).enterWAL()
    }

    /// What a restore did.
    package struct Restoration: Hashable, Sendable {
        /// Where the database that was there before is kept; nil where there was none.
        package var kept: Path?
        package var schema: Int
    }

    /// Puts a copy of the backup `source` into the place of the database at `path`, with that one's owner and mode.
    /// What was there is kept under another name. Refuses while any process has the database open, and a backup that is
    /// not whole.
    package static func restore(_ source: Path, to path: Path, now: Timestamp = .now) throws(StoreError) -> Restoration
    {
        do {
            try FileSystem.check(path)
            guard DatabaseFile.status(of: source) != nil else { throw FileError(path: source) }
            guard FileIdentity(of: source) != FileIdentity(of: path) else {
                throw StoreError.refused(why: "\(source) is the database itself; name a backup of it")
            }
            return try DatabaseFile.withFolderLocked(of: path) {
                if let user = DatabaseFile.user(of: path) {
                    throw StoreError.refused(
                        why: "\(user == 0 ? "another process" : "process \(user)") has \(path) open; stop the workers "
                            + "(`systemctl stop bagq.target`) and all that uses it, then try again")
                }
                let schema: Int
                do { schema = try check(backup: source) } catch { throw StoreError(error, path: source) }
                let kept = DatabaseFile.status(of: path).map { _ in path + ".before-restore-\(now.milliseconds / 1000)"
                }
                try DatabaseFile.install(at: path, keeping: kept) { aside in
                    try Session.connect(path: source, options: Options()).db.run("VACUUM INTO CAST(? AS TEXT)", aside)
                    try enterWAL(aside)
                }
                return Restoration(kept: kept, schema: schema)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Refuses what is no whole database of a schema that this bagq knows. Returns the schema.
    private static func check(backup: Path) throws -> Int {
        let db = try Session.connect(path: backup, options: Options()).db
        let schema = try Schema.userVersion(db)
        guard schema <= Schema.version else { throw StoreError.newer(found: schema, known: Schema.version) }
        let findings = try db.rows("PRAGMA quick_check(1)") { $0.text(0) }
        guard findings == ["ok"] else {
            throw StoreError.damaged(
                why: "\(backup) is damaged (\(findings.first ?? "")); restore another backup")
        }
        return schema
    }
}
