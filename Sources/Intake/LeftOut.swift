/// Why an entry of a source is no item. The raw values are the keys under which a job shows its counts.
enum LeftOut: String, CaseIterable {
    /// Hidden files and folders, and what desktops and NAS boxes leave behind.
    case hidden
    /// Symbolic links are never followed.
    case link
    /// FIFOs, sockets and devices.
    case special
    case notAPicture = "not_a_picture"
    /// Text that may say something of pictures: it was read for that.
    case metadata
    /// Metadata that cannot be read, a record or a file each.
    case badMetadata = "bad_metadata"
    /// Pictures of messages and of deleted posts, which X's archives keep in folders of their own: nobody posted them.
    case unposted
    /// A download that has not ended.
    case unfinished
    case unreadableFolder = "unreadable_folder"
    /// A folder that went away while the source was being listed.
    case vanishedFolder = "vanished_folder"

    /// Nil for what a walk takes: a picture or a folder to go into.
    /// - takesPosts: What may say something of pictures, and what may hold them, is no mere file.
    init?(name: Span<UInt8>, kind: Directory.EntryKind, takesPosts: Bool = false) {
        switch kind {
        case .link: self = .link
        case .pipe, .special: self = .special
        case .folder:
            if FileName.isHidden(name) {
                self = .hidden
            } else if takesPosts, FileName.isUnposted(name) {
                self = .unposted
            } else {
                return nil
            }
        case .file:
            switch FileName(name) {
            case .picture: return nil
            case .hidden: self = .hidden
            case .unfinished: self = .unfinished
            case .shard where takesPosts: return nil
            case .metadata where takesPosts: self = .metadata
            case .other, .shard, .metadata: self = .notAPicture
            }
        }
    }

    /// Nil for a picture that somebody wrote down, be it there or missing.
    /// - root: Where paths that are not absolute begin.
    init?(named path: Path, from root: Path) {
        if path.bytes.contains(0) {
            self = .notAPicture
            return
        }
        switch FileName(visible: path.name.bytes.span) {
        case .unfinished: self = .unfinished
        case .other, .hidden, .shard, .metadata: self = .notAPicture
        case .picture:
            switch try? root.appending(path).kind(followingLinks: false) {
            case .link: self = .link
            case .pipe, .special: self = .special
            case .folder: self = .notAPicture
            case .file, nil: return nil
            }
        }
    }
}

/// Counts by reason, cheap enough for every entry of a directory.
struct LeftOutTally {
    private var counts = [Int](repeating: 0, count: LeftOut.allCases.count)

    subscript(reason: LeftOut) -> Int {
        get { counts[reason.index] }
        set { counts[reason.index] = newValue }
    }

    func add(to leftOut: inout [String: Int]) {
        for reason in LeftOut.allCases where self[reason] > 0 { leftOut[reason.rawValue, default: 0] += self[reason] }
    }
}

extension LeftOut {
    fileprivate var index: Int {
        switch self {
        case .hidden: 0
        case .link: 1
        case .special: 2
        case .notAPicture: 3
        case .unfinished: 4
        case .unreadableFolder: 5
        case .vanishedFolder: 6
        case .metadata: 7
        case .badMetadata: 8
        case .unposted: 9
        }
    }
}
