import Foundation

/// Files that end in .jpg and are not what they say: what dumps are found to hold.
enum BrokenFile: String, CaseIterable {
    case empty, errorPage, gif, lfsPointer, garbage

    /// The reason that the failure will be recorded under.
    var reason: String {
        switch self {
        case .empty: "empty"
        case .errorPage, .lfsPointer: "not_an_image"
        case .gif: "unsupported_format"
        case .garbage: "corrupt"
        }
    }

    func bytes(random: inout DemoRandom) -> [UInt8] {
        switch self {
        case .empty:
            []
        case .errorPage:
            Array("<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Gone.</body></html>\n".utf8)
        case .gif:
            BrokenFile.onePixelGIF
        case .lfsPointer:
            Array(
                """
                version https://git-lfs.github.com/spec/v1
                oid sha256:\((0..<4).map { _ in BrokenFile.hex(random.next(), digits: 16) }.joined())
                size 48213

                """.utf8)
        case .garbage:
            [0xFF, 0xD8, 0xFF, 0xE0] + (0..<4096).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
    }

    /// A red pixel (GIF89a): header with two colours, picture, end.
    private static let onePixelGIF: [UInt8] =
        Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0xC8, 0x20, 0x20, 0, 0, 0]
        + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
