import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

/// A small database of every schema that has landed, kept as SQL in `schemas`.
enum KeptSchema {
    static let versions: [Int] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.compactMap { Int($0.dropLast(".sql".count)) }.sorted()
    }()
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "schemas")

    static func make(_ version: Int, at path: Path) throws -> RawDatabase {
        let raw = try RawDatabase(path)
        try raw.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
        try raw.execute(try String(contentsOf: folder.appending(path: "\(version).sql"), encoding: .utf8))
        return raw
    }
}

/// They are brought to the present schema with all that is in them. What may go wrong meanwhile is in `FaultTests`.
@Suite struct SchemaTests {
    /// Each step that is added leaves the schema before it here.
    @Test func everySchemaBeforeThePresentIsKept() {
        #expect(KeptSchema.versions == Array(1..<SQLiteStore.schemaVersion))
    }

    @Test(arguments: KeptSchema.versions) func isMigrated(version: Int) throws {
        let folder = TemporaryFolder()
        let path = folder("bagq.db")
        let raw = try KeptSchema.make(version, at: path)

        let refusal = #expect(throws: StoreError.self) { try SQLiteStore(path: path, mode: .open) }
        #expect(refusal?.description.contains("bagq migrate") == true)
        #expect(try SQLiteStore.migrate(path: path) == (version, SQLiteStore.schemaVersion))
        #expect(try SQLiteStore.migrate(path: path) == (SQLiteStore.schemaVersion, SQLiteStore.schemaVersion))

        let store = try SQLiteStore(path: path, mode: .open)
        #expect(try store.timeZone == "Europe/Paris")
        let id = JobID(rawValue: 1)
        let job = try store.job(id)
        #expect(job.state == .running && job.itemsDone == 1 && job.itemsFailed == 1 && job.itemsTotal == 3)
        #expect(try store.results(of: id, after: -1, limit: 9).map(\.brand) == ["chanel"])
        #expect(try store.failures(of: id, after: -1, limit: 9).map(\.failure.reason) == ["corrupt"])
        #expect(try store.resolve(nil).version == ModelVersion(name: "luxe", number: 1))
        #expect(try store.modelFile(store.resolve(nil).version) == [1, 2, 3])
        #expect(try store.recount() == RecountReport(sightings: 1, sums: 1, differences: []))
        // What schema 6 keeps of a post's text names the brand, in another spelling.
        let window = try store.trends(of: store.resolve(nil).version, TrendQuery(days: SightingTests.allDays))
        #expect(
            window.sums == [
                TrendSum(
                    day: CalendarDay(rawValue: 18518), strength: .strong, brand: 0, confidenceStep: 15, authorGroup: 7,
                    count: 1, named: version < 6 ? 0 : 1, texts: version < 6 ? 0 : 1)
            ])
        let rest = try #require(try store.claim(for: worker("a"), abilities: allWork))
        #expect(rest.items.map(\.number) == [2])
        #expect(try store.record(rest.items.map { outcome($0) }, for: rest) == .held)
        #expect(try store.job(id).state == .done)
        let training = try #require(try store.claim(for: worker("a"), abilities: allWork))
        #expect(training.training?.checkpoint?.bytes == [9, 9])

        // It is the shape that a new database has.
        _ = try SQLiteStore(path: folder("new.db"), mode: .create(timeZone: "UTC"))
        let shape = """
            SELECT m.name || '|' || c.name || '|' || c.type || '|' || c."notnull" || '|' || ifnull(c.dflt_value, '') || '|' || c.pk
            FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'
            UNION ALL SELECT name || '|' || tbl_name FROM sqlite_schema WHERE type = 'index' ORDER BY 1
            """
        #expect(try raw.column(shape) == RawDatabase(folder("new.db")).column(shape))
    }
}
