import Foundation
import Testing

@testable import CNN

struct SafetensorsTests {
    private static let sample = Safetensors(
        tensors: [
            .init(name: "a", shape: [2, 3], values: [1, -2, 3.5, .infinity, 0, -0.0]),
            .init(name: "empty", shape: [0, 4], values: []),
            .init(name: "scalar", shape: [], values: [7]),
            .init(name: "ünï\"\\\n\u{1}", shape: [1], values: [.leastNonzeroMagnitude]),
        ],
        metadata: ["classes": #"["a","_other"]"#, "note": "tab\t, snow ☃, flag 🇩🇪, nul \0"])

    /// A file with this header (unpadded) and so many bytes of values.
    private static func file(_ header: String, dataCount: Int = 0) -> [UInt8] {
        let utf8 = Array(header.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: utf8.count >> (8 * $0)) } + utf8
            + [UInt8](repeating: 0, count: dataCount)
    }

    private static func tensor(_ name: String, _ begin: Int, _ end: Int, shape: String = "[1]") -> String {
        #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test func comesBackAsItWas() throws {
        let bytes = Self.sample.serialized()
        #expect(try Safetensors(parsing: bytes) == Self.sample)
        #expect(bytes[0] % 8 == 0)
        #expect(try Safetensors(parsing: Safetensors(tensors: [], metadata: [:]).serialized()).tensors.isEmpty)
    }

    /// Made by `safetensors.numpy.save({"w": [[1, 2], [3, 4]], "b": [0.5]}, {"k": "v☃"})`, safetensors 0.8.0.
    @Test func readsWhatPythonWrites() throws {
        let base64 =
            "kAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJrIjoiduKYgyJ9LCJiIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxXSwiZGF0YV9v"
            + "ZmZzZXRzIjpbMCw0XX0sInciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzQsMjBdfX0gICAg"
            + "ICAAAAA/AACAPwAAAEAAAEBAAACAQA=="
        let file = try Safetensors(parsing: Array(try #require(Data(base64Encoded: base64))))
        #expect(file.metadata == ["k": "v☃"])
        #expect(try file.values(of: "w", shape: [2, 2]) == [1, 2, 3, 4])
        #expect(try file.values(of: "b", shape: [1]) == [0.5])
        #expect(Array(try #require(Data(base64Encoded: base64))) == file.serialized())
    }

    @Test func saysWhichTensorIsMissing() {
        #expect(throws: ModelFileError.tensor("c", "is missing")) { try Self.sample.values(of: "c", shape: [1]) }
        #expect(throws: ModelFileError.tensor("a", "has shape [2, 3], not [3, 2]")) {
            try Self.sample.values(of: "a", shape: [3, 2])
        }
    }

    @Test func readsAnyOrderSpaceAndEscapes() throws {
        let header =
            "{ \"\\u00e9\\ud83d\\ude00\\/\" : {\"data_offsets\":[4, 8],\"dtype\":\"F32\",\"shape\":[ ]},\n"
            + Self.tensor("x", 0, 4) + "}  "
        let file = try Safetensors(parsing: Self.file(header, dataCount: 8))
        #expect(file.tensors.map(\.name) == ["x", "é😀/"])
    }

    @Test(arguments: [
        "", "[]", " {}", "{", "{}{}", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{" + tensor("a", 0, 4) + "," + tensor("\\u0061", 4, 8) + "}",  // a duplicate in disguise
        "{" + tensor("a", 0, 4) + "," + tensor("b", 2, 6) + "}",  // overlap
        "{" + tensor("a", 0, 4) + "," + tensor("b", 0, 4) + "}",
        "{" + tensor("a", 0, 2) + "," + tensor("b", 6, 8) + "}",  // hole
        "{" + tensor("a", 4, 8) + "}", "{" + tensor("a", 0, 4) + "}",  // bytes of no tensor
        "{" + tensor("a", 0, 8, shape: "[3]") + "}", "{" + tensor("a", 8, 0, shape: "[2]") + "}",
        "{" + tensor("a", 0, 800, shape: "[200]") + "}",
        "{" + tensor("a", 0, 8, shape: "[4611686018427387905,2]") + "}",
        "{" + tensor("a", 0, 8, shape: "[99999999999999999999]") + "}",
        "{" + tensor("a", 0, 8, shape: "[-2]") + "}", "{" + tensor("a", 0, 8, shape: "[2.0]") + "}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
        "{\"\\ud800\":{}}", "{\"\\uD8\":{}}", "{\"\\q\":{}}", "{\"a\u{1}\":{}}",
    ])
    func refuses(header: String) {
        #expect(throws: ModelFileError.self) { try Safetensors(parsing: Self.file(header, dataCount: 8)) }
    }

    @Test func refusesOtherBytes() {
        #expect(throws: ModelFileError.truncated(byteCount: 0)) { try Safetensors(parsing: []) }
        #expect(throws: ModelFileError.truncated(byteCount: 9)) {
            try Safetensors(parsing: [100, 0, 0, 0, 0, 0, 0, 0, 0x7B])
        }
        #expect(throws: ModelFileError.self) { try Safetensors(parsing: [UInt8](repeating: 0xFF, count: 64)) }
        #expect(throws: ModelFileError.header("it is not UTF-8")) {
            try Safetensors(parsing: [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF, 0x7D])
        }
    }

    @Test func deepNestingIsRefused() {
        let header = #"{"a":{"shape":"# + String(repeating: "[", count: 1_000_000)
        #expect(throws: ModelFileError.self) { try Safetensors(parsing: Self.file(header)) }
    }

    @Test func anyPrefixIsRefused() {
        let bytes = Self.sample.serialized()
        for count in bytes.indices {
            #expect(throws: ModelFileError.self) { try Safetensors(parsing: Array(bytes[..<count])) }
        }
    }

    /// Changed bytes give another file or an error, never a trap.
    @Test func survivesChangedBytes() {
        var random = Lehmer(state: 20_180_213)
        let bytes = Self.sample.serialized()
        var readable = 0
        for _ in 0..<5_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if (try? Safetensors(parsing: changed)) != nil { readable += 1 }
        }
        #expect((1..<5_000).contains(readable))
    }
}

/// Park and Miller's generator: the same changed files in each run.
private struct Lehmer: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 0xDA94_2042_E4DD_58B5
        return state ^ state >> 32
    }
}
