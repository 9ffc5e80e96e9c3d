/// A path as the file system has it: bytes, not necessarily UTF-8, without NUL.
package struct Path: Hashable, Comparable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ string: String) {
        bytes = Array(string.utf8)
    }

    package var isAbsolute: Bool { bytes.first == Path.separator }

    /// This path with `relative` below it; `relative` itself when that is absolute.
    package func appending(_ relative: Path) -> Path {
        if relative.bytes.isEmpty { return self }
        if bytes.isEmpty || relative.isAbsolute { return relative }
        return Path(
            bytes: bytes + (bytes.last == Path.separator ? [] : [Path.separator]) + relative.bytes)
    }

    /// The folder that holds the last component: `/` for `/a`, `.` for `a`.
    package var folder: Path {
        guard let slash = bytes.lastIndex(of: Path.separator) else { return Path(".") }
        return Path(bytes: slash == 0 ? [Path.separator] : Array(bytes[..<slash]))
    }

    /// The last component.
    package var name: Path {
        guard let slash = bytes.lastIndex(of: Path.separator) else { return self }
        return Path(bytes: Array(bytes[(slash + 1)...]))
    }

    /// The path as text, exactly; nil when it is not UTF-8.
    package var string: String? { String(validating: bytes, as: UTF8.self) }

    package static func < (left: Path, right: Path) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// Ends with NUL, for the system's calls.
    package var cString: [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }

    static let separator = UInt8(ascii: "/")
}

/// For people, safe on a terminal: bytes that are not UTF-8 and characters that steer terminals come out as `\xFF`.
extension Path: CustomStringConvertible {
    package var description: String {
        var text = String.UnicodeScalarView()
        var decoder = UTF8.ForwardParser()
        var source = bytes.makeIterator()
        var position = 0
        while true {
            switch decoder.parseScalar(from: &source) {
            case .valid(let encoded):
                let scalar = UTF8.decode(encoded)
                if scalar.steersTerminals {
                    for byte in encoded { text.append(contentsOf: hexEscape(byte)) }
                } else {
                    text.append(scalar)
                }
                position += encoded.count
            case .error(let length):
                for byte in bytes[position..<position + length] { text.append(contentsOf: hexEscape(byte)) }
                position += length
            case .emptyInput:
                return String(text)
            }
        }
    }

    private func hexEscape(_ byte: UInt8) -> String.UnicodeScalarView {
        let digits = String(byte, radix: 16, uppercase: true)
        return (byte < 16 ? "\\x0\(digits)" : "\\x\(digits)").unicodeScalars
    }
}

extension Unicode.Scalar {
    /// Control characters (C0, DEL, C1), line separators and marks that reorder text: what hostile text must not send
    /// to a terminal.
    package var steersTerminals: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
