import Foundation
import Intake
import Report
import Threads

enum DemoCommand: Command {
    static let spec = CommandSpec(
        "demo", "[FOLDER]", 0...1, summary: "Draws pictures of made-up brands and does the whole job on them.",
        options: [.init("--epochs", "N", "training epochs (20)")],
        details: "Everything stays in FOLDER (else a new temporary folder); no other database is touched.",
        example: "bagq demo")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let epochs = try arguments.integer("--epochs", in: 1...1000) ?? 20
        let folder = try folder(arguments.operands.first)
        let path = folder.path(percentEncoded: false)
        let demo = Demo(folder: path)
        Terminal.print("Drawing handbags of five made-up brands into \(path) …")
        let drawing = Monitor(DrawingDisplay())
        let data = try DemoData.write(
            to: folder, seed: 2018, today: .now, threads: try Settings().threads
        ) { written, total in
            drawing.withLock { $0.show(written, of: total) }
        }
        Terminal.print(data.description)

        try demo.bagq("train", "training", "--name", "demo", "--recipe", "blog", "--epochs", String(epochs), "--wait")
        try demo.bagq("submit", "dump", "--name", "demo-dump")
        try demo.bagq("worker", "--drain", "--name", "demo")
        try demo.bagq("status")
        try demo.bagq("results", "2", lines: 8)
        try demo.bagq("failures", "2")
        try demo.bagq("trends", "--since", "60d", "--by", "week")
        try demo.bagq("trends", "--since", "14d")
        try demo.bagq("seasons")
        Terminal.print(
            """

            Everything is in \(path):
              training/  \(data.trainingCount) labelled pictures, a folder for each brand and one for _other
              dump/      \(data.dumpCount) pictures as from social media
              bagq.db    the database: look further with `bagq status --db \(path)/bagq.db`

            These pictures are drawn: how well the model does on them says nothing about real bags. To start for
            real, collect about 200 to 1,500 labelled photos of each brand in one folder a brand, and of other
            bags and things in a folder _other, then:
              bagq train PHOTOS --name luxe --epochs 30 --wait
              bagq submit DUMP --wait && bagq trends --since 30d && bagq seasons
            """)
        return .done
    }

    private static func folder(_ wanted: String?) throws -> URL {
        let folder =
            wanted.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "bagq-demo-\(getpid())")
        if FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)),
            try !FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).isEmpty
        {
            throw CommandError("\(folder.path(percentEncoded: false)) is not empty; name a new folder")
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}

/// How far the drawing is, on stderr: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
private struct DrawingDisplay {
    private var lastShown = Date()

    mutating func show(_ written: Int, of total: Int) {
        let isLast = written == total
        guard isLast || -lastShown.timeIntervalSinceNow >= (Terminal.isError ? 0.2 : 10) else { return }
        lastShown = Date()
        let progress = ProgressLine(done: written, total: total)
        if Terminal.isError {
            Terminal.rewrite(progress.text(width: Terminal.errorWidth), isLast: isLast)
        } else {
            Terminal.note("drawing: \(progress.plainText)")
        }
    }
}

/// Runs this very program on the demo's database, showing each command.
private struct Demo {
    let folder: String

    /// Prints the command, then what it prints, at most `lines` lines of it.
    func bagq(_ words: String..., lines: Int? = nil) throws {
        Terminal.print("\n$ bagq \(words.joined(separator: " "))\(lines.map { " | head -\($0)" } ?? "")")
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = words
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["BAGQ_DATABASE": folder + "/bagq.db"]) { $1 }
        let pipe = Pipe()
        if lines != nil { process.standardOutput = pipe }
        try process.run()
        if let lines {
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            for line in output.split(separator: "\n").prefix(lines) { Terminal.print(String(line)) }
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus <= 1 else {
            throw CommandError("`bagq \(words.joined(separator: " "))` ended with \(process.terminationStatus)")
        }
    }
}
