import Foundation
import Testing

@testable import Intake

@Suite struct JSONTests {
    let document = JSONDocument()

    private func parse(_ text: String) throws(JSONError) -> JSONNode { try document.parse(Array(text.utf8).span) }

    @Test func readsATweet() throws {
        let tweet = try parse(
            """
            {"id": 823910659310096388, "id_str": "823910659310096388", "user": {"screen_name": "a\\u00e9\\ud83d\\udc5c", "x": [[], {}]},
             "entities": {"hashtags": [{"text": "bag"}, {"text": "b\\"c"}]}, "retweeted": false, "geo": null, "favorite_count": "12",
             "na\\u006de": 1, "key": 1, "key": 2, "created_utc": 1714564800.5}
            """)
        #expect(tweet.kind == .object)
        #expect(tweet["id"]?.text == "823910659310096388")
        #expect(tweet["id"]?.int == 823_910_659_310_096_388)
        #expect(tweet["id"]?.string == nil)
        #expect(tweet["id_str"]?.text == "823910659310096388")
        #expect(tweet["id_str"]?.numberText == nil)
        #expect(tweet[path: "user", "screen_name"]?.string == "aé👜")
        #expect(tweet[path: "user", "nobody", "x"] == nil)
        #expect(tweet[path: "id", "x"] == nil)
        #expect(tweet[path: "entities", "hashtags"]?.elements.map { $0["text"]?.string } == ["bag", "b\"c"])
        #expect(tweet[path: "entities", "hashtags"]?[1]?["text"]?.isString(equalTo: "b\"c") == true)
        #expect(tweet[path: "entities", "hashtags"]?[2] == nil)
        #expect(tweet["retweeted"]?.bool == false)
        #expect(tweet["geo"]?.isNull == true)
        #expect(tweet["favorite_count"]?.int == 12)
        #expect(tweet["favorite_count"]?.isString(equalTo: "12") == true)
        #expect(tweet["favorite_count"]?.isString(equalTo: "1") == false)
        #expect(tweet["name"]?.int == 1)
        #expect(tweet["key"]?.int == 2)
        #expect(tweet["created_utc"]?.double == 1714564800.5)
        #expect(tweet["created_utc"]?.int == nil)
        #expect(
            tweet.members.map { $0.key.string } == [
                "id", "id_str", "user", "entities", "retweeted", "geo", "favorite_count", "name", "key", "key",
                "created_utc",
            ])
        #expect(Array(tweet.elements).isEmpty)
        for _ in tweet["none"]?.elements ?? .empty { Issue.record("there is no such key") }
    }

    @Test func rangesAreThoseOfTheInput() throws {
        let text = "\u{FEFF} {\"a\" : [1, \"b\"] , \"c\":-2.5e3, \"d\": NaN, \"e\": {}}"
        let root = try parse(text)
        func source(_ node: JSONNode?) -> String? {
            node.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
        }
        #expect(source(root) == String(text.dropFirst(2)))
        #expect(source(root["a"]) == "[1, \"b\"]")
        #expect(source(root["a"]?[1]) == "\"b\"")
        #expect(source(root["c"]) == "-2.5e3")
        #expect(source(root["d"]) == "NaN")
        #expect(source(root["e"]) == "{}")
    }

    /// What dumps hold, and its value as JSON writes it.
    @Test(arguments: [
        ("[NaN, Infinity, -Infinity, -NaN]", "[null,null,null,null]"),
        ("[1, 2, ]", "[1,2]"), ("{\"a\": 1,}", "{\"a\":1}"), ("[\n]\r\n", "[]"), ("{ }", "{}"), ("\u{FEFF}3", "3"),
        ("\"\\ud83d x \\udc5c\\udc5c \\ud83d\\u0041 \\ud83d\"", "\"\u{FFFD} x \u{FFFD}\u{FFFD} \u{FFFD}A \u{FFFD}\""),
        ("\"a\nb\u{1}c\"", "\"a\nb\u{1}c\""),
        ("\"\\q\\/\\u12\\u00zz\\b\\f\\n\\r\\t\\\\\"", "\"q/\u{FFFD}12\u{FFFD}00zz\u{8}\u{C}\n\r\t\\\""),
        ("0012", "0012"), ("-0", "-0"), (String(repeating: "9", count: 5000), String(repeating: "9", count: 5000)),
        ("1E+2", "1E+2"), ("\"\\u0000\"", "\"\0\""), ("[true,false,null]", "[true,false,null]"),
        ("\"12345678\\\"\"", "\"12345678\"\""),
    ])
    func tolerates(text: String, value: String) throws {
        #expect(description(try parse(text)) == value)
    }

    @Test func bytesThatAreNotUTF8AreReplaced() throws {
        let root = try document.parse(
            ([0x7B, 0x22, 0xE9, 0x22, 0x3A, 0x22, 0x63, 0xE9, 0x5C, 0x6E, 0x22, 0x7D] as [UInt8]).span)
        #expect(description(root) == "{\"\u{FFFD}\":\"c\u{FFFD}\n\"}")
    }

    @Test(
        arguments: [
            ("", .empty, 0), (" \n", .empty, 2), ("\u{FEFF}", .empty, 3), ("{", .ends, 1), ("[1, 2", .ends, 5),
            ("[1,", .ends, 3),
            ("\"abc", .ends, 4), ("\"abc\\", .ends, 5), ("\"abc\\\"", .ends, 6), ("{\"a\"", .ends, 4),
            ("{\"a\":", .ends, 5),
            ("{\"a\":1", .ends, 6), ("{\"a\":1,", .ends, 7), ("tru", .ends, 3), ("-", .ends, 1), ("1.", .ends, 2),
            ("1e", .ends, 2),
            ("[1 2]", .noComma, 3), ("[1}", .noComma, 2), ("{\"a\":1]", .noComma, 6), ("{a:1}", .noKey, 1),
            ("{,}", .noKey, 1),
            ("[,]", .noValue, 1), ("[1,,2]", .noValue, 3), ("{\"a\" 1}", .noColon, 5), ("{\"a\":}", .noValue, 5),
            ("1 2", .trailing, 2),
            ("{}{", .trailing, 2), ("]", .noValue, 0), ("trve", .noValue, 2), ("-x", .number, 1), ("1.x", .number, 2),
            ("+1", .noValue, 0),
            (".5", .noValue, 0), ("\0", .noValue, 0), ("1\0", .trailing, 1),
            (String(repeating: "[", count: 513) + String(repeating: "]", count: 513), .tooDeep, 512),
            (String(repeating: "[", count: 1_000_000), .tooDeep, 512), ("\"\"\"", .trailing, 2),
            ("[\"a\":1]", .noComma, 4),
        ] as [(String, JSONError.Problem, Int)])
    func saysWhatIsWrong(text: String, problem: JSONError.Problem, offset: Int) throws {
        #expect(throws: JSONError(problem, at: offset)) { try parse(text) }
        // A document that failed leaves nothing behind.
        #expect(description(try parse("[1]")) == "[1]")
    }

    @Test func utf16IsNamed() {
        for bytes in [[0xFF, 0xFE, 0x7B, 0], [0xFE, 0xFF, 0, 0x7B]] as [[UInt8]] {
            #expect(throws: JSONError(.utf16, at: 0)) { try document.parse(bytes.span) }
        }
    }

    @Test func nestsToTheLimit() throws {
        let text = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(description(try parse(text)) == text)
    }

    @Test(
        arguments: [
            ("12", 12), ("\"12\"", 12), ("-12.0", -12), ("12e3", 12000), ("1.5", nil), ("1.5e1", 15), ("120e-1", 12),
            ("125e-1", nil),
            ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min),
            ("-9223372036854775809", nil),
            ("8.239106593100964e17", 823_910_659_310_096_400), ("1e400", nil), ("0e999999999999999999999", 0),
            ("1e-99999999999999999999", nil),
            ("\"\"", nil), ("\"x\"", nil), ("\"1 \"", nil), ("\"-\"", nil), ("\"1.\"", nil), ("\"1e\"", nil),
            ("true", nil), ("null", nil),
            ("[]", nil), ("\"0.0e5\"", 0), ("007", 7), ("0.000000000000000000001e21", 1),
        ] as [(String, Int?)])
    func integers(text: String, value: Int?) throws {
        #expect(try parse(text).int == value)
    }

    @Test func agreesWithFoundation() throws {
        var random = RandomDocument(seed: 7)
        for _ in 0..<150 {
            let text = random.value(depth: 0)
            let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            expectEqual(try parse(text), expected, text)
        }
    }

    @Test func anyInputEndsInAnAnswer() {
        mutate(600)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil))
    func aHundredThousandMutations() {
        mutate(100_000)
    }

    /// Every answer is walked: no mutation may lead a node out of its document.
    private func mutate(_ count: Int) {
        var random = RandomDocument(seed: 11)
        var parsed = 0
        for _ in 0..<count {
            var bytes = Array(random.value(depth: 0).utf8)
            random.mutate(&bytes)
            guard let root = try? document.parse(bytes.span) else { continue }
            parsed += 1
            #expect(walk(root, within: 0..<bytes.count) > 0)
        }
        #expect(parsed > count / 20 && parsed < count)
    }

    private func walk(_ node: JSONNode, within outer: Range<Int>) -> Int {
        let range = node.range
        #expect(outer.contains(range.lowerBound) && range.upperBound <= outer.upperBound)
        _ = (node.text, node.int, node.double, node.bool, node["a"])
        var count = 1
        for element in node.elements { count += walk(element, within: range) }
        for (key, value) in node.members {
            let text = key.string ?? ""
            // A key that was repaired is not spelled so.
            #expect(node[text] != nil || text.contains("\u{FFFD}"))
            count += walk(value, within: range)
        }
        return count
    }

    /// As compact JSON, but strings as they are and numbers as they were written.
    private func description(_ node: JSONNode) -> String {
        switch node.kind {
        case .null: "null"
        case .bool: node.bool == true ? "true" : "false"
        case .string: "\"\(node.string ?? "")\""
        case .number: node.numberText ?? ""
        case .array: "[" + node.elements.map(description).joined(separator: ",") + "]"
        case .object:
            "{" + node.members.map { "\(description($0.key)):\(description($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private func expectEqual(_ node: JSONNode, _ expected: Any, _ text: String) {
        switch node.kind {
        case .null: #expect(expected is NSNull, "\(text)")
        case .bool: #expect(node.bool == expected as? Bool, "\(text)")
        case .string: #expect(node.string == expected as? String, "\(text)")
        case .number:
            // Foundation is off by some units of the last place.
            let (value, foundation) = (node.double ?? .nan, (expected as? NSNumber)?.doubleValue ?? .nan)
            #expect(abs(value - foundation) <= abs(foundation) * 1e-14, "\(text)")
        case .array:
            let values = expected as? [Any]
            let nodes = Array(node.elements)
            #expect(nodes.count == values?.count, "\(text)")
            for (node, value) in zip(nodes, values ?? []) { expectEqual(node, value, text) }
        case .object:
            let values = expected as? [String: Any]
            #expect(Set(node.members.map { $0.key.string }) == Set((values ?? [:]).keys.map { $0 }), "\(text)")
            for (key, value) in values ?? [:] {
                if let node = node[key] {
                    expectEqual(node, value, text)
                } else {
                    Issue.record("\(key) is missing in \(text)")
                }
            }
        }
    }
}

/// Random JSON documents and random damage, the same for the same seed.
struct RandomDocument: RandomNumberGenerator {
    private var state: UInt64
    private var keys = 0

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func value(depth: Int) -> String {
        let space = ["", "", " ", "\n  "][Int.random(in: 0..<4, using: &self)]
        switch Int.random(in: 0..<(depth < 4 ? 10 : 6), using: &self) {
        case 0: return space + ["null", "true", "false"][Int.random(in: 0..<3, using: &self)]
        case 1: return space + "\(Int.random(in: -1_000_000...1_000_000, using: &self))"
        case 2:
            return space + "\(Double.random(in: -1e6...1e6, using: &self))e\(Int.random(in: -20...20, using: &self))"
        case 3...5: return space + string()
        case 6, 7:
            return "\(space)["
                + (0..<Int.random(in: 0..<6, using: &self)).map { _ in value(depth: depth + 1) }.joined(separator: ",")
                + "\(space)]"
        default:
            let members = (0..<Int.random(in: 0..<6, using: &self)).map { _ in
                keys += 1
                return "\(space)\"\(keys)\(string().dropFirst())\(space):\(value(depth: depth + 1))"
            }
            return "\(space){" + members.joined(separator: ",") + "\(space)}"
        }
    }

    private mutating func string() -> String {
        let parts = [
            "a", "key", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\udc5c", "é", "👜", "{", "]", ",", ":", " ",
            "longer text than eight", "\\/",
        ]
        return "\""
            + (0..<Int.random(in: 0..<8, using: &self)).map { _ in parts[Int.random(in: 0..<parts.count, using: &self)]
            }.joined() + "\""
    }

    /// One to four bytes changed, cut, doubled or put in.
    mutating func mutate(_ bytes: inout [UInt8]) {
        let hostile = Array("\"\\{}[],:-+.eE0nNtIu\n \r;\t\0\u{7F}".utf8) + [0xFF, 0xC3, 0xED, 0x80]
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let at = Int.random(in: 0...bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes.insert(hostile[Int.random(in: 0..<hostile.count, using: &self)], at: at)
            case 1 where at < bytes.count: bytes[at] = hostile[Int.random(in: 0..<hostile.count, using: &self)]
            case 2 where at < bytes.count: bytes.remove(at: at)
            case 3: bytes.insert(contentsOf: bytes[at...].prefix(Int.random(in: 0..<40, using: &self)), at: at)
            default: if Int.random(in: 0..<4, using: &self) == 0 { bytes.removeSubrange(at...) }
            }
        }
    }
}
