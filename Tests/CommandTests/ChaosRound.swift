import Foundation
import Intake
import TestSupport
import Testing

@testable import SQLiteStore

/// One database, its workers, and what is done to them.
final class ChaosRound {
    private struct Worker {
        let process: Process
        /// Also the beginning of its id in the store.
        let name: String
        /// In the first place one that takes all kinds of jobs, so that none waits in vain.
        let place: Int
    }

    private enum Work {
        case classify(ChaosKind, copies: Int, countsInTrends: Bool)
        case train(model: String)
    }

    /// Longer than any honest step takes, on a busy machine too.
    private static let patience: TimeInterval = 60

    private let isShort: Bool
    private let calm: Calm
    private let bagq: Bagq
    private let store: Connection
    private var random: Generator
    private var workers: [Worker] = []
    private var ended: [Worker] = []
    private var started = 0
    /// What must be done in the end, by number.
    private var jobs: [Int: Work] = [:]
    private var forgotten: [Int] = []
    private let beginning = Date()
    private var events: [String] = []
    /// Copies of the pictures in each of the folders.
    private var sources: [Int] = []
    private var trainings = 0

    /// What happened so far, and what the workers said of it.
    var story: String {
        let logs = (ended.suffix(3) + workers).map {
            (try? bagq.log(of: $0.process)).map { String($0.suffix(1500)) } ?? ""
        }
        return (events + logs).joined(separator: "\n")
    }

    init(seed: UInt64, isShort: Bool) throws {
        self.isShort = isShort
        calm = try Calm.result.get()
        random = Generator(state: seed)
        bagq = try Bagq.withModel()
        store = try Connection(path: Path(bagq.path("bagq.db")), access: .writing)
        try store.execute(Self.diary)
        events = ["seed \(seed)"]
        for source in 0..<3 {
            let copies = number(in: source == 0 ? 17...18 : 1...4)
            sources.append(copies)
            for copy in 0..<copies {
                let folder = "dump-\(source)/\(copy)"
                try FileManager.default.createDirectory(
                    atPath: bagq.path(folder), withIntermediateDirectories: true)
                for brand in ["bar", "disc"] {
                    for index in 0..<Calm.pictures / 2 {
                        try FileManager.default.linkItem(
                            atPath: bagq.path("data/\(brand)/\(index).jpg"),
                            toPath: bagq.path("\(folder)/\(brand)-\(index).jpg"))
                    }
                }
            }
        }
    }

    func run() throws {
        try submit(source: 0)
        for place in 0..<number(in: isShort ? 2...3 : 2...6) { try startWorker(place) }
        for _ in 0..<number(in: isShort ? 5...7 : 10...30) {
            try awaitProgress()
            try happen()
        }
        try finish()
        try check()
        note("all is checked")
    }

    func endWorkers() {
        for worker in workers where worker.process.isRunning {
            kill(worker.process.processIdentifier, SIGKILL)
            worker.process.waitUntilExit()
        }
    }

    private func note(_ event: String) {
        events.append("\(Int(-beginning.timeIntervalSinceNow * 1000)) ms: \(event)")
    }
    private func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private func count(_ query: String, _ values: any Bindable...) throws -> Int {
        try store.prepare("SELECT \(query)").rows(binding: values) { $0.int(0) }.first ?? 0
    }

    // MARK: When

    /// Waits until the workers have got a few pictures further, or have claimed something, or can do nothing.
    private func awaitProgress() throws {
        let steps = [1, 1, 8, 16, 64].randomElement(using: &random) ?? 1
        let heedsClaims = number(in: 0...2) == 0
        func done() throws -> Int {
            try count(
                """
                (SELECT coalesce(sum(items_done), 0) FROM job WHERE kind = 'classify' AND state <> 'forgotten')
                + (SELECT coalesce(sum(items_done), 0) FROM checkpoint)
                """)
        }
        func claims() throws -> Int { try count("coalesce(sum(attempt), 0) FROM shard") }
        let (doneBefore, claimsBefore) = (try done(), try claims())
        // A training that ends takes its checkpoint along, so fewer may be done than before.
        try wait("progress") {
            let now = try done()
            return try now >= doneBefore + steps || now < doneBefore || heedsClaims && claims() > claimsBefore
                || !hasWork()
        }
        // Not to wait for anything: a commit has just ended, and what follows it shall be hit, too.
        usleep(UInt32(number(in: 0...40)) * 1000)
    }

    private func hasWork() throws -> Bool {
        try count(
            """
            EXISTS (SELECT 1 FROM job JOIN model ON model.id = job.model
                WHERE job.state IN ('waiting', 'running') AND (kind = 'train' OR model.state = 'ready'))
            """) == 1
    }

    private func wait(_ what: String, atMost seconds: TimeInterval = patience, until isSo: () throws -> Bool) throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while try !isSo() {
            if end.timeIntervalSinceNow < 0 { throw Bagq.Failure(output: "no \(what) within \(seconds) s") }
            usleep(2000)
        }
    }

    // MARK: What

    private func happen() throws {
        // Nothing is left to disturb.
        if try !hasWork(), try resume() == nil { try submit(source: number(in: 1...2)) }
        switch number(in: 0...25) {
        case 0...5: try killWorker()
        case 6...9: try endWorker()
        case 10...13: try stopWorker()
        case 14, 15: try pause()
        case 16...18: _ = try resume()
        case 19, 20: try cancelAndRetry()
        case 21, 22: try forget()
        case 23 where trainings < 1: try train()
        default: if jobs.count < 6 { try submit(source: number(in: 1...2)) }
        }
    }

    private func startWorker(_ place: Int) throws {
        started += 1
        let name = "w\(started)"
        var words = ["--threads", String(number(in: 1...2))]
        if place > 0, number(in: 0...3) == 0 { words += ["--only", number(in: 0...1) == 0 ? "classify" : "train"] }
        note("\(name) starts: \(words.joined(separator: " "))")
        let process = try bagq.start(["worker", "--name", name] + words, environment: Bagq.oftenSaved)
        workers.append(Worker(process: process, name: name, place: place))
    }

    /// Takes a worker out of the list; it is the caller's to end.
    private func takeWorker() throws -> Worker {
        let worker = workers.remove(at: number(in: 0...workers.count - 1))
        guard worker.process.isRunning else {
            throw Bagq.Failure(output: "\(worker.name) ended by itself: \(try bagq.log(of: worker.process))")
        }
        return worker
    }

    /// Stops a worker in its tracks. False, and it goes on, where its death would bring a shard or picture near to
    /// being given up: six deaths without progress, three with the picture alone. A busy machine may let a lease run
    /// out on the living, so that is kept well away from.
    private func freeze(_ worker: Worker) throws -> Bool {
        kill(worker.process.processIdentifier, SIGSTOP)
        let near = try count(
            "count(*) FROM shard WHERE state = 1 AND worker LIKE ? AND (fruitless > 3 OR deaths > 0)",
            worker.name + "/%")
        if near > 0 { kill(worker.process.processIdentifier, SIGCONT) }
        return near == 0
    }

    private func killWorker() throws {
        let worker = try takeWorker()
        guard try freeze(worker) else { return workers.append(worker) }
        note("\(worker.name) is killed")
        kill(worker.process.processIdentifier, SIGKILL)
        worker.process.waitUntilExit()
        try startWorker(worker.place)
    }

    private func endWorker() throws {
        let worker = try takeWorker()
        try end([worker])
        try startWorker(worker.place)
    }

    /// How every claim ended, in the database itself: when (of this boot's clock), until when its lease ran, and
    /// whether it was taken from its worker, which counts against the shard.
    private static let diary = """
        CREATE TABLE chaos_end (
            id INTEGER PRIMARY KEY, job, shard, attempt, worker, lease_until, at, was_taken DEFAULT 0);
        CREATE TRIGGER chaos_ends AFTER UPDATE OF state ON shard WHEN OLD.state = 1 BEGIN
            INSERT INTO chaos_end (job, shard, attempt, worker, lease_until, at) VALUES (
                OLD.job, OLD.number, OLD.attempt, OLD.worker, OLD.lease_until,
                CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
                    - \(StoreClock.real.now().milliseconds - StoreClock.real.boot().milliseconds));
        END;
        CREATE TRIGGER chaos_takes AFTER UPDATE OF fruitless ON shard WHEN NEW.fruitless > OLD.fruitless BEGIN
            UPDATE chaos_end SET was_taken = 1
            WHERE id = (SELECT max(id) FROM chaos_end WHERE job = NEW.job AND shard = NEW.number);
        END;
        """

    /// SIGTERM: they must end in time, with nothing in hand, and nothing held against what they had.
    /// - areAsleep: They stand still, and their leases have run out: what that costs is the leases' doing.
    private func end(_ workers: [Worker], areAsleep: Bool = false) throws {
        let beginnings = try workers.map { worker in
            let held = try store.rows(
                "SELECT job, number, attempt FROM shard WHERE state = 1 AND worker LIKE ?", worker.name + "/%"
            ) { (job: $0.int(0), number: $0.int(1), attempt: $0.int(2)) }
            let isKnown = try count("count(*) FROM worker WHERE name = ?", worker.name) == 1
            let said = try bagq.log(of: worker.process).count
            return (isKnown: isKnown, said: said, held: areAsleep ? [] : held)
        }
        let asked = Date()
        for worker in workers {
            kill(worker.process.processIdentifier, SIGTERM)
            if areAsleep { kill(worker.process.processIdentifier, SIGCONT) }
        }
        for (worker, (isKnown, said, held)) in zip(workers, beginnings) {
            do {
                let rest = max(0, asked.addingTimeInterval(10).timeIntervalSinceNow)
                try wait("end of \(worker.name)", atMost: rest) { !worker.process.isRunning }
            } catch {
                note(try bagq.log(of: worker.process))
                for worker in workers { kill(worker.process.processIdentifier, SIGKILL) }
                throw error
            }
            worker.process.waitUntilExit()
            ended.append(worker)
            let status = worker.process.terminationStatus
            note("\(worker.name) is asked to end: \(status) after \(-asked.timeIntervalSinceNow) s")
            if worker.process.terminationReason == .uncaughtSignal, !isKnown, status == SIGTERM { continue }
            guard worker.process.terminationReason == .exit, status == 0 || status == 75 else {
                throw Bagq.Failure(output: "\(worker.name) ended with \(status): \(try bagq.log(of: worker.process))")
            }
            // One that could not reach the store leaves its work to the lease.
            guard status == 0 else { continue }
            #expect(try count("count(*) FROM shard WHERE worker LIKE ?", worker.name + "/%") == 0, "\(story)")
            // One that a busy machine kept from renewing its leases in time says so, and pays as the dead do.
            let wasLate = try bagq.log(of: worker.process).dropFirst(said).contains("longer than a lease")
            if wasLate { note("\(worker.name) was late to renew its leases") }
            for claim in held {
                let taken = try count(
                    "count(*) FROM chaos_end WHERE was_taken AND job = ? AND shard = ? AND attempt = ?", claim.job,
                    claim.number, claim.attempt)
                #expect(taken == 0 || wasLate, "the end of \(worker.name) costs \(claim) an attempt\n\(story)")
            }
        }
    }

    /// SIGSTOP for longer than its lease, as a suspended machine does; perhaps others have its work when it goes on.
    private func stopWorker() throws {
        let worker = try takeWorker()
        workers.append(worker)
        guard try freeze(worker) else { return }
        defer { kill(worker.process.processIdentifier, SIGCONT) }
        let like = worker.name + "/%"
        let held = try count("count(*) FROM shard WHERE state = 1 AND worker LIKE ?", like)
        note("\(worker.name) stands still with \(held) shards")
        guard held > 0 else { return }
        try wait("end of a lease", atMost: 10) {
            try count(
                "count(*) FROM shard WHERE worker LIKE ? AND lease_until > ?", like, StoreClock.real.boot().milliseconds
            )
                == 0
        }
        switch number(in: 0...3) {
        case 0: break
        case 1:
            // Asked to end in its sleep: it does when it wakes.
            try end([workers.removeLast()], areAsleep: true)
            try startWorker(worker.place)
        default:
            // It may stand in the middle of a commit: then nobody can take its work until it goes on.
            try? wait("rescue", atMost: 2) { try count("count(*) FROM shard WHERE worker LIKE ?", like) == 0 }
        }
    }

    private func submit(source: Int) throws {
        var kind = ChaosKind(model: .given, precision: number(in: 0...2) == 0 ? "fp32" : "auto")
        var words = ["submit", "dump-\(source)", "--precision", kind.precision, "--priority", "\(number(in: -1...1))"]
        if trainings > 0, number(in: 0...1) == 0 {
            kind.model = .trained
            words += ["--model", "trained-\(number(in: 1...trainings))"]
        }
        let countsInTrends = number(in: 0...3) > 0
        if !countsInTrends { words.append("--no-trends") }
        let job = try take(words)
        jobs[job] = .classify(kind, copies: sources[source], countsInTrends: countsInTrends)
    }

    private func train() throws {
        trainings += 1
        let name = "trained-\(trainings)"
        let job = try take(
            ["train", "data", "--name", name, "--priority", "\(number(in: -1...1))"] + Calm.trainingOptions)
        jobs[job] = .train(model: name)
    }

    /// Runs a command that prints a job's number.
    private func take(_ words: [String]) throws -> Int {
        let output = try bagq.run(words)
        note("\(words.joined(separator: " ")): \(output.out.trimmingCharacters(in: .newlines))")
        guard output.status == 0, let job = Int(output.out.trimmingCharacters(in: .newlines)) else {
            throw Bagq.Failure(output: "\(words): \(output.status), \(output.err)")
        }
        return job
    }

    private func state(of job: Int) throws -> String? {
        try store.row("SELECT state FROM job WHERE id = ?", job) { $0.text(0) }
    }

    private func anyJob(in states: [String]) throws -> Int? {
        try jobs.keys.sorted().filter { states.contains(try state(of: $0) ?? "") }.randomElement(using: &random)
    }

    /// Runs a command on a job that must go well, or be refused because the job is done by now.
    private func change(_ job: Int, _ command: String) throws -> Bool {
        let output = try bagq.run(command, String(job))
        note("\(command) \(job): \(output.status)")
        if output.status == 0 { return true }
        guard output.status == 2, try state(of: job) == "done" else {
            throw Bagq.Failure(output: "\(command) \(job): \(output.status), \(output.err)")
        }
        return false
    }

    private func pause() throws {
        if let job = try anyJob(in: ["waiting", "running"]) { _ = try change(job, "pause") }
    }

    private func resume() throws -> Int? {
        guard let job = try anyJob(in: ["paused"]) else { return nil }
        _ = try change(job, "resume")
        return job
    }

    /// What is cancelled stands still until it is retried, whatever its workers had in hand.
    private func cancelAndRetry() throws {
        guard let job = try anyJob(in: ["waiting", "running", "paused"]), try change(job, "cancel") else { return }
        let done = try count("items_done FROM job WHERE id = ?", job)
        // Gives those who had it in hand time to write what they must not.
        usleep(UInt32(number(in: 0...300)) * 1000)
        #expect(try count("items_done FROM job WHERE id = ?", job) == done, "\(story)")
        #expect(try state(of: job) == "cancelled", "\(story)")
        let output = try bagq.run("retry", String(job))
        note("retry \(job): \(output.status)")
        try #require(output.status == 0, "\(output.err)")
        // With a training, those end that waited for its model.
        while let waiting = try anyJob(in: ["failed"]) {
            let error = try store.row("SELECT error FROM job WHERE id = ?", waiting) { $0.text(0) } ?? ""
            try #require(error.hasPrefix("it waited for"), "job \(waiting): \(error)")
            let output = try bagq.run("retry", String(waiting))
            note("retry \(waiting): \(output.status)")
            try #require(output.status == 0, "\(output.err)")
        }
    }

    /// Of a job that is done; perhaps the command is killed once the job is out of sight.
    private func forget() throws {
        guard let job = try anyJob(in: ["done"]) else { return }
        if number(in: 0...1) == 0 {
            _ = try change(job, "forget")
        } else {
            let command = try bagq.start(["forget", String(job)])
            try wait("forgetting") { try !command.isRunning || state(of: job) != "done" }
            kill(command.processIdentifier, SIGKILL)
            command.waitUntilExit()
            note("forget \(job), killed: \(command.terminationReason == .uncaughtSignal)")
        }
        jobs[job] = nil
        forgotten.append(job)
    }

    // MARK: The end

    private func finish() throws {
        while try resume() != nil {}
        let endsFirst = number(in: 0...1) == 0
        if endsFirst { try endAll() }
        let drain = try bagq.run("worker", "--drain", "--name", "drain")
        note("drain: \(drain.status)")
        #expect(drain.status == 0, "\(drain.err)\n\(story)")
        if !endsFirst { try endAll() }
    }

    private func endAll() throws {
        let all = workers
        try end(all)
        workers = []
    }

    private func check() throws {
        for (job, work) in jobs.sorted(by: { $0.key < $1.key }) {
            let state = try state(of: job)
            #expect(state == "done", "job \(job)\n\(story)")
            switch work {
            case .train(let model):
                #expect(try Calm.export(model, of: bagq) == calm.model, "\(model)\n\(story)")
            case .classify(let kind, let copies, _):
                try check(job, kind, copies)
            }
        }
        for job in forgotten { #expect(try bagq.run("status", String(job)).status == 2, "job \(job)\n\(story)") }
        let left = try count("count(*) FROM job WHERE state = 'forgotten'")
        #expect(left == 0, "\(left) jobs half forgotten\n\(story)")
        try checkSums()
        // The clocks that the two times come from drift apart by a few milliseconds in a round.
        let early = try store.rows(
            "SELECT worker, job, shard, lease_until - at FROM chaos_end WHERE was_taken AND lease_until > at + 50"
        ) { "\($0.text(0)): job \($0.int(1)), shard \($0.int(2)), \($0.int(3)) ms" }
        #expect(early.isEmpty, "taken before the lease had run out\n\(story)")
    }

    private func check(_ job: Int, _ kind: ChaosKind, _ copies: Int) throws {
        let failures = try bagq.run("failures", String(job)).lines.dropFirst()
        #expect(failures.isEmpty, "job \(job)\n\(story)")
        let rows = try Calm.rows(of: String(job), of: bagq)
        #expect(rows.count == copies * Calm.pictures, "job \(job)\n\(story)")
        #expect(Set(rows.map(\.path)).count == rows.count, "job \(job)\n\(story)")
        let expected = calm.predictions[kind] ?? [:]
        let wrong = rows.filter { expected[$0.path.split(separator: "/").last.map(String.init) ?? ""] != $0.prediction }
        #expect(wrong.isEmpty, "job \(job), \(kind)\n\(story)")
        let counted = try count("items_done FROM job WHERE id = ?", job)
        let total = try count("items_total FROM job WHERE id = ?", job)
        #expect(counted == rows.count && total == rows.count, "job \(job): \(counted) of \(total)\n\(story)")
    }

    /// All jobs have the same pictures: with each model that a job counts by, each is seen once.
    private func checkSums() throws {
        let models = Set(
            try jobs.filter { if case .classify(_, _, true) = $0.value { true } else { false } }.map {
                try count("model FROM job WHERE id = ?", $0.key)
            })
        let groups = (0..<20).map { "g\($0)" }.joined(separator: " + ")
        let sums = try store.rows(
            "SELECT model, sum(\(groups)) FROM trend_sum GROUP BY model HAVING sum(\(groups)) > 0"
        ) {
            ($0.int(0), $0.int(1))
        }
        // A forgotten job's predictions stay where another job has the sighting.
        #expect(sums.allSatisfy { $0.1 <= Calm.pictures }, "\(sums)\n\(story)")
        for model in models {
            #expect(sums.first { $0.0 == model }?.1 == Calm.pictures, "model \(model): \(sums)\n\(story)")
        }
        let doctor = try bagq.run("doctor", "--deep")
        #expect(doctor.status == 0, "\(doctor.out)\(doctor.err)\n\(story)")
    }
}
