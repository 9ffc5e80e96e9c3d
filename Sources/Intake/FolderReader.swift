/// Walks a folder: in each directory the files first, then the sub-directories, both in the order of their bytes.
///
/// Memory holds one directory's names (see `NameList`) and the names of the sub-directories of its ancestors. A
/// position is the path of the last picture handed out, or of a folder whose files are done; a walk that starts there
/// reads again only the directories on that path, so nothing comes twice and nothing is left out, however full or deep
/// the tree.
struct FolderReader: SourceReader {
    private enum Position {
        case start
        case afterPicture([UInt8])
        /// Within a tar file, where the next header begins.
        case inShard([UInt8], offset: Int)
        case afterFiles(ofFolder: [UInt8])
        case end
    }

    private let root: Path
    private let rootDirectory: Directory
    private let namesPerPass: Int
    private let entriesPerRead: Int
    /// Finds out what dumps say of their pictures; nil where names alone are wanted.
    private var describer: PostDescriber?
    /// The tar file whose members are being handed out.
    private var shard: ShardReader?
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
        root: Path, cursor: ArraySlice<UInt8>?, context: IntakeContext? = nil, namesPerPass: Int = 2_000_000,
        entriesPerRead: Int = 1_000_000
    ) throws(IntakeError) {
        self.root = root
        describer = context.map { PostDescriber(root: root, $0) }
        self.namesPerPass = namesPerPass
        self.entriesPerRead = entriesPerRead
        do { rootDirectory = try Directory(at: root) } catch { throw IntakeError(error, at: root) }
        frames[0].directory = rootDirectory
        if let cursor { try resume(cursor) }
    }

    /// What the formats found so far.
    var findings: DumpFindings { describer?.findings ?? DumpFindings() }

    // MARK: Position

    var isAtEnd: Bool { frames.isEmpty }

    var cursor: [UInt8] {
        switch position {
        case .start: [0]
        case .afterPicture(let path): [1] + path
        case .inShard(let path, let offset):
            [4] + (0..<8).map { UInt8(truncatingIfNeeded: offset >> (56 - 8 * $0)) } + path
        case .afterFiles(let path): [2] + path
        case .end: [3]
        }
    }

    private mutating func resume(_ cursor: ArraySlice<UInt8>) throws(IntakeError) {
        let isInShard = cursor.first == 4
        let path = Array(cursor.dropFirst(isInShard ? 9 : 1))
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
        case 4:
            guard let file = components.popLast(), cursor.count > 9 else { throw .unknownCursor(root) }
            let offset = cursor.dropFirst().prefix(8).reduce(0) { $0 << 8 | Int($1) }
            descend(components)
            frames[frames.count - 1].resume(files: .above(file), folders: .start)
            var leftOut: [String: Int] = [:]
            try openShard(file, at: offset, &leftOut)
            position = .inShard(path, offset: offset)
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
        frames[frames.count - 1].view = nil
        frames.append(Frame(name: name))
        prefix += name + [Path.separator]
    }

    private mutating func pop() {
        let frame = frames.removeLast()
        prefix.removeLast(min(prefix.count, frame.name.count + 1))
        if let manifests = frame.manifests { describer?.close(manifests) }
    }

    // MARK: Reading

    mutating func read(limit: Int, leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference] {
        var found: [PictureReference] = []
        entriesSeen = 0
        while !frames.isEmpty {
            let top = frames.count - 1
            if !frames[top].isRead {
                try readTop(&leftOut)
            } else if let path = shard?.path {
                found += try nextOfShard(&leftOut)
                position = shard.map { .inShard(path, offset: $0.offset) } ?? .afterPicture(path)
                if found.count >= limit { return found }
            } else if let name = frames[top].files.next() {
                if describer != nil, FileName(name.span) == .shard {
                    try openShard(Array(name), at: 0, &leftOut)
                    continue
                }
                found.append(try reference(to: name, &leftOut))
                position = .afterPicture(prefix + name)
                if found.count >= limit { return found }
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
        position = .end
        return found
    }

    private mutating func reference(
        to name: ArraySlice<UInt8>, _ leftOut: inout [String: Int]
    ) throws(IntakeError) -> PictureReference {
        let path = prefix + name
        guard var describer else { return PictureReference(path: Path(bytes: path)) }
        self.describer = nil
        defer { self.describer = describer }
        try loadManifests(&describer, &leftOut)
        let top = frames.count - 1
        do {
            let post = try describer.post(of: path, in: frames[top].view, frames.manifests, &leftOut)
            return PictureReference(path: Path(bytes: path), post: post)
        } catch {
            throw IntakeError(error, at: root.appending(Path(bytes: path)))
        }
    }

    /// Of the folders on the way: a walk that was resumed has not read those yet.
    private mutating func loadManifests(
        _ describer: inout PostDescriber, _ leftOut: inout [String: Int]
    ) throws(IntakeError) {
        var length = 0
        for index in frames.indices {
            if index > 0 { length += frames[index].name.count + 1 }
            if frames[index].manifests != nil { continue }
            let folder = root.appending(Path(bytes: Array(prefix.prefix(max(length - 1, 0)))))
            do throws(SystemError) {
                var view = frames[index].view
                if view == nil { view = try self.view(of: folder, directory(of: index)) }
                guard let view else { continue }
                frames[index].manifests = try describer.manifests(in: view, prefixLength: length, &leftOut)
            } catch {
                throw IntakeError(error, at: folder)
            }
        }
    }

    private func view(of folder: Path, _ directory: Directory) throws(SystemError) -> FolderView {
        var metadata = NameList(limit: namesPerPass, after: nil)
        try directory.forEach { name, kind in
            if kind == .file, FileName(name) == .metadata { metadata.insert(name) }
        }
        metadata.sort()
        return FolderView(path: folder, directory: directory, metadata: metadata)
    }

    // MARK: Tar files

    private mutating func openShard(
        _ name: [UInt8], at offset: Int, _ leftOut: inout [String: Int]
    ) throws(IntakeError) {
        let path = prefix + name
        do {
            guard let file = try ReadableFile(at: Path(bytes: name), in: directory(of: frames.count - 1)) else {
                return
            }
            shard = ShardReader(path: path, file, at: offset)
        } catch {
            if error.saysNothingOfTheFile { throw IntakeError(error, at: root.appending(Path(bytes: path))) }
            leftOut[LeftOut.badMetadata.rawValue, default: 0] += 1
        }
    }

    /// The next pictures of the tar file; it is closed at its end.
    private mutating func nextOfShard(_ leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference] {
        guard var shard, var describer else { return [] }
        self.shard = nil
        do {
            let found = try describer.next(of: &shard, &leftOut)
            self.describer = describer
            guard let found else { return [] }
            self.shard = shard
            return found
        } catch {
            throw IntakeError(error, at: root.appending(Path(bytes: shard.path)))
        }
    }

    /// Reads the names of the last frame's directory that are still to come. One that cannot be read is counted, and
    /// empty.
    private mutating func readTop(_ leftOut: inout [String: Int]) throws(IntakeError) {
        let top = frames.count - 1
        var files = frames[top].files.newList(limit: namesPerPass)
        var folders = frames[top].folders.newList(limit: namesPerPass)
        var metadata = NameList(limit: namesPerPass, after: nil)
        var tally = LeftOutTally()
        var packed = PackedFiles()
        var seen = 0
        frames[top].view = nil
        do {
            let directory = try directory(of: top)
            try directory.forEach { name, kind in
                seen += 1
                if let reason = LeftOut(name: name, kind: kind, takesPosts: describer != nil) {
                    tally[reason] += 1
                    if reason == .metadata { metadata.insert(name) }
                    if reason == .notAPicture { packed.insert(name) }
                } else if kind == .file {
                    files?.insert(name)
                } else {
                    folders?.insert(name)
                }
            }
            metadata.sort()
            if describer != nil {
                let folder = root.appending(Path(bytes: Array(prefix.dropLast())))
                frames[top].view = FolderView(path: folder, directory: directory, metadata: metadata)
            }
        } catch {
            if top == 0 || error.saysNothingOfTheFile {
                throw IntakeError(error, at: root.appending(Path(bytes: prefix)))
            }
            leftOut[(error.saysMissing ? LeftOut.vanishedFolder : .unreadableFolder).rawValue, default: 0] += 1
        }
        entriesSeen += seen
        if !frames[top].isCounted {
            tally.add(to: &leftOut)
            describer?.note(packed, in: root.appending(Path(bytes: Array(prefix.dropLast()))))
        }
        frames[top].isCounted = true
        frames[top].isRead = true
        frames[top].files.take(files)
        frames[top].folders.take(folders)
    }

    /// The directory of a frame, from the nearest ancestor that is open, one component at a time.
    private mutating func directory(of index: Int) throws(SystemError) -> Directory {
        let nearest = frames[...index].lastIndex { $0.directory != nil } ?? 0
        var directory = frames[nearest].directory ?? rootDirectory
        for i in nearest..<index {
            directory = try Directory(named: frames[i + 1].name, in: directory)
            if i + 1 > index - FolderReader.openDirectories { frames[i + 1].directory = directory }
        }
        // The root stays open, and the newest directories.
        if index > FolderReader.openDirectories { frames[index - FolderReader.openDirectories].directory = nil }
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
    /// What the formats see of it while its pictures are handed out.
    var view: FolderView?
    /// What it says of pictures in it and below; nil before it was looked for.
    var manifests: FolderManifests?
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

extension [Frame] {
    /// From the nearest folder to the root.
    fileprivate var manifests: [FolderManifests] { reversed().compactMap(\.manifests) }
}
