import Foundation
import Testing

/// Whose pictures `trends` counts, and how often.
struct TrendSelectionTests {
    /// Eight pictures of bars in four posts by three authors, of two days.
    private func dump() throws -> Bagq {
        let bagq = try Bagq.withModel()
        var rows = "image,post_id,author,date,hashtags,likes\n"
        for number in 0..<8 {
            let (post, author) = (number / 2, ["me", "me", "you", "they"][number / 2])
            rows += "data/bar/\(number).jpg,\(post),\(author),2024-02-0\(1 + number / 4)T12:00:00Z,"
            rows += "\(author == "they" ? "dupe" : "bag"),\(10 * (post + 1))\n"
        }
        try Data(rows.utf8).write(to: URL(filePath: bagq.path("posts.csv")))
        #expect(try bagq.run("submit", "posts.csv", "--wait").status == 0)
        return bagq
    }

    private let window = ["--since", "2024-02-01", "--until", "2024-02-07"]

    private func counted(_ bagq: Bagq, _ words: [String]) throws -> Int {
        let output = try bagq.run(["trends", "--threshold", "0", "--json"] + window + words)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [String: Any], "\(output.err)")
        return (report["recognised"] as? Int ?? 0) + (report["other"] as? Int ?? 0) + (report["unsure"] as? Int ?? 0)
    }

    @Test func whatIsAskedForIsCounted() throws {
        let bagq = try dump()
        let brand = ["--brand", "bar"]
        #expect(try counted(bagq, []) == 8)
        #expect(try counted(bagq, ["--exclude-author", "me"]) == 4)
        #expect(try counted(bagq, ["--hashtag", "#Bag"]) == 6)
        #expect(try counted(bagq, ["--exclude-hashtag", "dupe", "--exclude-hashtag", "#none"]) == 6)
        #expect(try counted(bagq, ["--platform", "nowhere"]) == 0)
        // Where the network sees another shape in one picture of a post, the post counts for both.
        #expect((4...8).contains(try counted(bagq, ["--unit", "posts"] + brand)))
        #expect((3...6).contains(try counted(bagq, ["--unit", "authors"] + brand)))

        let text = try bagq.run(
            ["trends", "--unit", "posts", "--exclude-author", "me", "--exclude-author", "nobody"] + window)
        #expect(text.status == 0 && text.err.contains("no post by nobody has been seen"), "\(text.err)")
        let words = text.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            words.contains("A post counts once for each brand") && words.contains("Left out: posts by me and nobody."))
    }

    @Test func panelsHaveTablesOfTheirOwn() throws {
        let bagq = try dump()
        try Data("author,panel\nme,edgy\nyou,\"=main, stream\"\nnobody,edgy\n".utf8)
            .write(to: URL(filePath: bagq.path("panels.csv")))
        let text = try bagq.run(["trends", "--panel", "panels.csv", "--engagement"] + window).out
        #expect(text.contains("Panel edgy\n") && text.contains("Panel =main, stream\n"))
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("Only posts by the 2 authors of panel edgy; 1 of them has not been seen."))
        #expect(words.contains("BRAND POSTS LIKES COMMENTS TOP AUTHOR"))
        let output = try bagq.run(["trends", "--panel", "panels.csv", "--engagement", "--json"] + window).out
        let json = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        let panels = try #require(json["panels"] as? [[String: Any]])
        #expect(panels.map { $0["panel"] as? String } == ["edgy", "=main, stream"])
        #expect(panels.allSatisfy { $0["brands"] is [Any] && $0["engagement"] is [Any] })
        let csv = try bagq.run(["trends", "--panel", "panels.csv", "--csv"] + window).out.split(separator: "\n")
        #expect(csv[0].hasPrefix("panel,") && csv.filter { $0.hasPrefix("panel,") }.count == 1)
        #expect(csv.contains { $0.hasPrefix("edgy,") } && csv.contains { $0.hasPrefix(#""'=main, stream","#) })
    }

    @Test func wrongChoicesAreRefused() throws {
        let bagq = try Bagq.withModel()
        for (words, status, message) in [
            (["--unit", "post"], 64, "did you mean posts?"), (["--hashtag", "#"], 64, "# is no hashtag"),
            (["--panel", "none.csv"], 2, "none.csv: No such file or directory"),
            (["--engagement", "--csv"], 64, "--engagement and --csv exclude each other"),
        ] as [([String], Int32, String)] {
            let output = try bagq.run(["trends"] + words)
            #expect(output.status == status && output.err.contains(message), "\(output.err)")
        }
    }
}
