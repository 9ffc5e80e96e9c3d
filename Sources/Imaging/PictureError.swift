/// Why a picture cannot be used.
package struct PictureError: Error, Hashable, CustomStringConvertible {
    /// The stable codes that failures are recorded under.
    package enum Reason: String, CaseIterable, Sendable {
        case empty
        case notAnImage = "not_an_image"
        case unsupportedFormat = "unsupported_format"
        case corrupt
        case tooLarge = "too_large"
        case tooSmall = "too_small"
        case unreadable
    }

    package var reason: Reason
    /// A sentence for people.
    package var message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }
}
