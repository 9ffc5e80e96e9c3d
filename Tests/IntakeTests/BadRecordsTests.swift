import Foundation
import Glibc
import Testing

@testable import Intake

/// Records as dumps really hold them: what is wrong is said with its file and line, and what stands around it is read.
@Suite struct BadRecordsTests {
    let dump = DumpTree()

    private func tweet(_ id: String, _ text: String = "t") -> String {
        #"{"id_str": "\#(id)", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "text": "\#(text)", "user": {"screen_name": "ana"}, "entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/m\#(id).jpg", "type": "photo"}]}}"#
    }

    /// The ids of the pictures' posts, and the problems of `t.jsonl`.
    private func read(_ text: String, pictures: [String]) throws -> (ids: [String], problems: [String]) {
        dump.file("t.jsonl", text)
        dump.tree.files(pictures)
        let found = try dump.list()
        return (
            found.rows.map {
                $0.split(separator: "|")[2].split(separator: " ").dropFirst().first.map(String.init) ?? ""
            }, found.problems
        )
    }

    @Test func aLineOf100MBIsSkipped() throws {
        dump.file("t.jsonl", tweet("1") + "\n")
        let descriptor = unsafe open(dump.tree.path("t.jsonl").cString, O_WRONLY | O_APPEND)
        #expect(descriptor >= 0)
        // A hole, which costs no disk.
        #expect(ftruncate(descriptor, 100_000_000) == 0)
        let end = "\n" + tweet("2") + "\n"
        #expect(unsafe write(descriptor, end, end.utf8.count) == end.utf8.count)
        close(descriptor)
        dump.pictures("m1.jpg", "m2.jpg")
        let found = try dump.list()
        #expect(found.findings.described == ["X records": 2])
        #expect(found.problems == ["t.jsonl:2: longer than 16777216 bytes, skipped"])
    }

    @Test func deepNesting() throws {
        let deep = #"{"a": "# + String(repeating: "[", count: 100_000)
        let found = try read([tweet("1"), deep, tweet("2")].joined(separator: "\n"), pictures: ["m1.jpg", "m2.jpg"])
        #expect(found.ids == ["1", "2"])
        #expect(found.problems == ["t.jsonl:2: not JSON: byte 517: it is nested over 512 deep"])
    }

    @Test func loneSurrogatesAndNaN() throws {
        let second = tweet("2").replacing("\"entities\"", with: #""favorite_count": NaN, "x": -Infinity, "entities""#)
        let found = try read(tweet("1", #"\ud83d #bag\udc00"#) + "\n" + second + "\n", pictures: ["m1.jpg", "m2.jpg"])
        #expect(found.ids == ["1", "2"] && found.problems == [])
    }

    @Test func aMarkAtTheStartAndWindowsLineEnds() throws {
        let found = try read(
            "\u{FEFF}" + tweet("1") + "\r\n\r\n" + tweet("2") + "\r\n", pictures: ["m1.jpg", "m2.jpg"])
        #expect(found.ids == ["1", "2"] && found.problems == [])
    }

    @Test func aCutOffLastLine() throws {
        let found = try read(tweet("1") + "\n" + tweet("2").dropLast(20), pictures: ["m1.jpg", "m2.jpg"])
        #expect(found.ids == ["1", "-"])
        #expect(found.problems == ["t.jsonl:2: the file ends in the middle of this record; was it copied whole?"])
    }

    @Test func wrongLinesAreNumbered() throws {
        let found = try read(
            "not json\n" + tweet("1") + "\n{\"a\" 1}\n" + tweet("2") + "\n", pictures: ["m1.jpg", "m2.jpg"])
        #expect(found.ids == ["1", "2"])
        #expect(
            found.problems == [
                "t.jsonl:1: not JSON: byte 1: no value begins here", "t.jsonl:3: not JSON: byte 5: a colon is missing",
            ])
    }

    @Test func idsOf64BitsAreExact() throws {
        let id = "18446744073709551615"
        let number = tweet(id).replacing("\"id_str\": \"\(id)\"", with: "\"id\": \(id)")
        #expect(try read(number, pictures: ["\(id)_1.jpg"]).ids == [id])
    }

    /// The first of two records counts, and the other is no record without a picture.
    @Test func duplicates() throws {
        dump.file("t.jsonl", tweet("1") + "\n" + tweet("1").replacing("2017", with: "2018") + "\n")
        dump.pictures("m1.jpg")
        let found = try dump.list()
        #expect(found.rows == ["m1.jpg | 2017-01-24T15:09:43.000Z manifest | twitter 1 0 ana |  | - - - - | "])
        #expect(found.findings.records == 2 && found.findings.recordsWithoutPicture == 0)
    }

    @Test func anArchivesListThatIsCutOff() throws {
        dump.file("data/tweets.js", "window.YTD.tweets.part0 = [\n{\"tweet\": \(tweet("1"))},\n{\"tweet\": {\"id_str\"")
        dump.pictures("data/tweets_media/1-m1.jpg")
        let found = try dump.list()
        #expect(found.findings.described == ["X archive": 1])
        #expect(
            found.problems == ["data/tweets.js:3: the file ends in the middle of this record; was it copied whole?"])
    }

    @Test func aFileInUTF16() throws {
        let bytes: [UInt8] = [0xFF, 0xFE] + Array(tweet("1").utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        try Data(bytes).write(to: URL(filePath: dump.tree.path("t.jsonl").description))
        dump.pictures("m1.jpg")
        #expect(
            try dump.list().problems == ["t.jsonl:1: the file is in UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"])
    }

    @Test func moreFilesThanMayBeOpen() throws {
        dump.tree.files((100..<358).map { "\($0).jsonl" })
        dump.pictures("a.jpg")
        let problems = try dump.list().problems
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("356.jsonl: this file and 1 more are not read: a folder may have 256 files")
                == true)
    }

    @Test func anOpenedFileThatIsALinkIsNotRead() throws {
        dump.tree.folder("posts")
        dump.file("elsewhere/your_posts_1.json", "[]")
        dump.tree.link("posts/your_posts_1.json", to: "../elsewhere/your_posts_1.json")
        dump.tree.link("content", to: "elsewhere")
        dump.pictures("a.jpg")
        #expect(try dump.list().problems == [])
    }
}
