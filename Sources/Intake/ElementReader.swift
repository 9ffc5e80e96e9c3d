/// The elements of one array in a JSON file of any size, each as its bytes: found by its brackets and quotes, not
/// parsed.
///
///     ElementReader(file)                            // [ {…}, {…} ]  and  window.YTD.tweets.part0 = [ {…} ];
///     ElementReader(file, path: ["orderedItems"])    // {"orderedItems": [ {…}, {…} ], …}
///     ElementReader(file, path: ["data", "children"])
///
/// Memory stays within the longest element allowed, whatever else is in the file. What follows the array is not read.
package struct ElementReader {
    private var buffer: RecordBuffer
    private let path: [String]
    private let limit: Int
    private var place = Place.start

    private enum Place { case start, elements, end }

    /// - path: The keys that lead to the array; none when the array is the document.
    /// - limit: Of an element, in bytes.
    init(_ file: ReadableFile, path: [String] = [], limit: Int = 16 << 20, readSize: Int = 262_144) {
        buffer = RecordBuffer(file, readSize: readSize)
        self.path = path
        self.limit = limit
    }

    /// Goes on from an element's place.
    package mutating func seek(to offset: Int, line: Int) {
        buffer.seek(to: offset, line: line)
        place = .elements
    }

    /// The next element, or what is wrong with it; nil at the end of the array. What is wrong with the array as a whole
    /// is the last answer.
    package mutating func next() throws(SystemError) -> Result<Record, RecordProblem>? {
        if place == .start, let problem = try findArray() {
            place = .end
            return .failure(problem)
        }
        if place == .end { return nil }
        var byte = try nextByte()
        while byte == UInt8(ascii: ",") {
            buffer.advance(to: buffer.next + 1)
            byte = try nextByte()
        }
        switch byte {
        case UInt8(ascii: "]"):
            place = .end
            return nil
        case nil: return .failure(end(.cutOff))
        case UInt8(ascii: "}"), UInt8(ascii: ":"): return .failure(end(.damaged))
        default: break
        }
        let (line, offset) = (buffer.line, buffer.offset)
        switch try scanValue(limit: limit) {
        case .held(let end):
            let bytes = buffer.bytes[buffer.next..<end]
            buffer.advance(to: end)
            return .success(Record(bytes: bytes, offset: offset, line: line))
        case .dropped: return .failure(RecordProblem(.tooLong(limit: limit), line: line, offset: offset))
        case .cutOff:
            place = .end
            return .failure(RecordProblem(.cutOff, line: line, offset: offset))
        }
    }

    private mutating func end(_ what: RecordProblem.What) -> RecordProblem {
        place = .end
        return RecordProblem(what, line: buffer.line, offset: buffer.offset)
    }

    // MARK: The way to the array

    private mutating func findArray() throws(SystemError) -> RecordProblem? {
        guard try buffer.skipMark() else { return end(.utf16) }
        if path.isEmpty {
            try skipAssignment()
        }
        for key in path {
            guard try take(UInt8(ascii: "{")) else { return end(.noArray) }
            if let problem = try find(key) { return problem }
        }
        guard try take(UInt8(ascii: "[")) else { return end(.noArray) }
        place = .elements
        return nil
    }

    /// The script's beginning that makes an X archive's file, `window.YTD.tweets.part0 =`.
    private mutating func skipAssignment() throws(SystemError) {
        try buffer.need(1024)
        let head = buffer.bytes[buffer.next...].prefix(1024)
        guard let sign = head.firstIndex(of: UInt8(ascii: "=")) else { return }
        let name = head[..<sign].drop { $0 <= 0x20 }
        if let first = name.first, first | 0x20 >= UInt8(ascii: "a"), first | 0x20 <= UInt8(ascii: "z") {
            buffer.advance(to: sign + 1)
        }
    }

    /// Moves behind the key's colon, over the values of other keys.
    private mutating func find(_ key: String) throws(SystemError) -> RecordProblem? {
        while true {
            var byte = try nextByte()
            if byte == UInt8(ascii: ",") {
                buffer.advance(to: buffer.next + 1)
                byte = try nextByte()
            }
            guard byte == UInt8(ascii: "\"") else { return end(byte == nil ? .cutOff : .noArray) }
            var isFound = false
            switch try scanValue(limit: 65_536) {
            case .held(let end):
                isFound = buffer.bytes[buffer.next + 1..<end - 1].elementsEqual(key.utf8)
                buffer.advance(to: end)
            case .dropped: break
            case .cutOff: return end(.cutOff)
            }
            guard try take(UInt8(ascii: ":")) else { return end(.noArray) }
            if isFound { return nil }
            guard let first = try nextByte() else { return end(.cutOff) }
            if first == UInt8(ascii: "}") || first == UInt8(ascii: "]") { return end(.noArray) }
            switch try scanValue(limit: 0) {
            case .held(let end): buffer.advance(to: end)
            case .dropped: break
            case .cutOff: return end(.cutOff)
            }
        }
    }

    private mutating func take(_ byte: UInt8) throws(SystemError) -> Bool {
        guard try nextByte() == byte else { return false }
        buffer.advance(to: buffer.next + 1)
        return true
    }

    /// Moves to the next byte that is no white space, and returns it.
    private mutating func nextByte() throws(SystemError) -> UInt8? {
        while true {
            if let index = buffer.bytes[buffer.next...].firstIndex(where: { $0 > 0x20 }) {
                buffer.advance(to: index)
                return buffer.bytes[index]
            }
            buffer.advance(to: buffer.bytes.count)
            if try !buffer.fill() { return nil }
        }
    }

    // MARK: Values

    private enum Scanned {
        /// It lies between the buffer's `next` and this index.
        case held(end: Int)
        /// It was longer than the limit, and the buffer stands behind it.
        case dropped
        case cutOff
    }

    /// Finds the end of the value at the buffer's `next`. Once it is longer than the limit it is no longer held.
    private mutating func scanValue(limit: Int) throws(SystemError) -> Scanned {
        var scanner = ValueScanner()
        var scanned = buffer.next
        var isDropped = false
        while true {
            let end = unsafe buffer.bytes.withUnsafeBufferPointer { unsafe scanner.scan($0, from: scanned) }
            let length = (end ?? buffer.bytes.count) - buffer.next
            if isDropped || length > limit {
                isDropped = true
                buffer.advance(to: end ?? buffer.bytes.count)
            }
            if let end { return isDropped ? .dropped : .held(end: end) }
            scanned = buffer.bytes.count - buffer.next
            if try !buffer.fill() { return .cutOff }
        }
    }
}

/// Finds where a JSON value ends, over as many pieces as it comes in.
private struct ValueScanner {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isScalar = false

    /// The index behind the value's last byte, nil when it is not in this piece.
    @unsafe mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        let count = bytes.count
        while index < count {
            if isInString {
                if isEscaped {
                    isEscaped = false
                    index += 1
                    continue
                }
                guard let stop = unsafe quoteOrBackslash(bytes, from: index) else { return nil }
                index = stop + 1
                if unsafe bytes[stop] == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    isInString = false
                    if depth == 0 { return index }
                }
                continue
            }
            switch unsafe bytes[index] {
            case UInt8(ascii: "\""):
                if isScalar { return index }
                isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if isScalar { return index }
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if isScalar { return index }
                depth -= 1
                if depth <= 0 { return index + 1 }
            case UInt8(ascii: ","), 0...0x20:
                if isScalar { return index }
            default:
                if depth == 0 { isScalar = true }
            }
            index += 1
        }
        return nil
    }

    /// Eight bytes at a time.
    @unsafe private func quoteOrBackslash(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index + 8 <= raw.count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let (position, isFound) = JSONDocument.quoteOrBackslash(word)
            if isFound { return index + position }
            index += 8
        }
        while index < raw.count {
            if unsafe raw[index] == UInt8(ascii: "\"") || raw[index] == UInt8(ascii: "\\") { return index }
            index += 1
        }
        return nil
    }
}
