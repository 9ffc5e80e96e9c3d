package import Intake
package import Queue

/// What `bagq status JOB` shows: everything about one job.
package struct JobReport {
    private let job: Job
    private let workers: [WorkerRecord]
    private let now: Timestamp

    /// - workers: Those that are alive.
    package init(job: Job, workers: [WorkerRecord], now: Timestamp) {
        self.job = job
        self.workers = workers
        self.now = now
    }

    /// One fact a line. With a terminal's width progress is a bar.
    package func text(width: Int?) -> String {
        let indent = 10
        var facts = [
            ("job", "\(job.id), \(job.kind.rawValue), \(job.stateText(workers))"), ("name", job.name),
            ("source", job.source.description), ("model", job.model.description),
        ]
        facts.append(("progress", width.map { job.progress.text(width: $0 - indent) } ?? job.progress.plainText))
        if let earlier = job.earlierText { facts.append(("earlier", earlier)) }
        if job.itemsFailed > 0 {
            facts.append(("failed", "\(Format.count(job.itemsFailed)); bagq failures \(job.id) says why"))
        }
        if let leftOut = job.leftOutText { facts.append(("left out", leftOut)) }
        facts.append(("created", moment(job.createdAt)))
        if let started = job.startedAt { facts.append(("started", moment(started))) }
        if let finished = job.finishedAt { facts.append(("finished", moment(finished))) }
        if let started = job.startedAt {
            let end = job.finishedAt ?? now
            let seconds = (Double(end.milliseconds) - Double(started.milliseconds)) / 1000
            facts.append((job.finishedAt == nil ? "running" : "took", Format.duration(seconds: max(0, seconds))))
        }
        if let trouble = job.trouble { facts.append(("waits for", trouble)) }
        if let error = job.error { facts.append((job.state == .failed ? "error" : "remark", error)) }
        return facts.map { name, value in
            name + String(repeating: " ", count: max(1, indent - name.count)) + Escaping.terminal(value) + "\n"
        }.joined()
    }

    private func moment(_ moment: Timestamp) -> String {
        let text = moment.iso8601
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC (\(Format.age(of: moment, now: now)))"
    }
}

extension Job {
    /// "3,000 of 3,012 were classified before"; nil where none was.
    package var earlierText: String? {
        if itemsEarlier == 0 { return nil }
        return "\(Format.count(itemsEarlier)) of \(Format.count(itemsTotal ?? itemsDone)) were classified before"
    }

    /// "120 not_a_picture, 4 link (not followed)", the most frequent first; nil where nothing was left out.
    package var leftOutText: String? {
        let counts = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        if counts.isEmpty { return nil }
        return counts.map { reason, count in
            "\(Format.count(count)) \(reason)\(reason == "link" ? " (not followed)" : "")"
        }.joined(separator: ", ")
    }
}
