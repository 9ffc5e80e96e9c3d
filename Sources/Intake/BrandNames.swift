import Foundation

/// Finds the brands that a text names, whatever its case and accents, on word borders: `Hermès` in "My HERMES, at last".
package struct BrandNames: Sendable {
    /// What a spelling is, as words, to the brand.
    private var byWords: [[String]: String] = [:]
    private var longest = 0

    package init() {}

    /// - brands: Each with its spellings beside its own name; handles and hashtags with or without their sign.
    package init(_ brands: [(name: String, spellings: [String])]) {
        for (name, spellings) in brands {
            for spelling in [name] + spellings {
                let words = Self.words(spelling)
                // Hashtags and handles write several words as one.
                for words in Set([words, [words.joined()]]) where !words.isEmpty && words != [""] {
                    byWords[words] = byWords[words] ?? name
                    longest = max(longest, words.count)
                }
            }
        }
    }

    package var isEmpty: Bool { byWords.isEmpty }

    /// The brands that are named, sorted.
    package func named(in text: String) -> [String] {
        guard !byWords.isEmpty, !text.isEmpty else { return [] }
        let words = Self.words(text)
        var found: Set<String> = []
        for start in words.indices {
            for end in start..<min(words.count, start + longest) {
                if let brand = byWords[Array(words[start...end])] { found.insert(brand) }
            }
        }
        return found.sorted()
    }

    /// Letters and digits, folded; anything else separates.
    private static func words(_ text: String) -> [String] {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
