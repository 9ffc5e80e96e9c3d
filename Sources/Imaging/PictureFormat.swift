/// The picture formats that bagq can read. All but JPEG come with a trait of the package, which has the format's name.
package enum PictureFormat: String, CaseIterable, Sendable {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"

    /// What a file is by its first bytes: names lie. Nil for anything else, and where too little is left to say.
    package init?(sniffing file: Span<UInt8>) {
        if JPEGHeader.start(in: file) != nil {
            self = .jpeg
        } else if file.has("\u{89}PNG", at: 0) {
            // The other half of the signature tells files that were sent as text, which is the decoder's to say.
            self = .png
        } else if file.has("RIFF", at: 0), file.has("WEBP", at: 8) {
            self = .webp
        } else {
            return nil
        }
    }

    /// Those that this build reads.
    package static var readable: [PictureFormat] { allCases.filter { makers[$0] != nil } }

    /// What to do about a picture of a format that this build does not read: half a sentence; nil where it does.
    package var remedy: String? {
        Self.makers[self] == nil ? "build with --traits \(rawValue) (README, Install) or convert it to JPEG" : nil
    }

    typealias Maker = () throws(PictureError) -> any PictureFormatDecoder

    /// What makes a decoder, for the formats that this build reads.
    static var makers: [PictureFormat: Maker] {
        var makers: [PictureFormat: Maker] = [.jpeg: { () throws(PictureError) in try JPEGDecoder() }]
        #if PNG
        makers[.png] = { PNGDecoder() }
        #endif
        #if WebP
        makers[.webp] = { WebPDecoder() }
        #endif
        return makers
    }
}

extension Span<UInt8> {
    /// Whether these characters, one byte each, stand at an offset.
    func has(_ text: String, at offset: Int) -> Bool {
        var position = offset
        for scalar in text.unicodeScalars {
            guard position < count, UInt32(self[position]) == scalar.value else { return false }
            position += 1
        }
        return true
    }

    /// An unsigned number of some bytes, the least first; they must be there.
    func littleEndian(at offset: Int, byteCount: Int) -> Int {
        (0..<byteCount).reversed().reduce(0) { $0 << 8 | Int(self[offset + $1]) }
    }

    /// An unsigned number of four bytes, the greatest first; they must be there.
    func bigEndian(at offset: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(self[offset + $1]) } }
}
