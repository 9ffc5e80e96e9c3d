import Intake
import Queue
import Report

enum ReclassifyCommand: Command {
    static let spec = CommandSpec(
        "reclassify", summary: "Queues the sources of sightings that the model has not classified yet.",
        options: [
            .init("--since", "T", "sightings from 7d, 4w, 3m, 1y ago on, or from a date (1y)"),
            .init("--until", "T", "the last day that counts, or so long ago (now)"),
            .init("--model", "M", "the model that is to classify them (the active one)"),
            .init("--priority", "N", "higher goes first, -1000 to 1000 (0)"),
            .init("--wait", nil, "wait for the end, with progress; does the work itself if no worker is alive"),
        ],
        details: """
            Makes a job of each source that still exists, and prints the jobs' numbers; what the model knows
            already is not asked again. Sources that are gone, and those that a job is on already, are named.
            """,
        example: "bagq models use luxe@4 && bagq reclassify --since 1y")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let priority = try arguments.integer("--priority", in: -1000...1000) ?? 0
        let session = try Session(arguments)
        let store = session.store
        let range = try range(arguments, timeZone: store.timeZone)
        let model = try session.model(arguments.value("--model"), command: spec.name)
        // Today's sightings are not classified either.
        let days =
            range.days.lowerBound..<max(range.days.upperBound, range.today?.advanced(by: 1) ?? range.days.upperBound)
        let sources = try store.unclassified(by: model.version, days: days)
        guard !sources.isEmpty else {
            Terminal.note("\(model.version) has classified every sighting of \(range.days.text)")
            return .done
        }
        let underWay = try store.jobs(limit: 10_000).filter { !$0.state.isFinal && $0.model == model.version }
        var jobs: [Job] = []
        var lost = 0
        for source in sources {
            let what = "\(source.path) (\(Format.count(source.sightings, "sighting")))"
            if let job = underWay.first(where: { $0.source == source.path }) {
                Terminal.note("job \(job.id) is on \(what)")
                continue
            }
            do {
                try SourceLister.check(source.path)
            } catch {
                lost += 1
                Terminal.complain("left out, with \(Format.count(source.sightings, "sighting")): \(error)")
                continue
            }
            let job = try store.submit(
                .classify(
                    ClassifyRequest(source: source.path, name: source.name, priority: priority, model: model.version)))
            Terminal.print("\(job.id)")
            Terminal.note("job \(job.id): \(what)")
            jobs.append(job)
        }
        if lost == sources.count { throw CommandError("none of the sources is there any more; nothing was queued") }
        var status = ExitStatus.done
        guard let last = jobs.last else { return status }
        if !arguments.has("--wait") { return try JobWait.afterSubmit(last, waiting: false, in: session) }
        for job in jobs {
            let ended = try JobWait.afterSubmit(job, waiting: true, in: session)
            if ended.rawValue > status.rawValue { status = ended }
        }
        return status
    }

    private static func range(_ arguments: Arguments, timeZone: String) throws -> TrendRange {
        do {
            return try TrendRange(
                since: arguments.value("--since") ?? "1y", until: arguments.value("--until"), now: .now,
                timeZone: timeZone)
        } catch {
            throw UsageError("\(error)", command: spec.name)
        }
    }
}
