import Foundation
import Imaging
import Intake
import Testing

@testable import SQLiteStore

/// From a sample that a person filled in, or from the model's own test, to the shares that `trends` prints.
@Suite struct AdjustedTrendsTests {
    private static let window = ["--since", "2024-11-18", "--until", "2024-11-30", "--threshold", "0"]

    /// Pictures of bars and, half as many, discs, dated by their names.
    private func submit(_ bagq: Bagq) throws {
        for (folder, brand, count) in [("dump/a", 0, 36), ("dump/b", 1, 18)] {
            try FileManager.default.createDirectory(atPath: bagq.path(folder), withIntermediateDirectories: true)
            for index in 0..<count {
                let image = Bagq.picture(of: brand, variant: 100 + index)
                let name = "2024-11-2\(index % 10)_12-\(10 + index / 10)-00.jpg"
                try Data(try image.jpeg(quality: 90)).write(to: URL(filePath: bagq.path("\(folder)/\(name)")))
            }
        }
        #expect(try bagq.run("submit", "dump", "--wait").status == 0)
    }

    private func report(_ bagq: Bagq, _ words: [String] = window) throws -> [String: Any] {
        let output = try bagq.run(["trends", "--json"] + words)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [String: Any], "\(output.err)")
    }

    private func fields(_ line: Substring) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func whatPeopleFoundAdjustsTheShares() throws {
        let bagq = try Bagq.withModel()
        try submit(bagq)
        let before = try report(bagq)
        #expect(before["share_adjusted_method"] is NSNull && before["reviewed"] as? Int == 0)
        #expect((before["share_adjusted_note"] as? String)?.contains("bagq review-sample") == true)

        let drawn = try bagq.run(["review-sample", "--per-brand", "40", "--seed", "7"] + Self.window)
        let header = fields(try #require(drawn.lines.first))
        #expect(header[2] == "predicted" && header[3] == "true_brand" && header[8] == "path")
        var sample: [(predicted: String, truth: String)] = []
        var filled = header.joined(separator: ",") + "\n"
        for (number, line) in drawn.lines.dropFirst().enumerated() {
            var row = fields(line)
            row[3] = number % 7 == 0 ? "none" : row[8].contains("/dump/a/") ? "bar" : "disc"
            sample.append((row[2], row[3]))
            filled += row.joined(separator: ",") + "\n"
        }
        try Data(filled.utf8).write(to: URL(filePath: bagq.path("filled.csv")))
        let applied = try bagq.run("review-sample", "--apply", "filled.csv")
        #expect(applied.status == 0 && applied.err.contains("\(sample.count) answers stored"), "\(applied.err)")

        // Each row of the sample stands for as many pictures as were predicted alike.
        let results = try bagq.run("results", "2").lines.dropFirst().map { fields($0)[2] }
        #expect(results.count == 54)
        var weights: [String: Double] = [:]
        for row in sample {
            let alike =
                Double(results.count { $0 == row.predicted }) / Double(sample.count { $0.predicted == row.predicted })
            weights[row.truth, default: 0] += alike
        }
        let known = (weights["bar"] ?? 0) + (weights["disc"] ?? 0)
        let after = try report(bagq)
        #expect(after["share_adjusted_method"] as? String == "reviewed" && after["reviewed"] as? Int == sample.count)
        let text = try bagq.run(["trends"] + Self.window).out
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            words.contains(
                "Adjusted: by what \(sample.count) reviewed pictures of 20 November to 29 November 2024 really"))
        #expect(words.contains(try #require(after["share_adjusted_note"] as? String)))
        #expect(words.contains("BRAND SHARE ADJUSTED 95 % WRONG 95 % REVIEWED"))
        let rows = try bagq.run(["trends", "--csv"] + Self.window).lines.map { fields($0) }
        for brand in try #require(after["brands"] as? [[String: Any]]) {
            let name = try #require(brand["brand"] as? String)
            let reviewed = sample.filter { $0.predicted == name }
            #expect(brand["reviewed"] as? Int == reviewed.count)
            let share = brand["share_adjusted"] as? Double
            if let share { #expect(abs(share - (weights[name] ?? 0) / known) < 1e-6) }
            let rate = brand["false_positive_rate"] as? Double
            #expect((rate == nil) == reviewed.isEmpty)
            if let rate {
                #expect(abs(rate - Double(reviewed.count { $0.truth != name }) / Double(reviewed.count)) < 1e-6)
            }
            let row = try #require(rows.first { $0[1] == name })
            #expect(row[17] == String(format: "%.4f", brand["share"] as? Double ?? -1))
            #expect(row[18] == (share.map { String(format: "%.4f", $0) } ?? ""))
            #expect(row[21] == (rate.map { String(format: "%.4f", $0) } ?? "") && row[22] == "reviewed")
        }
        #expect(after.description.contains("share_adjusted_low"))

        // They hold for the job, for a part of the days and for more without sightings, and for nothing that was
        // counted otherwise.
        for words in [["--job", "2"], ["--since", "2023-11-30"], ["--since", "2024-11-22"]] {
            #expect(try report(bagq, Self.window + words)["share_adjusted_method"] as? String == "reviewed", "\(words)")
        }
        for words in [
            ["--unit", "posts"], ["--exclude-author", "nobody"], ["--threshold", "0.95"],
        ] {
            #expect(try report(bagq, Self.window + words)["share_adjusted_method"] is NSNull, "\(words)")
        }
        #expect(try bagq.run(["report", "page.html"] + Self.window).status == 0)
        let page = try String(contentsOfFile: bagq.path("page.html"), encoding: .utf8)
        #expect(page.contains(">Adjusted<") && page.contains("by what \(sample.count) reviewed pictures of"))
    }

    @Test func elseTheModelsTestDoes() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 12, brands: ["bar", "disc", "_other"])
        let training = try bagq.run("train", "data", "--name", "m", "--epochs", "1", "--wait")
        #expect(training.status == 0, "\(training.err)")
        try submit(bagq)
        let model = try #require(try bagq.json("models", "show", "m", "--json") as? [String: Any])
        let count = try #require((model["held_out"] as? [String: Any])?["n"] as? Int)
        let found = try report(bagq)
        #expect(found["share_adjusted_method"] as? String == "held_out" && found["reviewed"] as? Int == 0)
        let note = try #require(found["share_adjusted_note"] as? String)
        #expect(note.hasPrefix("Adjusted: as if these pictures were like the model's \(count) test pictures"))
        let brands = try #require(found["brands"] as? [[String: Any]])
        #expect(brands.allSatisfy { $0["false_positive_rate"] is NSNull })
        let told = brands.compactMap { $0["share_adjusted"] as? Double }
        #expect(told.isEmpty || abs(told.reduce(0, +) - 1) < 1e-5)
        let text = try bagq.run(["trends"] + Self.window).out.split(whereSeparator: \.isWhitespace)
        #expect(found["recognised"] as? Int == 0 || text.joined(separator: " ").contains(note))

        // A damaged model file takes no more from trends than this.
        let database = try Connection(path: Path(bagq.path("bagq.db")), access: .writing)
        try database.execute("UPDATE model_file SET data = x'00'")
        let left = try report(bagq)
        #expect(left["share_adjusted_method"] is NSNull)
        for key in ["recognised", "other", "unsure"] { #expect(left[key] as? Int == found[key] as? Int, "\(key)") }
    }
}
