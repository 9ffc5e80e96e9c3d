/// Walks a folder: in each directory the files first, then the sub-directories, both in the order of their bytes.
///
/// Memory holds one directory's names (see `NameList`) and the names of the sub-directories of its ancestors. A position
/// is the path of the last picture handed out, or of a folder whose files are done; a walk that starts there reads again
/// only the directories on that path, so nothing comes twice and nothing is left out, however full or deep the tree.
struct FolderReader: SourceReader {
    private enum Position {
        case start
        case afterPicture([UInt8])
        case afterFiles(ofFolder: [UInt8])
        case end
    }

    private let root: Path
    private let rootDirectory: Directory
    private let namesPerPass: Int
    private let entriesPerRead: Int
    /// The directories from the root to the one being read.
    private var frames = [Frame(name: [])]
    /// Path of the last frame's directory with a slash at its end; empty for the root.
    private var prefix: [UInt8] = []
    private var position = Position.start
    private var entriesSeen = 0

    /// More open directories would run into the limit on descriptors in a deep tree.
    private static let openDirectories = 32

    /// - entriesPerRead: a read ends after so many entries even if it found no picture.
    init(
        root: Path, cursor: ArraySlice<UInt8>?, namesPerPass: Int = 2_000_000, entriesPerRead: Int = 1_000_000
    ) throws(IntakeError) {
        self.root = root
        self.namesPerPass = namesPerPass
        self.entriesPerRead = entriesPerRead
        do { rootDirectory = try Directory(at: root) } catch { throw IntakeError(error, at: root) }
        frames[0].directory = rootDirectory
        if let cursor { try resume(cursor) }
    }

    // MARK: Position

    var isAtEnd: Bool { frames.isEmpty }

    var cursor: [UInt8] {
        switch position {
        case .start: [0]
        case .afterPicture(let path): [1] + path
        case .afterFiles(let path): [2] + path
        case .end: [3]
        }
    }

    private mutating func resume(_ cursor: ArraySlice<UInt8>) throws(IntakeError) {
        let path = Array(cursor.dropFirst())
        var components = path.split(separator: Path.separator).map(Array.init)
        switch cursor.first {
        case 0: break
        case 1:
            guard let file = components.popLast() else { throw .unknownCursor(root) }
            descend(components)
            frames[frames.count - 1].resume(files: .above(file), folders: .start)
            position = .afterPicture(path)
        case 2:
            descend(components)
            frames[frames.count - 1].resume(files: .done, folders: .start)
            position = .afterFiles(ofFolder: path)
        case 3:
            frames = []
            position = .end
        default: throw .unknownCursor(root)
        }
    }

    private mutating func descend(_ components: [[UInt8]]) {
        for component in components {
            frames[frames.count - 1].resume(files: .done, folders: .above(component))
            push(component)
        }
    }

    private mutating func push(_ name: [UInt8]) {
        frames.append(Frame(name: name))
        prefix += name + [Path.separator]
    }

    private mutating func pop() {
        prefix.removeLast(min(prefix.count, frames.removeLast().name.count + 1))
    }

    // MARK: Reading

    mutating func read(limit: Int, leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference] {
        var found: [PictureReference] = []
        entriesSeen = 0
        while !frames.isEmpty {
            let top = frames.count - 1
            if !frames[top].isRead {
                try readTop(&leftOut)
            } else if let name = frames[top].files.next() {
                found.append(PictureReference(path: Path(bytes: prefix + name)))
                if found.count >= limit { break }
            } else if frames[top].files.needsAnotherPass {
                frames[top].files.startPass()
                frames[top].isRead = false
            } else if entriesSeen >= entriesPerRead, frames[top].folders.isUntouched, !frames[top].isResumed {
                position = .afterFiles(ofFolder: Array(prefix.dropLast()))
                return found
            } else if let name = frames[top].folders.next() {
                push(Array(name))
            } else if frames[top].folders.needsAnotherPass {
                frames[top].folders.startPass()
                frames[top].isRead = false
            } else {
                pop()
            }
        }
        if frames.isEmpty {
            position = .end
        } else if let last = found.last {
            position = .afterPicture(last.place.path.bytes)
        }
        return found
    }

    /// Reads the names of the last frame's directory that are still to come. One that cannot be read is counted, and empty.
    private mutating func readTop(_ leftOut: inout [String: Int]) throws(IntakeError) {
        let top = frames.count - 1
        var files = frames[top].files.newList(limit: namesPerPass)
        var folders = frames[top].folders.newList(limit: namesPerPass)
        var tally = LeftOutTally()
        var seen = 0
        do {
            try openTop().forEach { name, kind in
                seen += 1
                if let reason = LeftOut(name: name, kind: kind) {
                    tally[reason] += 1
                } else if kind == .file {
                    files?.insert(name)
                } else {
                    folders?.insert(name)
                }
            }
        } catch {
            if top == 0 || error.saysNothingOfTheFile {
                throw IntakeError(error, at: root.appending(Path(bytes: prefix)))
            }
            leftOut[(error.saysMissing ? LeftOut.vanishedFolder : .unreadableFolder).rawValue, default: 0] += 1
        }
        entriesSeen += seen
        if !frames[top].isCounted { tally.add(to: &leftOut) }
        frames[top].isCounted = true
        frames[top].isRead = true
        frames[top].files.take(files)
        frames[top].folders.take(folders)
    }

    /// Opens the last frame's directory from the nearest ancestor that is open, one component at a time.
    private mutating func openTop() throws(SystemError) -> Directory {
        let top = frames.count - 1
        let nearest = frames.lastIndex { $0.directory != nil } ?? 0
        var directory = frames[nearest].directory ?? rootDirectory
        for i in nearest..<top {
            directory = try Directory(named: frames[i + 1].name, in: directory)
            if i + 1 > top - FolderReader.openDirectories { frames[i + 1].directory = directory }
        }
        // The root stays open, and the newest directories.
        if top > FolderReader.openDirectories { frames[top - FolderReader.openDirectories].directory = nil }
        return directory
    }
}

/// A directory on the way from the root to where the walk stands.
private struct Frame {
    let name: [UInt8]
    /// Kept open while it is among the newest.
    var directory: Directory?
    var files = Names()
    var folders = Names()
    var isRead = false
    /// What it leaves out is counted already.
    var isCounted = false
    /// A walk that stopped here again would never go on.
    var isResumed = false

    init(name: [UInt8]) {
        self.name = name
    }

    mutating func resume(files: Names.Start, folders: Names.Start) {
        self.files = Names(start: files)
        self.folders = Names(start: folders)
        isCounted = true
        isResumed = true
    }
}

/// The names of one directory's files, or of its sub-directories, handed out in order over one or more passes.
private struct Names {
    enum Start { case start, above([UInt8]), done }

    private var start = Start.start
    private var list: NameList?
    private var index = 0

    init(start: Start = .start) {
        self.start = start
    }

    /// Nothing has been handed out.
    var isUntouched: Bool {
        if case .start = start { index == 0 } else { false }
    }

    /// The list to fill for the next pass; nil when there is nothing more to come.
    mutating func newList(limit: Int) -> NameList? {
        list = nil
        return switch start {
        case .start: NameList(limit: limit, after: nil)
        case .above(let name): NameList(limit: limit, after: name)
        case .done: nil
        }
    }

    mutating func take(_ filled: NameList?) {
        list = filled
        list?.sort()
        index = 0
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let list else { return nil }
        if index < list.count {
            index += 1
            return list[index - 1]
        }
        if list.bound == nil { self = Names(start: .done) }
        return nil
    }

    var needsAnotherPass: Bool { list?.bound != nil }

    mutating func startPass() {
        if let bound = list?.bound { start = .above(bound) }
        list = nil
    }
}
