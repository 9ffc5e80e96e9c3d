/// A format whose files hold a JSON record for each post.
protocol RecordFormat: Sendable {
    /// Whether its records name files: then a file of them is a source that lists its pictures. Else they name posts.
    var namesFiles: Bool { get }
    /// The columns that `forEachPicture` looks at, where the file is a table; nil for all.
    var nameColumns: Set<String>? { get }
    /// The pictures that a record names, by all the names that they may have here; numbered within the record from 0.
    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, _ number: Int) -> Void)
    /// What it says of one of them.
    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post
}

extension RecordFormat {
    var namesFiles: Bool { false }
    var nameColumns: Set<String>? { nil }
}

/// Records in a file: one a line, an array's element or a table's row.
enum RecordReader {
    case rows(TableReader)
    case lines(LineReader)
    case elements(ElementReader)

    /// Leaves out all but these columns of a table.
    func selecting(_ columns: Set<String>?) -> RecordReader {
        guard case .rows(var table) = self, let columns else { return self }
        table.select(columns)
        return .rows(table)
    }

    mutating func seek(to offset: Int) {
        switch self {
        case .rows(var reader):
            reader.seek(to: offset, line: 1)
            self = .rows(reader)
        case .lines(var reader):
            reader.seek(to: offset, line: 1)
            self = .lines(reader)
        case .elements(var reader):
            reader.seek(to: offset, line: 1)
            self = .elements(reader)
        }
    }

    /// The next record, parsed into the document.
    mutating func next(
        into document: JSONDocument
    ) throws(SystemError) -> Result<(offset: Int, node: JSONNode), RecordProblem>? {
        guard let found = try next() else { return nil }
        return found.flatMap { record in
            do throws(JSONError) {
                return .success((record.offset, try document.parse(record.bytes.span)))
            } catch {
                return .failure(RecordProblem(record, error))
            }
        }
    }

    /// Whether there is a list of records, be it empty or damaged. For a reader at the start.
    var isList: Bool {
        get throws(SystemError) {
            var first = self
            guard case .failure(let problem)? = try first.next() else { return true }
            return problem.what != .noArray
        }
    }

    mutating func next() throws(SystemError) -> Result<Record, RecordProblem>? {
        switch self {
        case .rows(var reader):
            defer { self = .rows(reader) }
            return try reader.next()
        case .lines(var reader):
            defer { self = .lines(reader) }
            return try reader.next()
        case .elements(var reader):
            defer { self = .elements(reader) }
            return try reader.next()
        }
    }
}

/// A file of records, gone through once for the names of the pictures; what a record says is read again when its
/// picture turns up.
final class RecordManifest: Manifest {
    let file: Path?
    private let format: any RecordFormat
    private let context: IntakeContext
    private var reader: RecordReader
    private var index = PostIndex()
    private let document = JSONDocument()
    /// The record that `document` holds.
    private var offset = -1
    private var root: JSONNode?

    /// - file: For people.
    init(
        _ reader: RecordReader, of file: Path, format: any RecordFormat, _ context: IntakeContext,
        _ problems: inout [MetadataProblem]
    ) throws(SystemError) {
        (self.file, self.format, self.context, self.reader) = (file, format, context, reader)
        var pass = reader.selecting(format.nameColumns)
        while let found = try pass.next(into: document) {
            switch found {
            case .success((let offset, let node)):
                format.forEachPicture(in: node) { name, number in
                    index.insert(name, at: PostIndex.Place(offset: offset, picture: number))
                }
            case .failure(let problem): problems.append(MetadataProblem(problem, in: file))
            }
        }
        index.sort()
    }

    var records: (count: Int, unmatched: Int) { (index.recordCount, index.unmatchedRecordCount) }

    func post(of picture: PictureName) throws(SystemError) -> Post? {
        guard let place = index.place(of: picture) else { return nil }
        if place.offset != offset {
            offset = place.offset
            root = nil
            reader.seek(to: place.offset)
            if case .success(let record) = try reader.next(into: document) { root = record.node }
        }
        return root.map { format.post(of: place.picture, in: $0, context) }
    }
}

extension MetadataProblem {
    init(_ problem: RecordProblem, in file: Path) {
        self.init(file: file, line: problem.line, what: problem.sentence)
    }
}
