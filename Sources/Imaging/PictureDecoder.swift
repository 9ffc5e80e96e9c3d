/// What preparing a picture found out about it.
package struct PictureDetails: Hashable, Sendable {
    /// Of the whole picture, upright.
    package var width: Int
    package var height: Int
    package var exif: EXIF
    /// Nil for a whole picture.
    package var damage: PictureDamage?
}

/// Turns picture files, of whatever format this build reads, into upright RGB pixels. Keeps decoders and scratch
/// memory: make one per thread and reuse it.
package struct PictureDecoder: ~Copyable {
    private let decoders: [PictureFormat: any PictureFormatDecoder]
    private let pixelLimit: Int
    /// Tracking pixels, spacers and icons are no pictures of anything.
    private static let leastSide = 16
    private var resizer = Resizer()
    /// The picture as decoded, in the first bytes.
    private var decoded: [UInt8] = []

    /// Pictures of more than `pixelLimit` pixels are refused before any memory is taken for them.
    package init(pixelLimit: Int = 200_000_000) throws(PictureError) {
        var decoders: [PictureFormat: any PictureFormatDecoder] = [:]
        for (format, make) in PictureFormat.makers { decoders[format] = try make() }
        self.decoders = decoders
        self.pixelLimit = pixelLimit
    }

    /// Brings a picture to a size, upright.
    /// - into: height x width x RGB.
    package mutating func fit(
        _ file: Span<UInt8>, toWidth width: Int, height: Int, by framing: Framing,
        _ interpolation: Interpolation = .bilinear, into input: inout MutableSpan<UInt8>
    ) throws(PictureError) -> PictureDetails {
        precondition(input.count == height * width * 3)
        let (size, details) = try decode(
            file, with: decoder(of: file), atLeast: framing.least(for: PictureSize(width: width, height: height)))
        resizer.resize(
            decoded, width: size.width, height: size.height, to: width, height, details.exif.orientation, by: framing,
            interpolation, into: &input)
        return details
    }

    /// Decodes a picture upright, whole, or at the smallest size that is quick to decode to and not below `atLeast`
    /// either way.
    package mutating func decode(
        _ file: Span<UInt8>, atLeast: (width: Int, height: Int)? = nil
    ) throws(PictureError) -> (image: RGBImage, details: PictureDetails) {
        let least = PictureSize(width: atLeast?.width ?? .max, height: atLeast?.height ?? .max)
        let (size, details) = try decode(file, with: decoder(of: file), atLeast: least)
        var pixels = [UInt8](repeating: 0, count: 3 * size.pixelCount)
        var target = pixels.mutableSpan
        let orientation = details.exif.orientation
        orientation.copyUpright(
            decoded.span.extracting(first: 3 * size.pixelCount), width: size.width, height: size.height, into: &target)
        let (width, height) = orientation.swapsSides ? (size.height, size.width) : (size.width, size.height)
        return (RGBImage(width: width, height: height, pixels: pixels), details)
    }

    /// What a camera wrote into a picture, found without decoding it. Nothing where it cannot be decoded.
    package func exif(of file: Span<UInt8>) -> EXIF {
        guard let header = try? decoder(of: file).header(of: file) as any PictureHeader, let range = header.exif
        else { return EXIF() }
        return EXIF(parsing: file.extracting(range))
    }

    private func decoder(of file: Span<UInt8>) throws(PictureError) -> any PictureFormatDecoder {
        guard let format = PictureFormat(sniffing: file), let decoder = decoders[format] else {
            throw PictureError(describing: file)
        }
        return decoder
    }

    /// Decodes a picture as it is stored, to `decoded`.
    /// - least: what the upright picture's sides are to reach.
    /// - returns: the size that it was decoded to.
    private mutating func decode<Decoder: PictureFormatDecoder>(
        _ file: Span<UInt8>, with decoder: Decoder, atLeast least: PictureSize
    ) throws(PictureError) -> (PictureSize, PictureDetails) {
        let header = try decoder.header(of: file)
        try checkSize(of: header)
        let exif = header.exif.map { EXIF(parsing: file.extracting($0)) } ?? EXIF()
        func turned(_ size: PictureSize) -> PictureSize {
            exif.orientation.swapsSides ? PictureSize(width: size.height, height: size.width) : size
        }
        let size = decoder.size(of: header, atLeast: turned(least))
        let damage = try decoder.decode(file, header, size, into: &decoded)
        let upright = turned(header.size)
        return (size, PictureDetails(width: upright.width, height: upright.height, exif: exif, damage: damage))
    }

    private func checkSize(of header: some PictureHeader) throws(PictureError) {
        let (size, scans) = (header.size, header.scanCount)
        guard min(size.width, size.height) >= Self.leastSide else {
            throw PictureError(
                .tooSmall,
                "\(size.width)x\(size.height) pixels are too few to tell a bag; under \(Self.leastSide) a side is not looked at"
            )
        }
        guard size.pixelCount <= pixelLimit, size.pixelCount * scans <= 20 * pixelLimit else {
            let inScans = scans > 1 ? " in \(scans) scans" : ""
            throw PictureError(
                .tooLarge, "\(size.width)x\(size.height) pixels\(inScans) is over the limit of \(pixelLimit) pixels")
        }
    }
}
