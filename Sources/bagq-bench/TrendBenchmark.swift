import CNN
import Dispatch
import Foundation
import Intake
import Queue
import SQLiteStore

/// `bagq trends` and `bagq seasons` as whole processes, on a database of made sightings. The program is the one that
/// was built beside this one.
func measureTrends(_ options: BenchOptions) throws -> [Measurement] {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
        path: "bagq")
    guard FileManager.default.isExecutableFile(atPath: program.path(percentEncoded: false)) else {
        throw BenchError.folder("\(program.path(percentEncoded: false)) is missing; `swift build -c release` makes it")
    }
    let home = FileManager.default.temporaryDirectory.appending(path: "bagq-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    let database = options.database ?? home.appending(path: "bagq.db").path(percentEncoded: false)
    if !FileManager.default.fileExists(atPath: database) {
        try makeSightings(options.sightings, at: Path(database))
    }
    let commands = [
        ["trends", "--since", "7d"], ["trends", "--since", "1y"], ["seasons"],
        ["trends", "--since", "7d", "--unit", "posts"], ["trends", "--since", "7d", "--hashtag", "tag3"],
    ]
    return try commands.map { command in
        let seconds = try medianSeconds { try run(program, command + ["--db", database]) }
        return Measurement(
            name: command.joined(separator: " "), value: seconds * 1000, unit: "ms", threads: 1, batch: 1)
    }
}

private func run(_ program: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    // `waitUntilExit` looks every 50 ms.
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    ended.wait()
    guard process.terminationStatus == 0 else {
        throw BenchError.folder("bagq \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
}

/// A database of so many sightings.
private func makeSightings(_ count: Int, at path: Path) throws {
    let store = try SQLiteStore(path: path, mode: .create(timeZone: "UTC"))
    let version = try store.add(
        NewModel(
            classes: MadePosts.classes, threshold: 0.5, precision: .fp32, summary: "benchmark",
            file: madeModel().safetensors()), named: "benchmark")
    var posts = MadePosts(until: .now)
    let clock = ContinuousClock()
    let start = clock.now
    // A dump holds two million pictures at most: its changes stay in memory until they are written.
    let dump = 2_000_000
    for first in stride(from: 0, to: count, by: dump) {
        let job = try store.submit(
            .classify(ClassifyRequest(source: Path("/dump\(first / dump)"), name: "dump", model: version)))
        _ = try store.cancel(job.id)
        try store.see((0..<min(dump, count - first)).lazy.map { _ in posts.next() }, in: job.id)
    }
    printError("made \(count) sightings in \(Int((clock.now - start) / .seconds(1))) s")
}

/// A model that was right on 40 held-out pictures of each class and wrong on 8: shares are adjusted by them.
private func madeModel() throws -> Model {
    let classes = MadePosts.classes
    var model = try Model(
        untrained: Architecture(
            input: Shape(height: 8, width: 8, channels: 3), layers: [.flatten, .dense(units: classes.count)]),
        seed: 1, classes: classes, preprocessing: Preprocessing(width: 8, height: 8))
    var heldOut = HeldOut(part: .test)
    for label in classes.indices {
        for _ in 0..<40 { heldOut.add(label: label, predicted: label, step: 19) }
        for number in 1...8 { heldOut.add(label: label, predicted: (label + number) % classes.count, step: 12) }
    }
    model.heldOut = heldOut
    return model
}

/// Posts of two years in no order, by 200,000 authors of whom few post most.
private struct MadePosts {
    static let classes = (1...8).map { "brand\($0)" } + [otherClass]

    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private let end: Timestamp
    private var post = Post()
    /// Pictures that the post still has.
    private var left = 0
    private var seen = 0

    init(until end: Timestamp) { self.end = end }

    /// Below `limit`; xorshift (G. Marsaglia, Journal of Statistical Software 8, 2003).
    private mutating func draw(_ limit: UInt64) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int((state >> 11) % limit)
    }

    mutating func next() -> MadeSighting {
        if left == 0 { begin() }
        left -= 1
        post.place = (post.place ?? -1) + 1
        seen += 1
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: (seen &* 0x9E37_79B9) >> ($0 * 4)) }
        let brand = min(draw(12), draw(9))
        return MadeSighting(
            post: post, fingerprint: Fingerprint(bytes: bytes), brand: brand, step: 20 - min(draw(17), draw(17)))
    }

    private mutating func begin() {
        left = 1 + min(draw(4), draw(4))
        let date = draw(100)
        let source: TimeSource = date < 2 ? .none : date < 10 ? .mtime : date < 40 ? .name : .sidecar
        let time = Timestamp(milliseconds: end.milliseconds - Int64(draw(63_000_000)) * 1000)
        // Of an author's rank the cube is drawn evenly: the first thousandth posts a tenth.
        let rank = Double(draw(1 << 20)) / Double(1 << 20)
        post = Post(
            time: source == .none ? nil : PostTime(time, source), platform: draw(3) == 0 ? "tumblr" : "instagram",
            id: "C\(seen)x\(draw(1 << 30))", author: "author\(Int(rank * rank * rank * 200_000))")
        post.hasText = draw(10) < 7
        if post.hasText, draw(2) == 0 { post.hashtags = ["bag", "tag\(draw(40))"] }
        if post.hasText, draw(8) == 0 { post.mentions = [Self.classes[draw(8)]] }
        post.engagement = Engagement(likes: draw(2_000), comments: draw(50))
    }
}
