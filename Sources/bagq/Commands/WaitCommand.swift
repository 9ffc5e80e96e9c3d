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
        let store = try Session(arguments).store
        let open = try ids.map { try store.job($0) }.filter { !$0.state.isFinal }
        for job in open where job.state == .paused {
            Terminal.note("job \(job.id) is paused: `bagq resume \(job.id)` goes on")
        }
        if !open.isEmpty, try store.workers().isEmpty { Terminal.note(JobWait.noWorker) }
        return try ids.map { try JobWait.untilEnd(of: $0, in: store) }.max { $0.rawValue < $1.rawValue } ?? .done
    }
}

/// Waiting for a job, with progress on a terminal.
enum JobWait {
    static let noWorker = "no worker is alive: start one with `bagq worker`, or `systemctl enable --now bagq-worker@1`"

    /// The end of `submit` and `train`.
    static func afterSubmit(_ id: JobID, waiting: Bool, in session: Session) throws -> ExitStatus {
        let isAlone = try session.store.workers().isEmpty
        guard waiting else {
            if isAlone { Terminal.note(noWorker) }
            return .done
        }
        guard isAlone else { return try untilEnd(of: id, in: session.store) }

        let stop = StopRequest()
        let signals = stop.onTermination()
        defer { for source in signals { source.cancel() } }
        let worker = try session.worker(named: nil, ending: .finished(id), stop: stop)
        let outcome = Monitor<Result<Void, any Error>?>(nil)
        let thread = WorkerThread("worker") {
            let result = Result { try worker.run() }
            outcome.withLock { $0 = result }
        }
        let status = try untilEnd(of: id, in: session.store, isWorking: { outcome.withLock { $0 == nil } })
        thread.join()
        try outcome.withLock(\.self)?.get()
        return status
    }

    /// Shows progress until the job ends, or until `isWorking` says that nobody works on it any more.
    static func untilEnd(
        of id: JobID, in store: any JobStore, isWorking: () -> Bool = { true }
    ) throws -> ExitStatus {
        var progress = ProgressDisplay()
        while true {
            let goesOn = isWorking()
            let job = try store.job(id)
            progress.show(job)
            if job.state.isFinal || !goesOn {
                progress.end(job)
                return status(of: job)
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private static func status(of job: Job) -> ExitStatus {
        switch job.state {
        case .done: job.itemsFailed > 0 ? .doneWithFailedItems : .done
        case .failed, .cancelled: .failed
        case .waiting, .running, .paused: .interrupted
        }
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
        if let error = job.error { Terminal.note("job \(job.id): \(Escaping.terminal(error))") }
        if job.state == .done, job.itemsTotal == 0 {
            Terminal.note(
                "job \(job.id): there is no picture in \(job.source); `bagq status \(job.id)` shows what was left out")
        }
    }

    private mutating func draw(_ job: Job) {
        if Terminal.isError {
            Terminal.note("\r\u{1B}[K" + job.progress.text(width: Terminal.errorWidth), terminator: "")
            isOpen = true
        } else {
            let line = "job \(job.id): \(job.state.rawValue), \(job.progress.plainText)"
            if line != lastLine { Terminal.note(line) }
            lastLine = line
        }
    }
}
