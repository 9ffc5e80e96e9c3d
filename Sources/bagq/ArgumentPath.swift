import Foundation
import Intake

/// Words of the command line as strings that lose nothing: a byte that is not UTF-8 becomes a private-use scalar, which
/// `PicturePath(argument:)` turns back.
enum ArgumentBytes {
    private static let base: UInt32 = 0x10_FF00

    static func words() -> [String] {
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { index in
            guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
            return unsafe decode(
                Array(UnsafeBufferPointer(start: word, count: strlen(word))).map(UInt8.init(bitPattern:)))
        }
    }

    static func decode(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let scalar = byte < 0x80 ? Unicode.Scalar(byte) : Unicode.Scalar(base + UInt32(byte))
            if let scalar { text.append(scalar) }
        }
        return String(text)
    }

    static func encode(_ text: String) -> [UInt8] {
        guard text.unicodeScalars.contains(where: { $0.value >= base + 0x80 }) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            scalar.value >= base + 0x80 ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }
}

extension PicturePath {
    /// A path as typed, made absolute, links in it resolved. Throws where nothing is there.
    init(existing argument: String) throws {
        let bytes = ArgumentBytes.encode(argument).map(CChar.init(bitPattern:)) + [0]
        guard let resolved = unsafe realpath(bytes, nil) else {
            throw CommandError("\(argument): \(unsafe String(cString: strerror(errno)))")
        }
        defer { unsafe free(resolved) }
        unsafe self.init(
            bytes: Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved))).map(UInt8.init(bitPattern:)))
    }

    /// The last part of the path, for people.
    var lastName: String {
        bytes.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) } ?? "/"
    }
}

/// Why a subcommand could not do it: what, where, and what to do next. Exit status 2.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
