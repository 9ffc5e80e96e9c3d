import Foundation
import Intake
import Queue
import Report
import Threads
import Worker

enum WaitCommand: Command {
    static let spec = CommandSpec(
        "wait", "JOB…", 1...1000, summary: "Waits until jobs have ended.",
        details: "Ends with 0 when all are done, 1 when items failed, 2 when a job failed or was cancelled.",
        example: "bagq wait 12 && bagq results 12 > october.csv")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let ids = try Session.jobs(arguments)
        let session = try Session(arguments)
        let store = session.store
        let open = try ids.map { try store.job($0) }.filter { !$0.state.isFinal }
        for job in open where job.state == .paused {
            Terminal.note("job \(job.id) is paused: `bagq resume \(job.id)` goes on")
        }
        for kind in Set(open.map(\.kind)) {
            if let warning = try JobWait.warning(of: kind, in: session) { Terminal.note(warning) }
        }
        return try ids.map { try JobWait.untilEnd(of: $0, in: store) }.max { $0.rawValue < $1.rawValue } ?? .done
    }
}

/// Waiting for a job, with progress on a terminal.
enum JobWait {
    /// Why nobody would take a job of this kind; nil where somebody would.
    static func warning(of kind: JobKind, in session: Session) throws -> String? {
        let workers = try session.store.workers()
        if workers.contains(where: { $0.takes(kind) }) { return nil }
        let service = session.isOfService ? ", or `systemctl enable --now bagq-worker@1`" : ""
        return workers.isEmpty
            ? "no worker is alive on \(session.place.text) (\(session.place.origin)): start one with `bagq worker`\(service)"
            : "no worker that is alive takes \(kind.rawValue) jobs: start one with `bagq worker`"
    }

    /// The end of `submit` and `train`.
    static func afterSubmit(_ job: Job, waiting: Bool, in session: Session) throws -> ExitStatus {
        // What a killed `forget` left; workers do it too.
        _ = try session.store.finishForgetting()
        guard waiting else {
            if let warning = try warning(of: job.kind, in: session) {
                Terminal.note(warning)
                return .done
            }
            return try untilRead(job, in: session)
        }
        return try untilEnd(of: job.id, in: session.store, helping: OwnWorker(for: job, in: session))
    }

    /// Gives a worker that is alive a few seconds to open the source. What keeps it from that is said now, with what
    /// helps.
    private static func untilRead(_ job: Job, in session: Session) throws -> ExitStatus {
        let end = Date(timeIntervalSinceNow: 3)
        while end.timeIntervalSinceNow > 0 {
            let now = try session.store.job(job.id)
            if let problem = now.trouble ?? (now.state == .failed ? now.error : nil) {
                let worker = try session.store.workers().first { $0.takes(job.kind) }
                Terminal.complain("no worker can read the source: \(problem)")
                if let worker, let advice = SourceAccess(of: worker.identity).advice(on: job.source, job: job.id) {
                    Terminal.note(advice)
                }
                return .failed
            }
            if now.itemsTotal != nil || now.itemsDone > 0 || now.state.isFinal { break }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return .done
    }

    /// Shows progress until the job ends, or until the worker in this process, if it was needed, was stopped.
    /// - helping: does the work wherever nobody alive takes it, now or later.
    static func untilEnd(
        of id: JobID, in store: any JobStore, helping own: OwnWorker? = nil
    ) throws -> ExitStatus {
        var progress = ProgressDisplay()
        while true {
            let isStopped = try own?.look() ?? false
            let job = try store.job(id)
            progress.show(job)
            if job.state.isFinal || isStopped {
                try own?.join()
                progress.end(job)
                return status(of: job)
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private static func status(of job: Job) -> ExitStatus {
        switch job.state {
        case .done: job.foundNothing ? .failed : job.itemsFailed > 0 ? .doneWithFailedItems : .done
        case .failed, .cancelled: .failed
        case .waiting, .running, .paused: .interrupted
        }
    }
}

/// A worker in this process for one job, started when nobody else who is alive takes it.
final class OwnWorker {
    private let job: Job
    private let session: Session
    private let stop = StopRequest()
    private let outcome = Monitor<Result<Void, any Error>?>(nil)
    private var running: WorkerThread?

    init(for job: Job, in session: Session) {
        self.job = job
        self.session = session
    }

    /// Starts where it is needed. True once it has ended.
    func look() throws -> Bool {
        if running != nil { return outcome.withLock { $0 != nil } }
        guard try !session.store.workers().contains(where: { $0.takes(job.kind) }) else { return false }
        let worker = try session.worker(named: nil, ending: .finished(job.id), stop: stop)
        stop.heedSignals(exitStatus: ExitStatus.interrupted.rawValue)
        running = WorkerThread("worker") { [outcome] in
            let result = Result { try worker.run() }
            outcome.withLock { $0 = result }
        }
        return false
    }

    /// Waits for its end; throws what ended it.
    func join() throws {
        guard let running else { return }
        running.join()
        try outcome.withLock(\.self)?.get()
    }
}

/// A job's progress on stderr: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
struct ProgressDisplay {
    private var lastShown = Date.distantPast
    private var lastLine = ""
    private var isOpen = false

    mutating func show(_ job: Job) {
        let interval = Terminal.isError ? 0.2 : 10
        guard -lastShown.timeIntervalSinceNow >= interval else { return }
        lastShown = Date()
        draw(job)
    }

    mutating func end(_ job: Job) {
        draw(job)
        if isOpen { Terminal.note("") }
        if let error = job.error { Terminal.note("job \(job.id): \(error)") }
        if job.foundNothing { Terminal.note("job \(job.id): there is no picture in \(job.source)") }
        if let earlier = job.earlierText { Terminal.note("job \(job.id): \(earlier)") }
        if let leftOut = job.leftOutText { Terminal.note("job \(job.id): left out \(leftOut)") }
    }

    private mutating func draw(_ job: Job) {
        if Terminal.isError {
            Terminal.rewrite(job.progress.text(width: Terminal.errorWidth))
            isOpen = true
        } else {
            let line = "job \(job.id): \(job.state.rawValue), \(job.progress.plainText)"
            if line != lastLine { Terminal.note(line) }
            lastLine = line
        }
    }
}

extension Job {
    /// It ended without a single picture to classify: no success, whatever it was asked for.
    fileprivate var foundNothing: Bool { kind == .classify && state == .done && itemsTotal == 0 }
}
