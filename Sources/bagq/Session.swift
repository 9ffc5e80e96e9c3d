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
    var store: any JobStore { database }

    /// Opens the database; `creating` makes it where it is not there yet.
    init(_ arguments: Arguments, creating: Bool = false) throws {
        settings = try Settings()
        let path = Self.databasePath(arguments, settings)
        let exists = path.exists
        guard exists || creating else { throw NoDatabase(path: path) }
        if !exists { try path.folder.makeFolder() }
        database = try SQLiteStore(
            path: path, mode: exists ? .open : .create(timeZone: settings.timeZone),
            options: SQLiteStore.Options(
                leaseSeconds: settings.leaseSeconds, keepsAuthorNames: settings.keepsAuthors))
    }

    static func databasePath(_ arguments: Arguments, _ settings: Settings) -> Path {
        Path(argument: arguments.value("--db") ?? settings.databasePath)
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
                checkpointSeconds: try settings.checkpointSeconds, ending: ending),
            stop: stop)
    }
}

/// There is nothing to read yet.
struct NoDatabase: Error, CustomStringConvertible {
    let path: Path

    var description: String {
        "there is no database at \(path) yet; `bagq train DATA` makes it, `--db FILE` names another"
    }
}
