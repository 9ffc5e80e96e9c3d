import Foundation
import Testing

/// Names that try to steer a terminal, a spreadsheet or a parser, and names that are not UTF-8, all the way through.
struct HostileNameTests {
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

    private func isHarmless(_ output: Bagq.Output) -> Bool {
        !(output.out + output.err).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }
    }

    /// A model file may say anything of its classes and its training.
    @Test func aHostileModel() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("models", "export", "shapes", "good.safetensors").status == 0)
        let file = [UInt8](try Data(contentsOf: URL(filePath: bagq.path("good.safetensors"))))
        let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = try #require(
            try JSONSerialization.jsonObject(with: Data(file[8..<8 + length])) as? [String: Any])
        var metadata = try #require(header["__metadata__"] as? [String: String])
        metadata["classes"] = #"["bar\u001b]0;owned\u0007","disc\u001b[2J"]"#
        for (key, word) in [("training", "blog"), ("training", "fp32")] {
            metadata[key] = metadata[key]?.replacing("\"\(word)\"", with: "\"\(word)\\u001b[31m\\n<3>forged\"")
        }
        header["__metadata__"] = metadata
        let changed = [UInt8](try JSONSerialization.data(withJSONObject: header))
        let start = (0..<8).map { UInt8(truncatingIfNeeded: changed.count >> (8 * $0)) }
        try Data(start + changed + file[(8 + length)...]).write(to: URL(filePath: bagq.path("bad.safetensors")))

        #expect(try bagq.run("models", "import", "bad.safetensors", "--name", "bad").out == "bad@1\n")
        #expect(try bagq.run("models", "use", "bad").status == 0)
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        for words in [
            "models", "models show bad", "models show bad --history", "status", "status 2",
            "trends --since today --dates any",
            "classify data/bar/0.jpg", "trends --brand no", "evaluate bad data",
        ] {
            let output = try bagq.run(words.split(separator: " ").map(String.init))
            #expect(isHarmless(output), "\(words): \(output.out)\(output.err)")
        }
        #expect(try bagq.run("models").out.contains(#"bar\x1B]0;owned\x07"#))
        #expect(try bagq.run("models", "show", "bad").out.contains(#"blog\x1B[31m\x0A<3>forged"#))
    }

    /// Names of a training folder go through logs, errors, tables and the model itself.
    @Test func aHostileTrainingFolder() throws {
        let bagq = try Bagq()
        try bagq.drawPictures(in: "data", each: 4)
        let evil = "d\u{1B}[2J"
        #expect(
            try bagq.shell(
                "mv data \"$(printf 'd\\033[2J')\" && cd d* && mv bar \"$(printf 'b\\033]0;x\\007\\n<3>forged')\" && echo text > disc/\"$(printf 'x\\033[31m\\n')\".jpg"
            ).status == 0)
        let training = try bagq.run("train", evil, "--name", "m", "--epochs", "1", "--wait")
        #expect(training.status == 0 && isHarmless(training), "\(training.err)")
        #expect(training.err.contains(#"x\x1B[31m"#) && !training.err.contains("\n<3>forged"))
        for words in [
            ["models"], ["status"], ["status", "1"], ["models", "show", "m"], ["evaluate", "m", evil, "--all"],
        ] {
            let output = try bagq.run(words)
            #expect(isHarmless(output), "\(words): \(output.out)\(output.err)")
        }
        #expect(try bagq.shell("cd d* && mkdir \"$(printf 'DISC\\033')\" disc2 && mkdir DISC").status == 0)
        let refused = try bagq.run("train", evil)
        #expect(refused.status == 2 && isHarmless(refused) && refused.err.filter(\.isNewline).count == 1)
    }
}
