import Queue

enum PauseCommand: JobCommand {
    static let spec = CommandSpec(
        "pause", "JOB…", 1...1000, summary: "Stops handing out work of jobs.",
        details: "Workers finish the batch in hand and turn to other jobs. `bagq resume` goes on.",
        example: "bagq pause 12")

    static func apply(to id: JobID, in store: any JobStore, _: Arguments) throws(StoreError) -> String {
        try store.pause(id)
        return "job \(id) is paused"
    }
}
