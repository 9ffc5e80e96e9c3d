import Queue
import Report

enum RetryCommand: JobCommand {
    static let spec = CommandSpec(
        "retry", "JOB…", 1...1000, summary: "Takes up again what failed or was left undone in ended jobs.",
        options: [.init("--restart", nil, "training: give up what was learnt so far, and start over")],
        details: "Failures are deleted and their pictures tried again; predictions stay.",
        example: "bagq retry 12 && bagq wait 12")

    static func apply(to id: JobID, in store: any JobStore, _ arguments: Arguments) throws(StoreError) -> String {
        let count = try store.retry(id, restarting: arguments.has("--restart"))
        // None are known of a training, or of a source that was not listed.
        return "job \(id) is waiting again" + (count == 0 ? "" : ", with \(Format.count(count, "picture")) to do")
    }
}
