import Foundation

/// Files that end in .jpg and are not what they say: what dumps are found to hold.
enum BrokenFile: String, CaseIterable {
    case empty, errorPage, png, lfsPointer, garbage

    /// The reason that the failure will be recorded under.
    var reason: String {
        switch self {
        case .empty: "empty"
        case .errorPage, .lfsPointer: "not_an_image"
        case .png: "unsupported_format"
        case .garbage: "corrupt"
        }
    }

    func bytes(random: inout DemoRandom) -> [UInt8] {
        switch self {
        case .empty:
            []
        case .errorPage:
            Array("<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Gone.</body></html>\n".utf8)
        case .png:
            BrokenFile.onePixelPNG
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

    /// A red pixel (PNG, third edition): header, one stored deflate block, end, each with its checksum.
    private static let onePixelPNG: [UInt8] = {
        // A filter byte and the pixel, as zlib stores it: header, final stored block, length, its complement, Adler-32.
        let data: [UInt8] = [0x78, 0x01, 0x01, 4, 0, 0xFB, 0xFF, 0, 0xC8, 0x20, 0x20, 0x02, 0xBC, 0x01, 0x09]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]) + chunk("IDAT", data) + chunk("IEND", [])
    }()

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(name.utf8) + data
        var crc = ~UInt32(0)
        for byte in content {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return bigEndian(UInt32(data.count)) + content + bigEndian(~crc)
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
