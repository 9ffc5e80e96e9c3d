import Foundation

/// What people write under pictures.
enum PostText {
    /// The words after `#` signs.
    static func hashtags(in text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "#")) else { return [] }
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return asciiHashtags(in: text) }
        var found: [String] = []
        var rest = text[...]
        while let sign = rest.firstIndex(of: "#") {
            let word = rest[rest.index(after: sign)...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            if !word.isEmpty && word.count <= longestHashtag { found.append(String(word)) }
            rest = rest[word.endIndex...]
        }
        return found
    }

    /// The same of a text in ASCII, which most are: to find characters' borders would cost more than all else.
    private static func asciiHashtags(in text: String) -> [String] {
        var found: [String] = []
        var rest = text.utf8[...]
        while let sign = rest.firstIndex(of: UInt8(ascii: "#")) {
            let word = rest[rest.index(after: sign)...].prefix { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
            if !word.isEmpty && word.count <= longestHashtag { found.append(String(Substring(word))) }
            rest = rest[word.endIndex...]
        }
        return found
    }

    /// The hashtags in a text that is nothing but a list of them: `#a#b`, `a, b`, `a b`, or as Python prints it, `['a',
    /// "b"]`.
    static func list(of text: String) -> [String] {
        let bytes = text.utf8
        if let first = text.first(where: { !$0.isWhitespace }), first == "[" || first == "(" || first == "{" {
            let found = quoted(text)
            if !found.isEmpty { return found }
        }
        if bytes.contains(UInt8(ascii: "#")) { return hashtags(in: text) }
        let words = text.trimmingCharacters(in: CharacterSet(charactersIn: "[](){}"))
        let separator: (Character) -> Bool =
            words.contains { $0 == "," || $0 == ";" || $0 == "|" }
            ? { $0 == "," || $0 == ";" || $0 == "|" || $0.isNewline } : { $0.isWhitespace }
        return words.split(whereSeparator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// What stands in quotes of either kind.
    private static func quoted(_ text: String) -> [String] {
        var found: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == "'" || $0 == "\"" }) {
            let word = rest[rest.index(after: start)...]
            guard let end = word.firstIndex(of: rest[start]) else { break }
            found.append(String(word[..<end]))
            rest = word[word.index(after: end)...]
        }
        return found
    }

    /// A whole number with blanks, dots, commas or apostrophes between its thousands: `1,234`, `1 234 567`.
    static func count(_ text: String) -> Int? {
        let text = text.trimmingCharacters(in: .whitespaces)
        let groups = text.split(omittingEmptySubsequences: false) { thousands.contains($0) }
        guard let first = groups.first, (1...3).contains(first.count) || groups.count == 1,
            groups.dropFirst().allSatisfy({ $0.count == 3 }),
            groups.allSatisfy({ $0.utf8.allSatisfy(\.isDigit) }), Set(text.filter { thousands.contains($0) }).count <= 1
        else { return nil }
        return Int(groups.joined())
    }

    private static let thousands: Set<Character> = [",", ".", " ", "'", "’", "\u{A0}", "\u{202F}"]

    private static let longestHashtag = 150
    /// A post with more is spam; the first count.
    private static let mostHashtags = 60

    /// In lower case and without their sign, each once, in the order of the post.
    static func folded(_ hashtags: [String]) -> [String] {
        var seen: Set<String> = []
        var found: [String] = []
        for tag in hashtags where found.count < mostHashtags {
            let word = String(tag.drop { $0 == "#" || $0.isWhitespace }).lowercased()
            let isPlain = word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && word.utf8.count <= longestHashtag
            if !word.isEmpty, isPlain || word.count <= longestHashtag && !word.contains(where: \.isNewline),
                seen.insert(word).inserted
            {
                found.append(word)
            }
        }
        return found
    }

    /// Without HTML's tags and its commonest entities.
    static func plain(_ text: String) -> String {
        let bytes = text.utf8
        guard bytes.contains(UInt8(ascii: "<")) || bytes.contains(UInt8(ascii: "&")) else { return text }
        var plain = ""
        var rest = text[...]
        while let tag = rest.firstIndex(of: "<") {
            plain += rest[..<tag]
            let after = rest[rest.index(after: tag)...]
            guard let first = after.first, first.isLetter || first == "/", let end = after.firstIndex(of: ">") else {
                plain += "<"
                rest = after
                continue
            }
            // A hashtag's sign and word stand in tags of their own.
            let name = after.prefix { $0.isLetter || $0 == "/" }
            if !["a", "/a", "span", "/span", "b", "/b", "i", "/i"].contains(name) { plain += " " }
            rest = after[after.index(after: end)...]
        }
        plain += rest
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            plain = plain.replacing(entity, with: character)
        }
        return plain
    }
}
