import Queue

enum ForgetCommand: Command {
    static let spec = CommandSpec(
        "forget", "[JOB…]", 0...1000, summary: "Removes ended jobs with all they recorded, or an author's sightings.",
        options: [.init("--author", "NAME", "remove this author's sightings instead")],
        details: "The trends are corrected. Sightings that another job has too are kept. There is no way back.",
        example: "bagq forget 12\nbagq forget --author anna")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        guard arguments.has("--author") != !arguments.operands.isEmpty else {
            throw UsageError("give either jobs or --author NAME", command: spec.name)
        }
        let store = try Session(arguments).store
        for author in arguments.values("--author") {
            Terminal.note("\(try store.forget(author: author)) sightings removed")
        }
        for id in try Session.jobs(arguments) {
            try store.forget(id)
            Terminal.note("job \(id) is forgotten")
        }
        return .done
    }
}
