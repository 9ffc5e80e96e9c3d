import Foundation
import Intake
import Queue
import SQLiteStore

/// An operation with the file it starts from, and what it makes of it when nothing goes wrong.
final class Scenario {
    enum Name: String, CaseIterable, Sendable {
        case create, submit, close, list, claim, record, finish, train, forgetJob, forgetAuthor, backup, migrate
        /// Opens what a killed process left.
        case reopen
    }

    let name: Name
    let clock: TestClock
    /// Of the database; nil where there is none yet.
    fileprivate(set) var file: Data?
    /// Its write-ahead log, where it is not empty.
    fileprivate(set) var log: Data?
    private let operation: (FaultBench) throws -> String
    fileprivate(set) var before: [String] = []
    fileprivate(set) var after: [String] = []
    fileprivate(set) var answer = ""

    /// - schema: To migrate from.
    init(_ name: Name, schema: Int = 1) throws {
        self.name = name
        let h = try StoreHarness(.sqlite)
        clock = h.clock
        operation = try Self.prepare(name, h)
        file =
            switch name {
            case .create: nil
            case .migrate: try Self.file(schema: schema)
            default: try h.file()
            }
        if name == .reopen { (file, log) = try Self.killed(self) }
        let bench = try FaultBench(self)
        before = try bench.dump()
        answer = try perform(bench)
        after = try bench.dump()
        guard before != after || changesNothing else { throw HarnessError.disagreement }
    }

    func perform(_ bench: FaultBench) throws -> String { try operation(bench) }

    var changesNothing: Bool { name == .backup || name == .reopen }

    /// Takes several transactions, or goes on after the one that counts.
    var isInSteps: Bool { [.create, .train, .forgetJob, .forgetAuthor].contains(name) }

    /// Works on the file, not on an open store.
    var isOnFile: Bool { name == .create || name == .migrate || name == .reopen }

    /// What users see of a state: steps in between may differ in the rest.
    func visible(_ state: [String]) -> [String] {
        switch name {
        case .train: state.filter { !$0.hasPrefix("checkpoint_chunk|") }
        case .forgetJob: state.filter { $0.hasPrefix("job|") && !$0.contains("|'forgotten'|") }
        case .forgetAuthor: []
        default: state
        }
    }

    /// Survives a power cut once it has returned.
    var isDurable: Bool { name == .submit || name == .close }

    func difference(_ state: [String]) -> String {
        "\(state.difference(from: after).map { String("\($0)".prefix(200)) }.prefix(8))"
    }

    private static func file(schema: Int) throws -> Data? {
        let folder = TemporaryFolder()
        try KeptSchema.make(schema, at: folder("kept.db")).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return FileManager.default.contents(atPath: folder.path + "/kept.db")
    }

    /// The files of a process that was killed in the middle of its second commit.
    private static func killed(_ scenario: Scenario) throws -> (Data?, Data?) {
        let bench = try FaultBench(scenario.file, clock: scenario.clock, checkpointPages: 4096)
        _ = try bench.store().add(StoreHarness.newModel, named: "luxe")
        bench.faults.arm(Fault(calls: [.write], number: 3, effect: .end(.all)))
        _ = try? bench.store().add(StoreHarness.newModel, named: "luxe")
        guard bench.faults.disarm() else { throw HarnessError.disagreement }
        bench.close()
        try bench.faults.restart(.all)
        let log = bench.content("bagq.db-wal")
        guard log?.isEmpty == false else { throw HarnessError.disagreement }
        return (bench.content("bagq.db"), log)
    }

    private static func references(_ numbers: Range<Int>) -> [PictureReference] {
        numbers.map {
            stamped(
                $0, time: PostTime(Timestamp(milliseconds: 1_600_000_000_000), .id),
                post: Post(platform: "instagram", id: "\($0)", author: "author \($0 % 3)"))
        }
    }

    private static func checkpoint(_ itemsDone: Int) -> Checkpoint {
        // Two chunks, or one.
        Checkpoint(
            kernelLevel: "avx2", precision: "fp32", itemsDone: itemsDone,
            bytes: [UInt8](repeating: UInt8(itemsDone), count: (FaultTests.isExhaustive ? 1 << 20 : 0) + 9000))
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
            // Some that are known, some that are not.
            _ = try h.listed(references(0..<6))
            try h.work { item in outcome(Item(number: item.number, reference: references(0..<6)[item.number])) }
            _ = try h.submit()
            let claim = try h.required()
            _ = try h.store.append(
                references(0..<3), firstNumber: 0, root: Path("/pictures"), cursor: [1], leftOut: ["hidden": 1],
                isLast: false, to: claim)
            return { bench in
                let standing = try bench.store().append(
                    references(3..<12), firstNumber: 3, root: Path("/pictures"), cursor: [2], leftOut: ["hidden": 2],
                    isLast: true, to: claim)
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
        case .migrate:
            return { bench in "\(try SQLiteStore.migrate(path: bench.path))" }
        case .forgetJob, .forgetAuthor, .backup, .reopen:
            let id = try h.listed(references(0..<8))
            try h.work()
            _ = try h.listed(references(4..<12))
            try h.work()
            return switch name {
            case .forgetJob: { bench in "\(try bench.store().forget(id))" }
            case .forgetAuthor: { bench in "\(try bench.store().forget(author: "author 1"))" }
            case .backup: { bench in "\(try bench.store().backup(to: bench.copy))" }
            default:
                { bench in
                    defer { bench.close() }
                    return "\(try bench.store().jobs(limit: 9))"
                }
            }
        }
    }
}

extension StoreHarness {
    fileprivate func required() throws -> Claim {
        guard let claim = try claim() else { throw HarnessError.disagreement }
        return claim
    }

    /// The whole database.
    func file() throws -> Data? {
        try RawDatabase(path).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return FileManager.default.contents(atPath: path.description)
    }
}

/// A copy of a database in a folder that can fail.
final class FaultBench {
    private let folder = TemporaryFolder()
    let faults: FaultyFolder
    private let clock: TestClock
    private let options: SQLiteStore.Options
    private var opened: SQLiteStore?

    var path: Path { folder("bagq.db") }
    /// Where the backup goes.
    var copy: Path { folder("copy.db") }

    /// - checkpointPages: From 1, the log is copied into the database at each commit.
    init(_ file: Data?, log: Data? = nil, clock: TestClock, checkpointPages: Int = 1) throws {
        faults = FaultyFolder(path: folder.path)
        self.clock = clock
        options = SQLiteStore.Options(
            keepsAuthorNames: true, busyMilliseconds: 3, checkpointPages: checkpointPages)
        for (name, content) in [("bagq.db", file), ("bagq.db-wal", log)] {
            try content?.write(to: URL(filePath: folder(name).description))
        }
    }

    convenience init(_ scenario: Scenario) throws {
        try self.init(scenario.file, log: scenario.log, clock: scenario.clock)
        if !scenario.isOnFile { _ = try store() }
    }

    deinit {
        opened = nil
        faults.remove()
    }

    func create() throws -> SQLiteStore {
        try SQLiteStore(
            path: path, mode: .create(timeZone: "Europe/Paris"), options: options, clock: clock.forStore)
    }

    /// The open store; opens it.
    func store() throws -> SQLiteStore {
        let store = try opened ?? open()
        opened = store
        return store
    }

    private func open() throws -> SQLiteStore {
        try SQLiteStore(path: path, mode: .open, options: options, clock: clock.forStore)
    }

    func close() { opened = nil }

    func content(_ name: String) -> Data? { FileManager.default.contents(atPath: folder(name).description) }

    /// Performs the operation with a fault; then without, unless it succeeded. Returns what is wrong.
    func run(_ scenario: Scenario, _ fault: Fault, _ kind: FaultKind) throws -> (hasStruck: Bool, problems: [String]) {
        var problems: [String] = []
        faults.arm(fault)
        let result = Result { try scenario.perform(self) }
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

        func inspect() throws -> [String] {
            let (state, wrong) = try self.inspect { !scenario.isOnFile || $0 == scenario.after }
            problems += wrong
            return state
        }
        let state = try inspect()
        let (seen, before, after) = (
            scenario.visible(state), scenario.visible(scenario.before), scenario.visible(scenario.after)
        )
        if kind.survival == nil {
            if succeeded && state != scenario.after { problems.append("succeeds, but: " + scenario.difference(state)) }
            if !succeeded && seen != before && (!scenario.isInSteps || seen != after) {
                problems.append("fails, but: " + scenario.difference(state))
            }
            // A process that has ended cannot clean up.
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            if left.contains(where: { $0.contains("partial") || $0.hasSuffix(".new") }) {
                problems.append("leaves \(left)")
            }
        } else if seen != before && seen != after {
            problems.append("is neither before nor after: " + scenario.difference(state))
        } else if succeeded && seen != after && (kind.survival == .all || scenario.isDurable) {
            problems.append("is lost, though it succeeded")
        }

        if state != scenario.after || (scenario.changesNothing && !succeeded) {
            do { _ = try scenario.perform(self) } catch { problems.append("does not succeed again: \(error)") }
            close()
            let state = try inspect()
            if state != scenario.after { problems.append("again, but: " + scenario.difference(state)) }
        }
        return (hasStruck, problems)
    }

    /// The database as a new process sees it, and what is wrong with it.
    /// - isCurrent: Whether a state has this bagq's schema.
    func inspect(isCurrent: ([String]) -> Bool = { _ in true }) throws -> (state: [String], problems: [String]) {
        let raw = try RawDatabase(path)
        let state = try Self.dump(raw)
        var problems: [String] = []
        if isCurrent(state) {
            // Checks the file's integrity too.
            problems += try open().recount().differences
        } else {
            let integrity = try raw.column("PRAGMA integrity_check")
            if integrity != ["ok"] { problems.append("integrity: \(integrity)") }
        }
        if FileManager.default.fileExists(atPath: copy.description) {
            if try Self.dump(RawDatabase(copy)) != state { problems.append("the copy differs") }
        }
        return (state, problems)
    }

    func dump() throws -> [String] { try Self.dump(RawDatabase(path)) }

    /// All that a database holds, a line for each row; long values shortened.
    private static func dump(_ raw: RawDatabase) throws -> [String] {
        let schema = try raw.column("PRAGMA user_version") + raw.column("SELECT sql FROM sqlite_schema ORDER BY name")
        if schema.count == 1 { return [] }
        if dumps.value[schema] == nil {
            let dump = try dump(of: raw)
            dumps.change { $0[schema] = dump }
        }
        // The key is random.
        return schema + (try raw.column(dumps.value[schema] ?? "")).filter { !$0.hasPrefix("setting|'author_key'") }
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
