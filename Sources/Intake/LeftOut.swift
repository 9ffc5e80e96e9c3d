/// Why an entry of a source is no item. The raw values are the keys under which a job shows its counts.
enum LeftOut: String, CaseIterable {
    /// Hidden files and folders, and what desktops and NAS boxes leave behind.
    case hidden
    /// Symbolic links are never followed.
    case link
    /// FIFOs, sockets and devices.
    case special
    case notAPicture = "not_a_picture"
    /// A download that has not ended.
    case unfinished
    case unreadableFolder = "unreadable_folder"
    /// A folder that went away while the source was being listed.
    case vanishedFolder = "vanished_folder"

    /// Nil for what a walk takes: a picture or a folder to go into.
    init?(name: Span<UInt8>, kind: Directory.EntryKind) {
        switch kind {
        case .link: self = .link
        case .pipe, .special: self = .special
        case .folder:
            if !FileName.isHidden(name) { return nil }
            self = .hidden
        case .file:
            switch FileName(name) {
            case .picture: return nil
            case .hidden: self = .hidden
            case .unfinished: self = .unfinished
            case .other: self = .notAPicture
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
        }
    }
}
