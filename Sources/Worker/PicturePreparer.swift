package import CNN
package import Imaging
package import Intake
package import Queue

/// Reads files and prepares them for a model: the one way in which training, evaluation and prediction do it. Memory is kept
/// from picture to picture; one per thread.
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
        _ path: Path, for preprocessing: Preprocessing, into pixels: inout MutableSpan<UInt8>
    ) throws(PictureError) -> Prepared {
        // Apart from `self`, which the decoder has to itself meanwhile.
        var file: [UInt8] = []
        swap(&file, &self.file)
        defer { swap(&file, &self.file) }
        let mtime = try PictureFile.read(path, into: &file)
        let details =
            switch preprocessing.resize {
            case .squash:
                try decoder.squash(
                    file.span, toWidth: preprocessing.width, height: preprocessing.height, into: &pixels)
            }
        let fileTime =
            details.exif.captureTime(now: Timestamp.now.milliseconds)
            .map { PostTime(Timestamp(milliseconds: $0), .exif) }
            ?? PostTime(Timestamp(milliseconds: mtime), .mtime)
        return Prepared(
            isTruncated: details.isTruncated, fingerprint: Fingerprint(of: file.span), fileTime: fileTime)
    }
}
