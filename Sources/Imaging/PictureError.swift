package import Intake

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
    /// What the system answered, where that is the reason.
    package var cause: SystemError?

    package init(_ reason: Reason, _ message: String, cause: SystemError? = nil) {
        self.reason = reason
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}

extension PictureError {
    /// What a file that this build does not read is, by its content: names lie.
    init(describing file: Span<UInt8>) {
        if let format = PictureFormat(sniffing: file), let remedy = format.remedy {
            self.init(
                .unsupportedFormat, "this is a \(format.rawValue) picture, which this build does not read; \(remedy)")
            return
        }
        let format = FileFormat(file)
        switch format.kind {
        case .empty: self.init(.empty, "the file is empty")
        case .picture: self.init(.unsupportedFormat, "this is \(format.name), which is not read; convert it to JPEG")
        case .archive, .other: self.init(.notAnImage, "this is \(format.name), not a picture")
        }
    }
}
