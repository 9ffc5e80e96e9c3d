/// Lists the pictures that a manifest names, in its order; a record whose file is missing is still an item, and will
/// fail with the reason. Of a manifest that names posts, the pictures in and below its root that are theirs.
struct ManifestReader: SourceReader {
    private enum Way {
        case records(RecordWalk)
        case folder(FolderReader, any Manifest)
    }

    /// A read ends after so many records even if they named no picture.
    private static let recordsPerRead = 1_000_000

    private let manifest: NamedManifest
    private let saysPosts: Bool
    private var way: Way
    private var describer: PostDescriber
    private var isNoted: Bool
    private(set) var isAtEnd = false

    /// - context: Nil where pictures are wanted whatever was said of them.
    init(_ manifest: NamedManifest, cursor: ArraySlice<UInt8>?, _ context: IntakeContext?) throws(IntakeError) {
        self.manifest = manifest
        saysPosts = context != nil
        describer = PostDescriber(root: manifest.root, manifest.context)
        isNoted = cursor != nil
        let code: UInt8
        switch manifest.content {
        case .records(let reader, let format):
            code = 1
            way = .records(try RecordWalk(reader, format, of: manifest.file, cursor: cursor?.dropFirst()))
        case .posts(let posts):
            code = 2
            way = .folder(try FolderReader(root: manifest.root, cursor: cursor?.dropFirst()), posts)
        }
        if let cursor, cursor.first != code { throw .changed(manifest.file, why: "it holds other records now") }
    }

    var findings: DumpFindings { describer.findings }

    var cursor: [UInt8] {
        switch way {
        case .records(let walk): [1] + walk.cursor
        case .folder(let reader, _): [2] + reader.cursor
        }
    }

    mutating func read(limit: Int, leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference] {
        if !isNoted { describer.note(manifest.problems, &leftOut) }
        isNoted = true
        do {
            switch way {
            case .records(var walk):
                defer { way = .records(walk) }
                var tally = LeftOutTally()
                var found: [PictureReference] = []
                var seen = 0
                while found.count < limit, seen < Self.recordsPerRead {
                    seen += 1
                    guard let next = try walk.next() else {
                        if !isAtEnd { describer.add((walk.recordCount, walk.unmatchedCount)) }
                        isAtEnd = true
                        break
                    }
                    switch next {
                    case .failure(let problem):
                        describer.note([MetadataProblem(problem, in: manifest.file)], &leftOut)
                    case .success(let record): found += add(record, &walk, &tally)
                    }
                }
                tally.add(to: &leftOut)
                return found
            case .folder(var reader, let posts):
                defer { way = .folder(reader, posts) }
                // What else lies there is not the manifest's.
                var others: [String: Int] = [:]
                var found: [PictureReference] = []
                for reference in try reader.read(limit: limit, leftOut: &others) {
                    let path = reference.place.path
                    guard let post = try posts.post(of: PictureName(path.bytes)) else { continue }
                    found.append(self.reference(to: path, post))
                }
                if reader.isAtEnd && !isAtEnd { describer.add(posts.records) }
                isAtEnd = reader.isAtEnd
                return found
            }
        } catch let error as IntakeError {
            throw error
        } catch let error as SystemError {
            throw IntakeError(error, at: manifest.file)
        } catch {
            throw .changed(manifest.file, why: "\(error)")
        }
    }

    private mutating func add(
        _ record: JSONNode, _ walk: inout RecordWalk, _ tally: inout LeftOutTally
    ) -> [PictureReference] {
        var found: [PictureReference] = []
        var isMatched = false
        let files = walk.files(of: record)
        for (path, number) in files {
            if let reason = LeftOut(named: path, from: manifest.root) {
                tally[reason] += 1
                continue
            }
            isMatched = isMatched || (try? manifest.root.appending(path).kind(followingLinks: false)) != nil
            found.append(
                reference(to: path, saysPosts ? walk.format.post(of: number, in: record, manifest.context) : Post()))
        }
        walk.count(namesFiles: !files.isEmpty, isMatched: isMatched)
        return found
    }

    private mutating func reference(to path: Path, _ post: Post) -> PictureReference {
        let post = saysPosts ? describer.complete(post, of: path, by: manifest.format) : Post()
        return PictureReference(path: path, post: post)
    }
}

/// The records of a file from some place on.
private struct RecordWalk {
    let format: any RecordFormat
    private var reader: RecordReader
    private let document = JSONDocument()
    private let file: Path
    /// Of the last record, and that it is not to be read again; nil before the first.
    private var last: Int?
    private(set) var recordCount = 0
    private(set) var unmatchedCount = 0
    private var isAfterSeek = false

    init(
        _ reader: RecordReader, _ format: any RecordFormat, of file: Path, cursor: ArraySlice<UInt8>?
    ) throws(IntakeError) {
        (self.reader, self.format, self.file) = (reader, format, file)
        guard let cursor, !cursor.isEmpty else { return }
        guard cursor.count == 8 else { throw .unknownCursor(file) }
        let offset = Int(truncatingIfNeeded: cursor.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        guard offset >= 0 else { throw .unknownCursor(file) }
        last = offset
        self.reader.seek(to: offset)
        isAfterSeek = true
    }

    /// Empty at the start.
    var cursor: [UInt8] {
        last.map { offset in (0..<8).map { UInt8(truncatingIfNeeded: offset >> (56 - 8 * $0)) } } ?? []
    }

    mutating func next() throws -> Result<JSONNode, RecordProblem>? {
        if isAfterSeek {
            isAfterSeek = false
            guard try reader.next() != nil else { throw IntakeError.changed(file, why: "it is shorter than before") }
        }
        guard let found = try reader.next(into: document) else { return nil }
        switch found {
        case .success((let offset, let node)):
            last = offset
            return .success(node)
        case .failure(let problem):
            last = problem.offset
            return .failure(problem)
        }
    }

    /// The files that a record names, each with its number.
    func files(of record: JSONNode) -> [(Path, Int)] {
        var files: [(Path, Int)] = []
        format.forEachPicture(in: record) { name, number in
            guard case .path(let path) = name, !path.isEmpty, files.last?.1 != number else { return }
            files.append((Path(bytes: Array(path)), number))
        }
        return files
    }

    mutating func count(namesFiles: Bool, isMatched: Bool) {
        if namesFiles { recordCount += 1 }
        if namesFiles && !isMatched { unmatchedCount += 1 }
    }
}
