import Foundation
import Intake
import Queue
import Testing

#if DEBUG
@testable import SQLiteStore
#else
import SQLiteStore
#endif

/// The file and what can be wrong with it.
@Suite struct SQLiteFileTests {
    let folder = TemporaryFolder()
    var path: Path { folder("bagq.db") }

    func create() throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path, mode: .create(timeZone: "Europe/Paris"))
    }

    func error(_ call: () throws -> Void) -> StoreError? {
        do { try call() } catch { return error as? StoreError }
        return nil
    }

    /// Of the schema.
    private static let version = 7

    @Test func aNewFileIsSetUp() throws {
        _ = try create()
        let raw = try RawDatabase(path)
        #expect(try raw.column("PRAGMA user_version") == ["\(Self.version)"])
        #expect(try raw.column("PRAGMA application_id") == [String(0x6261_6771)])
        #expect(try raw.column("PRAGMA auto_vacuum") == ["2"])
        #expect(try raw.column("PRAGMA journal_mode") == ["wal"])
        #expect(
            try raw.column(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%' AND strict = 0"
            ).isEmpty)
        #expect(try raw.column("PRAGMA integrity_check") == ["ok"])
        // Made again, it stays what it is.
        let again = try SQLiteStore(path: path, mode: .create(timeZone: "Asia/Tokyo"))
        #expect(try again.timeZone == "Europe/Paris")
        #expect(try SQLiteStore.migrate(path: path) == (Self.version, Self.version))
        #expect(throws: StoreError.self) {
            try SQLiteStore(path: folder("x.db"), mode: .create(timeZone: "Mars/Olympus"))
        }
    }

    @Test func aNewerSchemaIsRefusedAlsoWhileOpen() throws {
        let store = try create()
        try RawDatabase(path).execute("PRAGMA user_version = 99")
        let expected = StoreError.newer(found: 99, known: Self.version)
        #expect(throws: expected) { try store.claim(for: worker("a"), abilities: allWork) }
        #expect(throws: expected) { try store.heartbeat(worker("a"), WorkerReport(state: .idle)) }
        #expect(throws: expected) { try SQLiteStore(path: path, mode: .open) }
        #expect(throws: expected) { try create() }
        #expect(throws: expected) { try SQLiteStore.migrate(path: path) }
    }

    @Test func whatIsHeldCanBeGivenBackToANewerSchema() throws {
        let h = try StoreHarness(.sqlite)
        _ = try h.listed(count: 600)
        let (first, second) = (try #require(try h.claim()), try #require(try h.claim()))
        let raw = try RawDatabase(h.path)
        try raw.execute("PRAGMA user_version = 99")
        #expect(throws: StoreError.newer(found: 99, known: Self.version)) { try h.store.record([], for: first) }
        #expect(try h.store.release(first) == .held)
        try h.store.leave(worker("a"))
        try raw.execute("PRAGMA user_version = \(Self.version)")
        #expect(try h.store.standing(of: second) == .lost)
    }

    @Test func anOlderSchemaSaysToMigrate() throws {
        _ = try create()
        try RawDatabase(path).execute("PRAGMA user_version = 0")
        let error = error { _ = try SQLiteStore(path: path, mode: .open) }
        #expect(error?.description.contains("bagq migrate") == true)
    }

    @Test func modelsOfTheFirstSchemaPredictInFP32() throws {
        let store = try create()
        let version = try store.add(StoreHarness.newModel, named: "luxe")
        let raw = try RawDatabase(path)
        try raw.execute(RawDatabase.toTheFirstSchema)
        #expect(try SQLiteStore.migrate(path: path) == (1, Self.version))
        let record = try SQLiteStore(path: path, mode: .open).resolve(nil)
        #expect(record.version == version && record.precision == .fp32)
    }

    @Test func foreignFilesAreLeftAlone() throws {
        try RawDatabase(path).execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        let before = try Data(contentsOf: URL(filePath: folder.path + "/bagq.db"))
        for call in [
            { _ = try create() }, { _ = try SQLiteStore(path: path, mode: .open) },
            { _ = try SQLiteStore.migrate(path: path) },
        ] {
            let error = error(call)
            #expect(
                error?.description.contains("not a bagq database") == true
                    && error?.description.contains("bagq.db") == true)
        }
        #expect(try Data(contentsOf: URL(filePath: folder.path + "/bagq.db")) == before)
        try Data("these are my notes, longer than a header".utf8).write(to: URL(filePath: folder.path + "/notes"))
        let notes = error { _ = try SQLiteStore(path: folder("notes"), mode: .create(timeZone: "UTC")) }
        #expect(notes?.description.contains("not a bagq database") == true)
    }

    @Test func whatCannotBeOpenedIsNamed() throws {
        let missing = error { _ = try SQLiteStore(path: path, mode: .open) }
        #expect(missing?.description.contains("bagq.db: No such file") == true, "\(String(describing: missing))")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/bagq.db"))
        let noFolder = error { _ = try SQLiteStore(path: folder("no/bagq.db"), mode: .create(timeZone: "UTC")) }
        #expect(noFolder?.description.contains("No such file") == true)
        let isFolder = error { _ = try SQLiteStore(path: folder(""), mode: .open) }
        #expect(isFolder != nil)
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere")) func aFileWithoutRightsIsNamed() throws {
        _ = try create()
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.path + "/bagq.db")
        let store = try create()
        #expect(try store.jobs(limit: 1).isEmpty)
        let error = error { _ = try store.add(StoreHarness.newModel, named: "luxe") }
        #expect(error?.description.contains("rights") == true, "\(String(describing: error))")
    }

    @Test func aLockedFileIsBusyForAWhile() throws {
        let store = try SQLiteStore(
            path: path, mode: .create(timeZone: "UTC"), options: SQLiteStore.Options(busyMilliseconds: 20))
        let raw = try RawDatabase(path)
        try raw.execute("BEGIN IMMEDIATE")
        let error = error { _ = try store.add(StoreHarness.newModel, named: "luxe") }
        #expect(error?.mayPass == true && error?.description.contains("bagq.db") == true)
        #expect(try store.models().isEmpty)
        try raw.execute("COMMIT")
        _ = try store.add(StoreHarness.newModel, named: "luxe")
    }

    @Test func aBackupIsWhole() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.listed(count: 300)
        try h.work { $0.number == 3 ? failure($0) : outcome($0) }
        let target = folder("copy.db")
        try h.store.backup(to: target)
        let copy = try SQLiteStore(path: target, mode: .open, options: SQLiteStore.Options(keepsAuthorNames: true))
        #expect(try copy.jobs(limit: 9) == h.store.jobs(limit: 9))
        #expect(try copy.results(of: id, after: -1, limit: 999) == h.store.results(of: id, after: -1, limit: 999))
        #expect(try copy.models() == h.store.models() && copy.modelFile(h.store.models()[0].version) == [1, 2, 3])
        #expect(try copy.recount() == h.store.recount())
        let refusal = error { try h.store.backup(to: target) }
        #expect(refusal?.description.contains("exists already") == true)
        #expect(error { try h.store.backup(to: folder("no/copy.db")) } != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("partial") })
    }

    @Test func theLogStaysSmall() throws {
        let store = try SQLiteStore(
            path: path, mode: .create(timeZone: "UTC"), options: SQLiteStore.Options(checkpointPages: 200))
        let file = [UInt8](repeating: 7, count: 100_000)
        let model = NewModel(classes: brands, threshold: 0.5, precision: .fp32, summary: "", file: file)
        for _ in 0..<100 { _ = try store.add(model, named: "luxe") }
        func walBytes() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: folder.path + "/bagq.db-wal")[.size] as? Int ?? 0
        }
        // 10 MB went through a log of about 1 MB.
        #expect(try walBytes() < 2_000_000)
        // A reader pins the log; once it is gone, the log is used from its start again.
        let reader = try RawDatabase(path)
        try reader.execute("BEGIN; SELECT count(*) FROM model")
        for _ in 0..<50 { _ = try store.add(model, named: "luxe") }
        let pinned = try walBytes()
        #expect(pinned > 4_000_000)
        try reader.execute("COMMIT")
        for _ in 0..<50 { _ = try store.add(model, named: "luxe") }
        #expect(try walBytes() < pinned + 1_000_000)
        #expect(try RawDatabase(path).column("PRAGMA integrity_check") == ["ok"])
    }

    @Test func namesOfAuthorsAreNotKeptUnlessAsked() throws {
        let store = try create()
        let model = try store.add(StoreHarness.newModel, named: "luxe")
        let id = try store.submit(
            .classify(ClassifyRequest(source: Path("/p"), name: "p", model: model))
        ).id
        let references = (0..<3).map {
            reference($0, post: Post(id: "\($0)", author: $0 < 2 ? "somebody_famous" : nil))
        }
        let listing = try #require(try store.claim(for: worker("a"), abilities: allWork))
        _ = try store.append(
            references, firstNumber: 0, root: Path("/pictures"), cursor: [], leftOut: [:], isLast: true, to: listing)
        let claim = try #require(try store.claim(for: worker("a"), abilities: allWork))
        _ = try store.record(claim.items.map { outcome($0) }, for: claim)
        let authors = try store.results(of: id, after: -1, limit: 9).map(\.item.reference.post.author)
        #expect(authors[0]?.count == 32 && authors[0] == authors[1] && authors[2] == nil)
        for name in ["bagq.db", "bagq.db-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: folder.path + "/" + name))
            #expect(bytes.range(of: Data("somebody_famous".utf8)) == nil)
        }
        #expect(try store.forget(author: "somebody_famous") == 2)
    }

    @Test func aForgettingCutShortIsTakenUpByTheNext() throws {
        let h = try StoreHarness(.sqlite)
        let first = try h.listed(count: 10)
        try h.work()
        let second = try h.listed(count: 5)
        try h.work()
        let raw = try RawDatabase(h.path)
        try raw.execute("UPDATE job SET state = 'forgotten' WHERE id = \(first)")
        #expect(throws: StoreError.self) { try h.store.job(first) }
        #expect(try h.store.jobs(limit: 9).map(\.id) == [second])
        #expect(try h.store.finishForgetting())
        #expect(try raw.column("SELECT count(*) FROM item") == ["5"])
        #expect(try !h.store.finishForgetting() && h.store.recount().differences.isEmpty)
        try h.store.forget(second)
        #expect(try raw.column("PRAGMA freelist_count") == ["0"])
        for table in [
            "job", "item", "prediction", "shard", "sighting", "appearance", "sighting_class", "trend_sum",
            "sighting_day",
        ] {
            #expect(try raw.column("SELECT count(*) FROM \(table)") == ["0"], "\(table)")
        }
    }

    /// Half of an author's sightings are gone when the command is killed: the next who looks takes the rest, and none
    /// comes back.
    @Test func anAuthorIsForgottenForGood() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.listed(
            (0..<600).map { reference($0, post: Post(id: "\($0)", author: $0 % 2 == 0 ? "her" : "him")) })
        let claim = try #require(try h.claim())
        _ = try h.store.record(claim.items.map { outcome($0) }, for: claim)
        let raw = try RawDatabase(h.path)
        try raw.execute("UPDATE author SET name = NULL, forgotten = 1 WHERE name = 'her'")
        #expect(try h.store.finishForgetting())
        #expect(try h.store.recount().sightings == 128 && h.store.recount().differences.isEmpty)
        // The job that shows her pictures is still running.
        try h.work()
        #expect(try h.store.job(id).itemsDone == 600)
        #expect(try h.store.recount().sightings == 300 && h.store.recount().differences.isEmpty)
        _ = try h.listed((0..<4).map { reference(1000 + $0, post: Post(id: "\(1000 + $0)", author: "her")) })
        try h.work()
        #expect(try h.store.recount().sightings == 300)
        #expect(try h.store.forget(author: "her") == 0)
        #expect(try raw.column("SELECT count(*) FROM author WHERE name = 'her'") == ["0"])
    }

    @Test func aSaveCutShortLeavesTheCheckpointBefore() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.submitTraining().id
        let claim = try #require(try h.claim())
        let whole = Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: 1, bytes: [1, 2, 3])
        _ = try h.store.save(whole, for: claim)
        let raw = try RawDatabase(h.path)
        try raw.execute("INSERT INTO checkpoint_chunk VALUES (\(id), 2, 0, x'09'), (\(id), 2, 1, x'09')")
        h.workersDie()
        let next = try #require(try h.claim())
        #expect(next.training?.checkpoint == whole)
        _ = try h.store.save(whole, for: next)
        #expect(try raw.column("SELECT count(*) FROM checkpoint_chunk") == ["1"])
        _ = try h.store.finish(next, with: StoreHarness.newModel, note: nil)
        #expect(try raw.column("SELECT count(*) FROM checkpoint_chunk") == ["0"])
    }

    #if DEBUG
    @Test func aFullDiskIsSaidSoAndLosesNothing() throws {
        let h = try StoreHarness(.sqlite)
        let store = try SQLiteStore(path: h.path, mode: .open, clock: h.clock.forStore)
        let id = try h.listed(count: 200)
        let claim = try #require(try store.claim(for: worker("a"), abilities: allWork))
        try store.alone { db in
            let pages = try db.row("PRAGMA page_count") { $0.int(0) } ?? 0
            try db.execute("PRAGMA max_page_count = \(pages)")
        }
        let error = error { _ = try store.record(claim.items.map { outcome($0) }, for: claim) }
        #expect(error?.description.contains("bagq.db is full; free some space") == true)
        #expect(try store.job(id).itemsDone == 0 && store.standing(of: claim) == .held)
        try store.alone { try $0.execute("PRAGMA max_page_count = 1000000") }
        #expect(try store.record(claim.items.map { outcome($0) }, for: claim) == .held)
        #expect(try store.job(id).state == .done && store.recount().differences.isEmpty)
    }

    /// No step of a common query may cost more as history grows.
    @Test func commonQueriesUseTheirIndexes() throws {
        let store = try create()
        func plan(_ sql: String, _ count: Int) throws -> [String] {
            try store.alone { db in
                try db.prepare("EXPLAIN QUERY PLAN " + sql).rows(binding: Array(repeating: 1, count: count)) {
                    $0.text(3)
                }
            }
        }
        let claim = try plan(Queries.nextShard, 6)
        #expect(claim.first == "SCAN job USING INDEX job_live", "\(claim)")
        #expect(
            claim.contains { $0.hasPrefix("SEARCH shard USING INDEX shard_open (job=? AND number<?)") },
            "\(claim)")
        #expect(!claim.contains { $0.contains("TEMP B-TREE") || $0 == "SCAN shard" }, "\(claim)")
        let end = try plan(Queries.end, 2)
        #expect(
            end.contains { $0.contains("INDEX shard_open (job=?)") }
                && end.contains { $0.contains("INDEX shard_claimed (job=?)") }, "\(end)")
        let expired = try plan(Queries.expired, 4)
        #expect(
            expired.first == "SCAN shard USING INDEX shard_claimed"
                && expired.last?.hasPrefix("SEARCH worker USING PRIMARY KEY") == true, "\(expired)")
        let newest = try plan(Queries.newestDay, 2)
        #expect(
            newest.allSatisfy { $0.hasPrefix("SEARCH trend_sum USING PRIMARY KEY (model=? AND strength=?") },
            "\(newest)")
        let window = try plan(Queries.window, 4)
        #expect(
            window == ["SEARCH trend_sum USING PRIMARY KEY (model=? AND strength=? AND day>? AND day<?)"], "\(window)")
        // No day is read but the window's.
        let raw = try plan(
            """
            SELECT id FROM sighting INDEXED BY sighting_date WHERE min(time_source, 2) = ? AND day >= ? AND day < ?
            ORDER BY day
            """, 3)
        #expect(
            raw.count == 1
                && raw[0].hasPrefix("SEARCH sighting USING INDEX sighting_date (<expr>=? AND day>? AND day<?)"),
            "\(raw)")
        let first = try plan(Queries.firstDay, 2)
        #expect(
            first.allSatisfy { $0.hasPrefix("SEARCH trend_sum USING PRIMARY KEY (model=? AND strength=?") }, "\(first)")
    }
    #endif

    @Test func aRecountFindsWhatIsWrong() throws {
        let h = try StoreHarness(.sqlite)
        _ = try h.listed((0..<3).map { reference($0, post: Post(id: "\($0)", author: "me")) })
        try h.work()
        let raw = try RawDatabase(h.path)
        try raw.execute(
            "UPDATE trend_sum SET g3 = g3 + 1; UPDATE sighting_day SET count = 9; UPDATE job SET items_done = 9")
        #expect(try h.store.recount().differences.count == 3)
        try raw.execute("DELETE FROM trend_sum; DELETE FROM prediction WHERE number = 0")
        // The picture is known by a prediction that is gone, too.
        #expect(try h.store.recount().differences.count == 5)
    }
}

/// Runs `body` on that many threads at once.
func concurrently<T: Sendable>(_ count: Int, _ body: @Sendable (Int) throws -> T) -> [Result<T, any Error>] {
    withoutActuallyEscaping(body) { body in
        let results = Locked<[Int: Result<T, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let result = Result { try body(index) }
            results.change { $0[index] = result }
        }
        return results.value.sorted { $0.key < $1.key }.map(\.value)
    }
}
