import Foundation
import Imaging
import TestSupport
import Testing

/// Pictures of what a model was never shown, from `classify` to the trends.
struct UnfamiliarTests {
    private struct Answer {
        let familiarity: Double
        let recognised: String
        let flags: [String]

        init(_ line: Substring) throws {
            let row = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            familiarity = try #require(row["familiarity"] as? Double)
            recognised = try #require(row["recognised"] as? String)
            flags = try #require(row["flags"] as? [String])
        }
    }

    /// Broad stripes on white, where what was learnt is grey shapes on dark grounds.
    private static func stripes(_ seed: UInt64) -> RGBImage {
        var generator = Generator(state: seed)
        let width = 3 + generator.next(below: 12)
        let colour = (0..<3).map { _ in UInt8(generator.next(below: 256)) }
        var pixels: [UInt8] = []
        for y in 0..<64 {
            for x in 0..<64 { pixels += (x + y) / width % 2 == 0 ? [255, 255, 255] : colour }
        }
        return RGBImage(width: 64, height: 64, pixels: pixels)
    }

    @Test func whatIsUnlikeAllThatWasLearntIsNotRecognised() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data/train", each: 60)
        let move =
            "for c in bar disc; do mkdir -p data/validation/$c && mv data/train/$c/[45]?.jpg data/validation/$c; done"
        #expect(try bagq.shell(move).status == 0)
        let train = try bagq.run("train", "data", "--name", "shapes", "--epochs", "4", "--augment", "none", "--wait")
        #expect(train.status == 0, "\(train.err)")
        try FileManager.default.createDirectory(
            atPath: bagq.path("dump/strange"), withIntermediateDirectories: true)
        for index in 0..<10 {
            try Data(Self.stripes(UInt64(index)).jpeg(quality: 85))
                .write(to: URL(filePath: bagq.path("dump/strange/\(index).jpg")))
        }
        try bagq.drawPictures(in: "dump/known", each: 20)
        #expect(try bagq.shell("find dump -type f -exec touch -d '2 days ago' {} +").status == 0)

        let strange = try bagq.shell("bagq classify --json dump/strange/*").lines.map(Answer.init)
        #expect(strange.count == 10)
        #expect(
            strange.allSatisfy { $0.familiarity < 0 && $0.recognised == "unsure" && $0.flags == ["unfamiliar"] },
            "\(strange)")
        // These set the limit: of 40 the second is at it.
        let known = try bagq.shell("bagq classify --json data/validation/*/*").lines.map(Answer.init)
        #expect(known.count { $0.familiarity < 0 } == 1)
        #expect(known.allSatisfy { ($0.familiarity < 0) == $0.flags.contains("unfamiliar") })

        // What the model says of itself is the same count.
        let shown = try #require(try bagq.json("models", "show", "shapes", "--json") as? [String: Any])
        #expect(shown["tells_unfamiliar"] as? Bool == true)
        let coverage = try #require(shown["coverage"] as? [String: Any])
        #expect(coverage["n"] as? Int == 40)
        #expect(coverage["n_recognised"] as? Int == known.count { $0.recognised == "recognised" })
        let evaluation = try #require(
            try bagq.json("evaluate", "shapes", "data", "--all", "--json") as? [String: Any])
        #expect(evaluation["unfamiliar"] as? Int == 1)

        // Job and trends, twice: the second time the answers are known from the first.
        for _ in 0..<2 { #expect(try bagq.run("submit", "dump", "--wait").status == 0) }
        for job in ["2", "3"] {
            let rows = try bagq.run("results", job).lines.dropFirst().map { $0.split(separator: ",") }
            let strangers = rows.filter { $0[1].hasPrefix("strange/") }
            #expect(strangers.count == 10)
            #expect(strangers.allSatisfy { $0[4] == "unsure" })
            #expect(strangers.allSatisfy { row in row.contains { $0.contains("unfamiliar") } })
        }
        #expect(try bagq.run("doctor", "--deep").status == 0)
        let trends = try #require(try bagq.json("trends", "--dates", "any", "--json") as? [String: Any])
        let familiar = try bagq.run("results", "2").lines.dropFirst().count { !$0.contains(",unsure,") }
        #expect(trends["recognised"] as? Int == familiar)
        #expect(trends["unsure"] as? Int == 50 - familiar)
    }
}
