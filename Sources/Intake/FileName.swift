/// What a file's name says of it, before anything has opened it.
enum FileName {
    case picture, hidden, unfinished, other

    init(_ name: Span<UInt8>) {
        if FileName.isHidden(name) {
            self = .hidden
        } else {
            self.init(visible: name)
        }
    }

    /// For a name that somebody wrote down on purpose: a leading dot hides nothing.
    init(visible name: Span<UInt8>) {
        switch FileName.fileExtension(name, end: name.count) {
        case .some(let found) where pictureExtensions.contains(found): self = .picture
        case .some(let found) where unfinishedExtensions.contains(found): self = .unfinished
        default: self = FileName.isPictureWithQuery(name) ? .picture : .other
        }
    }

    static func isHidden(_ name: Span<UInt8>) -> Bool {
        name.isEmpty || name[0] == UInt8(ascii: ".") || name.equals("Thumbs.db") || name.equals("@eaDir")
    }

    /// Pictures saved under the end of their URL: `a.jpg?w=640`, `a.jpg:large`, `a?format=jpg&name=large`.
    private static func isPictureWithQuery(_ name: Span<UInt8>) -> Bool {
        var start = 0
        for i in 0..<name.count where name[i] == UInt8(ascii: "?") || name[i] == UInt8(ascii: ":") {
            if let found = fileExtension(name, end: i), pictureExtensions.contains(found) { return true }
            start = i + 1
            break
        }
        guard start > 0 else { return false }
        let query = name.extracting(start..<name.count)
        let key: StaticString = "format="
        guard query.count > key.utf8CodeUnitCount, query.extracting(0..<key.utf8CodeUnitCount).equals(key) else {
            return false
        }
        var packed: UInt64 = 0
        for i in key.utf8CodeUnitCount..<query.count where packed >> 56 == 0 {
            if query[i] == UInt8(ascii: "&") { break }
            packed = packed << 8 | UInt64(query[i] | 0x20)
        }
        return pictureExtensions.contains(packed)
    }

    /// The letters after the last dot before `end`, in lower case, packed into a word; nil without a dot or with more than 8 letters.
    private static func fileExtension(_ name: Span<UInt8>, end: Int) -> UInt64? {
        var packed: UInt64 = 0
        var i = end - 1
        while i > 0, end - i <= 9 {
            if name[i] == UInt8(ascii: ".") { return packed }
            packed |= UInt64(name[i] | 0x20) << UInt64(8 * (end - 1 - i))
            i -= 1
        }
        return nil
    }
}

/// What image tools of the field write and read. Not all can be decoded: those that cannot become failures, not silence.
private let pictureExtensions = packed(
    "jpg", "jpeg", "jpe", "jfif", "mpo", "png", "webp", "gif", "heic", "heif", "avif", "bmp", "tif", "tiff")
/// What gallery-dl, yt-dlp and browsers call a download that has not ended.
private let unfinishedExtensions = packed("part", "partial", "download")

private func packed(_ extensions: String...) -> Set<UInt64> {
    Set(extensions.map { $0.utf8.reduce(0) { word, byte in word << 8 | UInt64(byte) } })
}

extension Span<UInt8> {
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for i in 0..<count where unsafe self[i] != text.utf8Start[i] { return false }
        return true
    }
}
