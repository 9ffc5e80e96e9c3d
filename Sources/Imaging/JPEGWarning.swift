/// A warning of libjpeg's, by its message (jerror.h): it decodes on, but not always to the picture that was.
enum JPEGWarning: Equatable {
    case premature
    case lostData
    /// Bytes where none belong, before the marker.
    case extraneous(count: Int, marker: String)
    /// An odd header, no pixel the worse.
    case harmless

    init(_ message: String) {
        let text = message.lowercased()
        if text.contains("premature end of jpeg file") {
            self = .premature
        } else if text.contains("extraneous bytes before marker 0x") {
            let count = text.split(separator: " ").compactMap { Int($0) }.first ?? .max
            self = .extraneous(count: count, marker: String(text.suffix(2)))
        } else if ["adobe color transform", "jfif revision", "sos parameters"].contains(where: text.contains) {
            self = .harmless
        } else {
            self = .lostData
        }
    }

    static let endOfImage = "d9"
}

extension JPEGHeader {
    /// Whether so many bytes before the end of the image mean that the picture ended too early: its data went astray
    /// somewhere. A few stray bytes, and padding, do not.
    func areLostData(_ count: Int, in file: Span<UInt8>) -> Bool {
        guard count > Self.strayBytes, count <= end - start else { return count > Self.strayBytes }
        let padding = file[end - 1]
        return !(end - count..<end).allSatisfy { file[$0] == padding }
    }

    private static let strayBytes = 16

    /// The same compressed data without what gives harmless warnings: bytes between segments, application segments,
    /// comments, odd scan parameters. For decoding again to see whether a harmful warning was hidden.
    static func withoutOddities(_ file: Span<UInt8>, from start: Int) -> [UInt8] {
        var clean: [UInt8] = [0xFF, 0xD8]
        var position = start + 2
        var isBaseline = true
        while let marker = nextMarker(in: file, &position) {
            if marker == 0xD9 { break }
            if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
            guard file.count - position >= 2 else { break }
            let end = position + (Int(file[position]) << 8 | Int(file[position + 1]))
            guard end > position + 1, end <= file.count else { break }
            if marker == 0xC2 { isBaseline = false }
            let segment = position..<end
            position = end
            if (0xE0...0xEF).contains(marker) || marker == 0xFE { continue }
            clean += [0xFF, marker]
            for index in segment { clean.append(file[index]) }
            guard marker == 0xDA else { continue }
            if isBaseline { clean.replaceSubrange(clean.count - 3..<clean.count, with: [0, 63, 0]) }
            let data = position
            position = endOfScan(in: file, from: data)
            for index in data..<position { clean.append(file[index]) }
        }
        return clean + [0xFF, 0xD9]
    }

    /// Where the marker stands that ends the compressed data: none of the stuffed zeros, none of the restarts.
    private static func endOfScan(in file: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position + 1 < file.count {
            if file[position] == 0xFF, file[position + 1] != 0, file[position + 1] != 0xFF,
                !(0xD0...0xD7).contains(file[position + 1])
            {
                return position
            }
            position += 1
        }
        return file.count
    }
}
