import Queue

enum ResumeCommand: JobCommand {
    static let spec = CommandSpec(
        "resume", "JOB…", 1...1000, summary: "Goes on with paused jobs.",
        details: "Work that was under way when the job was paused continues where it stopped.",
        example: "bagq resume 12")

    static func apply(to id: JobID, in store: any JobStore, _: Arguments) throws(StoreError) -> String {
        try store.resume(id)
        return "job \(id) goes on"
    }
}
