#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a JPEG file's markers say (ITU-T T.81, annex B), found without decoding a pixel.
struct JPEGHeader: PictureHeader {
    /// Where the start-of-image marker stands.
    let start: Int
    private(set) var size = PictureSize(width: 0, height: 0)
    /// 1 grey, 3 colour, 4 CMYK or YCCK.
    private(set) var componentCount = 0
    /// There is an Adobe marker: CMYK is stored inverted.
    private(set) var isAdobe = false
    private(set) var exif: Range<Int>?
    private(set) var scanCount = 0
    /// False when the file ends before the end-of-image marker.
    private(set) var isComplete = false
    /// Where that marker stands.
    private(set) var end = 0

    init(parsing file: Span<UInt8>) throws(PictureError) {
        guard let start = Self.start(in: file), file.count - start >= Self.magic.count else { throw Self.cutOff }
        self.start = start
        var position = start + 2
        var firstScan = file.count
        while !isComplete, let marker = Self.nextMarker(in: file, &position) {
            if marker == Marker.endOfImage {
                isComplete = true
                end = position - 2
                continue
            }
            // TEM, the restart markers and start of image have no length.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
            guard file.count - position >= 2 else { break }
            let length = Int(file[position]) << 8 | Int(file[position + 1])
            guard length >= 2 else { throw PictureError(.corrupt, "the JPEG has a broken segment at byte \(position)") }
            guard length <= file.count - position else { break }
            let segment = position + 2..<position + length
            position += length
            switch marker {
            // A second one, which libjpeg refuses, must not change the size that the first one set.
            case Marker.frames where size.width == 0: try readFrame(file.extracting(segment), marker)
            case Marker.scan:
                scanCount += 1
                firstScan = min(firstScan, position)
                guard scanCount <= Self.mostScans else {
                    throw PictureError(.tooLarge, "the JPEG has more than \(Self.mostScans) scans")
                }
            case Marker.app1 where exif == nil && Self.starts(file.extracting(segment), with: Self.exifName):
                exif = segment.lowerBound + Self.exifName.count..<segment.upperBound
            case Marker.app14 where segment.count >= 12 && Self.starts(file.extracting(segment), with: Self.adobeName):
                isAdobe = true
            default: break
            }
        }
        guard size.width > 0, firstScan < file.count else { throw Self.cutOff }
    }

    /// Where the start-of-image marker stands: behind white space at most, and followed by a marker if by anything.
    static func start(in file: Span<UInt8>) -> Int? {
        var start = 0
        while start < file.count, [0x20, 0x09, 0x0A, 0x0D].contains(file[start]) { start += 1 }
        let known = min(magic.count, file.count - start)
        return known > 0 && (0..<known).allSatisfy { file[start + $0] == magic[$0] } ? start : nil
    }

    private enum Marker {
        static let frames: ClosedRange<UInt8> = 0xC0...0xCF
        static let endOfImage: UInt8 = 0xD9
        static let scan: UInt8 = 0xDA
        static let app1: UInt8 = 0xE1
        static let app14: UInt8 = 0xEE
    }

    private static let magic: [UInt8] = [0xFF, 0xD8, 0xFF]
    private static let exifName = Array("Exif\0\0".utf8)
    private static let adobeName = Array("Adobe".utf8)
    private static let mostScans = 500
    private static let cutOff = PictureError(.corrupt, "the JPEG ends before its first pixel")

    /// The marker at or after `position`, which moves behind it. Passes over compressed data and fill bytes.
    static func nextMarker(in file: Span<UInt8>, _ position: inout Int) -> UInt8? {
        while true {
            position = file.firstIndex(of: 0xFF, from: position)
            while position < file.count, file[position] == 0xFF { position += 1 }
            guard position < file.count else { return nil }
            position += 1
            if file[position - 1] != 0 { return file[position - 1] }
        }
    }

    /// A start-of-frame segment (B.2.2), or one of the three tables that have markers between theirs.
    private mutating func readFrame(_ segment: Span<UInt8>, _ marker: UInt8) throws(PictureError) {
        let process: String
        switch marker {
        case 0xC4, 0xC8, 0xCC: return
        case 0xC0, 0xC1, 0xC2: process = ""
        case 0xC3: process = "a lossless"
        case 0xC5...0xC7: process = "a hierarchical"
        default: process = "an arithmetic-coded"
        }
        guard process.isEmpty else {
            throw PictureError(.unsupportedFormat, "this is \(process) JPEG, which is not read; convert it")
        }
        guard segment.count >= 6 else { throw PictureError(.corrupt, "the JPEG's frame header is too short") }
        switch segment[0] {
        case 8: break
        case 12, 16:
            throw PictureError(.unsupportedFormat, "this is a \(segment[0])-bit JPEG, which is not read; convert it")
        default: throw PictureError(.corrupt, "the JPEG has \(segment[0]) bits a sample")
        }
        size = PictureSize(
            width: Int(segment[3]) << 8 | Int(segment[4]), height: Int(segment[1]) << 8 | Int(segment[2]))
        componentCount = Int(segment[5])
        guard size.pixelCount > 0 else {
            throw PictureError(.corrupt, "the JPEG's size is \(size.width)x\(size.height)")
        }
        guard [1, 3, 4].contains(componentCount) else {
            throw PictureError(.unsupportedFormat, "this JPEG has \(componentCount) components, not 1, 3 or 4")
        }
    }

    private static func starts(_ segment: Span<UInt8>, with text: [UInt8]) -> Bool {
        segment.count >= text.count && text.indices.allSatisfy { segment[$0] == text[$0] }
    }
}

extension Span<UInt8> {
    /// `count` where there is none. A picture's compressed data is most of its file, so this one must be quick.
    fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int {
        guard start < count else { return count }
        return unsafe extracting(start...).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = unsafe memchr(base, Int32(byte), bytes.count) else {
                return count
            }
            return unsafe start + (UnsafeRawPointer(found) - base)
        }
    }
}
