import Queue

enum PauseCommand: Command {
    static let spec = CommandSpec(
        "pause", "JOB…", 1...1000, summary: "Stops handing out work of jobs.",
        details: "Workers finish the batch in hand and turn to other jobs. `bagq resume` goes on.",
        example: "bagq pause 12")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let store = try Session(arguments).store
        for id in try Session.jobs(arguments) {
            try store.pause(id)
            Terminal.note("job \(id) is paused")
        }
        return .done
    }
}
