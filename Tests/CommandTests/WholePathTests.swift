import Foundation
import Testing

/// Train, submit, work, status, results, trends: the real program on real JPEGs.
@Suite(.timeLimit(.minutes(2))) struct WholePathTests {
    @Test func trainsSubmitsWorksAndReports() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data/train", each: 16)
        try bagq.drawPictures(in: "data/validation", each: 4)

        let none = try bagq.run("submit", "data/validation")
        #expect(none.status == 2)
        #expect(none.err.contains("bagq train"))

        let train = try bagq.run("train", "data", "--name", "shapes", "--epochs", "6", "--wait")
        #expect(train.status == 0, "\(train.err)")
        #expect(train.out == "1\n")
        #expect(try bagq.run("models").out.contains("shapes@1"))

        let submit = try bagq.run("submit", "data/validation")
        #expect(submit.status == 0)
        #expect(submit.out == "2\n")
        #expect(submit.err.contains("no worker is alive"))
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try bagq.run("wait", "2").status == 0)

        let results = try bagq.run("results", "2")
        #expect(results.lines.first == "item,path,brand,confidence,recognised,posted_at,author,flags")
        #expect(Set(results.lines.dropFirst().map { $0.split(separator: ",")[1] }).count == 8)

        let status = try #require(
            try JSONSerialization.jsonObject(with: Data(try bagq.run("status", "--json").out.utf8)) as? [String: Any])
        let jobs = try #require(status["jobs"] as? [[String: Any]])
        #expect(jobs.count == 2)
        #expect(jobs.allSatisfy { $0["state"] as? String == "done" })
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }

    @Test func classifyAndResultsAgree() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 10, brands: ["bar", "disc", "square"])
        #expect(try bagq.run("train", "data", "--name", "shapes", "--epochs", "2", "--wait").status == 0)
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        let results = try bagq.run("results", "2").lines.dropFirst().map { $0.split(separator: ",") }
        let classified = try bagq.run("classify", "data/bar/0.jpg", "data/square/7.jpg").lines.map {
            $0.split(separator: "\t")
        }
        for line in classified {
            let row = try #require(results.first { "data/\($0[1])" == line[0] })
            #expect(row[2] == line[1])
            #expect(row[3] == line[2])
        }
        let evaluation = try bagq.run("evaluate", "shapes", "data", "--chart", "matrix.svg")
        #expect(evaluation.out.contains("weighted avg"))
        #expect(try String(contentsOfFile: bagq.path("matrix.svg"), encoding: .utf8).hasPrefix("<svg"))
    }

    @Test func badPicturesAreFailuresNotCrashes() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 8)
        #expect(try bagq.run("train", "data", "--name", "shapes", "--epochs", "1", "--wait").status == 0)
        let good = try Data(contentsOf: URL(filePath: bagq.path("data/bar/0.jpg")))
        let cases: [(name: String, bytes: Data, reason: String?)] = [
            ("empty.jpg", Data(), "empty"),
            ("page.jpg", Data("<!DOCTYPE html><html></html>".utf8), "not_an_image"),
            ("pointer.jpg", Data("version https://git-lfs.github.com/spec/v1\noid sha256:1\n".utf8), "not_an_image"),
            ("web.jpg", Data("RIFF\u{10}\0\0\0WEBPVP8 ".utf8), "unsupported_format"),
            ("start.jpg", good.prefix(2), "corrupt"),
            ("half.jpg", good.prefix(good.count * 2 / 3), nil),
            ("good.jpeg", good, nil),
        ]
        try FileManager.default.createDirectory(atPath: bagq.path("dump"), withIntermediateDirectories: true)
        for item in cases { try item.bytes.write(to: URL(filePath: bagq.path("dump/\(item.name)"))) }
        let submit = try bagq.run("submit", "dump", "--wait")
        #expect(submit.status == 1)
        let failures = try bagq.run("failures", "2").lines.dropFirst().map { $0.split(separator: ",") }
        for item in cases {
            #expect(failures.first { $0[1] == item.name }.map { String($0[2]) } == item.reason, "\(item.name)")
        }
        let results = try bagq.run("results", "2").lines.dropFirst()
        #expect(results.count == 2)
        #expect(results.contains { $0.hasPrefix("") && $0.contains("half.jpg") && $0.hasSuffix("truncated") })
        #expect(try bagq.run("wait", "2").status == 1)
    }
}
