import Foundation
import Intake
import Queue
import Report
import Testing

@Suite struct TrendRuleTests {
    private static let days = CalendarDay(rawValue: 0)..<CalendarDay(rawValue: 7)

    @Test func eachChoiceIsASentence() {
        #expect(TrendQuery(days: Self.days).rules.isEmpty)
        let filter = TrendFilter(
            excludedAuthors: ["a\u{1B}[1m", "b", "c", "d", "e", "f", "g"], platforms: ["x", "instagram"],
            hashtags: ["bag"],
            excludedHashtags: ["dupe", "replica", "aaa"], authors: ["hidden"])
        for unit in [CountingUnit.posts, .authors] {
            let rules = TrendQuery(days: Self.days, unit: unit, job: JobID(rawValue: 3), filter: filter).rules
            #expect(rules[0].hasPrefix(unit == .posts ? "A post counts once" : "An author counts once"))
            #expect(
                Array(rules.dropFirst()) == [
                    "Only what job 3 showed.", "Only posts on x or instagram.", "Only posts with the hashtag #bag.",
                    "Left out: posts with the hashtag #dupe, #replica or #aaa.",
                    "Left out: posts by a\\x1B[1m, b, c, d, e and 2 more.",
                ])
        }
    }

    @Test func engagementIsATable() throws {
        let rows = [
            EngagementRow(brand: 0, posts: 1200, likes: 1234.5, comments: 3, mostLikedAuthorShare: 0.25),
            EngagementRow(brand: 2, posts: 1, likes: nil, comments: 0, mostLikedAuthorShare: nil),
        ]
        let table = EngagementTable(rows, classes: ["chanel", "gucci", "prada"], brands: ["prada", "gucci", "chanel"])
        let lines = table.text(width: 80).split(separator: "\n").map(String.init)
        #expect(
            Array(lines.prefix(3)) == [
                "BRAND   POSTS   LIKES  COMMENTS  TOP AUTHOR", "prada       1       -         0           -",
                "chanel  1,200  1234.5         3      25.0 %",
            ])
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(
            table.json.text
                == #"[{"brand":"prada","posts":1,"likes_median":null,"comments_median":0,"top_author_share":null},"#
                + #"{"brand":"chanel","posts":1200,"likes_median":1234.5,"comments_median":3,"top_author_share":0.25}]"#
        )
        let none = EngagementTable([], classes: ["chanel"], brands: ["chanel"])
        #expect(none.text(width: nil) == "No post of these says how it was liked.\n" && none.json.text == "[]")
    }
}
