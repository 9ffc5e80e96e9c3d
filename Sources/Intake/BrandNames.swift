import Foundation

/// Finds the brands that a text names, whatever its case and accents, on word borders: `Hermès` in "My HERMES, at
/// last".
package struct BrandNames: Sendable {
    private var names: [String] = []
    private var spellings = WordTrie()

    package init() {}

    /// - brands: Each with its spellings beside its own name; handles and hashtags with or without their sign. Of a
    ///   spelling of two brands the first has it.
    package init(_ brands: [(name: String, spellings: [String])]) {
        for (name, others) in brands {
            let index = names.firstIndex(of: name) ?? names.count
            if index == names.count { names.append(name) }
            for spelling in [name] + others {
                spellings.insert(Self.words(spelling), index)
                // Hashtags and handles write several words as one.
                let joined = spelling.filter { $0.isLetter || $0.isNumber }
                spellings.insert(Self.words(joined), index)
            }
        }
    }

    /// Whether two spellings differ in case, accents and the like only.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        let words = words(one)
        return one == other || !words.isEmpty && words == Self.words(other)
    }

    private static func words(_ text: String) -> [UInt64] {
        var words: [UInt64] = []
        FoldedText.forEachWord(in: text.utf8.span) { words.append($0) }
        return words
    }

    /// - classes: A model's, each a brand with its own name as a spelling; those that begin with `_` are none.
    /// - file: Of the setting, if any.
    package init(classes: [String], file: [(name: String, spellings: [String])] = []) {
        self.init(classes.filter { !$0.hasPrefix("_") }.map { ($0, []) } + file)
    }

    /// Lines `BRAND: SPELLING, SPELLING, @handle, #hashtag`; empty ones and those that begin with `;` are skipped.
    package static func parse(_ text: String) throws(BrandFileError) -> [(name: String, spellings: [String])] {
        var brands: [(String, [String])] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix(";") { continue }
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[0].isEmpty else { throw BrandFileError(line: number + 1) }
            brands.append(
                (parts[0], parts[1].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }))
        }
        return brands
    }

    package var isEmpty: Bool { spellings.isEmpty }

    /// The brands that are named, sorted. Takes time in proportion to the text.
    package func named(in text: String) -> [String] {
        if isEmpty { return [] }
        var found: [Int] = []
        spellings.forEachMatch(in: text.utf8.span) { brand in
            if !found.contains(brand) { found.append(brand) }
        }
        return found.map { names[$0] }.sorted()
    }
}

/// A line that names no brand.
package struct BrandFileError: Error, Hashable {
    /// From 1.
    package var line: Int
}
