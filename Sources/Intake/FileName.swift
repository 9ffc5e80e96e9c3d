/// What a file's name says of it, before anything has opened it.
enum FileName {
    case picture
    /// A tar file: it may hold pictures.
    case shard
    /// Text that may say something of pictures.
    case metadata
    case hidden, unfinished, other

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
        case .some(shardExtension): self = .shard
        case .some(let found) where metadataExtensions.contains(found): self = .metadata
        case .some(xzExtension) where FileName.fileExtension(name, end: name.count - 3) == jsonExtension:
            self = .metadata
        default: self = FileName.isDecoratedPicture(name) || FileName.isPictureWithQuery(name) ? .picture : .other
        }
    }

    /// What systems leave behind, in files and folders: NAS boxes, Windows, Macs, Unix, and their trash.
    static func isHidden(_ name: Span<UInt8>) -> Bool {
        if name.isEmpty || name[0] == UInt8(ascii: ".") { return true }
        guard name.count <= FileName.longestLeftBehind,
            leftBehindStarts.contains(name[0]) || leftBehindStarts.contains(name[0] | 0x20)
        else { return false }
        return leftBehind.contains { name.equalsIgnoringCase($0) }
    }

    /// A folder in which X's archive keeps what was never posted, or is no more.
    static func isUnposted(_ name: Span<UInt8>) -> Bool {
        name.equals("direct_messages_media") || name.equals("direct_messages_group_media")
            || name.equals("deleted_tweets_media")
    }

    private static let longestLeftBehind = leftBehind.reduce(0) { max($0, $1.utf8CodeUnitCount) }

    /// Pictures that a browser, a site or a second download gave a tail: `a.jpg_large`, `a.jpg-orig`, `a.jpg:large`,
    /// `a.jpg!d`, `a.jpg.1`, `a.jpg (1)`. After a colon only a size makes a picture: Windows's alternate streams
    /// (`a.jpg:Zone.Identifier`) look alike.
    private static func isDecoratedPicture(_ name: Span<UInt8>) -> Bool {
        var i = name.count - 1
        while i > 0, name.count - i <= longestTail {
            let byte = name[i]
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: " ")
            {
                if let found = fileExtension(name, end: i), pictureExtensions.contains(found) {
                    return isTail(name.extracting(i + 1..<name.count), after: byte)
                }
            }
            i -= 1
        }
        return false
    }

    private static let longestTail = 16

    private static func isTail(_ tail: Span<UInt8>, after separator: UInt8) -> Bool {
        switch separator {
        case UInt8(ascii: "."): return tail.count <= 3 && tail.isNumber(0..<tail.count)
        case UInt8(ascii: " "):
            return tail.count >= 3 && tail[0] == UInt8(ascii: "(") && tail[tail.count - 1] == UInt8(ascii: ")")
                && tail.isNumber(1..<tail.count - 1)
        case UInt8(ascii: "!"): return tail.count > 0
        default: return isSize(tail)
        }
    }

    /// `large`, `orig`, `4096x4096`
    private static func isSize(_ tail: Span<UInt8>) -> Bool {
        if sizeWords.contains(where: { tail.equalsIgnoringCase($0) }) { return true }
        for i in 0..<tail.count where tail[i] | 0x20 == UInt8(ascii: "x") {
            return tail.isNumber(0..<i) && tail.isNumber(i + 1..<tail.count)
        }
        return false
    }

    /// Pictures saved under the end of their URL: `a.jpg?w=640`, `a?format=jpg&name=large`.
    private static func isPictureWithQuery(_ name: Span<UInt8>) -> Bool {
        var start = 0
        for i in 0..<name.count where name[i] == UInt8(ascii: "?") {
            if let found = fileExtension(name, end: i), pictureExtensions.contains(found) { return true }
            start = i + 1
            break
        }
        guard start > 0 else { return false }
        let query = name.extracting(start..<name.count)
        let key: StaticString = "format="
        guard query.count > key.utf8CodeUnitCount,
            query.extracting(0..<key.utf8CodeUnitCount).equalsIgnoringCase(key)
        else { return false }
        var packed: UInt64 = 0
        for i in key.utf8CodeUnitCount..<query.count where packed >> 56 == 0 {
            if query[i] == UInt8(ascii: "&") { break }
            packed = packed << 8 | UInt64(query[i] | 0x20)
        }
        return pictureExtensions.contains(packed)
    }

    /// The letters after the last dot before `end`, in lower case, packed into a word; nil without a dot or with more
    /// than 8 letters.
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

/// What image tools of the field write and read. Not all can be decoded: those that cannot become failures, not
/// silence.
private let pictureExtensions = packed(
    "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "mpo", "png", "webp", "gif", "heic", "heif", "avif", "bmp", "tif",
    "tiff")
private let shardExtension = packed("tar").first
private let xzExtension = packed("xz").first
private let jsonExtension = packed("json").first
private let metadataExtensions = packed("json", "jsonl", "ndjson", "csv", "tsv", "js", "txt")
/// What gallery-dl, yt-dlp and browsers call a download that has not ended.
private let unfinishedExtensions = packed("part", "partial", "download")

/// In lower case. Synology, QNAP and other NAS boxes; Windows; Macs and their ZIP files; Unix.
private let leftBehind: [StaticString] = [
    "@eadir", "@tmp", "@recycle", "@recently-snapshot", "@__thumb", "#recycle", "#snapshot", "thumbs.db", "ehthumbs.db",
    "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information",
    "found.000",
    "__macosx", "network trash folder", "temporary items", "lost+found",
]
private let leftBehindStarts = Set(leftBehind.map { unsafe $0.utf8Start[0] })

/// What sites call the sizes of a picture.
private let sizeWords: [StaticString] = ["large", "orig", "original", "small", "thumb", "medium"]

private func packed(_ extensions: String...) -> Set<UInt64> {
    Set(extensions.map { $0.utf8.reduce(0) { word, byte in word << 8 | UInt64(byte) } })
}

extension Span<UInt8> {
    /// - text: In lower case; letters alone differ in case.
    fileprivate func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for i in 0..<count {
            let byte = self[i]
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
            if unsafe lower != text.utf8Start[i] { return false }
        }
        return true
    }

    fileprivate func isNumber(_ range: Range<Int>) -> Bool {
        !range.isEmpty && range.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[$0]) }
    }
}
