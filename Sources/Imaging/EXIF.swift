package import Foundation
package import Intake

/// What a camera wrote beside the picture, as far as bagq uses it: which side is up, and when it was taken.
///
/// After CIPA DC-008 (Exif 2.32). At most two directories are read, so no offset can lead in circles; what is out of
/// bounds or makes no sense counts as absent.
package struct EXIF: Hashable, Sendable {
    package private(set) var orientation = Orientation.up
    /// What the camera's clock said, the likeliest to be when the picture was taken first.
    private var clocks: [Clock] = []

    private struct Clock: Hashable {
        var wall: WallClock
        /// How far that is ahead of UTC.
        var offsetMinutes: Int?
    }

    /// Nothing known.
    package init() {}

    /// Reads a TIFF structure, before which `Exif\0\0` may stand.
    package init(parsing bytes: Span<UInt8>) {
        let bytes = bytes.has("Exif\0\0", at: 0) ? bytes.extracting(droppingFirst: 6) : bytes
        guard let tiff = TIFF(bytes), let first = tiff.firstDirectory else { return }
        orientation = tiff.number(Tag.orientation, in: first).flatMap(Orientation.init) ?? .up
        let camera = tiff.number(Tag.cameraDirectory, in: first)
        func read(_ time: Int, in directory: Int?, offset: Int) {
            guard let directory, let wall = tiff.text(time, in: directory).flatMap(Self.wallClock) else { return }
            let zone = camera.flatMap { tiff.text(offset, in: $0) ?? tiff.text(Tag.offsetTime, in: $0) }
            clocks.append(Clock(wall: wall, offsetMinutes: zone.flatMap(Self.offsetMinutes)))
        }
        read(Tag.dateTimeOriginal, in: camera, offset: Tag.offsetTimeOriginal)
        read(Tag.dateTimeDigitized, in: camera, offset: Tag.offsetTimeDigitized)
        // Programs write it too, when they change a file: only a camera's is of the picture.
        if tiff.has(Tag.make, in: first) || tiff.has(Tag.model, in: first) {
            read(Tag.dateTime, in: first, offset: Tag.offsetTime)
        }
    }

    /// When the picture may have been taken, the likeliest first; a time without a zone is taken to be in `zone`. One
    /// that a camera with an unset clock writes is not among them; whether they are plausible is the caller's to see.
    package func captureTimes(in zone: TimeZone) -> [Timestamp] {
        clocks.map { clock in
            clock.offsetMinutes.map(clock.wall.timestamp(minutesAheadOfUTC:)) ?? clock.wall.timestamp(in: zone)
        }
    }

    /// Parses `YYYY:MM:DD HH:MM:SS`.
    private static func wallClock(_ text: [UInt8]) -> WallClock? {
        guard let year = digits(text, 0..<4), let month = digits(text, 5..<7), let day = digits(text, 8..<10),
            let hour = digits(text, 11..<13), let minute = digits(text, 14..<16), let second = digits(text, 17..<19)
        else { return nil }
        // Where clocks that nobody set start.
        if month == 1, day == 1, (hour, minute, second) == (0, 0, 0) { return nil }
        return WallClock(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// Parses `+HH:MM` and `-HH:MM`.
    private static func offsetMinutes(_ text: [UInt8]) -> Int? {
        guard let sign = text.first, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign),
            let hours = digits(text, 1..<3), hours <= 14, let minutes = digits(text, 4..<6), minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
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
        static let make = 0x010F
        static let model = 0x0110
        static let orientation = 0x0112
        static let dateTime = 0x0132
        static let cameraDirectory = 0x8769
        static let dateTimeOriginal = 0x9003
        static let dateTimeDigitized = 0x9004
        static let offsetTime = 0x9010
        static let offsetTimeOriginal = 0x9011
        static let offsetTimeDigitized = 0x9012
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

    func has(_ tag: Int, in directory: Int) -> Bool { entry(tag, in: directory) != nil }

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
