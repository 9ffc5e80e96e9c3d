import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

/// The file among others: how it comes to be there, whose it is, what a restore does, and that it may go away.
@Suite struct DatabaseFileTests {
    let folder = TemporaryFolder()
    var path: Path { folder("bagq.db") }

    private func create() throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path, mode: .create(timeZone: "Europe/Paris"))
    }

    private func url(_ name: String) -> URL { URL(filePath: folder.path + "/" + name) }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func mode(_ name: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)[.posixPermissions] as? Int ?? 0
    }

    /// Whoever looks while it is made finds none of it or all.
    @Test(arguments: ["nothing", "an empty file", "a log of one that is gone", "a leftover of one cut off"])
    func manyMayMakeTheSameFile(beside: String) throws {
        switch beside {
        case "an empty file": try Data().write(to: url("bagq.db"))
        case "a log of one that is gone": try Data(repeating: 1, count: 5000).write(to: url("bagq.db-wal"))
        case "a leftover of one cut off": try Data(repeating: 1, count: 5000).write(to: url("bagq.db.new"))
        default: break
        }
        let jobs = concurrently(8) { number in
            let store = try create()
            let version = try store.add(StoreHarness.newModel, named: "m\(number)")
            return try store.submit(.classify(ClassifyRequest(source: Path("/p"), name: "p", model: version))).id
        }
        #expect(Set(try jobs.map { try $0.get() }).count == 8)
        let store = try SQLiteStore(path: path, mode: .open)
        #expect(try store.jobs(limit: 99).count == 8 && store.models().count == 8)
        #expect(try !names().contains { $0.contains(".new") })
    }

    /// A file that holds no database yet, be it a cut creation's of long ago, is none.
    @Test func aFileWithoutTablesIsNone() throws {
        try RawDatabase(path).execute("PRAGMA journal_mode = WAL")
        #expect(try !SQLiteStore.isThere(path))
        _ = try create()
        #expect(try SQLiteStore.isThere(path))
        #expect(try RawDatabase(path).column("PRAGMA auto_vacuum") == ["2"])
    }

    @Test func aBackupIsForItsOwnerAlone() throws {
        let store = try create()
        for wanted in [0o600, 0o640, 0o660] {
            try FileManager.default.setAttributes([.posixPermissions: wanted], ofItemAtPath: folder.path + "/bagq.db")
            try store.backup(to: folder("copy-\(wanted)"))
            #expect(try mode("copy-\(wanted)") == wanted)
            #expect(try RawDatabase(folder("copy-\(wanted)")).column("PRAGMA journal_mode") == ["wal"])
        }
    }

    /// A setgid folder that its group may write to is shared: so is a database made in it, under whatever umask.
    @Test(.serialized, arguments: [(0o2770, 0o660), (0o2750, 0o600), (0o770, 0o600)])
    func aSharedFolderSharesItsDatabase(folderMode: Int, expected: Int) throws {
        #expect(unsafe chmod(folder.path, mode_t(folderMode)) == 0)
        // A process of its own: the umask is a process's.
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        let program = try #require(Self.program)
        shell.arguments = [
            "-c", "umask 077; \"$0\" migrate --db \"$1\" 2>/dev/null", program.path, folder.path + "/bagq.db",
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        #expect(try mode("bagq.db") == expected)
    }

    private static let program = [
        Bundle.main.bundleURL.appending(path: "bagq"),
        Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "bagq"),
    ].compactMap(\.self).first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Whatever stood there, and whatever log a killed worker left beside it.
    @Test func aRestoreIsWhatTheBackupHolds() throws {
        let backup = folder("copy.db")
        do {
            let store = try create()
            _ = try store.add(StoreHarness.newModel, named: "before")
            try store.backup(to: backup)
            for number in 0..<50 { _ = try store.add(StoreHarness.newModel, named: "after\(number)") }
            // As after a kill: the log stays, and holds what the file lacks.
            try FileManager.default.copyItem(at: url("bagq.db"), to: url("killed.db"))
            try FileManager.default.copyItem(at: url("bagq.db-wal"), to: url("killed.db-wal"))
        }
        let target = folder("killed.db")
        #expect(unsafe chmod(folder.path + "/killed.db", 0o640) == 0)
        let restoration = try SQLiteStore.restore(backup, to: target, now: Timestamp(milliseconds: 5000))
        #expect(restoration.kept == folder("killed.db.before-restore-5"))
        #expect(try mode("killed.db") == 0o640 && !names().contains("killed.db-wal"))
        #expect(try RawDatabase(target).column("PRAGMA journal_mode") == ["wal"])
        #expect(try SQLiteStore(path: target, mode: .open).models().map(\.version.name) == ["before"])
        // What was there is whole, its log too.
        let kept = try SQLiteStore(path: folder("killed.db.before-restore-5"), mode: .open)
        #expect(try kept.models().count == 51)
        // Where nothing is, too.
        #expect(try SQLiteStore.restore(backup, to: folder("new.db")).kept == nil)
        #expect(try SQLiteStore(path: folder("new.db"), mode: .open).models().count == 1)
    }

    @Test func aDamagedOrForeignBackupChangesNothing() throws {
        let store = try create()
        let file = [UInt8](repeating: 7, count: 200_000)
        let big = NewModel(classes: brands, threshold: 0.5, precision: .fp32, summary: "", file: file)
        _ = try store.add(big, named: "luxe")
        try store.backup(to: folder("copy.db"))
        var bytes = try Data(contentsOf: url("copy.db"))
        for index in 3 * 4096..<9 * 4096 { bytes[index] = 0xA5 }
        try bytes.write(to: url("damaged.db"))
        try Data("these are my notes, longer than a header".utf8).write(to: url("notes"))
        try Data().write(to: url("empty"))
        let target = folder("other.db")
        _ = try SQLiteStore(path: target, mode: .create(timeZone: "UTC"))
        let before = try Data(contentsOf: url("other.db"))
        for source in ["damaged.db", "notes", "empty", "nowhere", "other.db"] {
            let error = #expect(throws: StoreError.self) { try SQLiteStore.restore(folder(source), to: target) }
            #expect(error?.description.contains(source) == true, "\(source): \(String(describing: error))")
        }
        #expect(try Data(contentsOf: url("other.db")) == before)
        #expect(try !names().contains { $0.contains("before-restore") || $0.contains(".new") })
    }

    /// A file from elsewhere, in another journal mode, is mended by the first who may write.
    @Test func everyWritingOpenEntersWAL() throws {
        _ = try create()
        try RawDatabase(path).execute("PRAGMA journal_mode = DELETE")
        #expect(try RawDatabase(path).column("PRAGMA journal_mode") == ["delete"])
        _ = try SQLiteStore(path: path, mode: .open)
        #expect(try RawDatabase(path).column("PRAGMA journal_mode") == ["wal"])
    }

    /// Each trouble has a line that says what to do; a database without one has none.
    @Test func healthIsFoundOut() throws {
        #expect(unsafe chmod(folder.path, 0o2770) == 0)
        let store = try create()
        #expect(try store.health().isEmpty)
        #expect(unsafe chmod(folder.path + "/bagq.db", 0o604) == 0)
        var texts = try store.health().map(\.text)
        #expect(texts.count == 2 && texts[0].contains("chmod 660") && texts[1].contains("chmod o-rwx"), "\(texts)")
        #expect(try store.health().map(\.isDanger) == [true, false])
        #expect(unsafe chmod(folder.path + "/bagq.db", 0o660) == 0)

        let raw = try RawDatabase(path)
        try raw.execute(
            "INSERT INTO job (kind, state, priority, name, path, model, created_at, finished_at) "
                + "SELECT 'classify', 'forgotten', 0, '', x'', id, 0, 0 FROM model")
        _ = try store.add(StoreHarness.newModel, named: "luxe")
        try raw.execute(
            "INSERT INTO job (kind, state, priority, name, path, model, created_at, finished_at) "
                + "SELECT 'classify', 'forgotten', 0, '', x'', id, 0, 0 FROM model")
        texts = try store.health().map(\.text)
        #expect(texts.count == 1 && texts[0].contains("`forget` was cut short"), "\(texts)")
        #expect(try store.finishForgetting() && store.health().isEmpty)
    }

    /// A reader that was there first keeps a file from elsewhere in its own journal mode; a deleted one has a user
    /// still.
    @Test func whatIsUnusualAboutTheFileIsSaid() throws {
        _ = try create()
        #expect(unsafe chmod(folder.path + "/bagq.db", 0o600) == 0)
        try RawDatabase(path).execute("PRAGMA journal_mode = DELETE")
        let reader = try RawDatabase(path)
        try reader.execute("BEGIN; SELECT count(*) FROM job")
        let store = try SQLiteStore(path: path, mode: .open)
        let texts = try store.health().map(\.text)
        #expect(texts.count == 1 && texts[0].contains("keeps no write-ahead log (journal mode delete)"), "\(texts)")
        try reader.execute("COMMIT")
        #expect(SQLiteStore.usersOfDeleted(path).isEmpty)
        unsafe unlink(folder.path + "/bagq.db")
        let users = SQLiteStore.usersOfDeleted(path).map(\.text)
        #expect(users.contains { $0.hasPrefix("process \(getpid()) has a database open") }, "\(users)")
    }

    /// A log that a reader without end keeps from being brought into the file: the part behind the last commit is not
    /// looked at.
    @Test func aLargeLogIsADanger() throws {
        let store = try create()
        #expect(unsafe chmod(folder.path + "/bagq.db", 0o600) == 0)
        _ = try store.add(StoreHarness.newModel, named: "luxe")
        for (size, isLarge) in [(100 << 20, false), (200 << 20, true)] {
            #expect(unsafe truncate(folder.path + "/bagq.db-wal", size) == 0)
            let findings = try store.health()
            #expect(findings.map(\.isDanger) == (isLarge ? [true] : []))
            if isLarge {
                #expect(findings[0].text.contains("has grown to 200 MiB") && findings[0].text.contains("end that one"))
            }
        }
        #expect(try store.models().count == 1)
    }

    /// What a training held while it ran is given back when it ends or is cancelled.
    @Test(arguments: [true, false]) func trainingGivesItsPagesBack(isCancelled: Bool) throws {
        let store = try create()
        let job = try store.submit(.train(TrainRequest(data: Path("/d"), modelName: "m", options: "{}")))
        let claim = try #require(try store.claim(for: worker("a"), abilities: allWork))
        let bytes = [UInt8](repeating: 5, count: 3_000_000)
        for done in 1...2 {
            let checkpoint = Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: done, bytes: bytes)
            #expect(try store.save(checkpoint, for: claim) == .held)
        }
        if isCancelled {
            try store.cancel(job.id)
        } else {
            #expect(try store.finish(claim, with: StoreHarness.newModel, note: nil) == .held)
        }
        let raw = try RawDatabase(path)
        #expect(try raw.column("PRAGMA freelist_count") == ["0"])
        #expect(try raw.column("SELECT count(*) FROM checkpoint_chunk") == ["0"])
    }

    /// Deleted, or another put in its place: the worker's next heartbeat says so, and saves what it has open.
    @Test(arguments: ["deleted", "replaced"]) func whatGoesAwayIsSaved(how: String) throws {
        let store = try create()
        _ = try store.add(StoreHarness.newModel, named: "luxe")
        try store.heartbeat(worker("a"), WorkerReport(state: .idle))
        for suffix in ["", "-wal", "-shm"] { unsafe unlink(folder.path + "/bagq.db" + suffix) }
        if how == "replaced" { _ = try create() }
        let error = #expect(throws: StoreError.self) {
            try store.heartbeat(worker("a"), WorkerReport(state: .idle))
        }
        let saved = try #require(try names().first { $0.contains("rescued") })
        #expect(
            error?.description.contains("bagq restore \(folder.path)/\(saved)") == true, "\(String(describing: error))")
        #expect(error?.mayPass == false)
        let rescued = try SQLiteStore(path: folder(saved), mode: .open)
        #expect(try rescued.models().map(\.version.name) == ["luxe"])
        #expect(throws: StoreError.self) { try store.heartbeat(worker("b"), WorkerReport(state: .idle)) }
    }
}
