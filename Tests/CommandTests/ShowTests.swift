import Foundation
import Imaging
import Testing

/// Looking at the pictures behind the numbers, from outside.
@Suite struct ShowTests {
    /// Pictures of two folders, dated by their names, all of them recognised or unsure as they come.
    private func withDump() throws -> Bagq {
        let bagq = try Bagq.withModel()
        for (folder, brand) in [("dump/a", 0), ("dump/b", 1)] {
            try FileManager.default.createDirectory(atPath: bagq.path(folder), withIntermediateDirectories: true)
            for index in 0..<6 {
                let image = Bagq.picture(of: brand, variant: 100 + index)
                try Data(try image.jpeg(quality: 90)).write(
                    to: URL(filePath: bagq.path("\(folder)/2024-11-2\(index)_12-00-00.jpg")))
            }
        }
        #expect(try bagq.run("submit", "dump", "--wait").status == 0)
        return bagq
    }

    private static let window = [
        "--since", "2024-11-18", "--until", "2024-11-30", "--dates", "any", "--threshold", "0",
    ]

    private func rows(_ bagq: Bagq, _ words: [String]) throws -> [[String: Any]] {
        let output = try bagq.run(["show", "--json"] + words + Self.window)
        #expect(output.status == 0, "\(output.err)")
        return try #require(try JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [[String: Any]])
    }

    @Test func showsWhatTrendsCounts() throws {
        let bagq = try withDump()
        let trends = try #require(
            try JSONSerialization.jsonObject(
                with: Data(try bagq.run(["trends", "--json"] + Self.window).out.utf8)) as? [String: Any])
        let brands = try #require(trends["brands"] as? [[String: Any]])
        #expect(brands.compactMap { $0["count"] as? Int }.reduce(0, +) == 12)
        for brand in brands {
            let name = try #require(brand["brand"] as? String)
            let most = try rows(bagq, ["--brand", name.uppercased(), "--limit", "100"])
            #expect(most.count == brand["count"] as? Int)
            let confidences = most.compactMap { $0["confidence"] as? Double }
            #expect(confidences.count == most.count && confidences == confidences.sorted(by: >))
            let least = try rows(bagq, ["--brand", name, "--least", "--limit", "100"])
            #expect(least.compactMap { $0["confidence"] as? Double } == confidences.reversed())
            for path in most.compactMap({ $0["path"] as? String }) {
                #expect(FileManager.default.fileExists(atPath: path))
            }
        }
        for (words, status, part) in [
            (["show"], 64, "--brand is missing"), (["show", "--brand", "ba"], 2, "did you mean bar?"),
            (["show", "--brand", "bar", "--most", "--least"], 64, "exclude each other"),
            (["show", "--brand", "bar", "--sheet", "x.png"], 64, "ends in .html or .jpg"),
            (["show", "--brand", "bar", "--week", "2026-23"], 64, "2026-W23"),
            (["show", "--brand", "bar", "--week", "2026-W23", "--since", "7d"], 64, "--week excludes"),
        ] as [([String], Int32, String)] {
            let output = try bagq.run(words)
            #expect(output.status == status && output.err.contains(part), "\(output.err)")
            #expect(output.err.filter(\.isNewline).count == 1)
        }
    }

    @Test func sheetsAndReports() throws {
        let bagq = try withDump()
        // One goes, and another picture comes into the place of one.
        let paths = try ["bar", "disc"].flatMap { try rows(bagq, ["--brand", $0, "--limit", "100"]) }
            .compactMap { $0["path"] as? String }
        #expect(paths.count == 12)
        try FileManager.default.removeItem(atPath: paths[0])
        try Data(try Bagq.picture(of: 1, variant: 1).jpeg()).write(to: URL(filePath: paths[1]))
        var shown = ""
        for brand in ["bar", "disc"] {
            let output = try bagq.run(["show", "--brand", brand, "--sheet", "\(brand).html"] + Self.window)
            #expect(output.status == 0 && output.out.isEmpty, "\(output.err)")
            shown += (try? String(contentsOfFile: bagq.path("\(brand).html"), encoding: .utf8)) ?? ""
        }
        #expect(shown.ranges(of: "<img src=\"data:image/jpeg;base64,").count == 10)
        #expect(shown.contains("No such file or directory") && shown.contains("another picture lies there now"))

        let jpeg = try bagq.run(["show", "--brand", "bar", "--limit", "3", "--sheet", "s.jpg"] + Self.window)
        if jpeg.status == 0 {
            var decoder = try PictureDecoder()
            let file = [UInt8](try Data(contentsOf: URL(filePath: bagq.path("s.jpg"))))
            #expect(try decoder.decode(file.span).image.width > 64)
            #expect(jpeg.lines.first?.contains("CONFIDENCE") == true)
        }

        for words in [["plain.html"], ["thumbnails.html", "--thumbnails"]] {
            let output = try bagq.run(["report"] + words + Self.window)
            #expect(output.status == 0 && output.out.isEmpty, "\(output.err)")
        }
        let plain = try String(contentsOfFile: bagq.path("plain.html"), encoding: .utf8)
        let thumbnails = try String(contentsOfFile: bagq.path("thumbnails.html"), encoding: .utf8)
        #expect(!plain.contains("<img") && thumbnails.ranges(of: "<img").count == 10)
        for heading in [
            "Brands", "Where the data came from", "Pictures without a prediction", "The model", "How it was counted",
        ] {
            #expect(plain.contains("<h2>\(heading)</h2>"), "\(heading)")
        }
        #expect(plain.contains(bagq.path("dump")))
        #expect(try bagq.run("report", "x.pdf").status == 64)
        #expect(try bagq.run("report", "none/x.html").status == 2)
    }

    @Test func reviewSamples() throws {
        let bagq = try withDump()
        let drawn = try bagq.run(["review-sample", "--per-brand", "4", "--sheet", "s.html"] + Self.window)
        #expect(drawn.status == 0 && drawn.err.contains("sample 1: "), "\(drawn.err)")
        let lines = drawn.out.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(lines[0].prefix(4) == ["sample", "picture", "predicted", "true_brand"])
        #expect(lines.count >= 5 && lines.count <= 9)
        #expect(try String(contentsOfFile: bagq.path("s.html"), encoding: .utf8).contains("picture \(lines[1][1])"))

        // All right but the first, which shows none of them, and the last, which nobody can tell.
        let filled = lines.enumerated().map { index, fields -> String in
            var fields = fields
            if index == 1 { fields[3] = "none" } else if index > 0 && index < lines.count - 1 { fields[3] = fields[2] }
            return fields.joined(separator: ",") + "\n"
        }
        try Data(filled.joined().utf8).write(to: URL(filePath: bagq.path("s.csv")))
        let applied = try bagq.run("review-sample", "--apply", "s.csv")
        #expect(applied.status == 0 && applied.err.contains("\(lines.count - 2) answers stored, 1 still without one"))
        #expect(applied.lines.first?.hasPrefix("PREDICTED") == true)
        #expect(try bagq.run(["report", "r.html"] + Self.window).status == 0)
        #expect(try String(contentsOfFile: bagq.path("r.html"), encoding: .utf8).contains("What people found"))

        try Data((filled[0] + filled[1] + "1,99999,bar,bar,,,,,\n").utf8).write(to: URL(filePath: bagq.path("bad.csv")))
        let refused = try bagq.run("review-sample", "--apply", "bad.csv")
        #expect(refused.status == 2 && refused.err == "bagq: bad.csv, line 3: picture 99999 is not in sample 1\n")
        #expect(try bagq.run("review-sample", "--apply", "s.csv", "--since", "7d").status == 64)
        #expect(try bagq.run("review-sample", "--since", "2000-01-01", "--until", "2000-01-02").status == 2)
    }

    @Test func reclassifies() throws {
        let bagq = try withDump()
        #expect(try bagq.shell("cp -r dump gone && bagq submit gone --wait").status == 0)
        #expect(try bagq.run("models", "export", "shapes", "m.safetensors").status == 0)
        #expect(try bagq.run("models", "import", "m.safetensors", "--name", "second").status == 0)
        #expect(try bagq.run("models", "use", "second").status == 0)
        let since = ["reclassify", "--since", "2024-11-01"]
        #expect(try bagq.shell("mv gone elsewhere").status == 0)
        let made = try bagq.run(since + ["--wait"])
        #expect(made.status == 0 && made.out == "4\n", "\(made.out)\(made.err)")
        #expect(made.err.contains("left out, with 12 sightings: \(bagq.path("gone"))"))
        let again = try bagq.run(since)
        #expect(again.status == 0 && again.out.isEmpty && again.err.contains("second@1 has classified every sighting"))

        // Twice at once makes no second job.
        #expect(try bagq.run("models", "import", "m.safetensors", "--name", "third").status == 0)
        #expect(try bagq.run(since + ["--model", "third"]).out == "5\n")
        let under = try bagq.run(since + ["--model", "third"])
        #expect(under.out.isEmpty && under.err.contains("job 5 is on \(bagq.path("dump"))"), "\(under.err)")
        // And with nothing left to read it says so.
        #expect(try bagq.shell("bagq cancel 5 && mv dump elsewhere2").status == 0)
        let lost = try bagq.run(since + ["--model", "third"])
        #expect(lost.status == 2 && lost.err.contains("none of the sources is there any more"), "\(lost.err)")
    }
}
