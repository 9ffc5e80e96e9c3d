import Foundation
import Intake
import Queue
import Report

enum StatusCommand: Command {
    static let spec = CommandSpec(
        "status", "[JOB]", 0...1, summary: "Shows jobs and workers, or one job in full.",
        options: [
            .init("--json", nil, "as JSON"),
            .init("--watch", nil, "again and again until every job has ended"),
        ],
        example: "bagq status --watch")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let session: Session
        do {
            session = try Session(arguments)
        } catch let error as NoDatabase where arguments.operands.isEmpty {
            if arguments.has("--json") { Terminal.print(StatusReport(jobs: [], workers: []).json().text) }
            Terminal.note("no jobs yet: \(error)")
            return .done
        }
        let id = try Session.jobs(arguments).first
        repeat {
            let jobs = try id.map { [try session.store.job($0)] } ?? session.store.jobs(limit: 20)
            let report = StatusReport(jobs: jobs, workers: try session.store.workers())
            show(report, arguments, isOne: id != nil)
            guard arguments.has("--watch"), jobs.contains(where: { !$0.state.isFinal }) else { break }
            Thread.sleep(forTimeInterval: 1)
        } while true
        return .done
    }

    private static func show(_ report: StatusReport, _ arguments: Arguments, isOne: Bool) {
        if arguments.has("--json") { return Terminal.print(report.json().text) }
        let now = Timestamp.now
        let text = isOne ? report.detail(now: now) : report.text(now: now, width: Terminal.width)
        Terminal.print((arguments.has("--watch") && Terminal.isOutput ? "\u{1B}[H\u{1B}[2J" : "") + text)
    }
}
