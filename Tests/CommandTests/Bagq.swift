import Foundation
import Imaging
import Synchronization
import Testing

/// The real program, run on a database and pictures of its own in a temporary folder.
final class Bagq: Sendable {
    let folder: URL
    /// Where each process's stderr goes, by its number.
    private let logs = Mutex<[Int32: URL]>([:])

    struct Output {
        var status: Int32
        var out: String
        var err: String
        var lines: [Substring] { out.split(separator: "\n") }
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bagq-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// With a database that has one small model, `shapes@1`, made by job 1 from `data`, whose pictures are there too.
    static func withModel() throws -> Bagq {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 8)
        try trained.get().write(to: bagq.folder.appending(path: "bagq.db"))
        return bagq
    }

    /// Its database, made once.
    private static let trained = Result {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 8)
        let training = try bagq.run(
            "train", "data", "--name", "shapes", "--recipe", "blog", "--epochs", "1", "--wait")
        guard training.status == 0, try bagq.run("backup", "copy.db").status == 0 else {
            throw Failure(output: training.err)
        }
        return try Data(contentsOf: bagq.folder.appending(path: "copy.db"))
    }

    /// A training writes a checkpoint after each step, so that it can be killed after any.
    static let oftenSaved = ["BAGQ_CHECKPOINT_SECONDS": "0"]

    struct Failure: Error { var output: String }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ relative: String) -> String { folder.appending(path: relative).path(percentEncoded: false) }

    private func process(_ program: URL?, _ words: [String], environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = words
        process.currentDirectoryURL = folder
        process.environment = [
            "HOME": folder.path(percentEncoded: false),
            "PATH": "\(Self.program?.deletingLastPathComponent().path ?? ""):/usr/bin:/bin",
            "TZ": "UTC",
            "BAGQ_DATABASE": path("bagq.db"), "BAGQ_LEASE_SECONDS": "1",
        ].merging(environment) { $1 }
        return process
    }

    private static let program = [
        Bundle.main.bundleURL.appending(path: "bagq"),
        Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "bagq"),
    ].compactMap(\.self).first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Runs to the end. Output goes through files, so that no pipe can fill.
    @discardableResult
    func run(_ words: String..., environment: [String: String] = [:]) throws -> Output {
        try run(words, environment: environment)
    }

    func run(_ words: [String], environment: [String: String] = [:]) throws -> Output {
        try output(of: process(Self.program, words, environment: environment))
    }

    /// Runs a script of sh, for what only a shell can do: pipes, words that are not UTF-8, a terminal. It finds `bagq`.
    func shell(_ script: String, environment: [String: String] = [:]) throws -> Output {
        try output(of: process(URL(filePath: "/bin/sh"), ["-c", script], environment: environment))
    }

    /// The JSON document that a command prints.
    func json(_ words: String...) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(try run(words).out.utf8), options: .fragmentsAllowed)
    }

    private func output(of process: Process) throws -> Output {
        let (out, err) = try capture(process)
        process.waitUntilExit()
        return Output(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            out: String(decoding: try Data(contentsOf: out), as: UTF8.self),
            err: String(decoding: try Data(contentsOf: err), as: UTF8.self))
    }

    /// Starts and returns at once; the caller ends it.
    func start(_ words: String..., environment: [String: String] = [:]) throws -> Process {
        try start(words, environment: environment)
    }

    func start(_ words: [String], environment: [String: String] = [:]) throws -> Process {
        let process = process(Self.program, words, environment: environment)
        _ = try capture(process)
        return process
    }

    func start(shell script: String) throws -> Process {
        let process = process(URL(filePath: "/bin/sh"), ["-c", script], environment: [:])
        _ = try capture(process)
        return process
    }

    /// What a process that was started has written to stderr so far.
    func log(of process: Process) throws -> String {
        guard let file = logs.withLock({ $0[process.processIdentifier] }) else { return "" }
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    private func capture(_ process: Process) throws -> (out: URL, err: URL) {
        let id = UUID().uuidString
        let files = (folder.appending(path: "out-\(id)"), folder.appending(path: "err-\(id)"))
        for file in [files.0, files.1] { try Data().write(to: file) }
        let handles = [try FileHandle(forWritingTo: files.0), try FileHandle(forWritingTo: files.1)]
        (process.standardOutput, process.standardError) = (handles[0], handles[1])
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // The process has its own. These would stay open as long as what is below waits, a thousand and more of them,
        // and with so many Foundation crashes now and then: it copies entries of /proc/self/fd from beyond its buffer's
        // end.
        for handle in handles { try handle.close() }
        logs.withLock { $0[process.processIdentifier] = files.1 }
        // One that hangs fails its test. Swift Testing's own limit counts the time that a test waits for others, too.
        DispatchQueue.global().asyncAfter(deadline: .now() + 240) {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        return files
    }

    /// Draws small pictures that a network can tell apart: a disc, a bar or a square on a varied ground.
    func drawPictures(in relative: String, each count: Int, brands: [String] = ["bar", "disc"]) throws {
        for (brand, name) in brands.enumerated() {
            let target = folder.appending(path: "\(relative)/\(name)")
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            for index in 0..<count {
                let image = Self.picture(of: brand, variant: index)
                try Data(try image.jpeg(quality: 85)).write(to: target.appending(path: "\(index).jpg"))
            }
        }
    }

    static func picture(of brand: Int, variant: Int) -> RGBImage {
        let side = 64
        var image = RGBImage(width: side, height: side, pixels: [UInt8](repeating: 0, count: side * side * 3))
        let ground = UInt8(20 + (variant * 37) % 60)
        let (centreX, centreY) = (24 + (variant * 7) % 16, 24 + (variant * 11) % 16)
        for y in 0..<side {
            for x in 0..<side {
                let (dx, dy) = (x - centreX, y - centreY)
                let isInside =
                    switch brand {
                    case 0: abs(dx) < 20 && abs(dy) < 4
                    case 1: dx * dx + dy * dy < 144
                    default: abs(dx) < 9 && abs(dy) < 9
                    }
                let value = isInside ? UInt8(200 + (variant * 13) % 55) : ground
                for channel in 0..<3 { image.pixels[(y * side + x) * 3 + channel] = value &+ UInt8(channel * 5) }
            }
        }
        return image
    }
}
