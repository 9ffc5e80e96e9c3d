import Foundation
import Testing

/// Everything at once, again and again: workers killed, stopped and asked to end, jobs paused, cancelled, retried and
/// forgotten while they run. Whatever happened, the results are those of a quiet day.
///
/// What happens when is drawn from a seed; only how far the workers are by then differs from run to run.
/// `BAGQ_CHAOS_ROUNDS` says how many rounds are run, `BAGQ_CHAOS_SEED` the first one's seed; with `BAGQ_CHAOS_STORY`
/// each tells what happened.
@Suite(.serialized) struct ChaosTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// The default run is to be short.
    static let isShort = !KillTests.isSlow && setting("BAGQ_CHAOS_ROUNDS") == nil
    private static let tellsStories = ProcessInfo.processInfo.environment["BAGQ_CHAOS_STORY"] != nil

    static let firstSeed = setting("BAGQ_CHAOS_SEED") ?? 1
    static let rounds = setting("BAGQ_CHAOS_ROUNDS") ?? (KillTests.isSlow ? 2 : 1)

    @Test(arguments: firstSeed..<firstSeed + rounds) func nothingIsLostOrDoubled(seed: UInt64) throws {
        print("chaos: seed \(seed)")
        let round = try ChaosRound(seed: seed, isShort: Self.isShort)
        defer { round.endWorkers() }
        do {
            try round.run()
            if Self.tellsStories { print(round.story) }
        } catch {
            Issue.record("\(error)\n\(round.story)")
        }
    }
}

/// What a classify job's predictions depend on.
struct ChaosKind: Hashable {
    /// What the calm run calls a model; the rounds may call the same model otherwise.
    enum Model { case given, trained }

    var model: Model
    var precision: String
}

/// What comes out when nothing happens: each picture's brand and confidence, and the file of a model.
struct Calm {
    static let trainingOptions = ["--epochs", "2", "--seed", "7"]
    static let pictures = 16

    /// By the name that a picture has in a round's folders: `bar-3.jpg`.
    private(set) var predictions: [ChaosKind: [String: String]] = [:]
    private(set) var model = Data()

    static let result = Result { try Calm() }

    private init() throws {
        let bagq = try Bagq.withModel()
        var jobs: [ChaosKind: String] = [:]
        var commands = [["train", "data", "--name", "calm"] + Self.trainingOptions]
        let kinds = [("shapes", ChaosKind.Model.given), ("calm", .trained)].flatMap { name, model in
            ["auto", "fp32"].map { (name, ChaosKind(model: model, precision: $0)) }
        }
        commands += kinds.map { ["submit", "data", "--model", $0, "--precision", $1.precision] }
        for (number, command) in commands.enumerated() {
            let output = try bagq.run(command)
            try #require(output.status == 0, "\(output.err)")
            if number > 0 { jobs[kinds[number - 1].1] = output.out.trimmingCharacters(in: .newlines) }
        }
        let worker = try bagq.run("worker", "--drain")
        try #require(worker.status == 0, "\(worker.err)")
        model = try Self.export("calm", of: bagq)
        for (kind, job) in jobs {
            let rows = try Self.rows(of: job, of: bagq).map { ($0.path.replacing("/", with: "-"), $0.prediction) }
            try #require(rows.count == Self.pictures)
            predictions[kind] = Dictionary(uniqueKeysWithValues: rows)
        }
    }

    static func rows(of job: String, of bagq: Bagq) throws -> [(path: String, prediction: String)] {
        try bagq.run("results", job).lines.dropFirst().map { line in
            let parts = line.split(separator: ",", omittingEmptySubsequences: false)
            return (String(parts[1]), parts[2...3].joined(separator: ","))
        }
    }

    static func export(_ name: String, of bagq: Bagq) throws -> Data {
        let output = try bagq.run("models", "export", name, "\(name).safetensors")
        try #require(output.status == 0, "\(output.err)")
        return try Data(contentsOf: URL(filePath: bagq.path("\(name).safetensors")))
    }
}
