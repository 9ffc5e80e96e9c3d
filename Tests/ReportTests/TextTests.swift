import Foundation
import Intake
import Testing

@testable import Report

@Suite struct EscapingTests {
    @Test(arguments: [
        ("plain é 字", "plain é 字"), ("a\u{1B}[2Jb", #"a\x1B[2Jb"#), ("a\nb\r", #"a\x0Ab\x0D"#),
        ("\u{7F}\u{9B}", #"\x7F\u{9B}"#),
        ("gpj.\u{202E}exe", #"gpj.\u{202E}exe"#),
    ])
    func terminal(text: String, safe: String) {
        #expect(Escaping.terminal(text) == safe)
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a\nb\""),
        ("a\r\nb", "\"a\r\nb\""),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("=a,b", "\"'=a,b\""),
        ("\rx", "\"'\rx\""),
        ("\r\nx", "\"'\r\nx\""),
    ])
    func csv(text: String, field: String) {
        #expect(Escaping.csv(text) == field)
    }

    @Test func markup() {
        #expect(
            Escaping.markup("<a href='x'>\"&\u{0}\u{202E}") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\u{FFFD}\u{FFFD}")
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x62], #"a\xFFb"#), ([0xC3], #"\xC3"#), ([0xC3, 0xA9], "é"),
            ([0xE2, 0x82, 0x61], #"\xE2\x82a"#), ([0x09], #"\x09"#),
            ([0xE2, 0x80, 0xAE], #"\xE2\x80\xAE"#), ([0xED, 0xA0, 0x80], #"\xED\xA0\x80"#),
        ] as [([UInt8], String)])
    func paths(bytes: [UInt8], shown: String) {
        #expect(Path(bytes: bytes).description == shown)
    }
}

@Suite struct JSONTests {
    @Test func values() {
        let value = JSONValue.object([
            ("z", .null),
            (
                "a",
                .array([
                    .bool(true), .int(-5), .number(0.25), .number(3), .number(1e300), .number(.nan),
                    .number(-.infinity),
                ])
            ),
            ("s", .string("\"\\\n\t\u{1B}\u{2028}\u{7F}é😀")), ("o", .object([])),
            ("r", JSONValue(1.0 / 3, decimals: 3)), ("n", JSONValue(nil as String?)),
        ])
        let text = value.text
        #expect(
            text
                == #"{"z":null,"a":[true,-5,0.25,3,1e+300,null,null],"s":"\"\\\n\t\u001b\u2028\u007fé😀","o":{},"r":0.333,"n":null}"#
        )
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test func pathsThatAreNotUTF8() {
        #expect(JSONValue.object(JSONValue.path(Path("a\n.jpg"))).text == #"{"path":"a\n.jpg"}"#)
        #expect(
            JSONValue.object(JSONValue.path(Path(bytes: [0x61, 0xFF]))).text
                == #"{"path":"a\\xFF","path_base64":"Yf8="}"#)
    }
}

@Suite struct FormatTests {
    @Test func counts() {
        #expect(
            [0, 7, 999, 1000, 1_234_567, -12_345].map { Format.count($0) } == [
                "0", "7", "999", "1,000", "1,234,567", "-12,345",
            ])
        #expect(Format.count(.min) == "-9,223,372,036,854,775,808")
        #expect([Format.count(1, "job"), Format.count(2000, "job")] == ["1 job", "2,000 jobs"])
    }

    @Test func ratesAndShares() {
        #expect(
            [0.004, 0.25, 12.34, 131.2, 99.96, 12_345].map(Format.rate) == [
                "0.00/s", "0.25/s", "12.3/s", "131/s", "100/s", "12,345/s",
            ])
        #expect(Format.rate(.infinity) == "-")
        #expect([0.4123, 0, 1, nil, .nan].map(Format.percent) == ["41.2 %", "0.0 %", "100.0 %", "-", "-"])
        #expect(
            [0, 999, 1500, 999_999, 2_400_000_000].map(Format.bytes) == ["0 B", "999 B", "1.5 kB", "1.0 MB", "2.4 GB"])
    }

    @Test(arguments: [
        (0, "0 s"), (1.25, "1.2 s"), (45.2, "45 s"), (120, "2 min"), (130, "2 min 10 s"), (3600, "1 h"),
        (11_100, "3 h 5 min"),
        (187_200, "2 d 4 h"), (-5, "0 s"), (Double.infinity, "-"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(Format.duration(seconds: seconds) == text)
    }

    @Test func ages() {
        let ages = [-50, 3, 59, 61, 3 * 3600, 49 * 3600].map { seconds in
            Format.age(
                of: Timestamp(milliseconds: 1_000_000_000_000 - seconds * 1000),
                now: Timestamp(milliseconds: 1_000_000_000_000))
        }
        #expect(ages == ["just now", "just now", "59 s ago", "1 min ago", "3 h ago", "2 d ago"])
        #expect(Format.age(of: Timestamp(milliseconds: .min), now: Timestamp(milliseconds: .max)).hasSuffix("d ago"))
    }
}

@Suite struct TableTests {
    private var table: Table {
        var table = Table([.right("ID"), .flexible("PATH"), .left("END")])
        table.add(["1", "a/very/long/path/to/a/picture.jpg", "x"])
        table.add(["12", "字字/b\u{1B}.jpg"])
        return table
    }

    @Test func pipedTablesAreWhole() {
        #expect(
            table.text(width: nil) == """
                ID  PATH                               END
                 1  a/very/long/path/to/a/picture.jpg  x
                12  字字/b\\x1B.jpg

                """)
    }

    @Test func terminalsShortenTheMiddle() {
        #expect(
            table.text(width: 30) == """
                ID  PATH                   END
                 1  a/very/lon…icture.jpg  x
                12  字字/b\\x1B.jpg

                """)
        // Too narrow for anything: the least width stays.
        #expect(table.text(width: 3).split(separator: "\n")[1] == " 1  a/ve…e.jpg  x")
    }

    @Test func wideCharactersAreNeverCut() {
        #expect("字字字字".shortenedInTheMiddle(to: 5) == "字…字")
        #expect("字字字字".shortenedInTheMiddle(to: 4) == "…字")
        #expect("e\u{301}字😀".displayWidth == 5)
        #expect("abc".shortenedInTheMiddle(to: 1) == "…")
        #expect("abc".shortenedInTheMiddle(to: 0) == "")
    }
}

@Suite struct ProgressTests {
    @Test func lines() {
        let progress = ProgressLine(done: 5210, total: 10_000, failed: 3, ratePerSecond: 131)
        #expect(progress.plainText == "52.1 %, 5,210 of 10,000, 131/s, 37 s left, 3 failed")
        #expect(
            progress.text(width: 80)
                == "[█████████████░░░░░░░░░░░░░]   52.1 %   5,210/10,000  131/s  37 s left  3 failed")
        #expect(progress.text(width: 20) == " 52.1 %   5,210/10,0")
        #expect(ProgressLine(done: 12, total: nil, stage: "listing").text(width: 80) == "12 done  still listing")
        #expect(ProgressLine(done: 0, total: 0).plainText == "100.0 %, 0 of 0")
        #expect(ProgressLine(done: 9, total: 3).fraction == 1)
        for width in 0..<100 { #expect(progress.text(width: width).displayWidth <= width) }
    }
}
