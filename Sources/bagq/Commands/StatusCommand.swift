import Foundation
import Intake
import Queue
import Report
import SQLiteStore

enum StatusCommand: Command {
    static let spec = CommandSpec(
        "status", "[JOB]", 0...1, summary: "Shows jobs and workers, or one job in full.",
        options: [
            .init("--json", nil, "as JSON"),
            .init("--watch", nil, "again and again until every job has ended"),
        ],
        details: """
            Unfinished jobs come first, then the ended ones, each newest first: 20 in all, with --json 1,000.
            """,
        example: "bagq status --watch")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let id = try Session.jobs(arguments).first
        let limit = arguments.has("--json") ? 1000 : 20
        let session: Session
        do {
            session = try Session(arguments)
        } catch let error as NoDatabase where id == nil {
            if arguments.has("--json") { Terminal.print(StatusReport(jobs: [], workers: [], now: .now).json.text) }
            Terminal.note("no jobs yet: \(error)")
            return .done
        }
        for finding in try session.database.health() where finding.isDanger {
            Terminal.note("warning: \(finding.text)")
        }
        repeat {
            let jobs = try id.map { [try session.store.job($0)] } ?? session.store.jobs(limit: limit)
            let workers = try session.store.workers()
            let text =
                if arguments.has("--json") || id == nil {
                    report(jobs, workers, asJSON: arguments.has("--json"))
                } else {
                    jobs.map { JobReport(job: $0, workers: workers, now: .now).text(width: Terminal.width) }.joined()
                }
            // Redrawn in place.
            let clear = arguments.has("--watch") && Terminal.isOutput ? "\u{1B}[H\u{1B}[2J" : ""
            Terminal.print(clear + text, terminator: "")
            guard arguments.has("--watch"), jobs.contains(where: { !$0.state.isFinal }) else { break }
            Thread.sleep(forTimeInterval: 1)
        } while true
        return .done
    }

    private static func report(_ jobs: [Job], _ workers: [WorkerRecord], asJSON: Bool) -> String {
        let report = StatusReport(jobs: jobs, workers: workers, now: .now)
        return asJSON ? report.json.text + "\n" : report.text(width: Terminal.width)
    }
}
