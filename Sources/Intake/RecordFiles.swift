/// A format whose records stand in files of any name, and are known by what is in them. One file per format in
/// `Formats`; a new one is a file and a line in `RecordFiles.formats`.
protocol PostRecordFormat: RecordFormat {
    /// For people: "X records".
    static var name: String { get }
    init()
    /// Whether a record is of this format.
    static func recognises(_ record: JSONNode) -> Bool
}

/// Files of records under names that say nothing: lines in `*.jsonl` and `*.ndjson`, lines or a list in `*.json`.
enum RecordFiles {
    /// The first that recognises one of a file's first records reads the file.
    static let formats: [any PostRecordFormat.Type] = [
        XRecords.self, GalleryDLRecords.self, RedditRecords.self, BlueskyRecords.self,
    ]

    static func manifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [(format: String, manifest: any Manifest)] {
        var found: [(String, any Manifest)] = []
        let names = candidates(in: folder)
        if names.count > mostFiles {
            problems.append(
                MetadataProblem(
                    file: folder.path.appending(names[mostFiles]), line: nil,
                    what: """
                        this file and \(names.count - mostFiles - 1) more are not read: a folder may have \(mostFiles) files of \
                        records; put them together (cat *.jsonl > ALL.ndjson) and remove them
                        """))
        }
        for name in names.prefix(mostFiles) {
            guard let file = try folder.file(name, &problems), let reader = try reader(of: file, name),
                let format = try format(of: reader, folder.path.appending(name), &problems)
            else { continue }
            let manifest = try RecordManifest(
                reader, of: folder.path.appending(name), format: format.init(), context, &problems)
            if manifest.records.count > 0 { found.append((format.name, manifest)) }
        }
        return found
    }

    /// Each stays open while its folder is gone through, and a process may have some 1,000 open.
    private static let mostFiles = 256
    /// A folder with more `*.json` than this holds sidecars, or a file a record.
    private static let mostDocuments = 32

    private static func candidates(in folder: FolderView) -> [Path] {
        var lines: [Path] = []
        var documents: [Path] = []
        for index in 0..<folder.metadata.count {
            let name = folder.metadata[index]
            if name.span.hasEnding(".jsonl") || name.span.hasEnding(".ndjson") {
                lines.append(Path(bytes: Array(name)))
            } else if documents.count <= mostDocuments, name.span.hasEnding(".json"),
                FileName(visible: Array(name.dropLast(".json".utf8.count)).span) != .picture
            {
                documents.append(Path(bytes: Array(name)))
            }
        }
        return lines + (documents.count > mostDocuments ? [] : documents)
    }

    /// As much of a file is looked at to find out its format.
    private static let headLength = 4 << 20

    private static func reader(of file: ReadableFile, _ name: Path) throws(SystemError) -> RecordReader? {
        let lines = RecordReader.lines(LineReader(file))
        if !name.bytes.span.hasEnding(".json") { return lines }
        var head: [UInt8] = []
        _ = try file.read(into: &head, at: 0, count: 4096)
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { head.removeFirst(3) }
        switch head.first(where: { $0 > 0x20 }) {
        case UInt8(ascii: "["): return .elements(ElementReader(file))
        case UInt8(ascii: "{"):
            let listing = RecordReader.elements(ElementReader(file, path: ["data", "children"]))
            // A line that does not end soon is a document of another kind: no need to read gigabytes of it.
            if file.size > headLength {
                head.removeAll()
                _ = try file.read(into: &head, at: 0, count: headLength)
                guard head.contains(0x0A) else { return nil }
            }
            return try listing.isList ? listing : lines
        default: return nil
        }
    }

    private static func format(
        of reader: RecordReader, _ file: Path, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any PostRecordFormat.Type)? {
        var reader = reader
        let document = JSONDocument()
        while let found = try reader.next() {
            switch found {
            case .success(let record):
                if record.offset > headLength { return nil }
                guard let node = try? document.parse(record.bytes.span) else { continue }
                if let format = formats.first(where: { $0.recognises(node) }) { return format }
            case .failure(let problem):
                if problem.what == .utf16 { problems.append(MetadataProblem(problem, in: file)) }
                if problem.offset > headLength { return nil }
            }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// - ending: ASCII, in lower case; the bytes may be in any.
    func hasEnding(_ ending: StaticString) -> Bool {
        count >= ending.utf8CodeUnitCount && extracting(last: ending.utf8CodeUnitCount).equals(ending)
    }
}
