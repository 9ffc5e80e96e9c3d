import Foundation
import Testing

/// Everything at once, again and again: workers killed, stopped and asked to end, jobs paused, cancelled, retried and
/// forgotten while they run. Whatever happened, the results are those of a quiet day.
///
/// What happens when is drawn from a seed; only how far the workers are by then differs from run to run. `BAGQ_CHAOS_ROUNDS`
/// says how many rounds are run, `BAGQ_CHAOS_SEED` the first one's seed.
@Suite(.serialized) struct ChaosTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    static let firstSeed = setting("BAGQ_CHAOS_SEED") ?? 1
    static let rounds = setting("BAGQ_CHAOS_ROUNDS") ?? (KillTests.isSlow ? 6 : 2)

    @Test(arguments: firstSeed..<firstSeed + rounds) func nothingIsLostOrDoubled(seed: UInt64) throws {
        print("chaos: seed \(seed)")
        let round = try ChaosRound(seed: seed)
        defer { round.endWorkers() }
        do {
            try round.run()
            if ProcessInfo.processInfo.environment["BAGQ_CHAOS_STORY"] != nil { print(round.story) }
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
        let training = try bagq.run(["train", "data", "--name", "calm", "--wait"] + Self.trainingOptions)
        try #require(training.status == 0, "\(training.err)")
        model = try Self.export("calm", of: bagq)
        for (name, model) in [("shapes", ChaosKind.Model.given), ("calm", .trained)] {
            for precision in ["auto", "fp32"] {
                let output = try bagq.run("submit", "data", "--model", name, "--precision", precision, "--wait")
                try #require(output.status == 0, "\(output.err)")
                let rows = try Self.rows(of: output.out.trimmingCharacters(in: .newlines), of: bagq).map {
                    ($0.path.replacing("/", with: "-"), $0.prediction)
                }
                try #require(rows.count == Self.pictures)
                predictions[ChaosKind(model: model, precision: precision)] = Dictionary(uniqueKeysWithValues: rows)
            }
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
