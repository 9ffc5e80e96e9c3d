import Foundation
import Testing

@testable import Intake

@Suite struct RecordTests {
    let tree = Tree()

    /// What a reader found, one line of text for each answer.
    private func read(
        _ next: () throws -> Result<Record, RecordProblem>?, sourceLocation: SourceLocation = #_sourceLocation
    ) rethrows -> [String] {
        var found: [String] = []
        while let answer = try next() {
            switch answer {
            case .success(let record):
                found.append("\(record.line)@\(record.offset) \(String(decoding: record.bytes, as: UTF8.self))")
            case .failure(let problem): found.append("! \(problem.line)@\(problem.offset) \(problem.what)")
            }
            if found.count > 100_000 {
                Issue.record("it does not end", sourceLocation: sourceLocation)
                break
            }
        }
        return found
    }

    private func file(_ content: [UInt8]) throws -> ReadableFile {
        try Data(content).write(to: URL(filePath: tree.path("f").description))
        return try ReadableFile(at: tree.path("f"))
    }

    private func lines(_ content: [UInt8], limit: Int = 1000, readSize: Int = 262_144) throws -> [String] {
        var reader = LineReader(try file(content), limit: limit, readSize: readSize)
        return try read { try reader.next() }
    }

    private func elements(
        _ content: [UInt8], path: [String] = [], limit: Int = 1000, readSize: Int = 262_144
    ) throws -> [String] {
        var reader = ElementReader(try file(content), path: path, limit: limit, readSize: readSize)
        return try read { try reader.next() }
    }

    static let readSizes = [1, 2, 3, 7, 262_144]

    // MARK: Lines

    @Test(arguments: readSizes)
    func linesAreRecords(readSize: Int) throws {
        let text = "\u{FEFF}{\"a\":1}\r\n\n \t\r\n{\"b\":2}\n\nlast"
        #expect(try lines(Array(text.utf8), readSize: readSize) == ["1@3 {\"a\":1}", "4@17 {\"b\":2}", "6@26 last"])
        #expect(try lines([], readSize: readSize) == [])
        #expect(try lines(Array("\n\n".utf8), readSize: readSize) == [])
        #expect(try lines(Array("\u{FEFF}".utf8), readSize: readSize) == [])
        #expect(try lines(Array("a\n".utf8), readSize: readSize) == ["1@0 a"])
        #expect(try lines([0xFF, 0xFE, 0x7B, 0, 0x0A, 0], readSize: readSize) == ["! 1@0 utf16"])
    }

    @Test(arguments: readSizes)
    func aLongLineIsReportedAndSkipped(readSize: Int) throws {
        for tail in ["", "\n", "\nc\n"] {
            let text =
                "a\n" + String(repeating: "x", count: 11) + "\n1234567890\n" + String(repeating: "y", count: 50) + tail
            #expect(
                try lines(Array(text.utf8), limit: 10, readSize: readSize) == [
                    "1@0 a", "! 2@2 tooLong(limit: 10)", "3@14 1234567890", "! 4@25 tooLong(limit: 10)",
                ] + (tail.hasSuffix("c\n") ? ["5@76 c"] : []))
        }
    }

    @Test func aCutOffLineIsNamed() throws {
        var reader = LineReader(try file(Array("{\"a\":1}\n{\"a\":\n{\"a\":\"b".utf8)))
        let document = JSONDocument()
        var problems: [String] = []
        while case .success(let record)? = try reader.next() {
            do { try document.parse(record.bytes.span) } catch {
                problems.append(RecordProblem(record, error).description)
            }
        }
        #expect(
            problems == [
                "line 2: not JSON: byte 5: it ends in the middle",
                "line 3: the file ends in the middle of this record; was it copied whole?",
            ])
    }

    // MARK: Elements

    @Test(arguments: readSizes)
    func elementsOfAnArray(readSize: Int) throws {
        let list = "[\n {\"a\": [1, \"}]\\\"{\", {}]},\n\n[2] , \"x,]\",-3.5e1,null,{}\n, ]"
        let expected = [
            "2@3 {\"a\": [1, \"}]\\\"{\", {}]}", "4@29 [2]", "4@35 \"x,]\"", "4@41 -3.5e1", "4@48 null", "4@53 {}",
        ]
        #expect(try elements(Array(list.utf8), readSize: readSize) == expected)
        #expect(try elements(Array("\u{FEFF}[] x".utf8), readSize: readSize) == [])
        #expect(
            try elements(Array("\n window.YTD.tweets.part0 = [ {\"tweet\" : {}} ];\n".utf8), readSize: readSize)
                == ["2@30 {\"tweet\" : {}}"])
    }

    @Test(arguments: readSizes)
    func elementsUnderAPath(readSize: Int) throws {
        let text =
            "{\"x\": {\"items\": [9]}, \"y\": \"items\\\"\", \"z\": [\(String(repeating: "{},", count: 1000)) 1], \"items\": [1, 2], \"data\": {\"n\": 1, \"children\": [{\"k\": 3}]}}"
        let bytes = Array(text.utf8)
        func texts(_ path: [String]) throws -> [String] {
            try elements(bytes, path: path, limit: 20, readSize: readSize).map {
                String($0.split(separator: " ", maxSplits: 1)[1])
            }
        }
        #expect(try texts(["items"]) == ["1", "2"])
        #expect(try texts(["data", "children"]) == ["{\"k\": 3}"])
        #expect(try texts(["x", "items"]) == ["9"])
        for path in [["none"], ["y"], ["data"], ["items", "x"], ["data", "none"], []] {
            #expect(try elements(bytes, path: path, readSize: readSize).map { $0.suffix(7) } == ["noArray"])
        }
    }

    @Test(arguments: readSizes)
    func whatIsCutOffOrDamagedIsNamed(readSize: Int) throws {
        func found(_ text: String, path: [String] = []) throws -> [String] {
            try elements(Array(text.utf8), path: path, limit: 20, readSize: readSize)
        }
        #expect(try found("[{},\n{\"a\": \"b") == ["1@1 {}", "! 2@5 cutOff"])
        #expect(try found("[1, 2") == ["1@1 1", "! 1@4 cutOff"])
        #expect(try found("[1, 2\n") == ["1@1 1", "1@4 2", "! 2@6 cutOff"])
        #expect(try found("[1, }, 2]") == ["1@1 1", "! 1@4 damaged"])
        #expect(try found("{\"a\": \"b", path: ["c"]).map { $0.suffix(6) } == ["cutOff"])
        #expect(try found("") == ["! 1@0 noArray"])
        #expect(
            try found("[1,\n\"\(String(repeating: "x\n", count: 30))\",\n2]")
                == ["1@1 1", "! 2@4 tooLong(limit: 20)", "33@68 2"])
    }

    @Test func recordsAreFoundAgain() throws {
        let texts = (0..<5000).map { "{\"n\": \($0), \"x\": \"\(String(repeating: "y", count: $0 % 97))\"}" }
        func check(_ all: [Record], _ again: (Record) throws -> Result<Record, RecordProblem>?) throws {
            #expect(all.map { String(decoding: $0.bytes, as: UTF8.self) } == texts)
            for record in [all[0], all[4999], all[2500], all[2501], all[17]] {
                let found = try again(record)?.get()
                #expect(found?.bytes == record.bytes && found?.line == record.line && found?.offset == record.offset)
            }
        }
        var lines = LineReader(try file(Array(texts.joined(separator: "\n").utf8)))
        var all: [Record] = []
        while let found = try lines.next() { all.append(try found.get()) }
        try check(all) {
            lines.seek(to: $0.offset, line: $0.line); return try lines.next()
        }

        var elements = ElementReader(try file(Array("[\(texts.joined(separator: ",\n"))]".utf8)))
        all = []
        while let found = try elements.next() { all.append(try found.get()) }
        try check(all) {
            elements.seek(to: $0.offset, line: $0.line); return try elements.next()
        }
        #expect(all.last?.line == 5000)
    }

    // MARK: Tables

    private func table(
        _ content: [UInt8], limit: Int = 1000, lineLimit: Int = 5, readSize: Int = 262_144
    ) throws -> (header: [String], rows: [String], short: Int, long: Int) {
        var reader = try CSVReader(try file(content), limit: limit, lineLimit: lineLimit, readSize: readSize)
        var rows: [String] = []
        while let found = try reader.next(), rows.count < 10_000 {
            switch found {
            case .success(let row): rows.append("\(row.line)@\(row.offset) \(row.texts.joined(separator: "|"))")
            case .failure(let problem): rows.append("! \(problem.line) \(problem.what)")
            }
        }
        return (reader.header, rows, reader.shortRows, reader.longRows)
    }

    @Test(arguments: readSizes)
    func rowsOfATable(readSize: Int) throws {
        let text =
            "\u{FEFF}file,caption,likes\r\na.jpg,\"one, \"\"two\"\"\r\nthree\",5\r\n\r\nb.jpg\nc.jpg,a \"b\" c,1,2\nd.jpg,\"x \"y\" z\",\"\"\n,,\ne,f,\"g\""
        let found = try table(Array(text.utf8), readSize: readSize)
        #expect(found.header == ["file", "caption", "likes"])
        #expect(
            found.rows == [
                "2@23 a.jpg|one, \"two\"\r\nthree|5", "5@56 b.jpg", "6@62 c.jpg|a \"b\" c|1|2", "7@80 d.jpg|x \"y\" z|",
                "8@99 ||",
                "9@102 e|f|g",
            ])
        #expect(found.short == 1 && found.long == 1)
    }

    @Test(arguments: [
        ("a;b\n1,5;x\n", ["1,5", "x"]), ("a\tb\nx, y\tz\n", ["x, y", "z"]), ("a,b\n1;2,3\n", ["1;2", "3"]),
        ("a\nx\n", ["x"]),
    ])
    func theSeparatorIsFound(text: String, row: [String]) throws {
        let found = try table(Array(text.utf8))
        #expect(
            found.rows.map { $0.split(separator: " ", maxSplits: 1).last.map(String.init) } == [
                row.joined(separator: "|")
            ])
    }

    @Test func otherEncodings() throws {
        // café, € and a quote of Word's.
        let old: [UInt8] = Array("t\ncaf".utf8) + [0xE9, 0x20, 0x80, 0x92, 0x0A]
        #expect(try table(old).rows == ["2@2 café €’"])
        // Later than the first 64 KB: that field alone.
        let text = "a,b\n" + String(repeating: "éééé,xxx\n", count: 6000)
        let found = try table(Array(text.utf8) + [0xC3, 0xA9, 0x2C, 0xE9, 0x0A], limit: 100)
        #expect(found.rows.last?.hasSuffix(" é|é") == true)
        #expect(try table([0xFF, 0xFE, 0x61, 0]).rows == ["! 1 utf16"])
        #expect(try table([]).rows == [])
    }

    @Test(arguments: readSizes)
    func anOpenQuoteSwallowsNothing(readSize: Int) throws {
        let bad = "a,b\n1,\"open\n" + (3...9).map { "\($0),x\n" }.joined() + "10,\"two\nlines\"\n"
        #expect(
            try table(Array(bad.utf8), readSize: readSize).rows.map {
                $0.split(separator: " ", maxSplits: 1).last.map(String.init)
            }
                == ["2 unclosedQuote"] + (3...9).map { "\($0)|x" } + ["10|two\nlines"])
        let atEnd = "a,b\n1,\"open\n2,y"
        #expect(try table(Array(atEnd.utf8), readSize: readSize).rows == ["! 2 unclosedQuote", "3@12 2|y"])
        let long = "a,b\n\(String(repeating: "x", count: 200)),1\n2,y\n"
        #expect(
            try table(Array(long.utf8), limit: 100, readSize: readSize).rows == [
                "! 2 tooLong(limit: 100)", "3@207 2|y",
            ])
    }

    /// A quote on every line that nothing closes: each byte is looked at a few times, not once per line before it.
    @Test func manyOpenQuotesCostLittle() throws {
        let text = "a,b\n" + String(repeating: "\"abc\n", count: 20_000)
        var reader = try CSVReader(try file(Array(text.utf8)), limit: 1 << 20, lineLimit: 10_000)
        var (rows, problems) = (0, 0)
        while let found = try reader.next() {
            if case .success = found { rows += 1 } else { problems += 1 }
        }
        #expect(rows + problems == 20_000)
        #expect((1...4).contains(problems))
    }

    @Test func rowsAreFoundAgain() throws {
        var reader = try CSVReader(try file(Array("1,\"a\nb\"\n2,c\n3,d".utf8)))
        reader.seek(to: reader.firstRow.offset, line: reader.firstRow.line)
        var rows: [CSVReader.Row] = []
        while let found = try reader.next() { rows.append(try found.get()) }
        #expect(rows.map(\.texts) == [["1", "a\nb"], ["2", "c"], ["3", "d"]])
        for row in rows.reversed() {
            reader.seek(to: row.offset, line: row.line)
            #expect(try reader.next()?.get().texts == row.texts)
        }
    }

    // MARK: Damage

    @Test func anyFileEndsInAnAnswer() throws { try mutate(60) }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil))
    func aHundredThousandMutations() throws { try mutate(100_000) }

    /// Each reader's answers are the same for every read size, their offsets rise, and there are no more than bytes.
    private func mutate(_ count: Int) throws {
        var random = RandomDocument(seed: 5)
        for _ in 0..<count {
            var bytes = Array(
                "{\"x\":[\(random.value(depth: 3)),\n \(random.value(depth: 3))],\"items\":[\(random.value(depth: 3))\n]}\na,\"b\nc\",\n"
                    .utf8)
            if Bool.random(using: &random) { bytes = Array(bytes.dropFirst(5)) }
            random.mutate(&bytes)
            let sizes = [[1, 2, 3, 7][Int.random(in: 0..<4, using: &random)], 262_144]
            let limit = Int.random(in: 1...200, using: &random)
            let answers = try sizes.map { size in
                [
                    try lines(bytes, limit: limit, readSize: size), try elements(bytes, limit: limit, readSize: size),
                    try elements(bytes, path: ["items"], limit: limit, readSize: size),
                    try table(bytes, limit: limit, readSize: size).rows,
                ]
            }
            #expect(answers[0] == answers[1], "\(String(decoding: bytes, as: UTF8.self))")
            #expect(answers[0].allSatisfy { $0.count <= bytes.count + 1 })
        }
    }
}
