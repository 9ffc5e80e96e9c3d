import Foundation
import Queue
import Worker

enum WorkerCommand: Command {
    static let spec = CommandSpec(
        "worker", summary: "Works on jobs until stopped.",
        options: [
            .init("--drain", nil, "end with 0 when no work is left, whatever pictures failed"),
            .init("--threads", "N", "compute threads (else BAGQ_THREADS, else all cores)"),
            .init("--cache-mb", "N", "memory for decoded training pictures in MiB (else BAGQ_CACHE_MB, else 1024)"),
            .init("--name", "W", "what `bagq status` calls this worker (else host and process)"),
            .init("--only", "KIND", "take only classify or only train jobs"),
        ],
        details: """
            SIGTERM or Ctrl-C: finishes the batch in hand, records it, gives the work back and ends with 0.
            --drain waits for other workers' work and ignores paused jobs: for scripts, cron and containers.
            """,
        example: "bagq worker --drain --threads 4")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let threads = try arguments.integer("--threads", in: 1...256)
        let cache = try arguments.integer("--cache-mb", in: Settings.cacheMegabytes)
        let only = try arguments.choice("--only", JobKind.self)
        let stop = StopRequest()
        stop.heedSignals(exitStatus: ExitStatus.tryAgain.rawValue)
        // Its waiting is done call by call, by whoever may be asked to stop meanwhile.
        let session = try Session(arguments, creating: true, busyMilliseconds: 2000)
        let worker = try session.worker(
            named: arguments.value("--name"), threads: threads, cacheBytes: cache.map { $0 << 20 },
            kinds: only.map { [$0] } ?? Set(JobKind.allCases),
            ending: arguments.has("--drain") ? .drained : .never, stop: stop)
        try worker.run()
        return .done
    }
}
