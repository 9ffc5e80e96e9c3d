package import CNN
package import Foundation
package import Imaging
package import Intake
package import Queue

/// A picture's bytes, not decoded yet. Reuse it for the next one.
package struct PictureContents {
    fileprivate(set) var bytes: [UInt8] = []
    private(set) var fingerprint = Fingerprint(bytes: [])
    /// Of the file that holds them.
    private(set) var stamp = FileStamp(size: 0, modified: 0)

    mutating func read(_ place: PicturePlace) throws(PictureError) {
        stamp = try PictureFile.read(place, into: &bytes)
        fingerprint = Fingerprint(of: bytes.span)
    }
}

/// Reads files and prepares them for a model: the one way in which training, evaluation and prediction do it. Memory is
/// kept from picture to picture; one per thread.
package struct PicturePreparer: ~Copyable {
    private var decoder: PictureDecoder
    private var contents = PictureContents()
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
        var contents = PictureContents()
        swap(&contents, &self.contents)
        defer { swap(&contents, &self.contents) }
        try contents.read(place)
        return try prepare(contents, for: preprocessing, into: &pixels)
    }

    /// The same for a picture that has been read.
    mutating func prepare(
        _ contents: PictureContents, for preprocessing: Preprocessing, into pixels: inout MutableSpan<UInt8>
    ) throws(PictureError) -> Prepared {
        let details = try decoder.fit(
            contents.bytes.span, toWidth: preprocessing.width, height: preprocessing.height,
            by: Framing(preprocessing.resize), Interpolation(preprocessing.interpolation), into: &pixels)
        return Prepared(
            damage: details.damage, fingerprint: contents.fingerprint, stamp: contents.stamp,
            fileTime: fileTime(details.exif, contents.stamp))
    }

    /// What `Prepared` says of it, found without decoding.
    func fileTime(of contents: PictureContents) -> PostTime? {
        fileTime(decoder.exif(of: contents.bytes.span), contents.stamp)
    }

    private func fileTime(_ exif: EXIF, _ stamp: FileStamp) -> PostTime? {
        let times = exif.captureTimes(in: zone).map { PostTime($0, .exif) } + [PostTime(stamp.modifiedAt, .mtime)]
        return times.first { $0.timestamp.isPlausible() }
    }
}

extension Framing {
    fileprivate init(_ resize: Preprocessing.Resize) {
        switch resize {
        case .squash: self = .squash
        case .crop(let fraction): self = .centreCrop(fraction)
        case .letterbox: self = .letterbox
        }
    }
}

extension Interpolation {
    fileprivate init(_ interpolation: Preprocessing.Interpolation) {
        switch interpolation {
        case .bilinear: self = .bilinear
        case .bicubic: self = .bicubic
        }
    }
}
