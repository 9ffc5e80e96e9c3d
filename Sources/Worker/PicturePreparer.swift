package import CNN
package import Foundation
package import Imaging
package import Intake
package import Queue

/// Reads files and prepares them for a model: the one way in which training, evaluation and prediction do it. Memory is kept
/// from picture to picture; one per thread.
package struct PicturePreparer: ~Copyable {
    private var decoder: PictureDecoder
    private var file: [UInt8] = []
    private let zone: TimeZone

    package struct Prepared {
        /// Nil for a whole picture.
        package let damage: PictureDamage?
        package let fingerprint: Fingerprint
        package let stamp: FileStamp
        /// From EXIF, else the file's mtime; nil where neither can be true.
        package let fileTime: PostTime?
    }

    /// - zone: Of cameras' clocks that do not say theirs: the store's. It matters for the times alone.
    package init(zone: TimeZone) throws(PictureError) {
        self.zone = zone
        decoder = try PictureDecoder()
    }

    /// - pixels: `preprocessing.byteCount` bytes.
    package mutating func prepare(
        _ place: PicturePlace, for preprocessing: Preprocessing, into pixels: inout MutableSpan<UInt8>
    ) throws(PictureError) -> Prepared {
        // Apart from `self`, which the decoder has to itself meanwhile.
        var file: [UInt8] = []
        swap(&file, &self.file)
        defer { swap(&file, &self.file) }
        let stamp = try PictureFile.read(place, into: &file)
        let details =
            switch preprocessing.resize {
            case .squash:
                try decoder.squash(
                    file.span, toWidth: preprocessing.width, height: preprocessing.height, into: &pixels)
            }
        let times = details.exif.captureTimes(in: zone).map { PostTime($0, .exif) } + [PostTime(stamp.modifiedAt, .mtime)]
        let fileTime = times.first { $0.timestamp.isPlausible() }
        return Prepared(
            damage: details.damage, fingerprint: Fingerprint(of: file.span), stamp: stamp,
            fileTime: fileTime)
    }
}
