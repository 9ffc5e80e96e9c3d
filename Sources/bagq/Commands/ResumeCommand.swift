import Queue

enum ResumeCommand: Command {
    static let spec = CommandSpec(
        "resume", "JOB…", 1...1000, summary: "Goes on with paused jobs.",
        details: "Work that was under way when the job was paused continues where it stopped.",
        example: "bagq resume 12")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let store = try Session(arguments).store
        for id in try Session.jobs(arguments) {
            try store.resume(id)
            Terminal.note("job \(id) goes on")
        }
        return .done
    }
}
