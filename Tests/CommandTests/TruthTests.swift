import Foundation
import Imaging
import Intake
import Queue
import SQLiteStore
import Testing

/// What bagq says is true: accuracies, dates, refusals, seen from outside.
struct TruthTests {
    /// Seven photos of an evening, by a camera that knows no zone, count on their day wherever the database is.
    @Test(arguments: ["Asia/Tokyo", "America/Los_Angeles", "UTC"])
    func photosCountOnTheDayOfTheirClock(zone: String) throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("models", "export", "shapes", "m.safetensors").status == 0)
        #expect(try bagq.shell("rm bagq.db*").status == 0)
        #expect(try bagq.run("migrate", environment: ["BAGQ_TIME_ZONE": zone]).status == 0)
        #expect(try bagq.run("models", "import", "m.safetensors", "--name", "m").status == 0)
        try FileManager.default.createDirectory(atPath: bagq.path("dump"), withIntermediateDirectories: true)
        for hour in 0..<7 {
            let pixels = (0..<64 * 64 * 3).map { UInt8(truncatingIfNeeded: $0 &* (hour + 3)) }
            let file = try RGBImage(width: 64, height: 64, pixels: pixels)
                .jpeg(
                    exif: EXIFBlock(dateTimeOriginal: "2024:11:20 \(hour * 3 + 5 > 9 ? "" : "0")\(hour * 3 + 5):30:00"))
            try Data(file).write(to: URL(filePath: bagq.path("dump/\(hour).jpg")))
        }
        #expect(try bagq.run("submit", "dump", "--wait").status == 0)
        let trends = try #require(
            try bagq.json("trends", "--since", "2024-11-18", "--until", "2024-11-22", "--json") as? [String: Any])
        #expect(trends["dates"] as? String == "strong" && trends["time_zone"] as? String == zone)
        let day = try #require(
            try bagq.json("trends", "--since", "2024-11-20", "--until", "2024-11-20", "--json") as? [String: Any])
        func counted(_ report: [String: Any]) -> Int {
            let brands = (report["brands"] as? [[String: Any]])?.compactMap { $0["count"] as? Int } ?? []
            return brands.reduce(0, +) + (report["unsure"] as? Int ?? 0) + (report["other"] as? Int ?? 0)
        }
        #expect(counted(day) == 7 && counted(trends) == 7)
        let rows = try bagq.run("results", "1", "--json").lines
        #expect(rows.count == 7 && rows.allSatisfy { $0.contains(#""time_source":"exif""#) })
    }

    /// File times that nobody set are no dates.
    @Test func nonsenseFileTimesAreNoDates() throws {
        let bagq = try Bagq.withModel()
        #expect(
            try bagq.shell(
                "mkdir d && cp data/bar/0.jpg d/a.jpg && cp data/bar/1.jpg d/b.jpg && cp data/disc/0.jpg d/c.jpg"
            ).status == 0)
        #expect(
            try bagq.shell("touch -d 2107-12-31 d/a.jpg && touch -d 1980-01-01 d/b.jpg && touch -d 2020-02-02 d/c.jpg")
                .status
                == 0)
        #expect(try bagq.run("submit", "d", "--wait").status == 0)
        let rows = try bagq.run("results", "2", "--format", "csv").lines.map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(rows[1...3].map { String($0[8]) } == ["", "", "mtime"])
        #expect(rows[1][5].isEmpty && rows[2][5].isEmpty && rows[3][5].hasPrefix("2020-02-02"))
    }

    @Test func whatCanBeNoSourceGetsNoNumber() throws {
        let bagq = try Bagq.withModel()
        let cases: [(make: String, source: String, message: String)] = [
            (
                "printf 'PK\\003\\004rest of it' > takeout.zip", "takeout.zip",
                "this is a ZIP archive; unpack it and submit the folder"
            ),
            ("printf '\\037\\213\\010data' > a.tgz", "a.tgz", "this is a gzip archive"),
            (
                "printf '{\"id\": 1}\\n' > tweets.jsonl", "tweets.jsonl",
                "names no picture that is there (looked for a column file_name, image, path, id"
            ),
            (
                "printf '\\0\\0\\0\\030ftypisom\\0\\0\\0\\0' > clip.mp4", "clip.mp4", "this is an MP4 video"
            ),
            ("mkfifo pipe", "pipe", "a pipe cannot be read later by a worker; write the list to a file"),
        ]
        for item in cases {
            #expect(try bagq.shell(item.make).status == 0)
            let output = try bagq.run("submit", item.source)
            #expect(output.status == 2 && output.out.isEmpty && output.err.contains(item.message), "\(output.err)")
        }
        let piped = try bagq.shell("find data -name '*.jpg' | bagq submit /dev/stdin")
        #expect(piped.status == 2 && piped.err.contains("a pipe cannot be read later"), "\(piped.err)")
    }

    /// `evaluate` leaves out what the model was made from; with --all it counts and says so. Each figure is computed
    /// again from `classify`.
    @Test func evaluateLeavesOutWhatTheModelKnows() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 12)
        #expect(
            try bagq.run("train", "data", "--name", "m", "--epochs", "2", "--wait").err.contains(
                "m@1: 2 epochs, right on "))
        let report = try #require(try bagq.json("evaluate", "m", "data", "--json") as? [String: Any])
        let all = try #require(try bagq.json("evaluate", "m", "data", "--all", "--json") as? [String: Any])
        let model = try #require(try bagq.json("models", "show", "m", "--json") as? [String: Any])
        let heldOut = try #require(model["held_out"] as? [String: Any])
        func number(_ report: [String: Any], _ key: String) -> Int { report[key] as? Int ?? -1 }
        #expect(report["measured_on"] as? String == "given" && number(report, "included_seen") == 0)
        #expect(number(report, "n") == number(heldOut, "n"))
        #expect(number(all, "n") == 24)
        #expect(
            number(report, "n") + number(report, "left_out_training") + number(report, "left_out_validation") == 24)
        #expect(number(all, "included_seen") == 24 - number(report, "n"))
        let right = Double(number(heldOut, "right")) / Double(number(heldOut, "n"))
        #expect(abs((report["accuracy"] as? Double ?? -1) - right) < 1e-9)

        let files = try bagq.shell("ls data/*/*.jpg").lines.map(String.init)
        let rows = try bagq.run(["classify", "--model", "m"] + files).lines.map { $0.split(separator: "\t") }
        let correct = rows.count { $0[0].contains("/\($0[1])/") }
        #expect(abs((all["accuracy"] as? Double ?? -1) - Double(correct) / 24) < 1e-9)

        let text = try bagq.run("evaluate", "m", "data")
        #expect(text.err.contains("m@1 on \(number(report, "n")) pictures of the given folder; left out: "))
        #expect(try bagq.run("evaluate", "m", "data", "--all").err.contains("this accuracy flatters it"))

        // The last line of training is of the weights that evaluate sees.
        #expect(
            try bagq.shell(
                "mkdir -p parts && cp -r data parts/train && cp -r data parts/val && for f in parts/val/*/*.jpg; do printf x >> $f; done"
            ).status == 0)
        let training = try bagq.run(
            "train", "parts", "--name", "p", "--epochs", "2", "--keep", "last", "--precision", "fp32", "--wait")
        let said = try #require(training.err.matches(of: /validation_accuracy=([0-9.]+)/).last?.1)
        let found = try #require(
            try bagq.json("evaluate", "p", "parts", "--all", "--precision", "fp32", "--json") as? [String: Any])
        #expect(abs((found["accuracy"] as? Double ?? -1) - (Double(said) ?? 0)) < 1e-4)
        #expect(!training.err.contains(" best\n"))
        let known = try bagq.run("evaluate", "p", "parts")
        #expect(known.status == 2 && known.err.contains("only pictures that p@1 was made from"))
    }

    @Test func theHistoryIsKeptAndPatienceSaysThatItStopped() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 8)
        let training = try bagq.run(
            "train", "data", "--name", "m", "--recipe", "blog", "--epochs", "30", "--patience", "1", "--wait")
        let epochs = training.err.matches(of: /epoch=(\d+)\/30/).count
        #expect(
            epochs < 30 && training.err.contains("stopped after \(epochs) of 30 epochs: 1 in a row"), "\(training.err)")
        #expect(try bagq.run("models").out.contains("\(epochs) of 30 epochs (stopped by patience)"))
        let history = try bagq.run("models", "show", "m", "--history").lines
        #expect(history.count == epochs + 1 && history[epochs - 1].hasSuffix("kept"))
        let model = try #require(try bagq.json("models", "show", "m", "--json") as? [String: Any])
        let kept = ((model["training"] as? [String: Any])?["history"] as? [[String: Any]])?.compactMap {
            $0["validation_loss"] as? Double
        }
        let said = training.err.matches(of: /validation_loss=([0-9.]+)/).compactMap { Double($0.1) }
        #expect(zip(kept ?? [], said).allSatisfy { abs($0 - $1) < 1e-4 } && kept?.count == said.count)
    }

    @Test func aCancelledTrainingsModelIsCancelled() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 4)
        #expect(try bagq.run("train", "data", "--name", "m").status == 0)
        #expect(try bagq.run("cancel", "1").status == 0)
        #expect(try bagq.run("models").out.contains("m@1    cancelled"))
        #expect(try bagq.run("retry", "1").status == 0)
        #expect(try bagq.run("models").out.contains("m@1    reserved"))
    }

    /// A worker that takes other work is no reason to wait for ever.
    @Test func whoeverWaitsDoesWhatNobodyTakes() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 4)
        #expect(try bagq.run("migrate").status == 0)
        let worker = try bagq.start("worker", "--only", "classify")
        defer { worker.terminate() }
        while try bagq.run("status", "--json").out.contains(#""workers":[]"#) {}
        let hint = try bagq.run("train", "data", "--name", "later", "--epochs", "1")
        #expect(hint.err.contains("no worker that is alive takes train jobs"), "\(hint.err)")
        #expect(try bagq.run("doctor").out.contains("warning: no worker that is alive takes train jobs"))
        #expect(try bagq.run("status").out.hasSuffix("no worker takes train jobs; bagq worker starts one that does\n"))
        #expect(try bagq.run("train", "data", "--name", "m", "--epochs", "1", "--wait").status == 0)
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
    }

    /// The worker that was alive when the waiting began is killed: whoever waits does its work.
    @Test(.enabled(if: KillTests.isSlow)) func whoeverWaitsTakesOverFromTheDead() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 8)
        #expect(try bagq.run("migrate").status == 0)
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let worker = try bagq.start("worker", "--name", "first")
        while try store.workers().isEmpty, worker.isRunning {}
        let waiting = try bagq.start("train", "data", "--name", "m", "--epochs", "3", "--wait")
        while try store.jobs(limit: 1).first?.itemsDone ?? 0 == 0, worker.isRunning, waiting.isRunning {}
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
        waiting.waitUntilExit()
        #expect(waiting.terminationStatus == 0)
        let job = try #require(try store.jobs(limit: 1).first)
        #expect(job.state == .done && worker.terminationReason == .uncaughtSignal)
    }

    /// Its data overwritten in mid-scan, a picture is predicted and flagged, but counts nowhere and teaches nothing.
    @Test func aDamagedPictureCountsNowhere() throws {
        let bagq = try Bagq.withModel()
        let pixels = (0..<200 * 150 * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        let good = try RGBImage(width: 200, height: 150, pixels: pixels).jpeg(quality: 90)
        var damaged = good
        for index in good.count / 2..<good.count / 2 + 500 { damaged[index] = UInt8(index % 251) }
        try FileManager.default.createDirectory(atPath: bagq.path("d"), withIntermediateDirectories: true)
        try Data(good).write(to: URL(filePath: bagq.path("d/good.jpg")))
        try Data(damaged).write(to: URL(filePath: bagq.path("d/damaged.jpg")))
        #expect(try bagq.run("submit", "d", "--wait").status == 0)
        let rows = try bagq.run("results", "2").lines
        #expect(rows[1].contains("damaged.jpg") && rows[1].contains(",damaged,mtime,") && rows[2].contains(",,mtime,"))
        let doctor = try #require(try bagq.json("doctor", "--deep", "--json") as? [String: Any])
        #expect((doctor["facts"] as? [String: String])?["sightings"] == "1")
        #expect(
            try bagq.shell("mkdir -p t/train && cp -r data/bar data/disc t/train && cp d/damaged.jpg t/train/bar")
                .status == 0)
        let training = try bagq.run("train", "t", "--name", "t", "--epochs", "1", "--wait").err
        #expect(training.contains("damaged.jpg reason=corrupt: the compressed picture is damaged"), "\(training)")
    }

    /// A checkpoint is kept when the pictures are others than it was made with, and given up by the user's word alone.
    @Test(.enabled(if: KillTests.isSlow)) func aCheckpointIsGivenUpByTheUsersWordAlone() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 12)
        #expect(try bagq.run("train", "data", "--name", "m", "--epochs", "4").status == 0)
        func done() throws -> Int {
            let jobs = (try bagq.json("status", "--json") as? [String: Any])?["jobs"] as? [[String: Any]]
            return jobs?.first?["items_done"] as? Int ?? 0
        }
        let worker = try bagq.start("worker", environment: Bagq.oftenSaved)
        while try done() == 0 {}
        worker.terminate()
        worker.waitUntilExit()
        let before = try done()
        #expect(before > 0)

        #expect(try bagq.shell("rm data/bar/0.jpg data/bar/1.jpg data/bar/2.jpg").status == 0)
        #expect(try bagq.run("worker", "--drain").status == 0)
        let failed = try bagq.run("status", "1").out
        #expect(failed.contains("train, failed") && failed.contains("bagq retry 1 --restart"), "\(failed)")
        #expect(failed.contains("its checkpoint cannot be used"))

        // The pictures are back, but one cannot be read just now: no reason to go on without it.
        try bagq.drawPictures(in: "data", each: 12)
        #expect(try bagq.run("retry", "1").status == 0)
        let closed = try bagq.shell(
            """
            chmod -R a+rwX . && chmod 0 data/disc/3.jpg
            if [ $(id -u) = 0 ]; then as="setpriv --reuid=65534 --regid=65534 --clear-groups"; fi
            $as bagq worker --drain; chmod 644 data/disc/3.jpg
            """)
        #expect(closed.status == 0, "\(closed.err)")
        let status = try bagq.run("status", "1").out
        #expect(
            status.contains("data/disc/3.jpg: the file cannot be opened: Permission denied")
                && status.contains("--restart"), "\(status)")

        // All are back: it goes on from where it stood.
        #expect(try bagq.run("retry", "1").status == 0)
        let resumed = try bagq.run("worker", "--drain").err
        #expect(resumed.contains("epoch=4/4") && !resumed.contains("failed"), "\(resumed)")

        // And by the user's word it starts over.
        #expect(try bagq.run("train", "data", "--name", "m", "--epochs", "1").status == 0)
        #expect(try bagq.run("cancel", "2").status == 0)
        #expect(try bagq.run("retry", "2", "--restart").status == 0)
        #expect(try bagq.run("worker", "--drain").err.contains("epoch=1/1"))
    }
}
