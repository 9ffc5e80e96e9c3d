import Queue

enum CancelCommand: Command {
    static let spec = CommandSpec(
        "cancel", "JOB…", 1...1000, summary: "Ends jobs for good.",
        details: "Workers stop within a batch. What is recorded stays; `bagq retry` takes the rest up again.",
        example: "bagq cancel 12")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let store = try Session(arguments).store
        for id in try Session.jobs(arguments) {
            try store.cancel(id)
            Terminal.note("job \(id) is cancelled")
        }
        return .done
    }
}
