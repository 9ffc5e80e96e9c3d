/// Reads pictures of one format. For one thread at a time.
///
/// A picture is read in three steps, so that its size is known before memory is taken for its pixels: `header`, `size`,
/// `decode`.
protocol PictureFormatDecoder: AnyObject {
    associatedtype Header: PictureHeader

    /// What the file says beside its pixels.
    /// - file: begins as this format does.
    func header(of file: Span<UInt8>) throws(PictureError) -> Header

    /// The smallest size that is quick to decode to and whose sides reach these, else the stored size.
    func size(of header: Header, atLeast least: PictureSize) -> PictureSize

    /// Decodes to RGB of a size that `size` gave. Alpha lies on white; of an animation, the first picture.
    /// - pixels: receives height x width x 3 bytes in front; grows where that is needed.
    /// - returns: what the picture lacks; the pixels that are missing are grey or blurred. A file without any is an
    ///   error.
    func decode(
        _ file: Span<UInt8>, _ header: Header, _ size: PictureSize, into pixels: inout [UInt8]
    ) throws(PictureError) -> PictureDamage?
}

/// What a picture file says beside its pixels.
protocol PictureHeader {
    /// As stored, before orientation.
    var size: PictureSize { get }
    /// Where the TIFF structure with EXIF data stands.
    var exif: Range<Int>? { get }
    /// Decoding passes so often over all pixels, however few bytes the file has.
    var scanCount: Int { get }
}

extension PictureHeader {
    var scanCount: Int { 1 }
}

struct PictureSize: Hashable {
    var width: Int
    var height: Int
    var pixelCount: Int { width * height }

    /// The smallest of an eighth, a quarter and a half of this size whose sides reach these, else this size.
    func scaled(atLeast least: PictureSize) -> PictureSize {
        for denominator in [8, 4, 2] {
            let size = PictureSize(
                width: (width + denominator - 1) / denominator, height: (height + denominator - 1) / denominator)
            if size.width >= least.width && size.height >= least.height { return size }
        }
        return self
    }
}

extension [UInt8] {
    /// Makes room for so many bytes in front, whatever they are. Room is kept from picture to picture, but a giant's
    /// not for ever.
    mutating func makeRoom(for byteCount: Int) {
        if count < byteCount || count > Swift.max(1 << 24, 8 * byteCount) {
            self = [UInt8](repeating: 0, count: byteCount)
        }
    }

    /// Packs RGBA, not premultiplied, as RGB in front: what it looks like on white paper.
    mutating func layOnWhite(pixelCount: Int) {
        var pixels = mutableSpan
        for pixel in 0..<pixelCount {
            let alpha = Int(pixels[4 * pixel + 3])
            for channel in 0..<3 {
                let colour = Int(pixels[4 * pixel + channel])
                pixels[3 * pixel + channel] = UInt8(
                    truncatingIfNeeded: (colour * alpha + 255 * (255 - alpha) + 127) / 255)
            }
        }
    }

    /// Makes the pixels of an RGB picture grey from a row on: those that did not come out.
    mutating func fillGrey(_ size: PictureSize, fromRow row: Int) {
        var pixels = mutableSpan
        for index in row * size.width * 3..<size.pixelCount * 3 { pixels[index] = 128 }
    }
}
