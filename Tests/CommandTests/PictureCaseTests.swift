import Foundation
import Imaging
import TestSupport
import Testing

/// What lies in real dumps, in one folder: each file has one outcome, for the right reason, and the job is done.
struct PictureCaseTests {
    private enum Expected: Equatable {
        /// A prediction, with these flags.
        case predicted(String)
        case failed(String)
        case leftOut(String)
    }

    private struct Case {
        var name: String
        var bytes: [UInt8]
        var expected: Expected

        init(_ name: String, _ bytes: [UInt8], _ expected: Expected) {
            (self.name, self.bytes, self.expected) = (name, bytes, expected)
        }
        init(_ name: String, _ text: String, _ expected: Expected) {
            self.init(name, text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }, expected)
        }
    }

    /// A large frame header in a small file.
    private static func bomb(_ good: [UInt8]) -> [UInt8] {
        var bytes = good
        guard let frame = bytes.indices.dropLast().first(where: { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 }) else {
            return []
        }
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        return bytes
    }

    /// What becomes of a picture that is cut off in its header, of a format that comes with a trait.
    private static func cutOff(_ format: PictureFormat) -> Expected {
        .failed(PictureFormat.readable.contains(format) ? "corrupt" : "unsupported_format")
    }

    private static func cases(_ good: [UInt8]) -> [Case] {
        let fine = Expected.predicted("")
        let notRead = Expected.failed("unsupported_format")
        let noImage = Expected.failed("not_an_image")
        return [
            Case("empty.jpg", "", .failed("empty")),
            Case("start-only.jpg", Array(good.prefix(2)), .failed("corrupt")),
            Case("cut-header.jpg", Array(good.prefix(30)), .failed("corrupt")),
            Case("cut-scan.jpg", Array(good.prefix(good.count * 2 / 3)), .predicted("truncated")),
            Case("bomb.jpg", bomb(good), .failed("too_large")),
            Case("page.jpg", "<!DOCTYPE html><html><body>Sign in</body></html>", noImage),
            Case("denied.jpg", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", noImage),
            Case("error.jpg", "{\"error\": \"rate limit\"}", noImage),
            Case("pointer.jpg", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", noImage),
            Case("text.jpg", "Not found", noImage),
            Case("noise.jpg", (0..<200).map { UInt8(truncatingIfNeeded: $0 * 89 + 3) }, noImage),
            Case("webp.jpg", "RIFF\u{10}\0\0\0WEBPVP8 ", cutOff(.webp)),
            Case("png.jpg", "\u{89}PNG\r\n\u{1A}\n\0\0\0\rIHDR", cutOff(.png)),
            Case("gif.jpg", "GIF89a\u{1}\0\u{1}\0", notRead),
            Case("heic.jpg", "\0\0\0\u{18}ftypheic\0\0\0\0mif1heic", notRead),
            Case("avif.jpg", "\0\0\0\u{1C}ftypavif\0\0\0\0mif1miaf", notRead),
            Case("bmp.jpg", "BM\u{1A}\0\0\0\0\0\0\0\u{1A}\0\0\0\u{0C}\0\0\0\u{1}\0\u{1}\0\u{1}\0\u{18}\0", notRead),
            Case("tiff.jpg", "II*\0\u{8}\0\0\0", notRead),
            Case("jpeg.webp", good, fine),
            Case("jpeg.heic", good, fine),
            Case("jpeg.png", good, fine),
            Case("UPPER.JPG", good, fine),
            Case("query.jpg?w=640", good, fine),
            Case("line-end-first.jpg", [0x0D, 0x0A] + good, fine),
            Case("trailing.jpg", good + Array("trailing bytes".utf8), fine),
            Case("progressive.jpg", Fixtures.progressive, fine),
            Case("grey.jpg", Fixtures.grey, fine),
            Case("cmyk.jpg", Fixtures.adobeCMYK, fine),
            Case("plain-cmyk.jpg", Fixtures.plainCMYK, fine),
            Case("ycck.jpg", Fixtures.adobeYCCK, fine),
            Case("._x.jpg", good, .leftOut("hidden")),
            Case(".DS_Store", "Bud1", .leftOut("hidden")),
            Case("x.jpg.part", good, .leftOut("unfinished")),
            Case("notes.txt", "hello", .leftOut("metadata")), Case("notes.doc", "hello", .leftOut("not_a_picture")),
        ]
    }

    @Test func everyFileHasOneOutcome() throws {
        let bagq = try Bagq.withModel()
        let good = Array(try Data(contentsOf: URL(filePath: bagq.path("data/bar/0.jpg"))))
        let cases = Self.cases(good)
        try FileManager.default.createDirectory(atPath: bagq.path("dump/folder.jpg"), withIntermediateDirectories: true)
        for item in cases {
            try Data(item.bytes).write(to: URL(filePath: bagq.path("dump")).appending(path: item.name))
        }
        let others = try bagq.shell(
            #"""
            cd dump && mkfifo pipe.jpg && ln -s nowhere dangling.jpg && ln -s UPPER.JPG link.jpg && ln -s . loop &&
            cp UPPER.JPG "$(printf 'b\377.jpg')" && cp UPPER.JPG folder.jpg/inside.jpg && cp UPPER.JPG denied-rights.jpg &&
            chmod 000 denied-rights.jpg
            """#)
        #expect(others.status == 0, "\(others.err)")
        var expected = Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0.expected) })
        for name in ["dangling.jpg", "link.jpg", "loop"] { expected[name] = .leftOut("link") }
        expected["pipe.jpg"] = .leftOut("special")
        expected[#"b\xFF.jpg"#] = .predicted("")
        expected["folder.jpg/inside.jpg"] = .predicted("")
        // Nothing is denied to root.
        expected["denied-rights.jpg"] = getuid() == 0 ? .predicted("") : .failed("unreadable")

        let submit = try bagq.run("submit", "dump", "--wait")
        #expect(submit.status == 1, "\(submit.err)")
        var found: [String: Expected] = [:]
        for line in try bagq.run("results", "2", "--json").lines {
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let path = try #require(row["path"] as? String)
            #expect(found[path] == nil)
            found[path] = .predicted((row["flags"] as? [String])?.joined(separator: " ") ?? "")
        }
        for line in try bagq.run("failures", "2", "--json").lines {
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let path = try #require(row["path"] as? String)
            #expect(found[path] == nil, "\(path) has two outcomes")
            found[path] = .failed(row["reason"] as? String ?? "")
            #expect((row["message"] as? String)?.isEmpty == false)
        }
        for (name, outcome) in expected {
            if case .leftOut = outcome {
                #expect(found[name] == nil, "\(name)")
            } else {
                #expect(found[name] == outcome, "\(name)")
            }
        }
        #expect(found.count == expected.values.count { if case .leftOut = $0 { false } else { true } })

        let counts = Dictionary(grouping: expected.values) { if case .leftOut(let why) = $0 { why } else { "" } }
        let status = try bagq.run("status", "2").out
        for (reason, all) in counts where !reason.isEmpty {
            #expect(status.contains("\(all.count) \(reason)"), "\(status)")
        }
        #expect(status.hasPrefix("job       2, classify, done\n"))
        #expect(try bagq.run("wait", "2").status == 1)

        // `classify` says the same of each file.
        let said = try bagq.run(["classify"] + cases.map { "dump/\($0.name)" })
        #expect(said.status == 1)
        let (predicted, failed) = (said.lines.count, said.err.split(separator: "\n").count)
        #expect(predicted + failed == cases.count)

        let formats = PictureFormat.readable.map(\.rawValue).joined(separator: " ")
        #expect(try bagq.run("doctor").out.contains(try Regex("picture formats +\(formats)\n")))

        // A truncated picture is left out of the trends.
        #expect(try bagq.run("doctor", "--deep").status == 0)
        let sightings = try #require(try bagq.json("trends", "--since", "today", "--json") as? [String: Any])
        let counted = ["weak", "other", "unsure"].compactMap { sightings[$0] as? Int }.reduce(0, +)
        #expect(counted < found.values.count { if case .predicted = $0 { true } else { false } })
    }
}
