import Intake

/// What is known of a sighting's text, seen from the brand that a model saw in the picture.
package enum TextKind: Int, CaseIterable, Sendable {
    /// No text is known.
    case unknown = 0
    /// It does not name the brand.
    case silent
    case naming

    /// - hasText, mentions: As in a `Post`.
    /// - brand: A class; those that begin with `_` are never named.
    package init(hasText: Bool, mentions: [String], brand: String) {
        if mentions.isEmpty {
            self = hasText ? .silent : .unknown
        } else {
            self = names(mentions, brand: brand) ? .naming : .silent
        }
    }
}

extension TextKind: Comparable {
    package static func < (left: TextKind, right: TextKind) -> Bool { left.rawValue < right.rawValue }
}

/// Whether a brand is among those that a text names, whatever the spelling by which an earlier model or a brand file
/// knew it.
package func names(_ mentions: [String], brand: String) -> Bool {
    !brand.hasPrefix("_") && mentions.contains { BrandNames.isSame($0, brand) }
}
