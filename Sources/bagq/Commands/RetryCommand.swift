import Queue

enum RetryCommand: Command {
    static let spec = CommandSpec(
        "retry", "JOB…", 1...1000, summary: "Takes up again what failed or was left undone in ended jobs.",
        details: "Failures are deleted and their pictures tried again; predictions stay.",
        example: "bagq retry 12 && bagq wait 12")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let store = try Session(arguments).store
        for id in try Session.jobs(arguments) {
            let count = try store.retry(id)
            Terminal.note("job \(id) is waiting again, with \(count) pictures to do")
        }
        return .done
    }
}
