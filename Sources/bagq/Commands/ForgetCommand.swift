import Queue
import Report

enum ForgetCommand: JobCommand {
    static let spec = CommandSpec(
        "forget", "[JOB…]", 0...1000, summary: "Removes ended jobs with all they recorded, or an author's sightings.",
        options: [.init("--author", "NAME", "remove this author's sightings instead; may be given several times")],
        details: "The trends are corrected. Sightings that another job has too are kept. There is no way back.",
        example: "bagq forget 12\nbagq forget --author anna")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        guard arguments.has("--author") != !arguments.operands.isEmpty else {
            throw UsageError("give either jobs or --author NAME", command: spec.name)
        }
        let jobs = try Session.jobs(arguments)
        let store = try Session(arguments).store
        for author in arguments.values("--author") {
            Terminal.note("\(Format.count(try store.forget(author: author), "sighting")) removed")
        }
        return try applyToEach(of: jobs, in: store, arguments)
    }

    static func apply(to id: JobID, in store: any JobStore, _: Arguments) throws(StoreError) -> String {
        try store.forget(id)
        return "job \(id) is forgotten"
    }
}
