import CNN
import Foundation
import Imaging
import Intake
import Queue
import SQLiteStore
import Testing
import Threads

@testable import Worker

/// A worker on a store that does what a script says: nothing here waits by the clock.
@Suite struct WorkerDaemonTests {
    /// Pausing in mid-job: what is in hand is recorded, the rest goes back at no cost.
    @Test func aPausedShardGoesBack() throws {
        let place = try Place(pictures: 3000)
        let id = try place.submit()
        let calls = Monitor<[String]>([])
        let store = place.scripted(calls) { call throws(StoreError) in
            if call == "record", try place.store.job(id).state == .running { try place.store.pause(id) }
        }
        let run = place.start(store)
        _ = calls.wait { $0.contains("record") ? true : nil }
        run.stop.make()
        #expect(throws: Never.self) { try run.end() }
        let job = try place.store.job(id)
        #expect(job.state == .paused && (1..<3000).contains(job.itemsDone) && job.itemsFailed == 0)
        #expect(try place.store.workers().isEmpty)
        try place.store.resume(id)
        try place.start(place.store, ending: .drained).end()
        #expect(try place.store.job(id).itemsDone == 3000 && place.store.job(id).itemsFailed == 0)
    }

    /// What waiting cannot mend ends every thread and the worker, with the reason.
    @Test(arguments: ["record", "claim", "heartbeat", "append", "renew"])
    func aDamagedStoreEndsTheWorker(at call: String) throws {
        let place = try Place(pictures: 40)
        _ = try place.submit()
        let damage = StoreError.damaged(why: "the file is damaged")
        // The first heartbeat is the worker's own beginning; the ones after it are of the thread that keeps leases.
        let seen = Monitor(0)
        let store = place.scripted { name throws(StoreError) in
            // A renewal comes by itself, if only the work lasts.
            if call == "renew", name == "record" { _ = seen.wait { $0 > 0 ? true : nil } }
            guard name == call else { return }
            let count = seen.withLock { count in
                count += 1
                return count
            }
            if call != "heartbeat" || count > 1 { throw damage }
        }
        #expect(throws: damage) { try place.start(store).end() }
    }

    /// A full disk: the worker waits, and ends when it is asked to though nothing can be written; nothing is lost or
    /// failed.
    @Test func aStopEndsAWorkerWhoseStoreFails() throws {
        let place = try Place(pictures: 40)
        let id = try place.submit()
        let full = StoreError.unavailable(why: "the disk is full; free some space")
        let calls = Monitor<[String]>([])
        let store = place.scripted(calls) { call throws(StoreError) in if call == "record" { throw full } }
        let run = place.start(store)
        _ = calls.wait { $0.count { $0 == "record" } > 2 ? true : nil }
        run.stop.make()
        #expect(throws: full) { try run.end() }
        let job = try place.store.job(id)
        #expect(job.itemsDone == 0 && job.itemsFailed == 0 && job.state == .running)
    }

    /// The store answers again: all goes on as if nothing had been.
    @Test func aStoreThatAnswersAgainLosesNothing() throws {
        let place = try Place(pictures: 40)
        let id = try place.submit()
        let failures = Monitor(0)
        let store = place.scripted { call throws(StoreError) in
            guard ["claim", "append", "record", "job", "hasUnfinishedWork", "leave"].contains(call) else { return }
            let fails = failures.withLock { count in
                count += 1
                return count % 3 != 0
            }
            if fails { throw StoreError.busy(why: "locked") }
        }
        try place.start(store, ending: .drained).end()
        let job = try place.store.job(id)
        #expect(job.state == .done && job.itemsDone == 40 && job.itemsFailed == 0)
        #expect(try place.store.recount().differences.isEmpty && place.store.workers().isEmpty)
    }

    /// Whichever thread hears that the claim is lost, its work is dropped, nothing is written, and the worker goes on.
    @Test(arguments: ["append", "record", "renew"]) func aLostClaimIsDropped(in call: String) throws {
        let place = try Place(pictures: 600)
        let id = try place.submit()
        let isDone = Monitor(false)
        let store = place.scripted { name throws(StoreError) in
            // A renewal is the keeper's own; the recorder waits for it, so that it comes first.
            if call == "renew", name == "record" { _ = isDone.wait { $0 ? true : nil } }
            guard name == call, !isDone.withLock(\.self) else { return }
            try place.store.cancel(id)
            isDone.withLock { $0 = true }
        }
        try place.start(store, ending: .drained).end()
        let job = try place.store.job(id)
        #expect(job.state == .cancelled && job.itemsDone == 0)
        let next = try place.submit()
        try place.start(place.store, ending: .drained).end()
        #expect(try place.store.job(next).itemsDone == 600)
    }

    /// Where only the checkpoint cannot be written, the model is made all the same.
    @Test func trainingGoesOnWithoutItsCheckpoint() throws {
        let place = try Place(pictures: 1)
        let job = try place.submitTraining(epochs: 1)
        let saves = Monitor(0)
        let store = place.scripted { call throws(StoreError) in
            guard call == "save" else { return }
            saves.withLock { $0 += 1 }
            throw StoreError.unavailable(why: "the disk is full; free some space")
        }
        try place.start(store, ending: .drained, checkpointSeconds: 0).end()
        #expect(try place.store.job(job).state == .done && saves.withLock(\.self) > 0)
        #expect(try place.store.models().contains { $0.version.name == "trained" && $0.state == .ready })
    }

    /// On a full disk calls that only read succeed all the while: one line when the trouble begins, one when it ends.
    @Test func aTroubleLastsAsLongAsItsOwnCallsFail() throws {
        let place = try Place(pictures: 1)
        _ = try place.submitTraining(epochs: 5)
        let full = StoreError.unavailable(why: "the disk is full; free some space")
        let (refused, read, news) = (Monitor(0), Monitor(0), Monitor<[String]>([]))
        let store = place.scripted { call throws(StoreError) in
            let isFull = (1...2).contains(read.withLock(\.self))
            switch call {
            case "renew", "heartbeat":
                guard isFull else { return }
                refused.withLock { $0 += 1 }
                throw full
            case "standing":
                let count = read.withLock { count in
                    count += 1
                    return count
                }
                // Full from the first on, until the second has seen another write fail; all of them succeed.
                if count <= 2 {
                    let before = count == 1 ? 0 : refused.withLock(\.self)
                    _ = refused.wait { $0 > before ? true : nil }
                }
                if count == 3 { _ = news.wait { $0.contains("answer") ? true : nil } }
            default: break
            }
        }
        let run = place.start(store) { said in
            let word = if case .trouble = said { "trouble" } else { "answer" }
            news.withLock { $0.append(word) }
        }
        _ = news.wait { $0.contains("answer") ? true : nil }
        run.stop.make()
        try run.end()
        #expect(read.withLock(\.self) >= 3)
        #expect(news.withLock(\.self) == ["trouble", "answer"])
    }

    /// Training that does not move is not alive, though its lease is kept; when it moves again the watchdog hears so.
    @Test func theWatchdogHearsNothingOfWorkThatHangs() throws {
        let place = try Place(pictures: 12)
        let job = try place.submitTraining(epochs: 20)
        let manager = ServiceManager(path: "@bagq-watchdog-\(UUID().uuidString)")
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "300000"])
        let (calls, hold) = (Monitor<[String]>([]), Monitor(true))
        let store = place.scripted(calls) { call throws(StoreError) in
            if call == "standing" { _ = hold.wait { $0 ? nil : true } }
        }
        let run = place.start(store, notifying: notifier)
        _ = calls.wait { $0.contains("standing") ? true : nil }
        func beat(_ count: Int) {
            let before = calls.withLock { $0.count { $0 == "heartbeat" } }
            _ = calls.wait { $0.count { $0 == "heartbeat" } >= before + count ? true : nil }
        }
        // What moved before it hung may still be told once.
        beat(2)
        _ = manager.receiveAll()
        beat(5)
        let silent = manager.receiveAll()
        #expect(!silent.isEmpty && !silent.contains("WATCHDOG=1"), "\(silent)")
        #expect(try place.store.job(job).state == .running)
        hold.withLock { $0 = false }
        while !manager.receiveAll().contains("WATCHDOG=1") { beat(1) }
        run.stop.make()
        try run.end()
    }
}

/// A folder with pictures and a database with a small model.
private final class Place: Sendable {
    let store: SQLiteStore
    private let folder = FileManager.default.temporaryDirectory.appending(path: "bagq-worker-\(UUID().uuidString)")
    private let model: ModelVersion

    init(pictures count: Int) throws {
        try FileManager.default.createDirectory(
            at: folder.appending(path: "pictures"), withIntermediateDirectories: true)
        let first = folder.appending(path: "pictures/0.jpg")
        try Data(try Self.picture(0)).write(to: first)
        for number in 1..<count {
            try FileManager.default.linkItem(at: first, to: folder.appending(path: "pictures/\(number).jpg"))
        }
        store = try SQLiteStore(
            path: Path(folder.appending(path: "bagq.db").path), mode: .create(timeZone: "UTC"),
            options: SQLiteStore.Options(leaseSeconds: 60))
        let architecture = try Architecture(
            input: Shape(height: 8, width: 8, channels: 3), layers: [.flatten, .dense(units: 2)])
        let network = try Model(
            untrained: architecture, seed: 1, classes: ["a", "b"], preprocessing: Preprocessing(width: 8, height: 8))
        model = try store.add(
            NewModel(
                classes: ["a", "b"], threshold: 0.5, precision: .fp32, summary: "", file: network.safetensors()),
            named: "m")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func picture(_ seed: Int) throws -> [UInt8] {
        let pixels = (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 &* (seed + 3)) }
        return try RGBImage(width: 32, height: 32, pixels: pixels).jpeg()
    }

    private func trainingData() throws -> Path {
        for (number, brand) in ["a", "b"].enumerated() {
            let target = folder.appending(path: "data/\(brand)")
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            for index in 0..<6 {
                try Data(try Self.picture(10 * number + index)).write(to: target.appending(path: "\(index).jpg"))
            }
        }
        return Path(folder.appending(path: "data").path)
    }

    func submitTraining(epochs: Int) throws -> JobID {
        var options = TrainingOptions()
        options.epochs = epochs
        let json = try JSONEncoder().encode(TrainingJobOptions(training: options))
        return try store.submit(
            .train(
                TrainRequest(
                    data: trainingData(), modelName: "trained", options: String(decoding: json, as: UTF8.self)))
        ).id
    }

    func submit() throws -> JobID {
        try store.submit(
            .classify(
                ClassifyRequest(source: Path(folder.appending(path: "pictures").path), name: "pictures", model: model))
        ).id
    }

    /// - calls: Gathers the names of all calls.
    func scripted(
        _ calls: Monitor<[String]>? = nil, _ script: @escaping @Sendable (String) throws(StoreError) -> Void
    ) -> ScriptedStore {
        ScriptedStore(inner: store) { call throws(StoreError) in
            calls?.withLock { $0.append(call) }
            try script(call)
        }
    }

    struct Run {
        let stop: StopRequest
        fileprivate let thread: WorkerThread
        fileprivate let outcome: Monitor<Result<Void, any Error>?>

        /// Waits for the worker's end; throws what ended it.
        func end() throws {
            thread.join()
            try outcome.withLock(\.self)?.get()
        }
    }

    func start(
        _ store: any JobStore, ending: WorkerDaemon.Ending = .never, checkpointSeconds: Double = 30,
        notifying notifier: ServiceNotifier = ServiceNotifier(environment: [:]),
        say: @escaping @Sendable (StorePatience.News) -> Void = Log.store
    ) -> Run {
        let stop = StopRequest(storeLimit: 0.2)
        let outcome = Monitor<Result<Void, any Error>?>(nil)
        let identity = WorkerIdentity(id: WorkerID(rawValue: "w"), name: "w", host: "host", pid: 1)
        let thread = WorkerThread("worker") {
            let result = Result {
                // Leases are kept by heartbeats of a quarter of this.
                let options = WorkerDaemon.Options(
                    identity: identity, threads: 2, level: try KernelLevel.chosen(nil), leaseSeconds: 0.2,
                    checkpointSeconds: checkpointSeconds, ending: ending)
                try WorkerDaemon(store: store, options: options, stop: stop, say: say).run(notifying: notifier)
            }
            outcome.withLock { $0 = result }
        }
        return Run(stop: stop, thread: thread, outcome: outcome)
    }
}
