import Foundation
import Testing

@testable import Intake

/// Tar files: their members are pictures in place, whatever the file says they are called and how long.
struct ShardTests {
    private let tree = Tree()

    @Test func membersOfOneKeyBelongTogether() throws {
        var tar = Tar()
        tar.add("000/a.jpg", "AAAA")
        tar.add("000/a.json", #"{"posted_at": "2024-05-01T12:00:00Z", "author": "me"}"#)
        tar.add("000/a.txt", "#ignored")
        tar.add("000/b.png", "BB")
        tar.add("000/b.txt", "a #tote")
        tar.add("000/c.json", "{")
        tar.add("000/c.jpg", "C")
        try tar.write(to: tree.path("s.tar"))
        let listing = try Listing(of: tree.root)
        #expect(
            listing.rows == [
                "s.tar/000/a.jpg | 2024-05-01T12:00:00.000Z sidecar | - - - me |  | - - - - | ",
                "s.tar/000/b.png | - | - - - - | #tote | - - - - | ",
                "s.tar/000/c.jpg | - | - - - - |  | - - - - | ",
            ])
        #expect(listing.places.map(\.path.description) == ["s.tar", "s.tar", "s.tar"])
        #expect(try listing.places.map { try bytes(of: $0) } == ["AAAA", "BB", "C"])
        #expect(listing.problems.map(\.file.description) == ["s.tar/000/c.json"])
    }

    /// GNU's and pax's long names and sizes, base 256 and octal.
    @Test func longNamesAndSizes() throws {
        let long = String(repeating: "d/", count: 80) + "long.jpg"
        var tar = Tar()
        tar.add("././@LongLink", long + "\0", kind: "L")
        tar.add("cut.jpg", "gnu")
        tar.add("pax", Tar.paxRecord("path", "p/" + long) + Tar.paxRecord("size", "3"), kind: "x")
        tar.add("cut.jpg", "pax", writtenSize: 0)
        tar.add("global", Tar.paxRecord("comment", "none"), kind: "g")
        tar.add("binary.jpg", "256", isBinarySize: true)
        tar.add("name.jpg", "pre", prefix: "folder")
        try tar.write(to: tree.path("s.tar"))
        let listing = try Listing(of: tree.root)
        #expect(
            listing.places.map(\.shown.description)
                == [long, "p/" + long, "binary.jpg", "folder/name.jpg"].map { "s.tar/" + $0 })
        #expect(try listing.places.map { try bytes(of: $0) } == ["gnu", "pax", "256", "pre"])
        #expect(listing.problems.isEmpty)
    }

    /// Whatever a member is called, its picture is a slice of the tar file itself.
    @Test func hostileNamesAndKindsOpenNothing() throws {
        var tar = Tar()
        for name in ["../../etc/passwd.jpg", "/etc/passwd.jpg", "a/../../b.jpg", "\u{1B}[2J.jpg"] {
            tar.add(name, name)
        }
        tar.add("pax", Tar.paxRecord("path", "nul.jpg\0/etc/passwd.jpg"), kind: "x")
        tar.add("x.jpg", "nul")
        tar.add("symlink.jpg", "", kind: "2", link: "/etc/passwd")
        tar.add("hardlink.jpg", "", kind: "1", link: "../../etc/passwd")
        tar.add("fifo.jpg", "", kind: "6")
        tar.add("folder.jpg/", "", kind: "5")
        tar.add("", "no name")
        tar.add("last.jpg", "last")
        try tar.write(to: tree.path("s.tar"))
        let listing = try Listing(of: tree.root)
        #expect(listing.places.allSatisfy { $0.path == Path("s.tar") && $0.slice != nil })
        #expect(
            listing.places.compactMap(\.slice?.name.bytes)
                == [
                    "../../etc/passwd.jpg", "/etc/passwd.jpg", "a/../../b.jpg", "\u{1B}[2J.jpg", "nul.jpg", "last.jpg",
                ].map { Array($0.utf8) })
        #expect(listing.places.allSatisfy { !$0.shown.description.contains("\u{1B}") })
        #expect(
            try listing.places.map { try bytes(of: $0) } == [
                "../../etc/passwd.jpg", "/etc/passwd.jpg", "a/../../b.jpg", "\u{1B}[2J.jpg", "nul", "last",
            ])
    }

    @Test func whatIsCutOffOrTooLongEndsThere() throws {
        var tar = Tar()
        tar.add("a.jpg", "a")
        tar.add("b.jpg", String(repeating: "b", count: 2000))
        for (name, tail) in [("data.tar", 1500), ("header.tar", 300)] {
            try tar.write(to: tree.path(name), cutting: 1024 + tail)
        }
        for (name, size) in [("over.tar", 1 << 40), ("negative.tar", -1)] {
            var tar = Tar()
            tar.add("a.jpg", "a")
            tar.add("pax", Tar.paxRecord("size", String(size)), kind: "x")
            tar.add("b.jpg", "b")
            try tar.write(to: tree.path(name))
        }
        var binary = Tar()
        binary.add("a.jpg", "a")
        binary.add("b.jpg", "b", writtenSize: 1 << 53, isBinarySize: true)
        try binary.write(to: tree.path("binary.tar"))
        tree.file("no.tar", String(repeating: "this is no tar file", count: 100))
        tree.file("empty.tar")
        let listing = try Listing(of: tree.root)
        #expect(
            listing.places.map(\.shown.description) == [
                "binary.tar/a.jpg", "data.tar/a.jpg", "header.tar/a.jpg", "negative.tar/a.jpg", "over.tar/a.jpg",
            ])
        #expect(
            listing.problems.map(\.description) == [
                "binary.tar: is cut off; its last member is left out; download it again",
                "data.tar: is cut off; its last member is left out; download it again",
                "header.tar: is cut off; its last member is left out; download it again",
                "negative.tar: is no tar file from here on; download it again",
                "no.tar: is no tar file from here on; download it again",
                "over.tar: is cut off; its last member is left out; download it again",
            ])
    }

    @Test func concatenatedArchivesAreOne() throws {
        var both: [UInt8] = []
        for name in ["a.jpg", "b.jpg"] {
            var tar = Tar()
            tar.add(name, name)
            both += tar.whole
        }
        // What follows the end of the last one is nothing.
        both += Array("rubbish".utf8) + [UInt8](repeating: 7, count: 2000)
        try Data(both).write(to: URL(filePath: tree.path("s.tar").description))
        let listing = try Listing(of: tree.root)
        #expect(listing.places.map(\.shown.description) == ["s.tar/a.jpg", "s.tar/b.jpg"])
        #expect(listing.problems.isEmpty)
    }

    @Test(arguments: [1, 2, 3, 7]) func aListingThatIsTakenUpInAShardIsTheWholeListing(_ limit: Int) throws {
        for name in ["s.tar", "t.tar"] {
            var tar = Tar()
            for number in 0..<5 {
                tar.add("././@LongLink", String(repeating: "x", count: 120) + "/\(number).jpg\0", kind: "L")
                tar.add("\(number).jpg", "\(number)")
                tar.add("././@LongLink", String(repeating: "x", count: 120) + "/\(number).json\0", kind: "L")
                tar.add("\(number).json", #"{"author": "me\#(number)", "likes": 1}"#)
            }
            try tar.write(to: tree.path(name))
        }
        for name in ["a.jpg", "sz.jpg", "z.jpg"] { tree.file(name) }
        let whole = try Listing(of: tree.root, limit: 100)
        #expect(whole.rows.count == 13)
        #expect(whole.rows.contains { $0.contains("me4") })
        var rows: [String] = []
        var cursor: [UInt8]?
        while true {
            var lister = try SourceLister(source: tree.root, cursor: cursor, leftOut: [:], context: .test)
            guard let batch = try lister.next(limit: limit) else { break }
            rows += batch.references.map(DumpSample.row)
            cursor = batch.cursor
        }
        #expect(rows == whole.rows)
    }

    /// As whoever classifies it would read it.
    private func bytes(of place: PicturePlace) throws -> String {
        let slice = try #require(place.slice)
        let file = try FileHandle(forReadingFrom: URL(filePath: tree.root.appending(place.path).description))
        try file.seek(toOffset: UInt64(slice.offset))
        return String(decoding: try file.read(upToCount: slice.length) ?? Data(), as: UTF8.self)
    }
}

/// Writes tar files, also such as no tar writes.
struct Tar {
    private(set) var bytes: [UInt8] = []

    /// With the blocks of zeros at its end.
    var whole: [UInt8] { bytes + [UInt8](repeating: 0, count: 10_240) }

    func write(to path: Path, cutting length: Int? = nil) throws {
        try Data(length.map { Array(whole.prefix($0)) } ?? whole).write(to: URL(filePath: path.description))
    }

    mutating func add(
        _ name: String, _ content: String, kind: Character = "0", link: String = "", prefix: String = "",
        writtenSize: Int? = nil, isBinarySize: Bool = false
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
        }
        let size = writtenSize ?? content.utf8.count
        put(name, at: 0, 100)
        put("0000644\0", at: 100, 8)
        if isBinarySize {
            header[124] = 0x80
            for index in 0..<8 { header[128 + index] = UInt8(truncatingIfNeeded: size >> (56 - 8 * index)) }
        } else {
            put(String(repeating: "0", count: 11 - String(size, radix: 8).count) + String(size, radix: 8), at: 124, 11)
        }
        put("        ", at: 148, 8)
        put(String(kind), at: 156, 1)
        put(link, at: 157, 100)
        put("ustar\u{0}00", at: 257, 8)
        put(prefix, at: 345, 155)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148, 8)
        bytes += header + content.utf8
        bytes += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
    }

    static func paxRecord(_ key: String, _ value: String) -> String {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while String(length).utf8.count + rest.utf8.count != length { length += 1 }
        return "\(length)\(rest)"
    }
}
