import Foundation
import Imaging
import Testing

/// Models as files and by name, backups, and data that cannot be trained on.
struct ModelCommandTests {
    @Test func exportImportUseRemove() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("models", "export", "shapes", "shapes.safetensors").status == 0)
        #expect(try bagq.run("models", "import", "shapes.safetensors").out == "shapes@2\n")
        #expect(try bagq.run("models", "import", "shapes.safetensors", "--name", "other").out == "other@1\n")
        #expect(try bagq.run("models", "export", "other", "other.safetensors").status == 0)
        #expect(
            try Data(contentsOf: URL(filePath: bagq.path("other.safetensors")))
                == Data(contentsOf: URL(filePath: bagq.path("shapes.safetensors"))))

        let models = try #require(try bagq.json("models", "--json") as? [[String: Any]])
        #expect(models.map { "\($0["name"] ?? "")@\($0["number"] ?? "")" } == ["other@1", "shapes@1", "shapes@2"])
        #expect(models.map { $0["active"] as? Bool } == [false, true, false])
        #expect(
            Set(models[0].keys) == [
                "name", "number", "state", "active", "classes", "threshold", "precision", "byte_count", "created_at",
                "summary",
            ])
        let shown = try #require(try bagq.json("models", "show", "shapes@1", "--json") as? [String: Any])
        #expect(
            Set(shown.keys)
                == Set(models[0].keys).union([
                    "temperature", "label_smoothing", "training", "held_out", "int8", "own_threshold", "coverage",
                    "data_fingerprint", "tells_unfamiliar", "pictures", "made_at", "seconds",
                ]))
        #expect(
            Set((shown["held_out"] as? [String: Any])?.keys.map { $0 } ?? []) == [
                "part", "n", "right", "accuracy_low", "accuracy_high", "ece", "ece_expected", "ece_expected_95", "nll",
            ])
        #expect(shown["own_threshold"] as? Double == shown["threshold"] as? Double)
        let text = try bagq.run("models", "show", "shapes@1").out
        #expect(text.hasPrefix("shapes@1, active: "))
        #expect(text.contains("classes: bar, disc\n"))

        // The same by name, by number and from a file.
        let picture = "data/disc/3.jpg"
        let one = try bagq.run("classify", picture).out
        #expect(one == (try bagq.run("classify", "--model", "other", picture).out))
        #expect(one == (try bagq.run("classify", "--model", "shapes.safetensors", picture).out))
        // A link that is named is followed.
        try FileManager.default.createSymbolicLink(atPath: bagq.path("link.jpg"), withDestinationPath: picture)
        #expect(try bagq.run("classify", "link.jpg").out == one.replacing(picture, with: "link.jpg"))

        #expect(try bagq.run("models", "use", "other").err == "other@1 is the active model\n")
        #expect(try bagq.run("models", "remove", "other@1").status == 2)
        #expect(try bagq.run("submit", "data", "--model", "shapes@2").out == "2\n")
        #expect(try bagq.run("models", "remove", "shapes@2").err.contains("job 2 needs shapes@2"))
        #expect(try bagq.run("models", "remove", "shapes@1").status == 0)
        #expect(try bagq.run("models", "show", "shapes@1").status == 2)
        // Its number is not used again.
        #expect(try bagq.run("models", "import", "shapes.safetensors").out == "shapes@3\n")
    }

    /// The same pictures, whatever they are called: a script of sh comes to the same fingerprint.
    @Test func showSaysWhatAModelIsMadeOf() throws {
        let bagq = try Bagq.withModel()
        let shown = try #require(try bagq.json("models", "show", "shapes", "--json") as? [String: Any])
        let script = """
            cd data && sha256sum */*.jpg | sed -E 's|^(.{32}).{32}  (.*)/.*|\\1 \\2|' | LC_ALL=C sort | sha256sum | cut -c-32
            """
        #expect(try bagq.shell(script).out == "\(shown["data_fingerprint"] ?? "")\n")
        let pictures = try #require(shown["pictures"] as? [[String: Any]])
        for row in pictures {
            let counts = ["training", "validation", "test"].compactMap { row[$0] as? Int }
            #expect(counts.reduce(0, +) == 8 && counts.count == 3)
        }
        let coverage = try #require(shown["coverage"] as? [String: Any])
        #expect(coverage["part"] as? String == "validation")
        #expect(coverage["n"] as? Int == pictures.reduce(0) { $0 + ($1["validation"] as? Int ?? 0) })
        let seconds = try #require(shown["seconds"] as? Double)
        #expect(seconds > 0 && seconds < 600)
        let text = try bagq.run("models", "show", "shapes").out
        #expect(text.contains("data set \(shown["data_fingerprint"] ?? "")\n") && text.contains("\ntemperature "))
        #expect(text.contains("\nCLASS  TRAINING  VALIDATION  TEST  RECOGNISED\n"), "\(text)")
        #expect(text.contains(/on these the calibration error \(ECE\) is 0\.\d{4}: a perfectly calibrated model/))
    }

    /// A threshold of one's own holds for what is classified and for what was, and says what it costs.
    @Test func aThresholdOfOnesOwn() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        func recognised() throws -> (count: Int, threshold: Double) {
            let trends = try #require(
                try bagq.json("trends", "--since", "today", "--dates", "any", "--json") as? [String: Any])
            return (trends["recognised"] as? Int ?? -1, trends["threshold"] as? Double ?? -1)
        }
        func rows() throws -> ArraySlice<Substring> { try bagq.run("results", "2").lines.dropFirst() }
        func classified() throws -> String {
            let lines = try bagq.run("classify", "--json", "data/bar/0.jpg").lines
            let row = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
            return row?["recognised"] as? String ?? ""
        }
        let all = try bagq.run("models", "use", "shapes", "--threshold", "0")
        #expect(all.status == 0 && all.err.hasPrefix("shapes@1 is the active model\nrecognised from confidence 0.00: "))
        #expect(all.err.contains(/0\.00: (\d+) of \1 validation pictures of its brands are recognised \(100\.0 %\)/))
        #expect(all.err.contains("; until now from confidence 0."))
        #expect(try recognised() == (16, 0) && classified() == "recognised")
        #expect(try rows().count == 16 && rows().allSatisfy { $0.contains(",recognised,") })

        let none = try bagq.run("models", "use", "shapes@1", "--threshold", "1")
        #expect(none.err.contains("; until now from confidence 0.00: "), "\(none.err)")
        let sure = try rows().count { $0.contains(",1.0000,recognised,") }
        #expect(try recognised() == (sure, 1) && classified() == "unsure")
        #expect(try rows().count { $0.contains(",unsure,") } == 16 - sure)
        // Without the option it stays.
        #expect(try bagq.run("models", "use", "shapes").err == "shapes@1 is the active model\n")
        #expect(try recognised().threshold == 1)
        #expect(
            try bagq.run("models", "show", "shapes").out.contains(
                "recognised from confidence 1.00 (the model's own: 0."))

        let odd = try bagq.run("models", "use", "shapes", "--threshold", "0.72")
        #expect(odd.status == 64 && odd.err.contains("not 0.72; the nearest is 0.70"), "\(odd.err)")
        #expect(try bagq.run("models", "show", "shapes", "--threshold", "0.7").status == 64)
    }

    @Test func renaming() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        #expect(try bagq.run("train", "data", "--name", "next", "--from", "shapes", "--epochs", "1").status == 0)
        let busy = try bagq.run("models", "rename", "shapes", "forms")
        #expect(busy.status == 2 && busy.err.contains("job 3 starts from shapes@1"), "\(busy.err)")
        #expect(try bagq.run("cancel", "3").status == 0)
        #expect(try bagq.run("models", "rename", "shapes@1", "forms").status == 64)
        #expect(try bagq.run("models", "rename", "shapes", "of mine").status == 64)
        #expect(try bagq.run("models", "rename", "shapes", "next").status == 2)
        let renamed = try bagq.run("models", "rename", "shapes", "forms")
        #expect(renamed.status == 0 && renamed.err == "shapes is now forms\n")
        #expect(try bagq.run("models", "show", "shapes").status == 2)
        #expect(try bagq.run("models", "show", "forms").out.hasPrefix("forms@1, active: "))
        #expect(try bagq.run("trends", "--since", "today").out.contains("forms@1"))
        #expect(try bagq.run("status", "2").out.contains("forms@1"))
        #expect(try bagq.run("results", "2").lines.count == 17)
        // The old name's number stays what it was.
        #expect(try bagq.run("models", "export", "forms", "f.safetensors").status == 0)
        #expect(try bagq.run("models", "import", "f.safetensors", "--name", "shapes").out == "shapes@2\n")
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }

    @Test func trainingSaysThatItKnowsNoOther() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "closed", each: 3)
        try bagq.drawPictures(in: "open", each: 3, brands: ["bar", "disc", "_other"])
        let warning = "there is no folder _other, of other bags and other things"
        #expect(try bagq.run("train", "closed").err.contains(warning))
        #expect(try !bagq.run("train", "open").err.contains(warning))
    }

    @Test func aBackupIsAWholeDatabase() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        #expect(try bagq.run("backup", "copy.db").status == 0)
        #expect(try bagq.run("results", "2").out == (try bagq.run("results", "2", "--db", "copy.db").out))
        #expect(try bagq.run("models", "--json").out == (try bagq.run("models", "--json", "--db", "copy.db").out))
        #expect(try bagq.run("doctor", "--deep", "--db", "copy.db").status == 0)
        #expect(try bagq.run("backup", "copy.db").status == 2)
    }

    @Test func dataThatCannotBeTrainedOn() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "good", each: 4)
        let folders: [(name: String, make: String, message: String)] = [
            ("single", "mkdir -p single && cp -r good/bar single/", "only the folder bar"),
            ("case", "mkdir -p case && cp -r good/bar case/Bar && cp -r good/disc case/bar", "differ only in case"),
            ("hollow", "cp -r good hollow && rm hollow/disc/*", "no picture in disc"),
            ("flat", "mkdir -p flat && cp good/bar/0.jpg flat/", "no folder"),
            ("bytes", "cp -r good bytes && mv bytes/bar \"$(printf 'bytes/b\\377')\"", "not UTF-8"),
        ]
        for folder in folders {
            #expect(try bagq.shell(folder.make).status == 0)
            let output = try bagq.run("train", folder.name)
            #expect(output.status == 2, "\(folder.name)")
            #expect(output.out.isEmpty)
            #expect(output.err.contains(folder.message), "\(folder.name): \(output.err)")
        }
        // None of them has made a database.
        #expect(!FileManager.default.fileExists(atPath: bagq.path("bagq.db")))

        // Pictures of which none can be read fail the job, not the worker.
        #expect(try bagq.shell("cp -r good broken && for f in broken/*/*; do echo text > $f; done").status == 0)
        let broken = try bagq.run("train", "broken", "--name", "b", "--wait")
        #expect(broken.status == 2)
        #expect(broken.out == "1\n")
        #expect(try bagq.run("status", "1").out.hasPrefix("job       1, train, failed\n"))
        #expect(try bagq.run("submit", "good", "--model", "b@1").status == 2)
    }

    @Test func previewsAugmentedPictures() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 4)
        let preview = try bagq.run("train", "data", "--preview", "sheet.jpg")
        #expect(preview.status == 0, "\(preview.err)")
        #expect(preview.out.isEmpty)
        let bytes = Array(try Data(contentsOf: URL(filePath: bagq.path("sheet.jpg"))))
        var decoder = try PictureDecoder()
        #expect(try decoder.decode(bytes.span).0.width > 8 * 100)
        #expect(!FileManager.default.fileExists(atPath: bagq.path("bagq.db")))
    }

    /// The job's own memory for pictures holds, whichever worker trains; it changes nothing about the model.
    @Test(.enabled(if: KillTests.isSlow)) func trainingKeepsToItsCache() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 12)
        // A picture of 150 x 150 takes 67,500 bytes, so that one MiB holds 15 of those of training and validation.
        let cases: [(train: [String], worker: [String], kept: Int?)] = [
            ([], [], nil), ([], ["--cache-mb", "0"], 0), (["--cache-mb", "1"], ["--cache-mb", "0"], 15),
        ]
        var models: Set<Data> = []
        for (number, test) in cases.enumerated() {
            let name = "m\(number)"
            let train = ["train", "data", "--name", name, "--recipe", "blog", "--epochs", "1"]
            #expect(try bagq.run(train + test.train).status == 0)
            let log = try bagq.run(["worker", "--drain"] + test.worker).err
            #expect(log.contains("training job=\(number + 1): "), "\(log)")
            if let kept = test.kept {
                #expect(log.contains(", \(kept) of ") && log.contains(" kept decoded"), "\(log)")
            } else {
                #expect(!log.contains("kept decoded"), "\(log)")
            }
            #expect(try bagq.run("models", "export", name, name).status == 0)
            models.insert(try Data(contentsOf: URL(filePath: bagq.path(name))))
        }
        #expect(models.count == 1)
        // The same where nobody but the command itself is there to train.
        let alone = try bagq.run("train", "data", "--name", "alone", "--epochs", "1", "--cache-mb", "0", "--wait")
        #expect(
            alone.status == 0 && alone.err.contains(", 0 of ") && alone.err.contains(" kept decoded"), "\(alone.err)")
    }

    /// Trends go with a model, so it says so first; and what needed it says what to do.
    @Test func removingAModelSaysWhatGoesWithIt() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("models", "export", "shapes", "s.safetensors").status == 0)
        #expect(try bagq.run("submit", "data", "--wait").err.contains("classified by shapes@1, the active model"))
        #expect(try bagq.run("models", "import", "s.safetensors", "--name", "other").out == "other@1\n")
        #expect(try bagq.run("models").out.contains("imported: blog, 1 epoch, "))
        #expect(try bagq.run("models", "use", "other").status == 0)
        let refused = try bagq.run("models", "remove", "shapes@1")
        #expect(refused.status == 2)
        #expect(refused.err.contains("the trends of 16 sightings go with shapes@1; say --yes"), "\(refused.err)")
        #expect(try bagq.run("models", "remove", "shapes@1", "--yes").status == 0)
        let retry = try bagq.run("retry", "2")
        #expect(retry.status == 2 && retry.err.contains("needs shapes@1, which was removed"), "\(retry.err)")
    }

    @Test func jobsWaitForAModelInTraining() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 6)
        #expect(try bagq.run("train", "data", "--name", "later", "--epochs", "1").out == "1\n")
        #expect(try bagq.run("submit", "data", "--model", "later").out == "2\n")
        #expect(try bagq.run("models", "show", "later@1").err.contains("is still being trained"))
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try bagq.run("wait", "1", "2").status == 0)
        #expect(try bagq.run("results", "2").lines.count == 13)
    }
}
