import Foundation
import Intake
import Queue

enum SubmitCommand: Command {
    static let spec = CommandSpec(
        "submit", "SOURCE", 1...1,
        summary: "Queues a folder of pictures for classification and prints the job's number.",
        options: [
            .init("--model", "NAME[@N]", "the model to use (else the active one)"),
            .init("--name", "TEXT", "what to call the job (else the folder's name)"),
            .init("--priority", "N", "higher goes first, -1000 to 1000 (0)"),
            .init("--no-trends", nil, "keep these pictures out of the trends"),
            .init("--precision", "P", "auto, fp32 or int8 (auto: what the model says)"),
            .init("--wait", nil, "wait for the end, with progress; does the work itself if no worker is alive"),
        ],
        details: """
            SOURCE is a folder, searched through with all its sub-folders, a text file with a picture's path on
            each line (relative to the list's own folder, or absolute), or one picture. The command returns at
            once; a worker lists the source.
            """,
        example: "bagq submit ~/pictures/october --name october")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let precision = try arguments.choice("--precision", Precision.self) ?? .auto
        let priority = try arguments.integer("--priority", in: -1000...1000) ?? 0
        let source = try source(arguments.operands[0])
        let session = try Session(arguments)
        let model = try session.model(arguments.value("--model"), command: spec.name)
        let job = try session.store.submit(
            .classify(
                ClassifyRequest(
                    source: source,
                    name: arguments.value("--name").map { Path(argument: $0).label } ?? source.label,
                    priority: priority,
                    model: model.version, countsInTrends: !arguments.has("--no-trends"), precision: precision)))
        Terminal.print("\(job.id)")
        Terminal.note("classified by \(model.version)\(model.isActive ? ", the active model" : "")")
        return try JobWait.afterSubmit(job, waiting: arguments.has("--wait"), in: session)
    }

    /// What was named, if it can be a source at all: before a job has a number.
    static func source(_ argument: String) throws -> Path {
        do {
            // A pipe has no path that could be resolved.
            try SourceLister.check(Path(argument: argument))
            return try Path(existing: argument)
        } catch let error as IntakeError {
            if case .missing = error { _ = try Path(existing: argument) }
            throw CommandError("\(error)")
        }
    }
}
