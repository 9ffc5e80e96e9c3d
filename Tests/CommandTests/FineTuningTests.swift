import Foundation
import Testing

@testable import CNN

/// `train --from`: pretrained weights and earlier models.
struct FineTuningTests {
    /// A small network's file as timm writes it, for the smallest pictures, with weights that know nothing.
    static func writeWeights(in folder: URL) throws {
        let backbone = try #require(Backbone.all.first { $0.name == "mobilenetv1_100" })
        var tensors = [
            Safetensors.Tensor(
                name: "classifier.weight", shape: [1_000, 1_024], values: [Float](repeating: 0.01, count: 1_024_000)),
            Safetensors.Tensor(name: "classifier.bias", shape: [1_000], values: [Float](repeating: 0, count: 1_000)),
        ]
        for convolution in backbone.convolutions {
            let count = convolution.shape.reduce(1, *)
            let scale = (3 / Float(convolution.shape.dropFirst().reduce(1, *))).squareRoot()
            var random = Random(key: Random.key(1, .weights, count))
            let values = (0..<count).map { _ in (2 * random.uniform() - 1) * scale }
            tensors.append(.init(name: "\(convolution.name).weight", shape: convolution.shape, values: values))
            for (part, value) in [("weight", Float(1)), ("bias", 0), ("running_mean", 0), ("running_var", 1)] {
                let channels = convolution.shape[0]
                tensors.append(
                    .init(
                        name: "\(convolution.norm).\(part)", shape: [channels],
                        values: [Float](repeating: value, count: channels)))
            }
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = Safetensors(tensors: tensors, metadata: ["format": "pt"]).serialized()
        try Data(file).write(to: folder.appending(path: "model.safetensors"))
        let config = #"""
            {"architecture":"mobilenetv1_100","pretrained_cfg":{"mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5],
            "input_size":[3,32,32],"license":"apache-2.0"}}
            """#
        try Data(config.utf8).write(to: folder.appending(path: "config.json"))
    }

    @Test func saysWhatItCannotStartFrom() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 4)
        let cases: [(from: String, status: Int32, says: String)] = [
            ("nowhere/at all", 64, "there is no such file, and it is no model's name"),
            ("luxe@3", 2, "there is no database"), ("data", 2, "cannot be read"),
            ("data/disc/0.jpg", 2, "not a model file"),
        ]
        for test in cases {
            let output = try bagq.run("train", "data", "--from", test.from)
            #expect(output.status == test.status && output.err.contains(test.says), "\(test.from): \(output.err)")
            #expect(output.err.split(separator: "\n").count == 1 || test.status == 64, "\(output.err)")
        }
        #expect(!FileManager.default.fileExists(atPath: bagq.path("bagq.db")))
        let both = try bagq.run("train", "data", "--from", "data", "--recipe", "blog")
        #expect(both.status == 64 && both.err.contains("--recipe and --from exclude each other"))
    }

    /// Of both ways that need more than a checkpoint's weights to go on: features made anew, epochs chosen by the time.
    @Test(.enabled(if: KillTests.isSlow)) func frozenAndTimedTrainingsOutliveAKill() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 6)
        try Self.writeWeights(in: URL(filePath: bagq.path("weights")))
        let ways = [
            ["--freeze", "--resize", "letterbox", "--balance", "0.5", "--epochs", "4000"],
            ["--minutes", "1", "--augment", "light", "--rate", "0.0002"],
        ]
        for (number, way) in ways.enumerated() {
            let train = ["train", "data", "--from", "weights"] + way
            let whole = try bagq.run(train + ["--name", "whole\(number)", "--wait"])
            #expect(whole.status == 0 && whole.err.contains("in all, as measured on this machine"), "\(whole.err)")
            #expect(try bagq.run(train + ["--name", "killed\(number)"]).status == 0)
            let worker = try bagq.start("worker", "--drain", environment: Bagq.oftenSaved)
            let job = "\(2 * number + 2)"
            while try bagq.run("status", job, "--json").out.contains(#""items_done":0"#), worker.isRunning {}
            #expect(worker.isRunning, "there is something to kill")
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
            #expect(try bagq.run("worker", "--drain").status == 0)
            let files = try ["whole", "killed"].map { name in
                let file = "\(name)\(number).safetensors"
                #expect(try bagq.run("models", "export", "\(name)\(number)", file).status == 0)
                return try Data(contentsOf: URL(filePath: bagq.path(file)))
            }
            #expect(files[0] == files[1])
        }
        let frozen = try bagq.run("models", "show", "whole0").out
        #expect(frozen.contains("last layer alone, 4000 epochs") && frozen.contains("balance 0.5"))
        #expect(frozen.contains("the last layer alone, letterboxed, bicubic\n"))
        #expect(try bagq.run("classify", "data/disc/0.jpg", "--model", "whole0").status == 0)
        let timed = try bagq.run("models", "show", "whole1", "--json").out
        #expect(timed.contains(#""minutes":1"#) && timed.contains(#""augment":"light""#))
    }

    @Test(.enabled(if: KillTests.isSlow)) func startsFromWeightsAndFromModels() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 6)
        try Self.writeWeights(in: URL(filePath: bagq.path("weights")))
        #expect(
            try bagq.run("train", "data", "--name", "tuned", "--from", "weights", "--epochs", "2", "--wait").status == 0
        )
        let shown = try bagq.run("models", "show", "tuned").out
        #expect(shown.contains("started from mobilenetv1_100, weights "))
        #expect(shown.contains(", licence apache-2.0\n") && shown.contains("32x32x3"))
        #expect(try bagq.run("classify", "data/disc/0.jpg").status == 0)

        // On from the model, with a brand more; by name, and from its file.
        let split = "cp -r data more && mkdir more/_other && mv more/bar/[0-2].jpg more/_other/"
        #expect(try bagq.shell(split).status == 0)
        let further = try bagq.run(
            "train", "more", "--name", "further", "--from", "tuned", "--epochs", "1", "--wait")
        #expect(further.status == 0, "\(further.err)")
        let chain = try bagq.run("models", "show", "further").out
        #expect(chain.contains("started from tuned@1, weights ") && chain.contains(", licence apache-2.0\n"))
        #expect(chain.contains("classes: _other, bar, disc\n"))
        #expect(try bagq.run("models", "export", "tuned", "tuned.safetensors").status == 0)
        // One that is gone by then fails the job, not the worker.
        #expect(try bagq.run("train", "more", "--name", "late", "--from", "tuned", "--epochs", "1").status == 0)
        #expect(try bagq.run("models", "use", "further").status == 0)
        #expect(try bagq.run("models", "remove", "tuned@1").status == 0)
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try bagq.run("status", "3").out.contains("training has nothing to start from: "))

        let again = try bagq.run(
            "train", "more", "--name", "again", "--from", "tuned.safetensors", "--epochs", "1", "--wait")
        #expect(again.status == 0, "\(again.err)")
        #expect(try bagq.run("models", "show", "again").out.contains("started from tuned.safetensors, weights "))
    }
}
