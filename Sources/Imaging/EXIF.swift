/// What a camera wrote beside the picture, as far as bagq uses it: which side is up, and when it was taken.
///
/// After CIPA DC-008 (Exif 2.32). At most two directories are read, so no offset can lead in circles; what is out of
/// bounds or makes no sense counts as absent.
package struct EXIF: Hashable, Sendable {
    package private(set) var orientation = Orientation.up
    /// DateTimeOriginal as if it were UTC, in milliseconds.
    private var wallClock: Int64?
    /// How far the wall clock is ahead of UTC.
    private var offsetMinutes: Int64?

    /// Nothing known.
    package init() {}

    /// Reads the TIFF structure that follows `Exif\0\0`.
    package init(parsing bytes: Span<UInt8>) {
        guard let tiff = TIFF(bytes), let first = tiff.firstDirectory else { return }
        orientation = tiff.number(Tag.orientation, in: first).flatMap(Orientation.init) ?? .up
        guard let camera = tiff.number(Tag.cameraDirectory, in: first) else { return }
        wallClock = tiff.text(Tag.dateTimeOriginal, in: camera).flatMap(Self.wallClock)
        let offset = tiff.text(Tag.offsetTimeOriginal, in: camera) ?? tiff.text(Tag.offsetTime, in: camera)
        offsetMinutes = offset.flatMap(Self.offsetMinutes)
    }

    /// When the picture was taken, in milliseconds since 1970 UTC; a time without a zone is read as UTC. Nil where there
    /// is none, only one that a camera with an unset clock writes, or one more than a day after `now`.
    package func captureTime(now: Int64) -> Int64? {
        guard let wallClock else { return nil }
        let time = wallClock - (offsetMinutes ?? 0) * 60_000
        return time - 86_400_000 <= now ? time : nil
    }

    /// Parses `YYYY:MM:DD HH:MM:SS`.
    private static func wallClock(_ text: [UInt8]) -> Int64? {
        guard let year = digits(text, 0..<4), let month = digits(text, 5..<7), let day = digits(text, 8..<10),
            let hour = digits(text, 11..<13), let minute = digits(text, 14..<16), let second = digits(text, 17..<19)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let monthLengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1970, monthLengths.indices.contains(month - 1), (1...monthLengths[month - 1]).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        // Where clocks that nobody set start.
        if month == 1, day == 1, year == 1970 || year == 1980 || (hour, minute, second) == (0, 0, 0) { return nil }
        let before = year - 1
        let days =
            before * 365 + before / 4 - before / 100 + before / 400 - 719_162
            + monthLengths[..<(month - 1)].reduce(0, +) + day - 1
        return Int64(((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
    }

    /// Parses `+HH:MM` and `-HH:MM`.
    private static func offsetMinutes(_ text: [UInt8]) -> Int64? {
        guard let sign = text.first, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign),
            let hours = digits(text, 1..<3), hours <= 14, let minutes = digits(text, 4..<6), minutes < 60
        else { return nil }
        return Int64(hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func digits(_ text: [UInt8], _ range: Range<Int>) -> Int? {
        guard range.upperBound <= text.count else { return nil }
        var number = 0
        for byte in text[range] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private enum Tag {
        static let orientation = 0x0112
        static let cameraDirectory = 0x8769
        static let dateTimeOriginal = 0x9003
        static let offsetTime = 0x9010
        static let offsetTimeOriginal = 0x9011
    }
}

/// A TIFF structure: directories of tagged values, at offsets that may point anywhere.
private struct TIFF: ~Escapable {
    private let bytes: Span<UInt8>
    private let isBigEndian: Bool

    @_lifetime(copy bytes)
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 8, bytes[0] == bytes[1], bytes[0] == UInt8(ascii: "I") || bytes[0] == UInt8(ascii: "M")
        else { return nil }
        isBigEndian = bytes[0] == UInt8(ascii: "M")
        self.bytes = bytes
        guard integer(at: 2, byteCount: 2) == 42 else { return nil }
    }

    var firstDirectory: Int? { integer(at: 4, byteCount: 4) }

    /// A tag's value of type SHORT or LONG, the first where there are several.
    func number(_ tag: Int, in directory: Int) -> Int? {
        guard let entry = entry(tag, in: directory), let type = integer(at: entry + 2, byteCount: 2) else { return nil }
        switch type {
        case 3: return integer(at: entry + 8, byteCount: 2)
        case 4, 13: return integer(at: entry + 8, byteCount: 4)
        default: return nil
        }
    }

    /// A tag's value of type ASCII, at most 32 bytes of it.
    func text(_ tag: Int, in directory: Int) -> [UInt8]? {
        guard let entry = entry(tag, in: directory), integer(at: entry + 2, byteCount: 2) == 2,
            let count = integer(at: entry + 4, byteCount: 4), count > 4,
            let start = integer(at: entry + 8, byteCount: 4), start < bytes.count
        else { return nil }
        return (start..<min(start + min(count, 32), bytes.count)).map { bytes[$0] }
    }

    /// Where a tag's entry stands in a directory: tag, type (2 bytes each), count, value or its offset (4 each).
    private func entry(_ tag: Int, in directory: Int) -> Int? {
        guard let count = integer(at: directory, byteCount: 2) else { return nil }
        for index in 0..<count {
            let entry = directory + 2 + 12 * index
            guard entry + 12 <= bytes.count else { return nil }
            if integer(at: entry, byteCount: 2) == tag { return entry }
        }
        return nil
    }

    private func integer(at offset: Int, byteCount: Int) -> Int? {
        guard offset <= bytes.count - byteCount else { return nil }
        var value = 0
        for index in 0..<byteCount {
            value = value << 8 | Int(bytes[isBigEndian ? offset + index : offset + byteCount - 1 - index])
        }
        return value
    }
}
