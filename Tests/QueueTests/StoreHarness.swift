import Foundation
import Intake
import Queue
import SQLiteStore
import Synchronization

/// A clock that tests move. Wall and boot time go together unless the machine restarts.
final class TestClock: Sendable {
    private struct State {
        var now: Int64 = 1_600_000_000_000
        var boot = 1
        var bootMilliseconds: Int64 = 1000
    }

    private let state = Mutex(State())

    func advance(seconds: Double) {
        state.withLock { state in
            state.now += Int64(seconds * 1000)
            state.bootMilliseconds += Int64(seconds * 1000)
        }
    }

    /// As after a power cut: another boot id, and boot time from the start.
    func restartMachine() {
        state.withLock { state in
            state.boot += 1
            state.bootMilliseconds = 10
        }
    }

    var now: Timestamp { state.withLock { Timestamp(milliseconds: $0.now) } }
    var boot: StoreClock.Boot {
        state.withLock { StoreClock.Boot(id: "boot \($0.boot)", milliseconds: $0.bootMilliseconds) }
    }
    var forStore: StoreClock { StoreClock(now: { self.now }, boot: { self.boot }) }
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "bagq-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> Path { Path(path + "/" + name) }
}

/// The stores that must keep the contract of `JobStore`.
enum StoreKind: String, CaseIterable {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// A store of a kind with a clock, and the models most tests want.
final class StoreHarness {
    let clock = TestClock()
    let store: any JobStore
    private let folder = TemporaryFolder()
    /// Of the file, where there is one.
    var path: Path { folder("bagq.db") }

    init(_ kind: StoreKind) throws {
        switch kind {
        case .memory: store = MemoryStore(clock: clock, timeZone: "Europe/Paris")
        case .sqlite:
            store = try SQLiteStore(
                path: folder("bagq.db"), mode: .create(timeZone: "Europe/Paris"),
                options: SQLiteStore.Options(keepsAuthorNames: true), clock: clock.forStore)
        }
    }
}

let brands = ["chanel", "gucci", otherClass]

/// Everything a worker can be given.
let allWork = WorkerAbilities(kernelLevels: ["avx2", "portable"])

func worker(_ name: String) -> WorkerIdentity {
    WorkerIdentity(id: WorkerID(rawValue: "\(name)/1"), name: name, host: "host", pid: 1)
}

func reference(_ number: Int, time: PostTime? = nil, post: Post = Post()) -> PictureReference {
    var post = post
    post.time = time ?? post.time
    return PictureReference(path: Path("\(number).jpg"), post: post)
}

/// A picture whose file has a stamp.
func stamped(_ number: Int, stamp: Int = 1, time: PostTime? = nil, post: Post = Post()) -> PictureReference {
    var reference = reference(number, time: time, post: post)
    reference.stamp = FileStamp(size: stamp, modified: Int64(stamp) * 1_000_000_000)
    return reference
}

func fingerprint(_ number: Int) -> Fingerprint {
    Fingerprint(bytes: (0..<16).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> ($0 * 8) : 7) })
}

func prediction(_ brand: Int = 0, confidence: Float = 0.75, time: PostTime? = nil, flags: PredictionFlags = [])
    -> Prediction
{
    var probabilities = [Float](repeating: (1 - confidence) / 2, count: 3)
    probabilities[brand] = confidence
    return Prediction(brand: brand, probabilities: probabilities, flags: flags, postTime: time)
}

/// Predicts `brand` for an item; its picture's fingerprint is its number's.
func outcome(_ item: Item, _ prediction: Prediction = prediction()) -> Outcome {
    Outcome(item: item, result: .prediction(prediction, fingerprint(item.number)))
}

func failure(_ item: Item, _ reason: String = "corrupt") -> Outcome {
    Outcome(item: item, result: .failure(Failure(reason: reason, message: "it is \(reason)")))
}

extension Claim {
    var items: [Item] { if case .classify(let work) = work { work.items } else { [] } }
    var isCautious: Bool { if case .classify(let work) = work { work.isCautious } else { false } }
    var asksForKnown: Bool { if case .classify(let work) = work { work.asksForKnown } else { false } }
    var listing: ListWork? { if case .list(let work) = work { work } else { nil } }
    var training: TrainWork? { if case .train(let work) = work { work } else { nil } }
}

extension StoreHarness {
    static let newModel = NewModel(
        classes: brands, threshold: 0.5, precision: .int8, summary: "a model", file: [1, 2, 3])

    @discardableResult
    func addModel(_ name: String = "luxe") throws -> ModelVersion { try store.add(Self.newModel, named: name) }

    /// A classifying job, with the newest model of the name `luxe`, which is made if there is none.
    func submit(
        priority: Int = 0, countsInTrends: Bool = true, model: ModelVersion? = nil, precision: Precision = .auto
    ) throws -> JobID {
        let luxe = try model ?? store.models().last { $0.version.name == "luxe" && $0.state == .ready }?.version
        return try store.submit(
            .classify(
                ClassifyRequest(
                    source: Path("/pictures"), name: "pictures", priority: priority, model: luxe ?? addModel(),
                    countsInTrends: countsInTrends, precision: precision))
        ).id
    }

    func submitTraining(_ name: String = "trained", priority: Int = 0) throws -> Job {
        try store.submit(
            .train(TrainRequest(data: Path("/data"), modelName: name, priority: priority, options: "{}")))
    }

    func claim(_ name: String = "a", _ abilities: WorkerAbilities = allWork) throws -> Claim? {
        try store.claim(for: worker(name), abilities: abilities)
    }

    /// A job that has been listed and whose shards are open.
    func listed(
        _ references: [PictureReference], priority: Int = 0, countsInTrends: Bool = true, model: ModelVersion? = nil,
        precision: Precision = .auto, root: Path = Path("/pictures")
    ) throws -> JobID {
        let id = try submit(priority: priority, countsInTrends: countsInTrends, model: model, precision: precision)
        let claim = try store.claim(for: worker("lister"), abilities: allWork)
        guard let claim, claim.job == id, claim.listing != nil else { throw HarnessError.noListing }
        _ = try store.append(references, firstNumber: 0, root: root, cursor: [], leftOut: [:], isLast: true, to: claim)
        return id
    }

    func listed(count: Int, priority: Int = 0) throws -> JobID {
        try listed((0..<count).map { reference($0) }, priority: priority)
    }

    /// Claims all that can be claimed and answers for it.
    func work(_ answer: (Item) -> Outcome = { outcome($0) }) throws {
        while let claim = try claim() { _ = try store.record(claim.items.map(answer), for: claim) }
    }

    /// Lets every lease run out.
    func workersDie() { clock.advance(seconds: 61) }
}

enum HarnessError: Error { case noListing, disagreement }
