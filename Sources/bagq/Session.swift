import CNN
import Foundation
import Intake
import Queue
import SQLiteStore
import Worker

/// What most subcommands begin with: the settings and the store.
struct Session {
    let settings: Settings
    let database: SQLiteStore
    let place: Settings.Value
    var store: any JobStore { database }

    /// Opens the database; `creating` makes it where it is not there yet.
    /// - busyMilliseconds: how long a call waits for other processes.
    init(_ arguments: Arguments, creating: Bool = false, busyMilliseconds: Int = 10_000) throws {
        settings = try Settings()
        place = Self.database(arguments, settings)
        let path = Path(argument: place.text)
        let isThere = try SQLiteStore.isThere(path)
        guard isThere || creating else { throw NoDatabase(path: path, origin: place.origin) }
        if !isThere { try path.folder.makeFolder() }
        database = try SQLiteStore(
            path: path, mode: creating ? .create(timeZone: settings.timeZone) : .open,
            options: SQLiteStore.Options(
                leaseSeconds: settings.leaseSeconds, keepsAuthorNames: settings.keepsAuthors,
                busyMilliseconds: busyMilliseconds))
        if !isThere { Terminal.note("made \(path) (\(place.origin))") }
    }

    /// Whether it is the database that the installed service works on.
    var isOfService: Bool { place.text == settings.serviceDatabase }

    /// Where the database is, and why there.
    static func database(_ arguments: Arguments, _ settings: Settings) -> Settings.Value {
        arguments.value("--db").map { Settings.Value(text: $0, origin: "--db") } ?? settings.database
    }

    /// Numbers of jobs as typed.
    static func jobs(_ arguments: Arguments) throws(UsageError) -> [JobID] {
        try arguments.operands.map { word throws(UsageError) in
            guard let number = Int64(word), number > 0 else {
                throw UsageError("\(word) is no job's number", command: arguments.spec.name)
            }
            return JobID(rawValue: number)
        }
    }

    /// The model that `--model` or an operand means; nil stands for the active one.
    func model(_ text: String?, command: String) throws -> ModelRecord {
        guard let text else { return try store.resolve(nil) }
        guard let selector = ModelSelector(text) else {
            throw UsageError("\(text) is no model's name; write NAME or NAME@NUMBER", command: command)
        }
        return try store.resolve(selector)
    }

    /// A worker in this process.
    func worker(
        named name: String?, threads: Int? = nil, cacheBytes: Int? = nil, kinds: Set<JobKind> = Set(JobKind.allCases),
        ending: WorkerDaemon.Ending, stop: StopRequest
    ) throws -> WorkerDaemon {
        let host = ProcessInfo.processInfo.hostName
        let pid = Int(getpid())
        let name = name ?? "\(host)-\(pid)"
        let identity = WorkerIdentity(
            id: WorkerID(rawValue: "\(name)/\(host)/\(UUID().uuidString)"), name: name, host: host, pid: pid)
        return try WorkerDaemon(
            store: store,
            options: WorkerDaemon.Options(
                identity: identity, threads: try threads ?? settings.threads, kinds: kinds,
                level: try settings.kernelLevel, leaseSeconds: try settings.leaseSeconds,
                pictureCacheBytes: try cacheBytes ?? settings.cacheBytes,
                checkpointSeconds: try settings.checkpointSeconds, brandSpellings: try settings.brands,
                ending: ending),
            stop: stop)
    }
}

/// There is nothing to read yet.
struct NoDatabase: Error, CustomStringConvertible {
    let path: Path
    let origin: String

    var description: String {
        "there is no database at \(path) yet (\(origin)); `bagq train DATA` makes it, `--db FILE` names another"
    }
}
