/// How a CSV file writes text.
enum CSVText {
    /// The candidate that most of the first lines have as often as the first one; of equals the more frequent; else the
    /// comma.
    static func separator(of head: ArraySlice<UInt8>) -> UInt8 {
        let lines = head.split(separator: 0x0A).prefix(20)
        var best = (separator: UInt8(ascii: ","), lines: 0, count: 0)
        for candidate in [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09] {
            let counts = lines.map { count(of: candidate, in: $0) }
            guard let first = counts.first, first > 0 else { continue }
            let equal = counts.count { $0 == first }
            if (equal, first) > (best.lines, best.count) { best = (candidate, equal, first) }
        }
        return best.separator
    }

    private static func count(of separator: UInt8, in line: ArraySlice<UInt8>) -> Int {
        var count = 0
        var isInQuotes = false
        for byte in line {
            if byte == UInt8(ascii: "\"") { isInQuotes.toggle() }
            if byte == separator && !isInQuotes { count += 1 }
        }
        return count
    }

    /// A field without its quotes, doubled ones single. What stands behind the closing quote stays.
    static func unquoted(_ field: ArraySlice<UInt8>) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        var content = field.dropFirst()
        if content.last == quote { content.removeLast() }
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var isPending = false
        for byte in content {
            if isPending {
                isPending = false
                text.append(quote)
                if byte == quote { continue }
            }
            if byte == quote { isPending = true } else { text.append(byte) }
        }
        if isPending { text.append(quote) }
        return text
    }

    /// As UTF-8, or as Windows-1252 where that is not what the bytes are.
    static func decoded(_ bytes: ArraySlice<UInt8>, isWindows1252: Bool) -> String {
        if !isWindows1252 || bytes.allSatisfy({ $0 < 0x80 }), let text = String(validating: bytes, as: UTF8.self) {
            return text
        }
        var text = ""
        for byte in bytes { text.unicodeScalars.append(scalar(windows1252: byte)) }
        return text
    }

    private static func scalar(windows1252 byte: UInt8) -> Unicode.Scalar {
        guard (0x80..<0xA0).contains(byte) else { return Unicode.Scalar(byte) }
        return high[Int(byte) - 0x80]
    }

    /// 0x80 to 0x9F; U+FFFD where nothing is assigned.
    private static let high = Array(
        "€\u{FFFD}‚ƒ„…†‡ˆ‰Š‹Œ\u{FFFD}Ž\u{FFFD}\u{FFFD}‘’“”•–—˜™š›œ\u{FFFD}žŸ".unicodeScalars)
}
