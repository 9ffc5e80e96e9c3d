/// A JSON document, read for a few of its values.
///
///     let document = JSONDocument()  // one for many records: it keeps its memory
///     let tweet = try document.parse(record.bytes.span)
///     let author = tweet["user"]?["screen_name"]?.string
///     let id = tweet["id_str"]?.text ?? tweet["id"]?.text  // exact, whatever the number's length
///     for tag in tweet[path: "entities", "hashtags"]?.elements ?? .empty { … tag["text"]?.string … }
///
/// It takes what dumps hold and other readers refuse: a byte order mark, `NaN` and `Infinity` (null), a comma before a
/// closing bracket, lone surrogates and bytes that are not UTF-8 (U+FFFD), unknown escapes (the character itself),
/// control characters in strings, duplicate keys (the last one counts, as in Python and JavaScript) and leading zeros.
///
/// One thread at a time. A node is good until the next `parse`.
package final class JSONDocument {
    /// Where each value begins, in the order of the document; see `Entry`.
    fileprivate(set) var tape: [Entry] = []
    /// The document's bytes and then `padding`.
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate(set) var generation: UInt32 = 0

    package init() {}

    /// Containers nested deeper than this are an error.
    package static let deepest = 512
    private static let longest = Int(Int32.max)
    /// A quote ends every scan for the end of a string, so that no step needs to look for the end of the document.
    private static let padding = [UInt8](repeating: UInt8(ascii: "\""), count: 16)
    /// More than this is given back before the next document.
    private static let keptBytes = 4 << 20

    /// Reads one document: a value and nothing but white space around it. Returns its root.
    @discardableResult
    package func parse(_ document: Span<UInt8>) throws(JSONError) -> JSONNode {
        generation &+= 1
        if bytes.capacity > JSONDocument.keptBytes { bytes = [] }
        if tape.capacity > JSONDocument.keptBytes / MemoryLayout<Entry>.stride { tape = [] }
        tape.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        guard document.count <= JSONDocument.longest else { throw JSONError(.tooLong, at: JSONDocument.longest) }
        bytes.reserveCapacity(document.count + JSONDocument.padding.count)
        unsafe document.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: JSONDocument.padding)
        var parser = Parser(tape: tape)
        tape = []
        let error = unsafe bytes.withUnsafeBufferPointer { buffer -> JSONError? in
            do throws(JSONError) {
                try unsafe parser.parse(buffer, count: document.count)
                return nil
            } catch {
                return error
            }
        }
        tape = parser.tape
        if let error {
            tape.removeAll(keepingCapacity: true)
            throw error
        }
        return JSONNode(document: self, index: 0)
    }

    /// One per scalar and key, two per container. The byte at `start` tells the kind.
    struct Entry {
        /// Of the value's first byte; of the closing bracket in a container's second entry.
        var start: UInt32
        /// A string's length without quotes, or a number's or word's length; in a container's first entry the index of
        /// its second.
        private var lengthAndFlag: UInt32

        init(start: Int, length: Int, isSpecial: Bool = false) {
            self.start = UInt32(truncatingIfNeeded: start)
            lengthAndFlag = UInt32(truncatingIfNeeded: length) | (isSpecial ? 0x8000_0000 : 0)
        }

        var length: Int { Int(lengthAndFlag & 0x7FFF_FFFF) }
        /// A string with escapes, or a number that is not finite.
        var isSpecial: Bool { lengthAndFlag >= 0x8000_0000 }
    }
}

/// Why bytes are not a JSON document.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case empty
        /// It ends inside a value.
        case ends
        case noValue, noKey, noColon, noComma
        /// What follows the document's end.
        case trailing
        case number
        case tooDeep
        /// 2 GiB and more.
        case tooLong
        case utf16
    }

    package var problem: Problem
    /// Of the byte that is wrong, counted from the document's first.
    package var offset: Int

    init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    package var description: String {
        let what =
            switch problem {
            case .empty: "there is nothing"
            case .ends: "it ends in the middle"
            case .noValue: "no value begins here"
            case .noKey: "a key in quotes is missing"
            case .noColon: "a colon is missing"
            case .noComma: "a comma or a closing bracket is missing"
            case .trailing: "there is more after the end"
            case .number: "the number is wrong"
            case .tooDeep: "it is nested over \(JSONDocument.deepest) deep"
            case .tooLong: "it is longer than 2 GiB"
            case .utf16: "it is in UTF-16; convert it to UTF-8"
            }
        return "byte \(offset): \(what)"
    }
}

// MARK: - Reading a document

extension JSONDocument {
    fileprivate struct Parser {
        var tape: [Entry]
        /// The tape's index of the innermost open container, -1 outside of all. While a container is open its `length`
        /// is the index of the one around it plus one, and an object is special.
        private var container = -1
        private var isObject = false
        private var depth = 0

        init(tape: [Entry]) {
            self.tape = tape
        }

        /// - bytes: The document's and then `padding`.
        @unsafe mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) throws(JSONError) {
            guard let base = bytes.baseAddress else { return }
            let input = unsafe Input(base: base, count: count)
            var at = 0
            if count >= 3, input[0] == 0xEF, input[1] == 0xBB, input[2] == 0xBF { at = 3 }
            if count >= 2, (input[0] == 0xFF && input[1] == 0xFE) || (input[0] == 0xFE && input[1] == 0xFF) {
                throw JSONError(.utf16, at: 0)
            }
            at = input.skippingSpace(at)
            if at >= count { throw JSONError(.empty, at: count) }
            while true {
                if try readValue(input, &at), try readKey(input, &at) { continue }
                while true {
                    at = input.skippingSpace(at)
                    if container < 0 {
                        if at < count { throw JSONError(.trailing, at: at) }
                        return
                    }
                    let byte = input[at]
                    if byte == UInt8(ascii: ",") {
                        at = input.skippingSpace(at + 1)
                        if isObject ? try readKey(input, &at) : input[at] != UInt8(ascii: "]") { break }
                    } else if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                        close(at)
                        at += 1
                    } else {
                        throw JSONError(at >= count ? .ends : .noComma, at: min(at, count))
                    }
                }
            }
        }

        /// Reads a scalar, or a container's opening bracket. Returns whether something has to follow in a container
        /// just opened.
        private mutating func readValue(_ input: Input, _ at: inout Int) throws(JSONError) -> Bool {
            switch input[at] {
            case UInt8(ascii: "\""):
                try readString(input, &at)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > JSONDocument.deepest { throw JSONError(.tooDeep, at: at) }
                isObject = input[at] == UInt8(ascii: "{")
                tape.append(Entry(start: at, length: container + 1, isSpecial: isObject))
                container = tape.count - 1
                at = input.skippingSpace(at + 1)
                return isObject || input[at] != UInt8(ascii: "]")
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                try readNumber(input, &at)
            case UInt8(ascii: "-"):
                if input[at + 1] == UInt8(ascii: "I") {
                    try readWord("-Infinity", input, &at)
                } else if input[at + 1] == UInt8(ascii: "N") {
                    try readWord("-NaN", input, &at)
                } else {
                    try readNumber(input, &at)
                }
            case UInt8(ascii: "t"): try readWord("true", input, &at)
            case UInt8(ascii: "f"): try readWord("false", input, &at)
            case UInt8(ascii: "n"): try readWord("null", input, &at)
            case UInt8(ascii: "N"): try readWord("NaN", input, &at)
            case UInt8(ascii: "I"): try readWord("Infinity", input, &at)
            default: throw JSONError(.noValue, at: at)
            }
            return false
        }

        /// At the place of a key: in an array there is none, and a value follows. Returns false at the end of an
        /// object.
        private mutating func readKey(_ input: Input, _ at: inout Int) throws(JSONError) -> Bool {
            if !isObject { return true }
            if input[at] == UInt8(ascii: "}") { return false }
            if at >= input.count { throw JSONError(.ends, at: input.count) }
            guard input[at] == UInt8(ascii: "\"") else { throw JSONError(.noKey, at: at) }
            try readString(input, &at)
            at = input.skippingSpace(at)
            guard input[at] == UInt8(ascii: ":") else {
                throw JSONError(at >= input.count ? .ends : .noColon, at: min(at, input.count))
            }
            at = input.skippingSpace(at + 1)
            return true
        }

        private mutating func close(_ at: Int) {
            let outer = tape[container].length - 1
            tape[container] = Entry(start: Int(tape[container].start), length: tape.count)
            tape.append(Entry(start: at, length: 0))
            depth -= 1
            container = outer
            isObject = outer >= 0 && tape[outer].isSpecial
        }

        private mutating func readString(_ input: Input, _ at: inout Int) throws(JSONError) {
            let first = at + 1
            var hasEscapes = false
            var end = input.quoteOrBackslash(from: first)
            while input[end] == UInt8(ascii: "\\") {
                hasEscapes = true
                end = input.quoteOrBackslash(from: end + 2)
            }
            if end >= input.count { throw JSONError(.ends, at: input.count) }
            tape.append(Entry(start: at, length: end - first, isSpecial: hasEscapes))
            at = end + 1
        }

        private mutating func readNumber(_ input: Input, _ at: inout Int) throws(JSONError) {
            let start = at
            if input[at] == UInt8(ascii: "-") { at += 1 }
            var digits = input.skipDigits(&at)
            if input[at] == UInt8(ascii: ".") {
                at += 1
                digits = min(digits, input.skipDigits(&at))
            }
            if digits > 0, input[at] | 0x20 == UInt8(ascii: "e") {
                at += 1
                if input[at] == UInt8(ascii: "+") || input[at] == UInt8(ascii: "-") { at += 1 }
                digits = input.skipDigits(&at)
            }
            if digits == 0 { throw JSONError(at >= input.count ? .ends : .number, at: min(at, input.count)) }
            tape.append(Entry(start: start, length: at - start))
        }

        private mutating func readWord(_ word: StaticString, _ input: Input, _ at: inout Int) throws(JSONError) {
            let length = word.utf8CodeUnitCount
            for index in 0..<length where unsafe input[at + index] != word.utf8Start[index] {
                throw JSONError(at + index >= input.count ? .ends : .noValue, at: min(at + index, input.count))
            }
            tape.append(Entry(start: at, length: length, isSpecial: input[at] == UInt8(ascii: "-")))
            at += length
        }
    }

    /// Where in eight bytes, loaded as they stand in memory, the first `"` or `\` is.
    @inline(__always) static func quoteOrBackslash(_ word: UInt64) -> (position: Int, isFound: Bool) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: word)
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        // The lowest byte that is zero has its highest bit set here; those above it may have it too.
        let hits = (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & (ones &* 0x80)
        return (hits.trailingZeroBitCount >> 3, hits != 0)
    }

    /// The padded document. Indices are not checked: the padding's first quote stops every loop that runs past the end.
    @safe fileprivate struct Input {
        private let base: UnsafePointer<UInt8>
        let count: Int

        @unsafe init(base: UnsafePointer<UInt8>, count: Int) {
            unsafe self.base = unsafe base
            self.count = count
        }

        @inline(__always) subscript(_ index: Int) -> UInt8 {
            assert(index >= 0 && index < count + 16)
            return unsafe base[index]
        }

        @inline(__always) private func word(at index: Int) -> UInt64 {
            assert(index >= 0 && index + 8 <= count + 16)
            return unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        }

        /// The first byte at `index` or later that is no white space.
        @inline(__always) func skippingSpace(_ index: Int) -> Int {
            var index = index
            while self[index] <= 0x20 {
                switch self[index] {
                case 0x20, 0x0A, 0x0D, 0x09: index += 1
                default: return index
                }
            }
            return index
        }

        /// How many digits there were at `index`, which moves past them.
        @inline(__always) func skipDigits(_ index: inout Int) -> Int {
            let start = index
            while self[index] &- UInt8(ascii: "0") < 10 { index += 1 }
            return index - start
        }

        /// The first `"` or `\` at `index` or later, eight bytes at a time. One in the padding may be any of its
        /// quotes.
        @inline(__always) func quoteOrBackslash(from index: Int) -> Int {
            var index = index
            while index <= count {
                let (position, isFound) = JSONDocument.quoteOrBackslash(word(at: index))
                if isFound { return index + position }
                index += 8
            }
            return count
        }
    }
}
