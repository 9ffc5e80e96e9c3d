import Foundation
import TestSupport
import Testing

@testable import Intake

/// Documents and tar files of every format, damaged at random: nothing traps, hangs or grows. `BAGQ_EXHAUSTIVE_TESTS`
/// makes it 100,000 of each.
struct SidecarMutationTests {
    private static let isSlow = ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil

    private static let samples: [(picture: String, document: String)] = [
        (
            "1929384756102938112_1.jpg",
            #"{"category": "twitter", "subcategory": "timeline", "tweet_id": 1929384756102938112, "retweet_id": 0, "date": "2025-06-02 03:49:06", "author": {"name": "arker"}, "content": "RT &amp; <b>#bag</b> \ud83d\udc5c", "hashtags": ["bag", {"text": "x"}], "favorite_count": 8123, "num": 1}"#
        ),
        (
            "b_2.jpg",
            #"{"node": {"shortcode": "CpAbc", "id": "27_55", "__typename": "GraphSidecar", "taken_at_timestamp": 1677086400.5e0, "edge_sidecar_to_children": {"edges": [{"node": {"is_video": false}}, {"node": {"is_video": true}}]}, "edge_media_to_caption": {"edges": [{"node": {"text": "The #Bag"}}]}, "owner": {"username": "me"}}, "instaloader": {"node_type": "Post"}}"#
        ),
        (
            "A [dQw4w9WgXcQ].webp",
            #"{"id": "dQw4w9WgXcQ", "extractor": "youtube", "webpage_url": "https://youtu.be/d", "ext": "jpg", "tags": ["Bags"], "uploader_id": "@me", "upload_date": "20240501", "like_count": 5e2, "_type": "video"}"#
        ),
        (
            "000000001.jpg",
            #"{"url": "https://x.com/a.jpg", "caption": "a bag", "Posted_At": "2024-05-01T12:00:00Z", "key": "1", "status": "success", "original_width": 1, "exif": "{\"EXIF DateTimeOriginal\": \"2008:10:22 16:28:39\"}", "x": NaN}"#
        ),
        (
            "IMG_1(1).JPG",
            #"{"title": "IMG", "description": "my #bag", "imageViews": "12", "photoTakenTime": {"timestamp": "1714559696"}}"#
        ),
        (
            "a.png",
            #"{"Posted-At": 1714559696, "owner": {"username": "@me"}, "Post ID": 12, "likesCount": -3, "permalink": "https://www.instagram.com:80/p/", "isRepost": true, "tags": "a #Tote"}"#
        ),
    ]

    @Test(arguments: samples.indices) func documents(_ index: Int) throws {
        let (name, text) = Self.samples[index]
        let picture = PictureName(Array(name.utf8))
        let original = Array(text.utf8)
        var sidecars = Sidecars()
        var generator = Generator(state: UInt64(index))
        var described = 0
        let context = IntakeContext(zone: .gmt, brands: BrandNames([("Gucci", ["bag"])]))
        for round in 0..<(Self.isSlow ? 100_000 : 200) {
            let bytes = round == 0 ? original : Self.mutated(original, &generator)
            var problems: [MetadataProblem] = []
            let found = sidecars.posts(of: [picture], inDocument: bytes, of: Path("a"), context, &problems)
            #expect(found.count == 1)
            // It says something, or is wrong, or is of no format; never two of these.
            #expect(found[0] == nil || problems.isEmpty)
            if round == 0 { #expect(found[0] != nil) }
            if let post = found[0]?.post {
                described += 1
                if let place = post.place { #expect(place >= 0) }
                for count in [
                    post.engagement.likes, post.engagement.comments, post.engagement.shares, post.engagement.views,
                ] {
                    #expect(count ?? 0 >= 0)
                }
            }
        }
        #expect(described > 1)
        // Beside others in one process it would measure theirs: the exhaustive run is to be alone (`--filter
        // SidecarMutationTests`).
        if Self.isSlow { #expect(try residentBytes() < 400 << 20) }
    }

    @Test func tarFiles() throws {
        var tar = Tar()
        tar.add("a.jpg", "a")
        tar.add("a.json", Self.samples[5].document)
        tar.add("././@LongLink", "d/b.jpg\0", kind: "L")
        tar.add("cut.jpg", "b")
        tar.add("pax", Tar.paxRecord("path", "p/c.jpg") + Tar.paxRecord("size", "3"), kind: "x")
        tar.add("c.jpg", "ccc")
        tar.add("d.jpg", "256", isBinarySize: true)
        tar.add("e.txt", "#tote")
        let original = tar.bytes + [UInt8](repeating: 0, count: 1024)
        let tree = Tree()
        let path = tree.path("s.tar")
        var generator = Generator(state: 3)
        var members = 0
        for round in 0..<(Self.isSlow ? 100_000 : 100) {
            var bytes = round == 0 ? original : Self.mutated(original, &generator)
            // So that damage gets past the sums.
            if round % 2 == 1 { Self.mendSums(&bytes) }
            try Data(bytes).write(to: URL(filePath: path.description))
            let file = try ReadableFile(at: path)
            var reader = ShardReader(path: Array("s.tar".utf8), file, at: 0)
            var problems: [MetadataProblem] = []
            var groups = 0
            while let group = try reader.next(&problems) {
                groups += 1
                for member in group.pictures {
                    members += 1
                    #expect(member.size >= 0 && member.offset >= 512 && member.offset + member.size <= bytes.count)
                    #expect(!member.name.contains(0))
                }
                try #require(groups <= bytes.count / 512)
            }
            #expect(problems.count <= 1)
        }
        #expect(members > 100)
    }

    /// xz is a process for each, so they are fewer.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/xz"), "there is no xz"))
    func packedDocuments() throws {
        let tree = Tree()
        tree.file("a.json", Self.samples[1].document)
        let packer = Process()
        packer.executableURL = URL(filePath: "/usr/bin/xz")
        packer.arguments = [tree.path("a.json").description]
        try packer.run()
        packer.waitUntilExit()
        let path = tree.path("a.json.xz")
        let original = Array(try Data(contentsOf: URL(filePath: path.description)))
        var generator = Generator(state: 4)
        var buffer: [UInt8] = []
        for round in 0..<(Self.isSlow ? 5_000 : 10) {
            let bytes = round == 0 ? original : Self.mutated(original, &generator)
            try Data(bytes).write(to: URL(filePath: path.description))
            do {
                try XZ.unpack(ReadableFile(at: path), with: "xz", into: &buffer, limit: 1 << 20)
                if round == 0 { #expect(buffer.elementsEqual(Self.samples[1].document.utf8)) }
            } catch XZ.Failure.damaged {
                #expect(round > 0)
            }
            #expect(buffer.count <= 1 << 21)
        }
    }

    private static func mutated(_ original: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.remove(at: at)
            case 3: bytes.removeSubrange(at..<min(at + 9, bytes.count))
            case 4: bytes.insert(contentsOf: bytes[at..<min(at + 30, bytes.count)], at: at)
            case 5: bytes.insert(contentsOf: Array(words.randomElement(using: &generator)?.utf8 ?? "".utf8), at: at)
            default: if Int.random(in: 0..<8, using: &generator) == 0 { bytes.removeSubrange(at...) }
            }
        }
        return bytes
    }

    private static let words = [
        "\"", "{", "[", "}", "\\u", "\\ud83d", "-", "9999999999999999999999", "1e999", "null", ",", "\u{0}", "é", "#",
        "&", "<", "@", "(",
        String(repeating: "[", count: 600), "7777777",
    ]

    /// Of all blocks that are headers by their looks.
    private static func mendSums(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[start + 257] == UInt8(ascii: "u") {
            for index in 148..<156 { bytes[start + index] = 0x20 }
            let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let text = String(repeating: "0", count: max(6 - sum.count, 0)) + sum + "\0 "
            for (index, byte) in text.utf8.prefix(8).enumerated() { bytes[start + 148 + index] = byte }
        }
    }

    /// Of this process.
    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
    }
}
