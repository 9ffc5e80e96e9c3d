package import Intake
package import Queue

/// What `bagq status` shows: jobs and the workers that live.
package struct StatusReport {
    private let jobs: [Job]
    private let workers: [WorkerRecord]
    private let now: Timestamp

    package init(jobs: [Job], workers: [WorkerRecord], now: Timestamp) {
        self.jobs = jobs
        self.workers = workers
        self.now = now
    }

    /// Tables for people. `width` is the terminal's; nil (piped) shortens nothing.
    package func text(width: Int?) -> String {
        if jobs.isEmpty && workers.isEmpty { return "no jobs yet; bagq submit FOLDER makes one\n" }
        var text = jobsTable.text(width: width)
        if let width {
            for job in jobs where job.state == .running && job.isTaken(by: workers) {
                let name = "job \(job.id)  "
                text += "\n" + name + job.progress.text(width: width - name.count) + "\n"
            }
        }
        for job in jobs {
            if let trouble = job.trouble { text += "\njob \(job.id) waits: \(Escaping.terminal(trouble))\n" }
        }
        if !workers.isEmpty {
            text += "\n" + workersTable.text(width: width)
        }
        let open = jobs.filter { ($0.state == .waiting || $0.state == .running) && !$0.isTaken(by: workers) }
        for kind in JobKind.allCases where open.contains(where: { $0.kind == kind }) {
            if workers.isEmpty {
                text += "\nno worker is running; bagq worker starts one\n"
                break
            }
            text += "\nno worker takes \(kind.rawValue) jobs; bagq worker starts one that does\n"
        }
        return text
    }

    private var jobsTable: Table {
        var table = Table([
            .right("ID"), .left("KIND").dropped(1), .flexible("NAME"), .left("STATE"), .right("DONE"),
            .right("PROGRESS"), .right("FAILED"), .right("RATE").dropped(2), .right("LEFT").dropped(3),
            .flexible("MODEL"), .left("PRECISION").dropped(4),
        ])
        for job in jobs {
            let progress = job.progress
            let total = progress.total.map(Format.count) ?? "…"
            table.add([
                job.id.description, job.kind.rawValue, job.name, job.stateText(workers),
                progress.fraction.map(Format.percent) ?? progress.stage ?? "",
                "\(Format.count(progress.done))/\(total)", Format.count(job.itemsFailed),
                job.ratePerSecond.map(Format.rate) ?? "",
                progress.secondsLeft.map(Format.duration) ?? "", job.model.description, job.precision?.rawValue ?? "",
            ])
        }
        return table
    }

    private var workersTable: Table {
        var table = Table([
            .flexible("WORKER"), .flexible("HOST"), .right("PID"), .left("STATE"), .right("JOB"), .right("RATE"),
            .left("SEEN"),
        ])
        for worker in workers {
            table.add([
                worker.identity.name, worker.identity.host, String(worker.identity.pid), worker.report.state.rawValue,
                worker.report.job?.description ?? "", worker.report.ratePerSecond.map(Format.rate) ?? "",
                Format.age(of: worker.heartbeatAt, now: now),
            ])
        }
        return table
    }

    /// `status --json`; the keys are stable, and null where there is no value.
    package var json: JSONValue {
        .object([("jobs", .array(jobs.map(\.json))), ("workers", .array(workers.map(\.json)))])
    }
}

extension Job {
    package var kind: JobKind { request.kind }

    /// Whether a worker that is alive works on it, or would.
    func isTaken(by workers: [WorkerRecord]) -> Bool {
        workers.contains { $0.report.job == id || $0.takes(kind) }
    }

    /// A job that runs, but that nobody alive takes, does not look as if it ran.
    func stateText(_ workers: [WorkerRecord]) -> String {
        state == .running && !isTaken(by: workers) ? "interrupted" : state.rawValue
    }

    /// What its user called it; a training job is called after the model that it makes.
    package var name: String {
        switch request {
        case .classify(let request): request.name
        case .train: model.description
        }
    }

    package var source: Path {
        switch request {
        case .classify(let request): request.source
        case .train(let request): request.data
        }
    }

    package var progress: ProgressLine {
        ProgressLine(
            done: itemsDone + itemsFailed, total: itemsTotal, failed: itemsFailed,
            ratePerSecond: state == .running ? ratePerSecond : nil,
            stage: state != .running ? nil : kind == .train ? "reading" : "listing")
    }

    fileprivate var json: JSONValue {
        .object(
            [
                ("id", .int(Int(id.rawValue))), ("kind", .string(kind.rawValue)), ("name", .string(name)),
                ("state", .string(state.rawValue)),
                ("model", .string(model.description)), ("precision", JSONValue(precision?.rawValue)),
            ] + JSONValue.path(source, key: "source") + [
                ("items_total", JSONValue(itemsTotal)), ("items_done", .int(itemsDone)),
                ("items_failed", .int(itemsFailed)),
                ("rate_per_second", JSONValue(ratePerSecond, decimals: 3)),
                ("seconds_left", JSONValue(progress.secondsLeft, decimals: 1)), ("created_at", JSONValue(createdAt)),
                ("started_at", JSONValue(startedAt)), ("finished_at", JSONValue(finishedAt)),
                ("error", JSONValue(error ?? trouble)), ("items_earlier", .int(itemsEarlier)),
            ])
    }
}

extension WorkerRecord {
    fileprivate var json: JSONValue {
        .object([
            ("name", .string(identity.name)), ("host", .string(identity.host)), ("pid", .int(identity.pid)),
            ("state", .string(report.state.rawValue)), ("job", JSONValue(report.job.map { Int($0.rawValue) })),
            ("heartbeat_at", JSONValue(heartbeatAt)), ("rate_per_second", JSONValue(report.ratePerSecond, decimals: 3)),
        ])
    }
}
