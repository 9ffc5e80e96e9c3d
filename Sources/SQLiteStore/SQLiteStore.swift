import Glibc
package import Intake
package import Queue
import Threads

/// The job store in one SQLite file, shared by the processes of one machine. Safe from any thread: calls of one process
/// take turns on one connection, processes take turns on the file.
///
/// Every writing call is one BEGIN IMMEDIATE transaction (a transaction that turns from reading to writing would be
/// refused without a wait), checks `user_version` inside it, and takes all times from `StoreClock`.
package final class SQLiteStore: JobStore {
    package enum Mode: Hashable, Sendable {
        /// Makes the file where there is none, or an empty one. The zone, an IANA name, counts for a new file only.
        case create(timeZone: String)
        /// The file must be there, in this bagq's schema.
        case open
    }

    package struct Options: Hashable, Sendable {
        /// How long a claim and a worker's heartbeat last.
        package var leaseSeconds: Double
        /// Keep authors' names beside their keyed hashes.
        package var keepsAuthorNames: Bool
        /// How long a call waits for other processes before it throws `.busy`.
        package var busyMilliseconds: Int
        /// Pages (4 KiB) in the write-ahead log from which a commit copies them into the database.
        package var checkpointPages: Int

        package init(
            leaseSeconds: Double = 60, keepsAuthorNames: Bool = false, busyMilliseconds: Int = 10_000,
            checkpointPages: Int = 4096
        ) {
            self.leaseSeconds = leaseSeconds
            self.keepsAuthorNames = keepsAuthorNames
            self.busyMilliseconds = busyMilliseconds
            self.checkpointPages = checkpointPages
        }
    }

    package let path: Path
    let options: Options
    private let clock: StoreClock
    private let session: Monitor<Session>
    /// For `readBeside`; opened at its first use.
    private let second = Monitor<Session?>(nil)
    /// Which file was opened.
    private let identity: FileIdentity?

    package init(
        path: Path, mode: Mode, options: Options = Options(), clock: StoreClock = .real
    ) throws(StoreError) {
        self.path = path
        self.options = options
        self.clock = clock
        do {
            session = Monitor(try Session(path: path, mode: mode, options: options))
            identity = FileIdentity(of: path)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Brings the database at `path` to this bagq's schema and returns the versions before and after.
    /// - willMigrate: is told them before what may take minutes, where there is something to do.
    package static func migrate(
        path: Path, willMigrate: (_ from: Int, _ to: Int) -> Void = { _, _ in }
    ) throws(StoreError) -> (from: Int, to: Int) {
        do {
            let db = try Session.connect(path: path, options: Options()).db
            try db.sortOnDisk()
            return (try Schema.migrate(db, timeZone: nil, willMigrate: willMigrate), Schema.version)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Of the databases that this bagq makes.
    package static var schemaVersion: Int { Schema.version }

    /// Whether there is a database at `path`; an empty file is none.
    package static func isThere(_ path: Path) throws(StoreError) -> Bool {
        do { return try !DatabaseFile.isMissing(path) } catch { throw StoreError(error, path: path) }
    }

    /// Throws where the file that is open here has been deleted or replaced: what is written to it then would be gone
    /// with this process. What it holds is saved first.
    func checkPlace() throws(StoreError) {
        guard let identity, FileIdentity(of: path) != identity else { return }
        // Processes that had the same file open save it once.
        let saved = path + ".rescued-\(identity.inode)"
        var outcome =
            "what was in it is saved as \(saved): stop the workers, then `bagq restore \(saved)` brings it back"
        do {
            try backup(to: saved)
        } catch {
            if DatabaseFile.status(of: saved) == nil { outcome = "what was in it could not be saved: \(error)" }
        }
        throw .damaged(why: "\(path) was deleted or replaced while it was in use; \(outcome)")
    }

    package var timeZone: String {
        get throws(StoreError) { session.withLock { $0.calendar.timeZone } }
    }

    /// Runs `body` in a transaction that sees one moment of the database and writes nothing.
    func read<T: Sendable>(_ body: (Transaction) throws -> T) throws(StoreError) -> T {
        try transaction(begin: "BEGIN", body)
    }

    /// Runs `body` in a transaction that holds the write lock from its start.
    /// - durably: it has reached the disk when the call returns. Other commits reach it with the next checkpoint.
    /// - inNewerSchema: goes on where a newer bagq has migrated meanwhile.
    func write<T: Sendable>(
        durably: Bool = false, inNewerSchema: Bool = false, _ body: (Transaction) throws -> T
    ) throws(StoreError) -> T {
        try transaction(begin: "BEGIN IMMEDIATE", durably: durably, inNewerSchema: inNewerSchema, body)
    }

    /// The same on a connection of its own: it waits for no transaction of this process.
    func readBeside<T: Sendable>(_ body: (Transaction) throws -> T) throws(StoreError) -> T {
        do {
            return try second.withLock { second in
                let session = try second ?? Session(path: path, mode: .open, options: options)
                second = session
                return try transaction(on: session, begin: "BEGIN", body)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Runs `body` outside of any transaction. Errors speak of `file`, else of the database.
    func alone<T: Sendable>(
        about file: Path? = nil, _ body: (Connection) throws -> T
    ) throws(StoreError) -> T {
        do {
            return try session.withLock { try body($0.db) }
        } catch {
            throw StoreError(error, path: file ?? path)
        }
    }

    private func transaction<T: Sendable>(
        begin: String, durably: Bool = false, inNewerSchema: Bool = false, _ body: (Transaction) throws -> T
    ) throws(StoreError) -> T {
        do {
            return try session.withLock { session in
                try transaction(on: session, begin: begin, durably: durably, inNewerSchema: inNewerSchema, body)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private func transaction<T>(
        on session: Session, begin: String, durably: Bool = false, inNewerSchema: Bool = false,
        _ body: (Transaction) throws -> T
    ) throws -> T {
        let db = session.db
        if durably { try db.execute("PRAGMA synchronous = FULL") }
        defer {
            if db.isInTransaction { try? db.execute("ROLLBACK") }
            if durably { try? db.execute("PRAGMA synchronous = NORMAL") }
        }
        try db.execute(begin)
        if !inNewerSchema { try Schema.check(db, path: path) }
        let result = try body(
            Transaction(
                db: db, calendar: session.calendar, authorKey: session.authorKey, options: options, now: clock.now(),
                boot: clock.boot()))
        try db.execute("COMMIT")
        try session.checkUnlocked(path)
        session.checkpointIfDue(path: path, options: options)
        return result
    }
}

/// What the statements of one transaction have at hand. The files beside this one extend it with the steps that
/// several calls share.
struct Transaction {
    let db: Connection
    let calendar: DayCounter
    let authorKey: [UInt8]
    let options: SQLiteStore.Options
    let now: Timestamp
    let boot: StoreClock.Boot

    /// When a lease taken now runs out, in milliseconds of this boot.
    var leaseUntil: Int64 { boot.milliseconds + Int64(options.leaseSeconds * 1000) }
}

/// An open database with what was read from it once.
final class Session {
    let db: Connection
    let calendar: DayCounter
    let authorKey: [UInt8]
    private var checkpointer: Connection?
    private var nextCheckpoint: Int
    private let access: Connection.Access

    init(path: Path, mode: SQLiteStore.Mode, options: SQLiteStore.Options) throws {
        if case .create(let timeZone) = mode {
            guard DayCounter(timeZone: timeZone) != nil else {
                throw StoreError.refused(
                    why: "there is no time zone \(timeZone); use an IANA name, for instance Europe/Paris")
            }
            if try DatabaseFile.isMissing(path) { try DatabaseFile.create(at: path, timeZone: timeZone) }
        }
        (db, access) = try Session.connect(path: path, options: options)
        try Schema.check(db, path: path)
        let setting = "SELECT value FROM setting WHERE name = ?"
        guard let zone = try db.row(setting, "time_zone", map: { $0.text(0) }),
            let key = try db.row(setting, "author_key", map: { $0.bytes(0) })
        else {
            throw StoreError.damaged(why: "\(path) lacks its settings; restore a backup")
        }
        guard let calendar = DayCounter(timeZone: zone) else {
            throw StoreError.refused(
                why: "this machine does not know \(path)'s time zone \(zone); install tzdata")
        }
        self.calendar = calendar
        authorKey = key
        nextCheckpoint = options.checkpointPages
    }

    /// Opens a database of ours: for writing where that may be, else for reading.
    static func connect(path: Path, options: SQLiteStore.Options) throws -> (db: Connection, access: Connection.Access)
    {
        try FileSystem.check(path)
        // By the rights, not by what fails: a call that fails once must not leave a worker with a database that it
        // cannot write to.
        var ways: [Connection.Access] =
            if !path.allows(R_OK) || (path.allows(W_OK) && path.folder.allows(W_OK)) {
                [.writing]
            } else {
                path.allows(W_OK) ? [.writing, .reading, .readingUnlocked] : [.reading, .readingUnlocked]
            }
        while true {
            let way = ways.removeFirst()
            do {
                let db = try Connection(path: path, access: way, busyMilliseconds: options.busyMilliseconds)
                try db.execute(
                    """
                    PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 33554432;
                    PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF
                    """)
                try checkIsOurs(db, path: path)
                // It takes a moment that nobody else reads in: whoever opens it next tries again.
                if way == .writing { try? db.enterWAL() }
                return (db, way)
            } catch let error as SQLiteError where error.saysNoRights && !ways.isEmpty {
                continue
            }
        }
    }

    /// Nobody may have begun to write while this one read without a lock.
    func checkUnlocked(_ path: Path) throws {
        guard access == .readingUnlocked, DatabaseFile.status(of: path + "-wal") != nil else { return }
        throw StoreError.busy(why: "\(path) was opened for writing meanwhile; try again")
    }

    private static func checkIsOurs(_ db: Connection, path: Path) throws {
        let found = try db.row("PRAGMA application_id") { $0.int(0) }
        if found == Schema.applicationID { return }
        let isEmpty = try db.row("SELECT 1 FROM sqlite_schema LIMIT 1", map: { $0.int(0) }) == nil
        throw StoreError.refused(
            why: isEmpty
                ? "\(path) is empty; `bagq migrate --db \(path)` makes a database of it"
                : "\(path) is not a bagq database; name another file with --db")
    }

    /// Copies the write-ahead log into the database once it has grown.
    ///
    /// SQLite before 3.51.3 can lose commits when a checkpoint starts while another connection's commit resets the log
    /// (sqlite.org/wal.html, "the WAL-reset bug"). So automatic checkpoints are off, and this one runs on a second
    /// connection while the first holds the write lock: nobody can commit, hence nobody can reset. PASSIVE only: the
    /// other modes reset the log themselves.
    ///
    /// A failure is left to the next commit that is due: the transaction before it stands either way.
    func checkpointIfDue(path: Path, options: SQLiteStore.Options) {
        let pages = db.walPages
        if pages < options.checkpointPages { nextCheckpoint = options.checkpointPages }
        guard pages >= nextCheckpoint else { return }
        // A reader may pin the log: then trying again at each commit would only cost time.
        nextCheckpoint = pages + options.checkpointPages / 4
        do {
            let second = try checkpointer ?? Session.connect(path: path, options: options).db
            checkpointer = second
            try db.execute("BEGIN IMMEDIATE")
            defer { try? db.execute("COMMIT") }
            try second.execute("PRAGMA wal_checkpoint(PASSIVE)")
        } catch {}
    }
}
