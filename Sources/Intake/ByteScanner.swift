/// Reads text from left to right, by bytes. A copy is a place to come back to.
struct ByteScanner: ~Escapable {
    let bytes: Span<UInt8>
    var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The byte ahead; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// How many digits are ahead.
    var digitCount: Int {
        var end = position
        while end < bytes.count, bytes[end].isDigit { end += 1 }
        return end - position
    }

    /// Reads all the digits that are ahead; nil, and nothing read, where they are not as many as asked for.
    /// - lengths: Up to 18.
    @_lifetime(self: copy self)
    mutating func number(_ lengths: ClosedRange<Int>) -> Int? {
        let count = digitCount
        guard lengths.contains(count) else { return nil }
        var value = 0
        for _ in 0..<count {
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return value
    }

    /// Whether the byte was ahead; then it is read.
    @_lifetime(self: copy self)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Whether the word was ahead, whatever its case; then it is read.
    /// - word: ASCII, in lower case.
    @_lifetime(self: copy self)
    mutating func skip(_ word: StaticString) -> Bool {
        guard bytes.count - position >= word.utf8CodeUnitCount else { return false }
        for i in 0..<word.utf8CodeUnitCount {
            if unsafe bytes[position + i].lowercased != word.utf8Start[i] { return false }
        }
        position += word.utf8CodeUnitCount
        return true
    }

    /// Whether there were blanks ahead; they are read.
    @_lifetime(self: copy self)
    @discardableResult
    mutating func skipBlanks() -> Bool {
        let start = position
        while let byte = next, byte == UInt8(ascii: " ") || (9...13).contains(byte) { position += 1 }
        return position > start
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    /// Of ASCII's letters alone.
    var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
