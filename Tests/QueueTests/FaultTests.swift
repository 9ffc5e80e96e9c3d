import CSQLite
import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

/// Every operation of the store with every fault at every place: it succeeds, or says what is wrong and changes
/// nothing. The default run takes samples of the places, `BAGQ_EXHAUSTIVE_TESTS` takes all of the first 200.
@Suite struct FaultTests {
    static let isExhaustive = ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil

    @Test(arguments: Scenario.Name.allCases)
    func faultsAreSaidAndLoseNothing(_ name: Scenario.Name) throws {
        let scenario = try Scenario(name)
        for kind in FaultKind.sample(for: name) where !kind.except.contains(name) { try strike(scenario, kind) }
    }

    /// The schemas after the first, which the test above begins with.
    @Test(arguments: KeptSchema.versions.dropFirst()) func everyKeptSchemaIsMigratedOrLeftAlone(_ schema: Int) throws {
        let scenario = try Scenario(.migrate, schema: schema)
        for kind in Self.isExhaustive ? FaultKind.all : FaultKind.ends { try strike(scenario, kind) }
    }

    private func strike(_ scenario: Scenario, _ kind: FaultKind) throws {
        var strikes = 0
        var number = 1
        while true {
            let (hasStruck, problems) = try FaultBench(scenario).run(scenario, kind.fault(number), kind)
            #expect(problems.isEmpty, "\(kind), call \(number)")
            guard hasStruck else { break }
            strikes += 1
            number = Self.isExhaustive ? number + 1 + number / 200 * 10 : number * 64
        }
        #expect(strikes > 0, "\(kind)")
    }

    /// What a new process finds is a state that the database went through: after a kill the last one, after a power cut
    /// none before a submission that returned.
    /// - checkpointPages: At each commit, or never.
    @Test(arguments: FaultKind.ends, [1, 4096])
    func aPowerCutTakesBackNoSubmission(_ kind: FaultKind, checkpointPages: Int) throws {
        let h = try StoreHarness(.sqlite)
        let model = try h.addModel()
        let file = try h.file()
        var states: [[String]] = []
        let whole = try FaultBench(file, clock: h.clock, checkpointPages: checkpointPages)
        states.append(try whole.dump())
        try live(with: whole.store(), model: model) { _ in states.append(try whole.dump()) }
        var hasLost = false
        var number = 1
        while true {
            let bench = try FaultBench(file, clock: h.clock, checkpointPages: checkpointPages)
            var (returned, submitted) = (0, 0)
            bench.faults.arm(kind.fault(number))
            let result = Result {
                try live(with: bench.store(), model: model) { isSubmission in
                    returned += 1
                    if isSubmission { submitted = returned }
                }
            }
            guard bench.faults.disarm() else {
                try result.get()
                break
            }
            bench.close()
            try bench.faults.restart(kind.survival ?? .all)
            let (state, problems) = try bench.inspect()
            #expect(problems.isEmpty, "\(kind), call \(number)")
            let found = try #require(states.firstIndex(of: state), "\(kind), call \(number)")
            let earliest = kind.survival == .all ? returned : submitted
            #expect((earliest...returned + 1).contains(found), "\(kind), call \(number)")
            if found < returned { hasLost = true }
            number += Self.isExhaustive ? 1 : 1 + number / 2
        }
        #expect(number > 1)
        #expect(hasLost == (kind.survival != .all))
    }

    /// Calls `step` after each call that changes the database, with whether it was a submission.
    private func live(with store: SQLiteStore, model: ModelVersion, step: (Bool) throws -> Void) throws {
        _ = try store.submit(.classify(ClassifyRequest(source: Path("/p"), name: "p", model: model)))
        try step(true)
        let listing = try #require(try store.claim(for: worker("a"), abilities: allWork))
        try step(false)
        _ = try store.append(
            (0..<8).map { reference($0) }, firstNumber: 0, root: Path("/pictures"), cursor: [], leftOut: [:],
            isLast: true, to: listing)
        try step(false)
        let pictures = try #require(try store.claim(for: worker("a"), abilities: allWork))
        try step(false)
        for item in pictures.items {
            _ = try store.record([outcome(item)], for: pictures)
            try step(false)
        }
        _ = try store.submit(.train(TrainRequest(data: Path("/d"), modelName: "trained", options: "{}")))
        try step(true)
        let training = try #require(try store.claim(for: worker("a"), abilities: allWork))
        try step(false)
        _ = try store.finish(training, with: StoreHarness.newModel, note: nil)
        try step(false)
        _ = try store.submit(.classify(ClassifyRequest(source: Path("/q"), name: "q", model: model)))
        try step(true)
        _ = try store.add(StoreHarness.newModel, named: "luxe")
        try step(false)
    }

    /// SQLite makes copies without a write-ahead log.
    @Test func aBackupPutInPlaceWritesAheadAgain() throws {
        let h = try StoreHarness(.sqlite)
        let folder = TemporaryFolder()
        try h.store.backup(to: folder("bagq.db"))
        let store = try SQLiteStore(path: folder("bagq.db"), mode: .open)
        #expect(try RawDatabase(folder("bagq.db")).column("PRAGMA journal_mode") == ["wal"])
        _ = try store.add(StoreHarness.newModel, named: "luxe")
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere")) func aBackupThatMayOnlyBeReadIsRead() throws {
        let h = try StoreHarness(.sqlite)
        let model = try h.addModel()
        let folder = TemporaryFolder()
        try h.store.backup(to: folder("bagq.db"))
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.path + "/bagq.db")
        #expect(try SQLiteStore(path: folder("bagq.db"), mode: .open).resolve(nil).version == model)
    }

    @Test func whatAKilledBackupLeftIsNoHindrance() throws {
        let h = try StoreHarness(.sqlite)
        let folder = TemporaryFolder()
        for end in ["", "-journal"] {
            try Data(repeating: 7, count: 5000).write(
                to: URL(filePath: folder.path + "/copy.db.partial-\(getpid())" + end))
        }
        try h.store.backup(to: folder("copy.db"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["copy.db"])
        #expect(try SQLiteStore(path: folder("copy.db"), mode: .open).recount().differences.isEmpty)
    }
}

/// What a test injects, at a place that is still open.
struct FaultKind: Hashable, Sendable, CustomStringConvertible {
    var description: String
    var calls: Set<Fault.Call>
    var effect: Fault.Effect
    /// Operations that make no such call, or take too long over it.
    var except: Set<Scenario.Name> = []

    func fault(_ number: Int) -> Fault { Fault(calls: calls, number: number, effect: effect) }

    var survival: Fault.Survival? { if case .end(let survival) = effect { survival } else { nil } }

    /// Whether a message says what is wrong.
    func explains(_ error: StoreError) -> Bool {
        guard case .failure(let code, _) = effect else { return true }
        return switch code & 0xFF {
        case SQLITE_FULL: error.description.contains("is full; free some space")
        case SQLITE_BUSY: error.mayPass
        case SQLITE_CANTOPEN: error.description.contains("cannot open ")
        default: error.description.contains("failed: ") && error.description.contains("; check the disk")
        }
    }

    private static func failures(
        _ what: String, _ call: Fault.Call, _ code: Int32, except: Set<Scenario.Name> = [],
        exceptLasting: Set<Scenario.Name> = []
    ) -> [FaultKind] {
        [
            FaultKind(
                description: what + ", once", calls: [call], effect: .failure(code: code, lasting: false),
                except: except),
            FaultKind(
                description: what + ", from then on", calls: [call], effect: .failure(code: code, lasting: true),
                except: except.union(exceptLasting)),
        ]
    }

    static let ends = [
        end("kill", .all), end("power cut", .none), end("power cut, half written", .firstHalf),
        end("power cut, out of order", .everyOther),
    ]

    private static func end(_ what: String, _ survival: Fault.Survival) -> FaultKind {
        FaultKind(description: what, calls: [.write, .sync, .truncate], effect: .end(survival))
    }

    /// In the default run each operation meets every other kind, and each kind every other operation.
    static func sample(for name: Scenario.Name) -> [FaultKind] {
        let environment = ProcessInfo.processInfo.environment
        if FaultTests.isExhaustive || environment["BAGQ_SLOW_TESTS"] != nil { return all }
        let number = Scenario.Name.allCases.firstIndex(of: name) ?? 0
        return all.enumerated().filter { ($0.offset + number).isMultiple(of: 2) }.map(\.element)
    }

    static let all =
        failures("disk full", .write, SQLITE_FULL) + failures("write error", .write, IOError.write)
        + failures("sync error", .sync, IOError.sync)
        + failures("truncate error", .truncate, IOError.truncate, except: [.backup, .create])
        + failures("read error", .read, IOError.read)
        + failures("lock error", .lock, IOError.lock)
        + failures("map error", .map, IOError.map, except: [.backup])
        + failures("cannot open", .open, SQLITE_CANTOPEN)
        // Migrating waits for ten seconds.
        + failures("locked", .lock, SQLITE_BUSY, exceptLasting: FaultTests.isExhaustive ? [] : [.migrate])
        + ends
}
