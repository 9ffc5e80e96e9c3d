import CNN
import Foundation

/// One line of the result.
struct Measurement: Codable {
    var name: String
    var value: Double
    var unit: String
    var threads: Int
    var batch: Int
}

/// What the command line asks for.
struct BenchOptions {
    static let usage = "usage: bagq-bench [NAME…] [--model FILE] [--json] [--threads N] [--folder F]"

    var names: [String] = []
    var model: String?
    var json = false
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var folder: String?

    /// Without names, all that can run: `folder` needs a folder.
    func wants(_ name: String) -> Bool {
        names.isEmpty ? name != "folder" || folder != nil : names.contains(name)
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func value(of flag: String) throws -> String {
            guard let value = rest.popFirst() else { throw BenchError.usage("\(flag) needs a value") }
            return value
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": json = true
            case "--model": model = try value(of: argument)
            case "--folder": folder = try value(of: argument)
            case "--threads":
                guard let count = Int(try value(of: argument)), (1...1_024).contains(count) else {
                    throw BenchError.usage("--threads needs a number from 1")
                }
                threads = count
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
let benchmarks: [(name: String, run: (BenchOptions) throws -> Measurement)] = [
    ("network.fp32", measureNetwork),
    ("training", measureTraining),
    ("training.bf16", measureBF16Training),
    ("folder", measureFolder),
]

/// The median of the seconds that `body` takes, after some runs to warm up.
func medianSeconds(warmUps: Int = 2, runs: Int = 9, _ body: () throws -> Void) rethrows -> Double {
    for _ in 0..<warmUps { try body() }
    let clock = ContinuousClock()
    let seconds = try (0..<runs).map { _ in try clock.measure(body) / .seconds(1) }
    return seconds.sorted()[runs / 2]
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
        let result = try benchmark.run(options)
        if options.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(result), as: UTF8.self))
        } else {
            let name = result.name.padding(toLength: 16, withPad: " ", startingAt: 0)
            let value = String(format: "%10.1f", result.value)
            print("\(name) \(value) \(result.unit)  (\(result.threads) threads, batch \(result.batch))")
        }
    }
} catch BenchError.usage(let problem) {
    printError("bagq-bench: \(BenchError.usage(problem))")
    exit(64)
} catch {
    printError("bagq-bench: \(error)")
    exit(2)
}
