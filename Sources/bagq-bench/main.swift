import CNN
import Foundation

/// One line of the result.
struct Measurement: Codable {
    var name: String
    var value: Double
    var unit: String
    var threads: Int
    var batch: Int
    /// Of what a core can do at most, where that is known.
    var shareOfPeak: Double?

    enum CodingKeys: String, CodingKey {
        case name, value, unit, threads, batch
        case shareOfPeak = "share_of_peak"
    }
}

/// What the command line asks for.
struct BenchOptions {
    static let usage =
        "usage: bagq-bench [NAME…] [--model FILE] [--json] [--threads N] [--folder F] [--sightings N] [--database FILE]"

    var names: [String] = []
    var model: String?
    var json = false
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var folder: String?
    /// In the database of `trends`.
    var sightings = 10_000_000
    /// Where that database is, or is to stay.
    var database: String?

    /// Without names, all that can run: some need a folder, and one takes minutes to make its database.
    func wants(_ name: String) -> Bool {
        if !names.isEmpty { return names.contains(name) }
        return name != "trends" && (folder != nil || !["prepare", "folder"].contains(name))
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func value(of flag: String) throws -> String {
            guard let value = rest.popFirst() else { throw BenchError.usage("\(flag) needs a value") }
            return value
        }
        func number(to limit: Int, of flag: String) throws -> Int {
            guard let count = Int(try value(of: flag)), (1...limit).contains(count) else {
                throw BenchError.usage("\(flag) needs a number from 1 to \(limit)")
            }
            return count
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": json = true
            case "--model": model = try value(of: argument)
            case "--folder": folder = try value(of: argument)
            case "--database": database = try value(of: argument)
            case "--threads": threads = try number(to: 1_024, of: argument)
            case "--sightings": sightings = try number(to: 100_000_000, of: argument)
            case _ where argument.hasPrefix("-"): throw BenchError.usage("there is no option \(argument)")
            default: names.append(argument)
            }
        }
    }
}

enum BenchError: Error, CustomStringConvertible {
    case usage(String)
    case folder(String)

    var description: String {
        switch self {
        case .folder(let problem): problem
        case .usage(let problem): "\(problem)\n\(BenchOptions.usage)"
        }
    }
}

/// The benchmarks by name, one file each. A new one is a file with its function, and a line here.
let benchmarks: [(name: String, run: (BenchOptions) throws -> [Measurement])] = [
    ("network.fp32", { [try measureNetwork("network.fp32", .fp32, options: $0)] }),
    ("network.int8", { [try measureNetwork("network.int8", .int8, options: $0)] }),
    (
        "network.int8.one",
        { options in
            var options = options
            options.threads = 1
            return [try measureNetwork("network.int8.one", .int8, batch: 1, options: options)]
        }
    ),
    ("lite0.fp32", { [try measureNetwork("lite0.fp32", .fp32, of: lite0(), $0)] }),
    ("lite0.int8", { [try measureNetwork("lite0.int8", .int8, of: lite0(), $0)] }),
    ("slim.fp32", { [try measureNetwork("slim.fp32", .fp32, of: .slim(classes: 5, side: 128).folded(), $0)] }),
    ("slim.int8", { [try measureNetwork("slim.int8", .int8, of: .slim(classes: 5, side: 128).folded(), $0)] }),
    ("kernels", measureKernels),
    ("training", { [try measureTraining("training", .fp32, of: .blog(classes: 5), $0)] }),
    ("training.bf16", { [try measureTraining("training.bf16", .bf16, of: .blog(classes: 5), $0)] }),
    ("training.lite0", { [try measureTraining("training.lite0", .fp32, of: lite0(), $0)] }),
    ("training.lite0.bf16", { [try measureTraining("training.lite0.bf16", .bf16, of: lite0(), $0)] }),
    ("training.slim", { [try measureTraining("training.slim", .fp32, of: .slim(classes: 5, side: 128), $0)] }),
    ("prepare", { [try measurePrepare($0)] }),
    ("folder", { [try measureFolder($0)] }),
    ("trends", measureTrends),
]

/// The median of the seconds that `body` takes, after some runs to warm up.
func medianSeconds(warmUps: Int = 2, runs: Int = 9, _ body: () throws -> Void) rethrows -> Double {
    for _ in 0..<warmUps { try body() }
    let clock = ContinuousClock()
    let seconds = try (0..<runs).map { _ in try clock.measure(body) / .seconds(1) }
    return seconds.sorted()[runs / 2]
}

/// What `BAGQ_KERNELS` says, or the fastest.
func benchmarkLevel() throws -> KernelLevel {
    try .chosen(ProcessInfo.processInfo.environment["BAGQ_KERNELS"])
}

func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

do {
    let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
    if let unknown = options.names.first(where: { name in !benchmarks.contains { $0.name == name } }) {
        let names = benchmarks.map(\.name).joined(separator: ", ")
        throw BenchError.usage("there is no benchmark \(unknown), only \(names)")
    }
    for benchmark in benchmarks where options.wants(benchmark.name) {
        for result in try benchmark.run(options) {
            if options.json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys]
                print(String(decoding: try encoder.encode(result), as: UTF8.self))
            } else {
                let name = result.name.padding(toLength: 60, withPad: " ", startingAt: 0)
                let value = String(format: "%10.1f", result.value)
                let share = result.shareOfPeak.map { String(format: ", %.0f %% of the peak", 100 * $0) } ?? ""
                print("\(name) \(value) \(result.unit)  (\(result.threads) threads, batch \(result.batch)\(share))")
            }
        }
    }
} catch BenchError.usage(let problem) {
    printError("bagq-bench: \(BenchError.usage(problem))")
    exit(64)
} catch {
    printError("bagq-bench: \(error)")
    exit(2)
}
