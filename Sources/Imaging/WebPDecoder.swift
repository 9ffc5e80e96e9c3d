#if WebP
internal import CWebP

/// libwebp's decoder, fed step by step, so that what comes before a file's end or a fault in it comes out.
final class WebPDecoder: PictureFormatDecoder {
    func header(of file: Span<UInt8>) throws(PictureError) -> WebPHeader { try WebPHeader(parsing: file) }

    func size(of header: WebPHeader, atLeast least: PictureSize) -> PictureSize {
        header.fillsCanvas ? header.size.scaled(atLeast: least) : header.size
    }

    func decode(
        _ file: Span<UInt8>, _ header: WebPHeader, _ size: PictureSize, into pixels: inout [UInt8]
    ) throws(PictureError) -> PictureDamage? {
        let channels = header.hasAlpha ? 4 : 3
        let byteCount = size.pixelCount * channels
        pixels.makeRoom(for: byteCount)
        if !header.fillsCanvas {
            for index in 0..<byteCount { pixels[index] = 255 }
        }
        var output = unsafe WebPRGBABuffer()
        let place = (header.top * size.width + header.left) * channels
        unsafe output.stride = Int32(size.width * channels)
        unsafe output.size = byteCount - place
        let (status, rows) = unsafe file.extracting(header.data).withUnsafeBufferPointer { data in
            unsafe pixels.withUnsafeMutableBufferPointer { pixels in
                unsafe output.rgba = pixels.baseAddress.map { unsafe $0 + place }
                return unsafe Self.decode(data, header, scaledTo: size == header.size ? nil : size, into: output)
            }
        }
        guard status == VP8_STATUS_OK || rows > 0 else {
            if status == VP8_STATUS_OUT_OF_MEMORY {
                throw PictureError(.tooLarge, "the WebP cannot be decoded: not enough memory")
            }
            throw PictureError(
                .corrupt,
                status == VP8_STATUS_SUSPENDED
                    ? "the WebP ends before its first pixel" : "the WebP cannot be decoded: its data make no sense")
        }
        if header.hasAlpha { pixels.layOnWhite(pixelCount: size.pixelCount) }
        if !header.isComplete || status != VP8_STATUS_OK {
            if status != VP8_STATUS_OK { pixels.fillGrey(size, fromRow: header.top + rows) }
            return header.isComplete ? .damaged : .truncated
        }
        return nil
    }

    /// Returns how it ended, and how many rows came out.
    private static func decode(
        _ data: UnsafeBufferPointer<UInt8>, _ header: WebPHeader, scaledTo size: PictureSize?,
        into output: WebPRGBABuffer
    ) -> (VP8StatusCode, rows: Int) {
        var config = unsafe WebPDecoderConfig()
        guard unsafe WebPInitDecoderConfig(&config) != 0 else { return (VP8_STATUS_INVALID_PARAM, 0) }
        return unsafe withUnsafeMutablePointer(to: &config) { config in
            unsafe config.pointee.output.colorspace = header.hasAlpha ? MODE_RGBA : MODE_RGB
            unsafe config.pointee.output.is_external_memory = 1
            unsafe config.pointee.output.u.RGBA = output
            if let size {
                unsafe config.pointee.options.use_scaling = 1
                unsafe config.pointee.options.scaled_width = Int32(size.width)
                unsafe config.pointee.options.scaled_height = Int32(size.height)
            }
            guard let decoder = unsafe WebPIDecode(nil, 0, config) else { return (VP8_STATUS_OUT_OF_MEMORY, 0) }
            defer { unsafe WebPIDelete(decoder) }
            let status = unsafe WebPIUpdate(decoder, data.baseAddress, data.count)
            var rows: Int32 = 0
            unsafe _ = WebPIDecGetRGB(decoder, &rows, nil, nil, nil)
            return (status, Int(max(rows, 0)))
        }
    }
}

/// What a WebP file's chunks say (RFC 9649), found without decoding a pixel.
struct WebPHeader: PictureHeader {
    /// Of the canvas.
    let size: PictureSize
    private(set) var exif: Range<Int>?
    /// Pixels may be transparent.
    let hasAlpha: Bool
    /// The file is as long as it says.
    let isComplete: Bool
    /// What libwebp decodes: the whole file, or an animation's first frame.
    let data: Range<Int>
    /// Where the picture lies on the canvas.
    let (left, top): (Int, Int)
    let fillsCanvas: Bool

    init(parsing file: Span<UInt8>) throws(PictureError) {
        let end = 8 + file.littleEndian(at: 4, byteCount: 4)
        isComplete = end <= file.count
        let canvas = try Self.features(of: file)
        size = PictureSize(width: Int(canvas.width), height: Int(canvas.height))
        var frame: Range<Int>?
        var position = 12
        while min(end, file.count) - position >= 8 {
            let length = file.littleEndian(at: position + 4, byteCount: 4)
            let chunk = position + 8..<min(position + 8 + length, file.count)
            if file.has("ANMF", at: position), frame == nil { frame = chunk }
            if file.has("EXIF", at: position), exif == nil { exif = chunk }
            position += 8 + length + length % 2
        }
        guard canvas.has_animation != 0 else {
            hasAlpha = canvas.has_alpha != 0
            data = 0..<file.count
            (left, top) = (0, 0)
            fillsCanvas = true
            return
        }
        guard let frame, frame.count > Self.frameHeaderSize else { throw Self.cutOff }
        data = frame.dropFirst(Self.frameHeaderSize)
        left = 2 * file.littleEndian(at: frame.lowerBound, byteCount: 3)
        top = 2 * file.littleEndian(at: frame.lowerBound + 3, byteCount: 3)
        let picture = try Self.features(of: file.extracting(data))
        hasAlpha = picture.has_alpha != 0
        fillsCanvas = picture.width == canvas.width && picture.height == canvas.height
        guard left + Int(picture.width) <= size.width, top + Int(picture.height) <= size.height else {
            throw PictureError(.corrupt, "the WebP's first frame is larger than its canvas")
        }
    }

    private static func features(of data: Span<UInt8>) throws(PictureError) -> WebPBitstreamFeatures {
        var features = WebPBitstreamFeatures()
        let status = unsafe data.withUnsafeBufferPointer {
            unsafe WebPGetFeatures($0.baseAddress, $0.count, &features)
        }
        switch status {
        case VP8_STATUS_OK: return features
        case VP8_STATUS_NOT_ENOUGH_DATA: throw cutOff
        default: throw PictureError(.corrupt, "the WebP has a broken header")
        }
    }

    private static let frameHeaderSize = 16
    private static let cutOff = PictureError(.corrupt, "the WebP ends before its first pixel")
}
#endif
