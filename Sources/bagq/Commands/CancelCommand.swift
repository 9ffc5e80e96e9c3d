import Queue

enum CancelCommand: JobCommand {
    static let spec = CommandSpec(
        "cancel", "JOB…", 1...1000, summary: "Ends jobs for good.",
        details: "Workers stop within a batch. What is recorded stays; `bagq retry` takes the rest up again.",
        example: "bagq cancel 12")

    static func apply(to id: JobID, in store: any JobStore, _: Arguments) throws(StoreError) -> String {
        try store.cancel(id)
        return "job \(id) is cancelled"
    }
}
