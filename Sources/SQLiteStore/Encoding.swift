import Foundation
import Intake
import Queue

// How the shared types stand in columns.

extension JobID: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { rawValue.bind(to: statement, at: index) }
}
extension Timestamp: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { milliseconds.bind(to: statement, at: index) }
}
extension Path: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { bytes.bind(to: statement, at: index) }
}
extension WorkerID: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { rawValue.bind(to: statement, at: index) }
}

extension Row {
    func jobID(_ column: Int) -> JobID { JobID(rawValue: Int64(int(column))) }
    func path(_ column: Int) -> Path { Path(bytes: bytes(column)) }
    func timestamp(_ column: Int) -> Timestamp { Timestamp(milliseconds: Int64(int(column))) }
    func optionalTimestamp(_ column: Int) -> Timestamp? {
        optionalInt(column).map { Timestamp(milliseconds: Int64($0)) }
    }
    /// From two columns: milliseconds and the source's code.
    func postTime(_ column: Int) -> PostTime? {
        optionalTimestamp(column).map { PostTime($0, TimeSource(code: int(column + 1))) }
    }
    func json<T: Decodable>(_ column: Int, as type: T.Type) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes(column)))
    }
}

func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension TimeSource {
    /// As stored: more is stronger.
    var code: Int {
        switch self {
        case .none: 0
        case .mtime: 1
        case .exif: 2
        case .name: 3
        case .id: 4
        case .manifest: 5
        case .sidecar: 6
        }
    }

    init(code: Int) {
        self = TimeSource.allCases.first { $0.code == code } ?? .none
    }
}

extension PictureRole {
    /// As stored.
    var code: Int {
        switch self {
        case .picture: 0
        case .thumbnail: 1
        case .profile: 2
        }
    }

    init(code: Int) {
        self = PictureRole.allCases.first { $0.code == code } ?? .picture
    }
}

/// One a line; nil for none.
func encode(_ lines: [String]) -> String? { lines.isEmpty ? nil : lines.joined(separator: "\n") }

extension Row {
    func lines(_ column: Int) -> [String] {
        optionalBytes(column)?.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) } ?? []
    }
}

/// Little-endian Float32.
func encode(_ probabilities: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * probabilities.count)
    for value in probabilities {
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }
    return bytes
}

func decodeProbabilities(_ bytes: [UInt8]) -> [Float] {
    stride(from: 0, to: bytes.count - 3, by: 4).map { at in
        Float(
            bitPattern: UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(
                bytes[at + 3]) << 24)
    }
}
