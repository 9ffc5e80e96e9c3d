import Foundation
import Testing

/// What `inspect` says of a dump is what `submit` makes of it.
@Suite struct InspectTests {
    private static let sidecar = """
        {"category": "instagram", "subcategory": "posts", "post_id": "7", "num": 2, "date": "2026-11-02 18:30:00",
         "username": "her", "description": "my Bar #DISC", "likes": 12}
        """

    private func dump() throws -> Bagq {
        let bagq = try Bagq.withModel()
        let made = try bagq.shell(
            """
            mkdir -p dump/disc && cp data/bar/0.jpg dump/a.jpg && cp data/bar/1.jpg dump/IMG-20261101-WA0001.jpg &&
            cp data/disc/0.jpg dump/disc/b.jpg && cp data/disc/1.jpg dump/c.heic && printf '{"category": ' > dump/disc/b.jpg.json &&
            touch -d 2001-01-01 dump/disc/b.jpg dump/c.heic
            """)
        try #require(made.status == 0, "\(made.err)")
        try Data(Self.sidecar.utf8).write(to: URL(filePath: bagq.path("dump/a.jpg.json")))
        return bagq
    }

    @Test func aDumpIsDescribedWithoutOpeningAPicture() throws {
        let bagq = try dump()
        let found = try #require(try bagq.json("inspect", "dump", "--json") as? [String: Any])
        #expect(found["pictures"] as? Int == 4)
        #expect(found["formats"] as? [String: Int] == ["gallery-dl": 1])
        #expect(found["undescribed"] as? Int == 3)
        #expect(found["time_sources"] as? [String: Int] == ["sidecar": 1, "name": 1, "picture": 2])
        #expect(found["earliest"] as? String == "2026-11-01T12:00:00.000Z")
        #expect(found["latest"] as? String == "2026-11-02T18:30:00.000Z")
        #expect(found["authors"] as? Int == 1)
        #expect(found["mentions"] as? [String: Int] == ["bar": 1, "disc": 1])
        #expect(found["unreadable"] as? [String: Int] == ["heic": 1])
        #expect(found["left_out"] as? [String: Int] == ["metadata": 2, "bad_metadata": 1])
        let problems = try #require(found["problems"] as? [String])
        #expect(problems.count == 1 && problems[0].contains("dump/disc/b.jpg.json: "), "\(problems)")
        let warnings = try #require(found["warnings"] as? [String])
        #expect(warnings.contains { $0.hasPrefix("1 picture named .heic, which this build does not read; ") })
        #expect(warnings.contains { $0.hasPrefix("folders are called after brands (disc), 25.0 % of the pictures") })
        #expect(warnings.contains { $0.hasPrefix("hashtags are called after brands (disc), 25.0 % of the pictures") })
        let text = try bagq.run("inspect", "dump")
        #expect(text.status == 0 && text.out.contains("posted     2026-11-01 to 2026-11-02 ("), "\(text.out)")
    }

    @Test func whatIsSubmittedIsWhatWasInspected() throws {
        let bagq = try dump()
        _ = try bagq.run("submit", "dump", "--wait")
        let rows = try bagq.run("results", "2", "--json").lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        let post = try #require(rows.first { $0["path"] as? String == "a.jpg" })
        #expect(
            post["posted_at"] as? String == "2026-11-02T18:30:00.000Z" && post["time_source"] as? String == "sidecar")
        #expect(
            post["platform"] as? String == "instagram" && post["post"] as? String == "7" && post["place"] as? Int == 1)
        #expect(post["likes"] as? Int == 12 && post["hashtags"] as? [String] == ["disc"])
        #expect(post["mentions"] as? [String] == ["bar", "disc"])
        #expect(rows.first { $0["path"] as? String == "IMG-20261101-WA0001.jpg" }?["time_source"] as? String == "name")
        // Again, it costs nothing and moves nothing.
        let trends = try bagq.run("trends", "--since", "10y", "--json").out
        let again = try bagq.run("submit", "dump", "--wait")
        #expect(again.err.contains(" were classified before"), "\(again.err)")
        #expect(try bagq.run("trends", "--since", "10y", "--json").out == trends)
    }

    @Test func nothingToSubmitIsSaid() throws {
        let bagq = try Bagq()
        _ = try bagq.shell("mkdir empty")
        let output = try bagq.run("inspect", "empty")
        #expect(output.status == 2 && output.out.contains("pictures   0\n"), "\(output.out)\(output.err)")
        #expect(try bagq.run("inspect", "nowhere").status == 2)
    }
}
