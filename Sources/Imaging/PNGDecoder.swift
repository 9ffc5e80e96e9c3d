#if PNG
internal import CPNG

/// libpng's decoder, through a C function that its errors do not leave.
final class PNGDecoder: PictureFormatDecoder {
    private var message = [CChar](repeating: 0, count: Int(BAGQ_PNG_MESSAGE_SIZE))

    func header(of file: Span<UInt8>) throws(PictureError) -> PNGHeader { try PNGHeader(parsing: file) }

    func size(of header: PNGHeader, atLeast least: PictureSize) -> PictureSize { header.size }

    func decode(
        _ file: Span<UInt8>, _ header: PNGHeader, _ size: PictureSize, into pixels: inout [UInt8]
    ) throws(PictureError) -> PictureDamage? {
        pixels.makeRoom(for: size.pixelCount * (header.hasAlpha ? 4 : 3))
        let progress = unsafe file.withUnsafeBufferPointer { file in
            unsafe pixels.withUnsafeMutableBufferPointer { pixels in
                unsafe message.withUnsafeMutableBufferPointer { message in
                    unsafe bagq_png_decode(
                        file.baseAddress, file.count, header.damage == .truncated, UInt32(size.width),
                        UInt32(size.height), header.hasAlpha, pixels.baseAddress, message.baseAddress)
                }
            }
        }
        let rows = Int(progress.rows)
        guard rows > 0 else {
            let message = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw PictureError(
                message.contains("emory") ? .tooLarge : .corrupt, "the PNG cannot be decoded: \(message)")
        }
        if header.hasAlpha { pixels.layOnWhite(pixelCount: size.pixelCount) }
        pixels.fillGrey(size, fromRow: rows)
        if progress.is_cut_off { return .truncated }
        return progress.is_damaged ? .damaged : header.damage
    }
}

/// What a PNG file's chunks say (PNG, third edition), found without decoding a pixel.
struct PNGHeader: PictureHeader {
    let size: PictureSize
    private(set) var exif: Range<Int>?
    /// Pixels may be transparent.
    private(set) var hasAlpha: Bool
    /// Nil where the chunks lead to the one that ends the picture.
    private(set) var damage: PictureDamage? = .truncated

    init(parsing file: Span<UInt8>) throws(PictureError) {
        guard file.count >= 33 else { throw PictureError(.corrupt, "the PNG ends before its first pixel") }
        guard file.has("\u{89}PNG\r\n\u{1A}\n", at: 0) else {
            throw PictureError(.corrupt, "the PNG was sent as text: its line ends have been changed")
        }
        guard file.bigEndian(at: 8) == 13, file.has("IHDR", at: 12) else {
            throw PictureError(.corrupt, "the PNG does not begin with its header")
        }
        size = PictureSize(width: file.bigEndian(at: 16), height: file.bigEndian(at: 20))
        guard (1...Self.longestSide).contains(size.width), (1...Self.longestSide).contains(size.height) else {
            throw PictureError(.corrupt, "the PNG's size is \(size.width)x\(size.height)")
        }
        hasAlpha = file[25] & 4 != 0
        var position = 33
        while damage == .truncated, file.count - position >= 12 {
            let length = file.bigEndian(at: position)
            guard (4..<8).allSatisfy({ Self.isLetter(file[position + $0]) }) else {
                damage = .damaged
                break
            }
            guard length <= file.count - position - 12 else { break }
            if file.has("tRNS", at: position + 4) { hasAlpha = true }
            if file.has("eXIf", at: position + 4), exif == nil { exif = position + 8..<position + 8 + length }
            if file.has("IEND", at: position + 4) { damage = nil }
            position += 12 + length
        }
    }

    private static let longestSide = 1 << 31 - 1

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
#endif
