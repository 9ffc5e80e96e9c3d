import CSQLite
import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

/// Every operation of the store with every fault at every place: it succeeds, or says what is wrong and changes nothing.
/// The default run takes samples of the places, `BAGQ_SLOW_TESTS` takes all.
@Suite struct FaultTests {
    static let isSlow = ProcessInfo.processInfo.environment["BAGQ_SLOW_TESTS"] != nil

    @Test(arguments: Scenario.Name.allCases)
    func faultsAreSaidAndLoseNothing(_ name: Scenario.Name) throws {
        let scenario = try Scenario(name)
        for kind in FaultKind.all where !kind.cannotStrike.contains(name) {
            let start = ContinuousClock.now
            var strikes = 0
            var number = 1
            while true {
                let (hasStruck, problems) = try FaultBench(scenario).run(kind.fault(number), kind)
                #expect(problems.isEmpty, "\(kind), call \(number)")
                guard hasStruck else { break }
                strikes += 1
                number = Self.isSlow ? number + 1 : number * 2
            }
            print("STRIKES", name, kind, strikes, number, ContinuousClock.now - start)
            #expect(strikes > 0, "\(kind)")
        }
    }
}

/// What a test injects, at a place that is still open.
struct FaultKind: Hashable, Sendable, CustomStringConvertible {
    var description: String
    var calls: Set<Fault.Call>
    var effect: Fault.Effect
    /// Operations that make no such call.
    var cannotStrike: Set<Scenario.Name> = []

    func fault(_ number: Int) -> Fault { Fault(calls: calls, number: number, effect: effect) }

    var survival: Fault.Survival? { if case .end(let survival) = effect { survival } else { nil } }

    /// Whether a message says what is wrong.
    func explains(_ error: StoreError) -> Bool {
        guard case .failure(let code, _) = effect else { return true }
        return switch code & 0xFF {
        case SQLITE_FULL: error.description.contains("is full; free some space")
        case SQLITE_BUSY: error.isTransient
        default: error.description.contains("failed: ") && error.description.contains("; check the disk")
        }
    }

    private static func failures(
        _ what: String, _ call: Fault.Call, _ code: Int32, cannotStrike: Set<Scenario.Name> = []
    ) -> [FaultKind] {
        [false, true].map {
            FaultKind(
                description: what + ($0 ? ", from then on" : ", once"), calls: [call],
                effect: .failure(code: code, lasting: $0), cannotStrike: cannotStrike)
        }
    }

    private static func end(_ what: String, _ survival: Fault.Survival) -> FaultKind {
        FaultKind(description: what, calls: [.write, .sync, .truncate], effect: .end(survival))
    }

    static let all =
        failures("disk full", .write, SQLITE_FULL) + failures("write error", .write, IOError.write)
        + failures("sync error", .sync, IOError.sync)
        + failures("truncate error", .truncate, IOError.truncate, cannotStrike: [.backup])
        + failures("read error", .read, IOError.read)
        + failures("lock error", .lock, IOError.lock)
        + failures("locked", .lock, SQLITE_BUSY)
        + [
            end("kill", .all), end("power cut", .none), end("power cut, half written", .firstHalf),
            end("power cut, out of order", .everyOther),
        ]
}

/// An operation with the file it starts from, and what it makes of it when nothing goes wrong.
final class Scenario {
    enum Name: String, CaseIterable, Sendable {
        case create, submit, close, list, claim, record, finish, train, forgetJob, forgetAuthor, backup, migrate
    }

    let name: Name
    let clock: TestClock
    /// Of the database; nil where there is none yet.
    fileprivate(set) var file: Data?
    private let operation: (FaultBench) throws -> String
    fileprivate(set) var before: [String] = []
    fileprivate(set) var after: [String] = []
    fileprivate(set) var answer = ""

    init(_ name: Name) throws {
        self.name = name
        let h = try StoreHarness(.sqlite)
        clock = h.clock
        operation = try Self.prepare(name, h)
        let raw = try RawDatabase(h.path)
        if name == .migrate { try raw.execute(Self.downgrade) }
        try raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = name == .create ? nil : FileManager.default.contents(atPath: h.path.description)
        let bench = try FaultBench(self)
        before = try bench.dump()
        answer = try bench.perform()
        after = try bench.dump()
        guard before != after || name == .backup else { throw HarnessError.disagreement }
    }

    func perform(_ bench: FaultBench) throws -> String { try operation(bench) }

    /// Takes several transactions.
    var isInSteps: Bool { name == .train || name == .forgetJob || name == .forgetAuthor }

    /// Works on the file, not on an open store.
    var isOnFile: Bool { name == .create || name == .migrate }

    /// What users see of a state: steps in between may differ in the rest.
    func visible(_ state: [String]) -> [String] {
        switch name {
        case .train: state.filter { !$0.hasPrefix("checkpoint_chunk|") }
        case .forgetJob: state.filter { $0.hasPrefix("job|") && !$0.contains("|'forgotten'|") }
        case .forgetAuthor: []
        default: state
        }
    }

    private static let downgrade = """
        ALTER TABLE model DROP COLUMN precision; ALTER TABLE model DROP COLUMN cancelled;
        ALTER TABLE worker DROP COLUMN kinds; PRAGMA user_version = 1
        """

    private static func references(_ numbers: Range<Int>) -> [PictureReference] {
        numbers.map {
            reference(
                $0, time: PostTime(Timestamp(milliseconds: 1_600_000_000_000), .id),
                post: Post(platform: "instagram", id: "\($0)", author: "author \($0 % 3)"))
        }
    }

    private static func checkpoint(_ itemsDone: Int) -> Checkpoint {
        // Two chunks, or one.
        Checkpoint(
            kernelLevel: "avx2", precision: "fp32", itemsDone: itemsDone,
            bytes: [UInt8](repeating: UInt8(itemsDone), count: (FaultTests.isSlow ? 1 << 20 : 0) + 9000))
    }

    private static func prepare(_ name: Name, _ h: StoreHarness) throws -> (FaultBench) throws -> String {
        switch name {
        case .create:
            return { bench in
                _ = try bench.create()
                return ""
            }
        case .submit, .close:
            let model = try h.addModel()
            let request = JobRequest.classify(ClassifyRequest(source: Path("/p"), name: "p", model: model))
            return { bench in
                let job = try bench.store().submit(request)
                if name == .close { bench.close() }
                return "\(job)"
            }
        case .list:
            _ = try h.submit()
            let claim = try h.required()
            _ = try h.store.append(
                references(0..<3), firstNumber: 0, cursor: [1], leftOut: ["hidden": 1], isLast: false, to: claim)
            return { bench in
                let standing = try bench.store().append(
                    references(3..<12), firstNumber: 3, cursor: [2], leftOut: ["hidden": 2], isLast: true, to: claim)
                return "\(standing)"
            }
        case .claim:
            _ = try h.listed(references(0..<12))
            _ = try h.required()
            h.workersDie()
            return { bench in "\(String(describing: try bench.store().claim(for: worker("b"), abilities: allWork)))" }
        case .record:
            _ = try h.listed(references(0..<8))
            try h.work()
            _ = try h.listed(references(4..<12))
            let claim = try h.required()
            return { bench in
                let outcomes = claim.items.map { $0.number == 2 ? failure($0) : outcome($0) }
                return "\(try bench.store().record(outcomes, for: claim))"
            }
        case .finish:
            _ = try h.submitTraining()
            let claim = try h.required()
            _ = try h.store.save(
                Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: 1, bytes: [1]), for: claim)
            return { bench in
                "\(try bench.store().finish(claim, with: StoreHarness.newModel, note: "well"))"
            }
        case .train:
            _ = try h.submitTraining()
            let claim = try h.required()
            _ = try h.store.save(checkpoint(1), for: claim)
            return { bench in "\(try bench.store().save(checkpoint(2), for: claim))" }
        case .forgetJob, .forgetAuthor, .backup, .migrate:
            let id = try h.listed(references(0..<8))
            try h.work()
            _ = try h.listed(references(4..<12))
            try h.work()
            return switch name {
            case .forgetJob: { bench in "\(try bench.store().forget(id))" }
            case .forgetAuthor: { bench in "\(try bench.store().forget(author: "author 1"))" }
            case .backup: { bench in "\(try bench.store().backup(to: bench.copy))" }
            default: { bench in "\(try SQLiteStore.migrate(path: bench.path))" }
            }
        }
    }
}

extension StoreHarness {
    fileprivate func required() throws -> Claim {
        guard let claim = try claim() else { throw HarnessError.disagreement }
        return claim
    }
}

/// A fresh copy of a scenario's file, in a folder that can fail.
final class FaultBench {
    let scenario: Scenario
    private let folder = TemporaryFolder()
    private let faults: FaultyFolder
    private var opened: SQLiteStore?

    var path: Path { folder("bagq.db") }
    /// Where the backup goes.
    var copy: Path { folder("copy.db") }

    init(_ scenario: Scenario) throws {
        self.scenario = scenario
        faults = FaultyFolder(path: folder.path)
        try scenario.file?.write(to: URL(filePath: path.description))
        if !scenario.isOnFile { _ = try store() }
    }

    deinit {
        opened = nil
        faults.remove()
    }

    /// Copies the log into the database at each commit.
    private static let options = SQLiteStore.Options(
        keepsAuthorNames: true, busyMilliseconds: 3, checkpointPages: 1)

    func create() throws -> SQLiteStore {
        try SQLiteStore(
            path: path, mode: .create(timeZone: "Europe/Paris"), options: Self.options, clock: scenario.clock.forStore)
    }

    /// The open store; opens it.
    func store() throws -> SQLiteStore {
        let store = try opened ?? open()
        opened = store
        return store
    }

    private func open() throws -> SQLiteStore {
        try SQLiteStore(path: path, mode: .open, options: Self.options, clock: scenario.clock.forStore)
    }

    func close() { opened = nil }

    func perform() throws -> String { try scenario.perform(self) }

    /// Performs the operation with a fault; then without, unless it succeeded. Returns what is wrong.
    func run(_ fault: Fault, _ kind: FaultKind) throws -> (hasStruck: Bool, problems: [String]) {
        var problems: [String] = []
        faults.arm(fault)
        let result = Result { try perform() }
        let hasStruck = faults.disarm()
        switch result {
        case .success(let answer):
            if answer != scenario.answer { problems.append("answers \(answer)") }
        case .failure(let error as StoreError):
            if !hasStruck { problems.append("throws without a fault: \(error)") }
            if error.description.contains("defect in bagq") || !kind.explains(error) {
                problems.append("says: \(error)")
            }
        case .failure(let error): problems.append("throws no StoreError: \(error)")
        }
        let succeeded = (try? result.get()) != nil
        if let survival = kind.survival {
            close()
            try faults.restart(survival)
        }

        let (state, wrong) = try inspect()
        problems += wrong
        let (seen, before, after) = (
            scenario.visible(state), scenario.visible(scenario.before), scenario.visible(scenario.after)
        )
        if kind.survival == nil {
            if succeeded && state != scenario.after { problems.append("succeeds, but: " + difference(state)) }
            if !succeeded && seen != before && (!scenario.isInSteps || seen != after) {
                problems.append("fails, but: " + difference(state))
            }
            // A process that has ended cannot clean up.
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            if left.contains(where: { $0.contains("partial") }) { problems.append("leaves \(left)") }
        } else if seen != before && seen != after {
            problems.append("is neither before nor after: " + difference(state))
        } else if succeeded && seen != after && (kind.survival == .all || scenario.name == .submit) {
            problems.append("is lost, though it succeeded")
        }

        if state != scenario.after || (scenario.name == .backup && !succeeded) {
            do { _ = try perform() } catch { problems.append("does not succeed again: \(error)") }
            close()
            let (state, wrong) = try inspect()
            problems += wrong
            if state != scenario.after { problems.append("again, but: " + difference(state)) }
        }
        return (hasStruck, problems)
    }

    /// The database as a new process sees it, and what is wrong with it.
    private func inspect() throws -> (state: [String], problems: [String]) {
        let state = try dump()
        var problems: [String] = []
        let integrity = try RawDatabase(path).column("PRAGMA integrity_check")
        if integrity != ["ok"] { problems.append("integrity: \(integrity)") }
        if !scenario.isOnFile || state == scenario.after { problems += try open().recount().differences }
        if FileManager.default.fileExists(atPath: copy.description) {
            let copied = try Self.dump(copy)
            if copied != scenario.after { problems.append("the copy differs: " + difference(copied)) }
        }
        return (state, problems)
    }

    private func difference(_ state: [String]) -> String {
        "\(state.difference(from: scenario.after).map { String("\($0)".prefix(200)) }.prefix(8))"
    }

    func dump() throws -> [String] {
        let lines = try Self.dump(path)
        // A random key.
        return scenario.name == .create ? lines.filter { !$0.contains("author_key") } : lines
    }

    /// All that a database holds, a line for each row; long values shortened.
    private static func dump(_ path: Path) throws -> [String] {
        let raw = try RawDatabase(path)
        let schema = try raw.column("PRAGMA user_version") + raw.column("SELECT sql FROM sqlite_schema ORDER BY name")
        if schema.count == 1 { return [] }
        if dumps.value[schema] == nil {
            let dump = try dump(of: raw)
            dumps.change { $0[schema] = dump }
        }
        return schema + (try raw.column(dumps.value[schema] ?? ""))
    }

    /// The query that dumps a database of a schema.
    private static let dumps = Locked<[[String]: String]>([:])

    private static func dump(of raw: RawDatabase) throws -> String {
        let tables = try raw.column("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return try tables.map { table in
            let columns = try raw.column("SELECT name FROM pragma_table_info('\(table)')").map {
                """
                iif(length("\($0)") > 1000, length("\($0)") || hex(substr("\($0)", 1, 8)) || hex(substr("\($0)", -8)),
                    quote("\($0)"))
                """
            }
            return "SELECT '\(table)|' || \(columns.joined(separator: " || '|' || ")) FROM \"\(table)\""
        }.joined(separator: " UNION ALL ") + " ORDER BY 1"
    }
}
