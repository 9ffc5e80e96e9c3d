import Foundation
import Testing

/// Train, submit, work, status, results, trends: the real program on real JPEGs.
struct WholePathTests {
    @Test func trainsSubmitsWorksAndReports() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data/train", each: 8)
        try bagq.drawPictures(in: "data/validation", each: 4)

        let none = try bagq.run("submit", "data/validation")
        #expect(none.status == 2)
        #expect(none.err.contains("bagq train"))

        let train = try bagq.run("train", "data", "--name", "shapes", "--epochs", "2", "--wait")
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
        let header =
            "item,path,brand,confidence,recognised,posted_at,author,flags,time_source,platform,post,place,hashtags,"
            + "likes,comments,shares,views,repost,mentions"
        #expect(results.lines.first.map(String.init) == header)
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
        #expect(try bagq.run("train", "data", "--name", "shapes", "--epochs", "1", "--wait").status == 0)
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
}
