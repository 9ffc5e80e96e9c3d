import Foundation
import Testing

/// A job's life as the command line shows and steers it.
struct JobTests {
    private func state(_ job: Int, _ bagq: Bagq) throws -> String? {
        try jobs(bagq).first { $0["id"] as? Int == job }?["state"] as? String
    }

    private func jobs(_ bagq: Bagq) throws -> [[String: Any]] {
        let status = try #require(try bagq.json("status", "--json") as? [String: Any])
        return try #require(status["jobs"] as? [[String: Any]])
    }

    @Test func pauseResumeCancelRetryForget() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--name", "first").out == "2\n")
        #expect(try bagq.run("submit", "data").out == "3\n")

        #expect(try bagq.run("pause", "2").err == "job 2 is paused\n")
        #expect(try bagq.run("pause", "2").status == 2)
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try state(2, bagq) == "paused")
        #expect(try state(3, bagq) == "done")
        #expect(try bagq.run("resume", "2").err == "job 2 goes on\n")
        #expect(try bagq.run("resume", "2").status == 2)
        #expect(try state(2, bagq) == "waiting")

        // What can be done is done, whatever the others are.
        let cancel = try bagq.run("cancel", "3", "99", "2")
        #expect(cancel.status == 2)
        #expect(cancel.err.contains("job 3 is done already"))
        #expect(cancel.err.contains("there is no job 99"))
        #expect(cancel.err.hasSuffix("job 2 is cancelled\n"))
        #expect(try bagq.run("wait", "2", "3").status == 2)
        #expect(try bagq.run("forget", "2").status == 0)
        #expect(try bagq.run("status", "2").status == 2)
        #expect(try jobs(bagq).map { $0["id"] as? Int } == [3, 1])

        // A failure is tried again once its cause is gone.
        try Data().write(to: URL(filePath: bagq.path("data/bar/empty.jpg")))
        #expect(try bagq.run("submit", "data", "--wait").status == 1)
        #expect(try bagq.run("failures", "4").lines.count == 2)
        let good = bagq.path("data/bar/0.jpg")
        try Data(contentsOf: URL(filePath: good)).write(to: URL(filePath: bagq.path("data/bar/empty.jpg")))
        #expect(try bagq.run("retry", "4").err == "job 4 is waiting again, with 1 picture to do\n")
        #expect(try bagq.run("forget", "4").status == 2)
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try bagq.run("wait", "4").status == 0)
        #expect(try bagq.run("failures", "4").lines.count == 1)
        #expect(try bagq.run("results", "4").lines.count == 18)
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }

    @Test func waitingSaysHowItEnds() throws {
        let bagq = try Bagq.withModel()
        let empty = bagq.path("none")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        try Data("hello".utf8).write(to: URL(filePath: empty + "/notes.txt"))
        let nothing = try bagq.run("submit", "none", "--wait")
        #expect(nothing.status == 2 && nothing.err.contains("left out 1 metadata"))
        #expect(nothing.out == "2\n")
        #expect(nothing.err.contains("there is no picture in \(empty)"))
        #expect(try bagq.run("status", "2").out.contains("left out  1 metadata\n"))

        // A source that goes away before it is listed fails the job, in one line.
        #expect(try bagq.run("submit", "none").out == "3\n")
        try FileManager.default.removeItem(atPath: empty)
        #expect(try bagq.run("worker", "--drain").status == 0)
        let failed = try bagq.run("wait", "3")
        #expect(failed.status == 2)
        #expect(failed.err.contains("job 3: failed, 0 done\njob 3: \(empty): "))
        #expect(try bagq.run("status", "3").out.contains("\nerror "))

        let wait = try bagq.run("wait", "1")
        // What training says of so few pictures may follow.
        #expect(wait.err.prefixMatch(of: /job 1: done, 100\.0 %, (\d+) of \1\n/) != nil, "\(wait.err)")
    }

    @Test func interruptedWaitingEndsWith130() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data").out == "2\n")
        #expect(try bagq.run("pause", "2").status == 0)
        let wait = try bagq.shell(
            """
            bagq wait 2 2> said & until grep -q '^job 2: paused' said; do sleep 0.01; done
            kill -INT $!; wait $!; echo $?; head -n 1 said
            """)
        // sh starts background work with SIGINT ignored; bagq takes it up again.
        #expect(wait.out == "130\njob 2 is paused: `bagq resume 2` goes on\n")
        #expect(try state(2, bagq) == "paused")
    }

    @Test func waitingWorksItselfOnlyWhereNobodyDoes() throws {
        let bagq = try Bagq.withModel()
        let alone = try bagq.run("submit", "data", "--wait")
        #expect(alone.status == 0)
        #expect(alone.err.contains("started worker="))
        #expect(alone.err.hasSuffix("16 of 16\n") || alone.err.contains("stopped worker="))

        let worker = try bagq.start("worker", "--name", "other")
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        while try (bagq.json("status", "--json") as? [String: [Any]])?["workers"]?.isEmpty != false, worker.isRunning {}
        let together = try bagq.run("submit", "data", "--wait")
        #expect(together.status == 0)
        #expect(!together.err.contains("started worker="))
        let status = try #require(try bagq.json("status", "--json") as? [String: [[String: Any]]])
        let row = try #require(status["workers"]?.first)
        #expect(
            Set(row.keys) == ["name", "host", "pid", "state", "job", "heartbeat_at", "rate_per_second"])
        #expect(row["name"] as? String == "other")
        #expect(row["pid"] as? Int == Int(worker.processIdentifier))
    }

    @Test func keysOfJSON() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--name", "a \"name\"", "--wait").status == 0)
        let job = try #require(try jobs(bagq).first)
        #expect(
            Set(job.keys) == [
                "id", "kind", "name", "state", "model", "precision", "source", "items_total", "items_done",
                "items_failed",
                "rate_per_second", "seconds_left", "created_at", "started_at", "finished_at", "error",
                "items_earlier",
            ])
        #expect(job["name"] as? String == "a \"name\"")
        #expect(job["items_total"] as? Int == 16)
        #expect(job["source"] as? String == bagq.path("data"))

        let trends = try #require(try bagq.json("trends", "--since", "today", "--json") as? [String: Any])
        #expect(
            Set(trends.keys) == [
                "since", "until", "by", "unit", "model", "time_zone", "other", "unsure", "undated", "weak",
                "unclassified", "brands", "buckets", "dates", "threshold", "has_other", "recognised", "window",
                "before",
                "leader", "tied", "reviewed", "share_adjusted_method", "share_adjusted_note",
            ])
        let brand = try #require((trends["brands"] as? [[String: Any]])?.first)
        #expect(
            Set(brand.keys) == [
                "brand", "count", "share", "share_low", "share_high", "share_adjusted", "share_before", "change_points",
                "change_low_points", "change_high_points", "verdict", "smallest_visible_points", "texts", "named",
                "share_adjusted_low", "share_adjusted_high", "false_positive_rate", "false_positive_rate_low",
                "false_positive_rate_high", "reviewed",
            ])
        let bucket = try #require((trends["buckets"] as? [[String: Any]])?.first)
        #expect(
            Set(bucket.keys) == [
                "name", "start", "end", "complete", "days", "days_seen", "recognised", "other", "unsure", "remarks",
                "counts", "shares",
            ])
        let season = try #require((try bagq.json("seasons", "--json") as? [[String: Any]])?.first)
        #expect(
            Set(season.keys) == [
                "season", "start", "end", "complete", "model", "time_zone", "dates", "threshold", "recognised", "other",
                "unsure", "weak", "unclassified", "window", "before", "leader", "tied", "brands", "reviewed",
                "share_adjusted_method", "share_adjusted_note",
            ])
        #expect(Set(try #require((season["brands"] as? [[String: Any]])?.first).keys) == Set(brand.keys))

        let lines = try bagq.run("classify", "--json", "data/bar/0.jpg", "nowhere.jpg").lines
        let rows = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(
            rows[0]?.keys.sorted() == [
                "brand", "confidence", "familiarity", "flags", "path", "probabilities", "recognised",
            ])
        #expect(rows[1]?.keys.sorted() == ["message", "path", "reason"])

        let report = try #require(try bagq.json("evaluate", "shapes", "data", "--json") as? [String: Any])
        #expect(
            Set(report.keys) == [
                "n", "accuracy", "accuracy_low", "accuracy_high", "classes", "confusion", "per_class", "measured_on",
                "left_out_training", "left_out_validation", "included_seen", "temperature", "ece", "ece_expected",
                "ece_expected_95", "nll", "ece_uncalibrated", "nll_uncalibrated", "unfamiliar",
            ])
        let doctor = try #require(try bagq.json("doctor", "--deep", "--json") as? [String: Any])
        #expect(Set(doctor.keys) == ["facts", "warnings", "troubles"])
        #expect((doctor["troubles"] as? [String])?.isEmpty == true)
        let config = try #require(try bagq.json("config", "--json") as? [[String: String]])
        #expect(config.contains { $0["setting"] == "BAGQ_LEASE_SECONDS" && $0["value"] == "1" })
        #expect(config.allSatisfy { $0.keys.sorted() == ["origin", "setting", "value"] })
        // The database's time zone holds, whatever is set since.
        let moved = try bagq.run("config", environment: ["BAGQ_TIME_ZONE": "America/New_York"])
        let zone = try #require(moved.lines.first { $0.hasPrefix("BAGQ_TIME_ZONE") })
        #expect(zone.contains("this database (fixed)") && !zone.contains("New_York"))
        #expect(moved.err.contains("BAGQ_TIME_ZONE=America/New_York (environment) changes nothing"))
        let mistyped = try bagq.run("config", environment: ["BAGQ_THREDS": "3"])
        #expect(mistyped.status == 0 && mistyped.err.contains("BAGQ_THREDS is no setting"))
        #expect(mistyped.err.contains("did you mean BAGQ_THREADS?"))
    }

    @Test func trendsOfAnEmptyWindowPointToTheNewest() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("trends").out.contains("There are none yet: bagq submit FOLDER"))
        #expect(try bagq.run("submit", "data", "--no-trends", "--wait").status == 0)
        #expect(try bagq.run("trends").out.contains("There are none yet"))
        #expect(try bagq.run("results", "2").lines.count == 17)

        // 2024-02-20 12:00 UTC.
        for index in 0..<8 {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_708_430_400)],
                ofItemAtPath: bagq.path("data/disc/\(index).jpg"))
        }
        #expect(try bagq.run("submit", "data/disc", "--wait").status == 0)
        let empty = try bagq.run("trends").out
        #expect(empty.contains("The newest is of 20 February 2024"))
        let command = try #require(empty.firstMatch(of: /: bagq (trends --since.*)/)).1
        let shown = try bagq.run(command.split(separator: " ").map(String.init))
        #expect(shown.status == 0)
        #expect(shown.out.contains("of 8 sightings"))
        // The same pictures again make no new sighting.
        #expect(try bagq.run("submit", "data/disc", "--wait").status == 0)
        #expect(try bagq.run("trends", "--since", "2024-02-20", "--until", "2024-02-20").out.contains("8 sightings"))
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }
}
