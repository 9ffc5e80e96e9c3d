import Foundation
import Testing

/// Names that try to steer a terminal, a spreadsheet or a parser, and names that are not UTF-8, all the way through.
@Suite(.timeLimit(.minutes(2))) struct HostileNameTests {
    /// In the order of their bytes, as the folder is listed.
    private static let names: [(bytes: [UInt8], csv: String, shown: String)] = [
        (Array("=cmd.jpg".utf8), "'=cmd.jpg", "=cmd.jpg"),
        (Array("a,\"b\".jpg".utf8), "\"a,\"\"b\"\".jpg\"", "a,\"b\".jpg"),
        ([0x62, 0xFF] + Array(".jpg".utf8), #"b\xFF.jpg"#, #"b\xFF.jpg"#),
        (Array("e\u{1B}[31m.jpg".utf8), "e\u{1B}[31m.jpg", #"e\x1B[31m.jpg"#),
        (Array("n\nl.jpg".utf8), "\"n\nl.jpg\"", #"n\x0Al.jpg"#),
        (Array("œuf ☕.jpg".utf8), "œuf ☕.jpg", "œuf ☕.jpg"),
    ]

    /// A folder whose own name is hostile too, holding a picture under each name.
    private func dump(_ bagq: Bagq) throws {
        let picture = try Data(contentsOf: URL(filePath: bagq.path("data/bar/0.jpg")))
        let folder = Array(bagq.path("d\u{1B}[2J").utf8)
        #expect(unsafe mkdir(folder.map(CChar.init(bitPattern:)) + [0], 0o755) == 0)
        for name in Self.names {
            let path = (folder + [UInt8(ascii: "/")] + name.bytes).map(CChar.init(bitPattern:)) + [0]
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o644)
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: picture)
        }
    }

    @Test func inEveryOutput() throws {
        let bagq = try Bagq.withModel()
        try dump(bagq)
        #expect(try bagq.run("submit", "d\u{1B}[2J", "--wait").status == 0)

        let csv = try bagq.run("results", "2").out
        for name in Self.names { #expect(csv.contains(",\(name.csv),"), "\(name.shown)") }

        let lines = try bagq.run("results", "2", "--format", "jsonl").lines
        #expect(lines.count == Self.names.count)
        for (line, name) in zip(lines, Self.names) {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(row.keys.contains("path_base64") == (String(validating: name.bytes, as: UTF8.self) == nil))
            if let exact = String(validating: name.bytes, as: UTF8.self) {
                #expect(row["path"] as? String == exact)
            } else {
                #expect(row["path"] as? String == name.shown)
                #expect(row["path_base64"] as? String == Data(name.bytes).base64EncodedString())
            }
        }

        let status = try bagq.run("status").out + bagq.run("status", "2").out
        #expect(status.contains(#"d\x1B[2J"#))
        #expect(!status.contains("\u{1B}"))
        let classified = try bagq.shell("bagq classify d*/*").out
        for name in Self.names { #expect(classified.contains("/\(name.shown)\t"), "\(name.shown)") }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script(1) is not installed"))
    func onATerminal() throws {
        let bagq = try Bagq.withModel()
        try dump(bagq)
        #expect(try bagq.run("submit", "d\u{1B}[2J", "--wait").status == 0)
        let rows = try bagq.shell("script -qec 'bagq results 2' /dev/null").out
        for name in Self.names { #expect(rows.contains(name.shown) || rows.contains(name.csv), "\(name.shown)") }
        #expect(rows.contains(#"n\x0Al.jpg"#))
        #expect(!rows.contains("\u{1B}"))
        // Progress is one line that is drawn again, with a bar; no line is wider than the terminal.
        let progress = try bagq.shell("script -qec 'stty cols 60; bagq wait 2' /dev/null").out
        #expect(progress.contains("\r\u{1B}[K["))
        for line in progress.split(whereSeparator: \.isNewline) {
            for drawn in line.split(separator: "\u{1B}[K") { #expect(drawn.count <= 60) }
        }
    }

    @Test func asWordsOfTheCommandLine() throws {
        let bagq = try Bagq.withModel()
        let said = try bagq.shell(
            #"""
            d=$(printf 'd\377'); mkdir "$d"; cp data/bar/0.jpg "$d/a.jpg"; printf 'a.jpg\n' > "$d/list"
            bagq submit "$d" --wait 2> said && bagq submit "$d/a.jpg" --wait 2> said && bagq submit "$d/list" --wait 2> said
            bagq submit "$d/none"; bagq submit "$(printf 'e\033[1m')"
            bagq backup "$d/copy.db" && bagq status --db "$d/copy.db" > out && bagq models export shapes "$d/m.safetensors"
            bagq classify --model "$d/m.safetensors" "$d/a.jpg" > out2 && bagq models import --name other "$d/m.safetensors"
            bagq classify "$d/none.jpg"; ls "$d" | sort | tr '\n' ' '
            """#)
        #expect(said.out == "2\n3\n4\nother@1\na.jpg copy.db list m.safetensors ")
        let folder = #"d\xFF"#
        #expect(
            said.err == """
                bagq: \(folder)/none: No such file or directory
                bagq: e\\x1B[1m: No such file or directory
                bagq: \(folder)/none.jpg: the file cannot be opened: No such file or directory

                """)
        let status = try #require(try bagq.json("status", "--json") as? [String: [[String: Any]]])
        let job = try #require(status["jobs"]?.first { $0["id"] as? Int == 2 })
        #expect(job["name"] as? String == folder)
        #expect(job["source"] as? String == bagq.path(folder))
        #expect(job["source_base64"] as? String == Data(Array(bagq.path("d").utf8) + [0xFF]).base64EncodedString())
    }

    @Test func listsOfFiles() throws {
        let bagq = try Bagq.withModel()
        let list = "\u{FEFF}data/bar/0.jpg\r\n\ndata/disc/1.jpg\n\(bagq.path("data/bar/2.jpg"))\nnone.jpg\ndata\n"
        try Data(list.utf8).write(to: URL(filePath: bagq.path("my list.txt")))
        #expect(try bagq.run("submit", "my list.txt", "--wait").status == 1)
        let results = try bagq.run("results", "2").lines.dropFirst().map { $0.split(separator: ",")[1] }
        #expect(results.count >= 2)
        #expect(results.contains("data/bar/0.jpg"))
        #expect(results.contains { $0 == bagq.path("data/bar/2.jpg") })
        let failures = try bagq.run("failures", "2").lines.dropFirst().map { $0.split(separator: ",")[1...2] }
        #expect(failures.contains(["none.jpg", "unreadable"]))
        #expect(try bagq.run("status").out.contains("my list.txt"))
    }
}
