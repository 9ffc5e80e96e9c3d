import Foundation

/// Text as words without case and accents, one after the other, without making any strings: letters and digits make
/// words, all else separates them. Scripts that are written without blanks have a word for each character.
enum FoldedText {
    /// What becomes of a character.
    enum Piece {
        /// Of a word: these bytes.
        case letter(ArraySlice<UInt8>)
        /// A word of its own.
        case word
        /// As though it were not there: accents, joiners.
        case nothing
        case separator
    }

    /// Beyond ASCII.
    static func piece(_ value: UInt32) -> Piece {
        switch value {
        case 0..<firstTable.end: return table(firstTable, value)
        case secondTable.start..<secondTable.end: return table(secondTable, value)
        case 0xFF01...0xFF5E: return ascii(UInt8(value - 0xFEE0))
        case 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200C...0x200D, 0x2060, 0x20D0...0x20FF, 0xFE00...0xFE0F,
            0xFE20...0xFE2F, 0xFEFF:
            return .nothing
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3005...0x3007, 0x3041...0x309A, 0x309D...0x309F,
            0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFF66...0xFF9F, 0x20000...0x3FFFF:
            return .word
        case 0x2000...0x2BFF, 0x3000...0x303F, 0xE000...0xF8FF, 0x1F000...0x1FFFF: return .separator
        default: return other(value)
        }
    }

    private static func ascii(_ byte: UInt8) -> Piece {
        byte.isLetter || byte.isDigit ? .letter([byte.lowercased]) : .separator
    }

    private static func other(_ value: UInt32) -> Piece {
        guard let scalar = Unicode.Scalar(value) else { return .separator }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return .nothing
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark,
            .decimalNumber,
            .letterNumber, .otherNumber:
            return .letter(Array(scalar.properties.lowercaseMapping.utf8)[...])
        default: return .separator
        }
    }

    /// Latin, Greek, Cyrillic and their like, folded beforehand.
    private struct Table: Sendable {
        let start: UInt32
        var end: UInt32 { start + UInt32(pieces.count) }
        let pieces: [Piece]

        init(_ range: Range<UInt32>) {
            start = range.lowerBound
            pieces = range.map { value in
                guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .nonspacingMark,
                    value != 0xAD
                else { return .nothing }
                let folded = String(scalar).folding(
                    options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
                guard let first = folded.first, first.isLetter || first.isNumber else { return .separator }
                return .letter(Array(folded.utf8)[...])
            }
        }
    }

    private static let firstTable = Table(0..<0x590)
    private static let secondTable = Table(0x1E00..<0x2000)

    private static func table(_ table: Table, _ value: UInt32) -> Piece { table.pieces[Int(value - table.start)] }

    /// Calls `body` with the hash of every word, in order. Equal words have equal hashes in one process.
    @inline(__always)
    static func forEachWord(in text: Span<UInt8>, _ body: (UInt64) -> Void) {
        let seed = seed
        var hash = seed
        var isInWord = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            if (byte | 0x20) &- UInt8(ascii: "a") < 26 {
                hash = combined(hash, byte | 0x20)
                isInWord = true
            } else if byte &- UInt8(ascii: "0") < 10 {
                hash = combined(hash, byte)
                isInWord = true
            } else {
                var piece = Piece.separator
                let start = index - 1
                if byte >= 0x80 {
                    let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
                    var value = UInt32(byte) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
                    for _ in 1..<length where index < text.count {
                        value = value << 6 | UInt32(text[index] & 0x3F)
                        index += 1
                    }
                    piece = self.piece(value)
                }
                switch piece {
                case .nothing: continue
                case .letter(let bytes):
                    for byte in bytes { hash = combined(hash, byte) }
                    isInWord = true
                    continue
                case .separator, .word:
                    if isInWord { body(finished(hash)) }
                    hash = seed
                    isInWord = false
                }
                if case .word = piece {
                    for i in start..<index { hash = combined(hash, text[i]) }
                    body(finished(hash))
                    hash = seed
                }
            }
        }
        if isInWord { body(finished(hash)) }
    }

    /// Differs from process to process: nobody can make words that collide.
    private static let seed = UInt64.random(in: .min ... .max) | 1

    @inline(__always)
    private static func combined(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
    }

    @inline(__always)
    private static func finished(_ hash: UInt64) -> UInt64 { hash ^ hash >> 32 }
}

/// Sequences of words, found in a text in one pass: a trie whose edges are words.
struct WordTrie: Sendable {
    private struct Edge {
        var key: UInt64
        /// 0 for a free place: nothing leads to the root.
        var node: UInt32
    }

    /// Open addressing; its size is a power of two, and half of it stays free.
    private var edges = [Edge](repeating: Edge(key: 0, node: 0), count: 64)
    /// What ends at each node; nil where nothing does.
    private var values: [Int?] = [nil]

    var isEmpty: Bool { values.count == 1 }

    /// Of equal sequences the first stays.
    mutating func insert(_ words: [UInt64], _ value: Int) {
        guard !words.isEmpty else { return }
        var node: UInt32 = 0
        for word in words {
            if let next = next(node, word) {
                node = next
            } else {
                let new = UInt32(values.count)
                values.append(nil)
                if 2 * values.count > edges.count { grow() }
                add(Edge(key: Self.key(node, word), node: new))
                node = new
            }
        }
        if values[Int(node)] == nil { values[Int(node)] = value }
    }

    private mutating func grow() {
        let old = edges
        edges = [Edge](repeating: Edge(key: 0, node: 0), count: 2 * old.count)
        for edge in old where edge.node != 0 { add(edge) }
    }

    private mutating func add(_ edge: Edge) {
        var place = Int(truncatingIfNeeded: edge.key) & (edges.count - 1)
        while edges[place].node != 0 { place = (place + 1) & (edges.count - 1) }
        edges[place] = edge
    }

    @inline(__always)
    private static func key(_ node: UInt32, _ word: UInt64) -> UInt64 {
        let product = (word ^ UInt64(node) &* 0xD6E8_FEB8_6659_FD93) &* 0xFF51_AFD7_ED55_8CCD
        return product ^ product >> 29
    }

    @inline(__always)
    fileprivate func next(_ node: UInt32, _ word: UInt64) -> UInt32? {
        let key = Self.key(node, word)
        var place = Int(truncatingIfNeeded: key) & (edges.count - 1)
        while edges[place].node != 0 {
            if edges[place].key == key { return edges[place].node }
            place = (place + 1) & (edges.count - 1)
        }
        return nil
    }

    /// Calls `body` with the value of each sequence in the text, as often as it is there.
    func forEachMatch(in text: Span<UInt8>, _ body: (Int) -> Void) {
        // Where the sequences stand that have begun: no more than the longest has words.
        var open: [UInt32] = []
        FoldedText.forEachWord(in: text) { word in
            var kept = 0
            for index in open.indices {
                guard let node = next(open[index], word) else { continue }
                if let value = values[Int(node)] { body(value) }
                open[kept] = node
                kept += 1
            }
            open.removeLast(open.count - kept)
            if let node = next(0, word) {
                if let value = values[Int(node)] { body(value) }
                open.append(node)
            }
        }
    }
}
