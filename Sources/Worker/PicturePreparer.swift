package import Imaging
package import Intake

/// Reads files and prepares them for a model, with memory that is kept from picture to picture. One per thread.
package struct PicturePreparer: ~Copyable {
    private var decoder: PictureDecoder
    private var file: [UInt8] = []

    package struct Prepared {
        package let isTruncated: Bool
        package let fingerprint: Fingerprint
        /// From EXIF, else the file's mtime.
        package let fileTime: PostTime
    }

    package init() throws(PictureError) {
        decoder = try PictureDecoder()
    }

    /// - pixels: `preprocessing.byteCount` bytes.
    package mutating func prepare(
        _ path: PicturePath, for preprocessing: Preprocessing, into pixels: inout MutableSpan<UInt8>
    ) throws(PictureError) -> Prepared {
        // Apart from `self`, which the decoder has to itself meanwhile.
        var file: [UInt8] = []
        swap(&file, &self.file)
        defer { swap(&file, &self.file) }
        let mtime = try PictureFile.read(path.bytes, into: &file)
        let details = try decoder.prepare(file.span, for: preprocessing, into: &pixels)
        let fileTime =
            details.exif.captureTime(now: Timestamp.now.milliseconds)
            .map { PostTime(Timestamp(milliseconds: $0), .exif) }
            ?? PostTime(Timestamp(milliseconds: mtime), .mtime)
        return Prepared(
            isTruncated: details.isTruncated, fingerprint: Fingerprint(of: file.span), fileTime: fileTime)
    }
}
