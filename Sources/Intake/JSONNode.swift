/// A value in a `JSONDocument`: a reference to the document and an index. Good until the document parses again.
///
/// What is asked of the wrong kind is nil: `string` of a number, a key of an array.
package struct JSONNode {
    package enum Kind: Sendable { case object, array, string, number, bool, null }

    private let document: JSONDocument
    private let index: Int
    private let generation: UInt32

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
        generation = document.generation
    }

    private var entry: JSONDocument.Entry {
        assert(generation == document.generation, "a node of a document that has parsed another one since")
        return document.tape[index]
    }

    package var kind: Kind {
        let entry = entry
        switch document.bytes[Int(entry.start)] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "-") where !entry.isSpecial, UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: return .null
        }
    }

    package var isNull: Bool { kind == .null }

    package var bool: Bool? { kind == .bool ? document.bytes[Int(entry.start)] == UInt8(ascii: "t") : nil }

    /// Where the value stands in the bytes that were parsed, with its quotes or brackets.
    package var range: Range<Int> {
        let entry = entry
        let start = Int(entry.start)
        switch kind {
        case .object, .array: return start..<Int(document.tape[entry.length].start) + 1
        case .string: return start..<start + entry.length + 2
        case .number, .bool, .null: return start..<start + entry.length
        }
    }

    // MARK: Text and numbers

    /// A string's text. Escapes are decoded; lone surrogates and bytes that are not UTF-8 come out as U+FFFD.
    package var string: String? {
        guard kind == .string else { return nil }
        if !entry.isSpecial { return String(decoding: content, as: UTF8.self) }
        return String(decoding: JSONNode.unescaped(content), as: UTF8.self)
    }

    /// A string's text, or a number as it is written: ids come as either, and longer than any number type holds.
    package var text: String? { string ?? numberText }

    /// A number as it is written.
    package var numberText: String? { kind == .number ? String(decoding: content, as: UTF8.self) : nil }

    /// The integer that a number or a string of a number stands for, `1.0` and `12e3` included; nil when it has a
    /// fraction or does not fit.
    package var int: Int? {
        switch kind {
        case .number: JSONNode.int(content)
        case .string where !entry.isSpecial: JSONNode.int(content)
        default: nil
        }
    }

    /// The nearest to a number or a string of a number.
    package var double: Double? {
        guard let text, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// Whether this is a string of exactly this text. Allocates nothing unless the document wrote it with escapes.
    package func isString(equalTo text: StaticString) -> Bool {
        guard kind == .string else { return false }
        return unsafe equals(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string's bytes without its quotes, or all of a number or word.
    private var content: ArraySlice<UInt8> {
        let entry = entry
        let start = Int(entry.start) + (kind == .string ? 1 : 0)
        return document.bytes[start..<start + entry.length]
    }

    @unsafe private func equals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if entry.isSpecial { return unsafe JSONNode.unescaped(content).elementsEqual(text) }
        return unsafe entry.length == text.count && content.elementsEqual(text)
    }

    // MARK: Containers

    /// The value of an object's key; of several the last. The search steps over each value at once, however large.
    package subscript(_ key: String) -> JSONNode? {
        guard kind == .object else { return nil }
        var key = key
        return key.withUTF8 { unsafe member($0) }
    }

    /// The element of an array, counted from 0. Walks to it.
    package subscript(_ position: Int) -> JSONNode? {
        guard position >= 0 else { return nil }
        var elements = elements.makeIterator()
        for _ in 0..<position where elements.next() == nil { return nil }
        return elements.next()
    }

    /// Keys into each other: `node[path: "user", "screen_name"]`.
    package subscript(path keys: String...) -> JSONNode? {
        var node = self
        for key in keys {
            guard let next = node[key] else { return nil }
            node = next
        }
        return node
    }

    /// An array's values; none for any other kind.
    package var elements: Elements {
        kind == .array ? Elements(next: self, end: entry.length) : Elements(next: self, end: index)
    }

    /// An object's keys (strings) and values, duplicates included; none for any other kind.
    package var members: Members { Members(nodes: Elements(next: self, end: kind == .object ? entry.length : index)) }

    package struct Elements: Sequence, IteratorProtocol {
        /// For `node?.elements ?? .empty`.
        package static var empty: Elements { Elements() }

        private var document: JSONDocument?
        private var index = 0
        private var end = 0

        private init() {}

        /// - end: The index of the container's second entry; the container's own when there is nothing in it.
        fileprivate init(next container: JSONNode, end: Int) {
            document = container.document
            index = Swift.min(container.index + 1, end)
            self.end = end
        }

        package mutating func next() -> JSONNode? {
            guard index < end, let document else { return nil }
            let node = JSONNode(document: document, index: index)
            index = node.following
            return node
        }
    }

    package struct Members: Sequence, IteratorProtocol {
        fileprivate var nodes: Elements

        package mutating func next() -> (key: JSONNode, value: JSONNode)? {
            guard let key = nodes.next(), let value = nodes.next() else { return nil }
            return (key, value)
        }
    }

    /// The index of the value after this one.
    private var following: Int {
        let entry = entry
        let opens = JSONNode.opens(document.bytes[Int(entry.start)])
        return (opens ? entry.length : index) + 1
    }

    private static func opens(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }

    @unsafe private func member(_ key: UnsafeBufferPointer<UInt8>) -> JSONNode? {
        let end = entry.length
        var found: Int?
        unsafe document.tape.withUnsafeBufferPointer { tape in
            unsafe document.bytes.withUnsafeBufferPointer { bytes in
                var next = index + 1
                while next < end {
                    let entry = unsafe tape[next]
                    let value = next + 1
                    if entry.isSpecial {
                        if unsafe JSONNode(document: document, index: next).equals(key) { found = value }
                    } else if entry.length == key.count,
                        unsafe bytes[Int(entry.start) + 1..<Int(entry.start) + 1 + key.count].elementsEqual(key)
                    {
                        found = value
                    }
                    let opens = unsafe JSONNode.opens(bytes[Int(tape[value].start)])
                    next = unsafe (opens ? tape[value].length : value) + 1
                }
            }
        }
        return found.map { JSONNode(document: document, index: $0) }
    }
}

// MARK: - Decoding

extension JSONNode {
    private static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        var rest = content
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            decoded.append(contentsOf: rest[..<backslash])
            rest = rest[(backslash + 1)...]
            guard let escape = rest.popFirst() else { break }
            switch escape {
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "u"): decoded.append(contentsOf: String(scalar(&rest)).utf8)
            default: decoded.append(escape)
            }
        }
        decoded.append(contentsOf: rest)
        return decoded
    }

    /// What follows `\u`: four digits, and another escape where they are the first half of a pair.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar {
        guard let first = codeUnit(rest) else { return "\u{FFFD}" }
        rest = rest.dropFirst(4)
        if UTF16.isLeadSurrogate(first), rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
            let second = codeUnit(rest.dropFirst(2)), UTF16.isTrailSurrogate(second)
        {
            rest = rest.dropFirst(6)
            let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
            return Unicode.Scalar(value) ?? "\u{FFFD}"
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private static func codeUnit(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        guard bytes.count >= 4 else { return nil }
        var value: UInt16 = 0
        for byte in bytes.prefix(4) {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// The integer that a decimal number stands for, exactly; nil when there is none that fits or the text is no
    /// number.
    static func int(_ text: ArraySlice<UInt8>) -> Int? {
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest[whole.endIndex...]
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            if fraction.isEmpty { return nil }
            rest = rest[fraction.endIndex...]
        }
        if whole.isEmpty { return nil }
        var exponent = 0
        if let byte = rest.first {
            guard byte | 0x20 == UInt8(ascii: "e") else { return nil }
            rest.removeFirst()
            let isSmall = rest.first == UInt8(ascii: "-")
            if isSmall || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
            // Larger ones shift everything out all the same.
            for byte in rest { exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1 << 32) }
            if isSmall { exponent.negate() }
        }
        var value = 0
        /// How many of the digits stand before the decimal point.
        let places = whole.count + exponent
        for (position, byte) in [whole, fraction].joined().enumerated() {
            let digit = Int(byte - UInt8(ascii: "0"))
            if position >= places {
                if digit != 0 { return nil }
            } else if !append(digit, to: &value, isNegative) {
                return nil
            }
        }
        if value == 0 { return 0 }
        for _ in stride(from: whole.count + fraction.count, to: places, by: 1) where !append(0, to: &value, isNegative)
        {
            return nil
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func append(_ digit: Int, to value: inout Int, _ isNegative: Bool) -> Bool {
        let (ten, tooLarge) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow) =
            isNegative ? ten.subtractingReportingOverflow(digit) : ten.addingReportingOverflow(digit)
        value = sum
        return !tooLarge && !overflow
    }
}
