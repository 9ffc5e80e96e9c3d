/// What preparing a picture found out about it.
package struct PictureDetails: Hashable, Sendable {
    /// Of the whole picture, upright.
    package var width: Int
    package var height: Int
    package var exif: EXIF
    /// Nil for a whole picture.
    package var damage: PictureDamage?
}

/// Turns JPEG files into upright RGB pixels. Keeps a decompressor and scratch memory: make one per thread and reuse it.
package struct PictureDecoder: ~Copyable {
    private let decompressor: JPEGDecompressor
    private let pixelLimit: Int
    /// Tracking pixels, spacers and icons are no pictures of anything.
    private static let leastSide = 16
    private var resizer = Resizer()
    /// The picture as decoded, in the first bytes.
    private var decoded: [UInt8] = []

    /// Pictures of more than `pixelLimit` pixels are refused before any memory is taken for them.
    package init(pixelLimit: Int = 200_000_000) throws(PictureError) {
        decompressor = try JPEGDecompressor()
        self.pixelLimit = pixelLimit
    }

    /// Squashes a picture to a size, upright, whatever its proportions.
    /// - into: height x width x RGB.
    package mutating func squash(
        _ file: Span<UInt8>, toWidth targetWidth: Int, height targetHeight: Int, into input: inout MutableSpan<UInt8>
    ) throws(PictureError) -> PictureDetails {
        precondition(input.count == targetHeight * targetWidth * 3)
        let header = try examine(file)
        let exif = Self.exif(of: file, header)
        var (width, height) = (targetWidth, targetHeight)
        if exif.orientation.swapsSides { swap(&width, &height) }
        let size = decompressor.scaledSize(of: header, atLeast: width, height)
        let damage = try decompressor.decode(file, header, size, into: &decoded)

        resizer.resize(
            decoded, width: size.width, height: size.height, to: targetWidth, targetHeight,
            exif.orientation, into: &input)
        return details(header, exif, damage)
    }

    /// Decodes a picture upright, whole, or at the smallest size that is quick to decode to and not below `atLeast`
    /// either way.
    package mutating func decode(
        _ file: Span<UInt8>, atLeast: (width: Int, height: Int)? = nil
    ) throws(PictureError) -> (image: RGBImage, details: PictureDetails) {
        let header = try examine(file)
        let exif = Self.exif(of: file, header)
        var (width, height) = atLeast ?? (.max, .max)
        if exif.orientation.swapsSides { swap(&width, &height) }
        let size = decompressor.scaledSize(of: header, atLeast: width, height)
        let damage = try decompressor.decode(file, header, size, into: &decoded)

        var pixels = [UInt8](repeating: 0, count: size.byteCount)
        var target = pixels.mutableSpan
        exif.orientation.copyUpright(
            decoded.span.extracting(0..<size.byteCount), width: size.width, height: size.height, into: &target)
        let sides = exif.orientation.swapsSides ? (size.height, size.width) : (size.width, size.height)
        return (
            RGBImage(width: sides.0, height: sides.1, pixels: pixels), details(header, exif, damage)
        )
    }

    /// What a camera wrote into a picture, found without decoding it. Nothing where it cannot be decoded.
    package static func exif(of file: Span<UInt8>) -> EXIF {
        (try? JPEGHeader(parsing: file)).map { exif(of: file, $0) } ?? EXIF()
    }

    private func examine(_ file: Span<UInt8>) throws(PictureError) -> JPEGHeader {
        let header = try JPEGHeader(parsing: file)
        guard min(header.width, header.height) >= Self.leastSide else {
            throw PictureError(
                .tooSmall,
                "\(header.width)x\(header.height) pixels are too few to tell a bag; under \(Self.leastSide) a side is not looked at"
            )
        }
        let pixels = header.width * header.height
        // Each scan of a progressive picture is a pass over all of its pixels, however few bytes it has.
        guard pixels <= pixelLimit, pixels * header.scanCount <= 20 * pixelLimit else {
            throw PictureError(
                .tooLarge,
                "\(header.width)x\(header.height) pixels in \(header.scanCount) scans is over the limit of \(pixelLimit) pixels"
            )
        }
        return header
    }

    private static func exif(of file: Span<UInt8>, _ header: JPEGHeader) -> EXIF {
        header.exif.map { EXIF(parsing: file.extracting($0)) } ?? EXIF()
    }

    private func details(_ header: JPEGHeader, _ exif: EXIF, _ damage: PictureDamage?) -> PictureDetails {
        let sides = exif.orientation.swapsSides ? (header.height, header.width) : (header.width, header.height)
        return PictureDetails(width: sides.0, height: sides.1, exif: exif, damage: damage)
    }
}
