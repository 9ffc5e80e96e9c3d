/// What a file that is not a JPEG is, by its first bytes: names lie.
package struct FileFormat {
    package enum Kind: Sendable {
        case empty, picture
        /// Holds other files.
        case archive
        case other
    }

    package let kind: Kind
    /// With its article: "a ZIP archive"; empty for an empty file.
    package let name: String

    /// - file: Its first 512 bytes at least, or all of it.
    package init(_ file: Span<UInt8>) {
        let head = (0..<min(file.count, 512)).map { file[$0] }
        func has(_ magic: String, at offset: Int = 0) -> Bool {
            head.dropFirst(offset).starts(with: magic.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        }
        func picture(_ name: String) -> (Kind, String) { (.picture, name) }
        func archive(_ name: String) -> (Kind, String) { (.archive, name) }
        func other(_ name: String) -> (Kind, String) { (.other, name) }

        let text = Self.text(head)
        (kind, name) =
            if head.isEmpty {
                (.empty, "")
            } else if has("\u{89}PNG\r\n\u{1A}\n") {
                picture("a PNG picture")
            } else if has("RIFF"), has("WEBP", at: 8) {
                picture("a WebP picture")
            } else if has("GIF8") {
                picture("a GIF picture")
            } else if has("ftyp", at: 4) {
                Self.isoMedia(brands: head)
            } else if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") {
                picture("a TIFF picture")
            } else if has("BM"), head.count >= 18, head[14] <= 124, head[15...17] == [0, 0, 0] {
                picture("a BMP picture")
            } else if has("\u{FF}\u{0A}") || has("\0\0\0\u{0C}JXL \r\n\u{87}\n") {
                picture("a JPEG XL picture")
            } else if has("\u{FF}\u{4F}\u{FF}\u{51}") || has("\0\0\0\u{0C}jP  \r\n\u{87}\n") {
                picture("a JPEG 2000 picture")
            } else if has("8BPS") {
                picture("a Photoshop picture")
            } else if has("PK\u{03}\u{04}") || has("PK\u{05}\u{06}") {
                archive("a ZIP archive")
            } else if has("\u{1F}\u{8B}") {
                archive("a gzip archive")
            } else if has("ustar", at: 257) {
                archive("a tar archive")
            } else if has("7z\u{BC}\u{AF}\u{27}\u{1C}") {
                archive("a 7-Zip archive")
            } else if has("Rar!\u{1A}\u{07}") {
                archive("a RAR archive")
            } else if has("\u{FD}7zXZ\0") || (has("BZh") && has("1AY&SY", at: 4)) || has("\u{28}\u{B5}\u{2F}\u{FD}") {
                archive("compressed data")
            } else if has("%PDF") {
                other("a PDF document")
            } else if has("\u{1A}\u{45}\u{DF}\u{A3}") {
                other("a Matroska or WebM video")
            } else if has("RIFF"), has("AVI ", at: 8) {
                other("an AVI video")
            } else if text.hasPrefix("version https://git-lfs") {
                other("a Git LFS pointer (git lfs pull fetches the picture)")
            } else if text.hasPrefix("<?xml") {
                text.contains("<svg") ? picture("an SVG drawing") : other("an XML document")
            } else if text.hasPrefix("<svg") {
                picture("an SVG drawing")
            } else if text.hasPrefix("<") {
                other("an HTML page")
            } else if text.hasPrefix("{") || text.hasPrefix("[") {
                other("a JSON document")
            } else if !text.isEmpty {
                other("text")
            } else if head.allSatisfy({ $0 == 0 }) {
                other("nothing but zeros at its start")
            } else {
                other("data of an unknown kind")
            }
    }

    /// The beginning in lower case without leading space, if it looks like text, else empty.
    private static func text(_ head: [UInt8]) -> String {
        let bytes = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
        guard bytes.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }) else { return "" }
        // The last character may be cut; anything else that is not UTF-8 is no text.
        let whole = (0...3).lazy.compactMap { String(validating: bytes.dropLast($0), as: UTF8.self) }.first
        guard let whole else { return "" }
        let trimmed = whole.drop { $0.isWhitespace }.lowercased()
        return trimmed.isEmpty ? " " : trimmed
    }

    /// HEIC, AVIF, MP4 and their like: the major brand decides, and where that is general the compatible ones.
    private static func isoMedia(brands head: [UInt8]) -> (Kind, String) {
        let size = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        for offset in stride(from: 8, to: min(size, head.count) - 3, by: 4) where offset != 12 {
            switch String(decoding: head[offset..<offset + 4], as: UTF8.self) {
            case "avif", "avis": return (.picture, "an AVIF picture")
            case "heic", "heix", "heim", "heis", "hevc", "hevx": return (.picture, "a HEIC picture")
            case "qt  ": return (.other, "a QuickTime video")
            case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash":
                return (.other, "an MP4 video")
            case "crx ": return (.picture, "a Canon raw picture")
            default: continue
            }
        }
        return (.other, "an ISO media file")
    }
}
