internal import CTurboJPEG

extension RGBImage {
    /// The picture as a JPEG file.
    /// - quality: 1 to 100.
    /// - exif: written into the file; the pixels are stored as they are, whatever its orientation.
    package func jpeg(quality: Int = 85, exif: EXIFBlock? = nil) throws(PictureError) -> [UInt8] {
        guard let compressor = unsafe tjInitCompress() else {
            throw PictureError(.unreadable, "the JPEG compressor cannot start: not enough memory")
        }
        defer { unsafe tjDestroy(compressor) }
        var file: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { unsafe tjFree(file) }
        let status = unsafe pixels.withUnsafeBufferPointer { pixels in
            unsafe tjCompress2(
                compressor, pixels.baseAddress, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &file, &size,
                Int32(TJSAMP_420.rawValue), Int32(max(1, min(100, quality))), TJFLAG_ACCURATEDCT)
        }
        guard status == 0 else {
            throw unsafe PictureError(
                .tooLarge, "the picture cannot be written as JPEG: \(String(cString: tjGetErrorStr2(compressor)))")
        }
        let bytes = unsafe Array(UnsafeBufferPointer(start: file, count: Int(size)))
        guard let exif else { return bytes }
        // Behind the start-of-image marker.
        return bytes[..<2] + exif.segment + bytes[2...]
    }
}

/// EXIF data to write into a JPEG file.
package struct EXIFBlock: Hashable, Sendable {
    package var orientation: Orientation
    /// `YYYY:MM:DD HH:MM:SS` in local time.
    package var dateTimeOriginal: String?

    package init(orientation: Orientation = .up, dateTimeOriginal: String? = nil) {
        self.orientation = orientation
        self.dateTimeOriginal = dateTimeOriginal
    }

    /// An APP1 segment with a little-endian TIFF structure.
    var segment: [UInt8] {
        func short(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }
        func long(_ value: Int) -> [UInt8] { short(value) + short(value >> 16) }
        func entry(_ tag: Int, type: Int, count: Int, _ value: Int) -> [UInt8] {
            short(tag) + short(type) + long(count) + long(value)
        }
        var tiff: [UInt8] = Array("II".utf8) + short(42) + long(8)
        if let dateTimeOriginal {
            let text = Array(dateTimeOriginal.utf8) + [0]
            // The first directory takes 30 bytes from 8 on, the camera's 18 from 38 on.
            tiff += short(2) + entry(0x0112, type: 3, count: 1, orientation.rawValue)
            tiff += entry(0x8769, type: 4, count: 1, 38) + long(0)
            tiff += short(1) + entry(0x9003, type: 2, count: text.count, 56) + long(0) + text
        } else {
            tiff += short(1) + entry(0x0112, type: 3, count: 1, orientation.rawValue) + long(0)
        }
        let body = Array("Exif\0\0".utf8) + tiff
        let length = body.count + 2
        return [0xFF, 0xE1, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)] + body
    }
}
