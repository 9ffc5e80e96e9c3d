import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

/// Real workers, killed with SIGKILL once they have recorded something: nothing is lost, nothing doubled.
struct KillTests {
    static let isSlow = ProcessInfo.processInfo.environment["BAGQ_SLOW_TESTS"] != nil
    static let kills = isSlow ? 10 : 3
    static let epochs = isSlow ? 12 : 4
    static let copies = isSlow ? 400 : 60

    /// Waits, looking again and again, until `value` differs from `old`; nil when the process ended first.
    private func change<Value: Equatable>(from old: Value, of process: Process, _ value: () throws -> Value) throws
        -> Value?
    {
        while process.isRunning {
            let now = try value()
            if now != old { return now }
            usleep(2000)
        }
        return nil
    }

    @Test func classifyingSurvivesKills() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        let undisturbed = try bagq.run("results", "2").out

        // Many links to the same pictures make the job long enough to be killed in.
        for copy in 0..<Self.copies {
            try FileManager.default.createDirectory(
                atPath: bagq.path("dump/\(copy)"), withIntermediateDirectories: true)
            for brand in ["bar", "disc"] {
                for index in 0..<8 {
                    try FileManager.default.linkItem(
                        atPath: bagq.path("data/\(brand)/\(index).jpg"),
                        toPath: bagq.path("dump/\(copy)/\(brand)-\(index).jpg"))
                }
            }
        }
        #expect(try bagq.run("submit", "dump").status == 0)
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let id = JobID(rawValue: 3)
        var done = 0
        for _ in 0..<Self.kills {
            let worker = try bagq.start("worker", "--drain")
            done = try #require(try change(from: done, of: worker) { try store.job(id).itemsDone }, "done too soon")
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        #expect(try bagq.run("worker", "--drain").status == 0)
        let job = try store.job(id)
        #expect(job.state == .done)
        let total = Self.copies * 16
        #expect(job.itemsTotal == total)
        #expect(job.itemsDone == total)

        let expected = Dictionary(
            undisturbed.split(separator: "\n").dropFirst().map { line in
                let parts = line.split(separator: ",")
                return (String(parts[1].replacing("/", with: "-")), parts[2...3].joined(separator: ","))
            }, uniquingKeysWith: { first, _ in first })
        let rows = try bagq.run("results", "3").lines.dropFirst().map { $0.split(separator: ",") }
        #expect(rows.count == total)
        #expect(Set(rows.map { $0[1] }).count == total)
        for row in rows {
            let name = row[1].split(separator: "/").last.map(String.init) ?? ""
            #expect(expected[name] == row[2...3].joined(separator: ","))
        }
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }

    /// From scratch and fine-tuning; killed at any moment, each time on another number of threads.
    @Test(arguments: isSlow ? [[], ["--from", "weights"]] : [[]])
    func trainingSurvivesKills(_ origin: [String]) throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 6)
        if !origin.isEmpty { try FineTuningTests.writeWeights(in: URL(filePath: bagq.path("weights"))) }
        let train = ["train", "data", "--epochs", String(Self.epochs), "--seed", "7"] + origin
        #expect(try bagq.run(train + ["--name", "calm", "--wait"]).status == 0)
        #expect(try bagq.run(train + ["--name", "killed"]).status == 0)
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let id = JobID(rawValue: 2)
        var checkpoint = -1
        for number in 0..<Self.kills {
            let worker = try bagq.start(
                "worker", "--drain", "--threads", "\(1 + number % 3)", environment: Bagq.oftenSaved)
            checkpoint = try #require(
                try change(from: checkpoint, of: worker) { try store.job(id).itemsDone }, "done too soon")
            usleep(.random(in: 0...20_000))
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try store.job(id).state == .done)
        for name in ["calm", "killed"] {
            #expect(try bagq.run("models", "export", name, "\(name).safetensors").status == 0)
        }
        let calm = try Data(contentsOf: URL(filePath: bagq.path("calm.safetensors")))
        let killed = try Data(contentsOf: URL(filePath: bagq.path("killed.safetensors")))
        #expect(calm == killed)
    }
}
