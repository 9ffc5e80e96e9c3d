/// Any CSV, TSV, JSONL or JSON array with a column that names pictures: what people call the other columns is known. A
/// table without such a column is none of bagq's business. COCO's list of pictures is read so too; its dates are of the
/// collection and say nothing.
enum Table: RecordFileFormat {
    static let name = "table"

    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any RecordFormat)? {
        let columns = TableColumns(file.head)
        let candidates = columns.files
        if candidates.isEmpty { return nil }
        let pictures = try folder.pictures(in: folder)
        for column in candidates {
            let values = file.head.flatMap { TableRecord.values(of: $0, at: column) }
            let matches = values.count { pictures.path(of: $0) != nil || folder.hasPicture(at: $0) }
            if matches > 0, 2 * matches >= values.count {
                return try TableRecord(
                    file, columns: columns, files: [column], pictures: pictures, context, &problems)
            }
        }
        return nil
    }
}

extension FolderView {
    /// Whether a value is a picture's path from here, however deep.
    fileprivate func hasPicture(at value: [UInt8]) -> Bool {
        let picture = Path(bytes: Array(NearbyPictures.cleaned(value)))
        return LeftOut(named: picture, from: path) == nil
            && (try? path.appending(picture).kind(followingLinks: false)) == .file
    }
}

/// The columns of a table, or the keys of records of that kind, by what they are called.
struct TableColumns {
    let aliases: RecordAliases

    init(_ head: [JSONNode]) { aliases = RecordAliases(head) }

    /// Those that may name pictures, likeliest first.
    var files: [[String]] {
        let named = aliases.called(Self.fileNames)
        let more = aliases.paths.filter { path in
            let name = RecordAliases.folded(path.joined())
            return name.hasSuffix("filename") || name.hasSuffix("filepath")
        }
        return named + more.filter { !named.contains($0) } + aliases.called(Self.addresses)
    }

    private static let fileNames = [
        "filename", "file", "image", "imagepath", "path", "img", "imageid", "id", "name", "filepath", "imagefile",
        "imagefilename", "imagename", "imgpath", "localpath", "media", "mediapath", "photo", "picture", "images",
        "files", "photos", "key",
    ]
    /// Downloads keep the last part.
    private static let addresses = [
        "mediaurl", "imageurl", "displayurl", "photourl", "imgurl", "mediaurls", "imageurls", "url",
    ]

    /// What people are told of a table that names no picture.
    static let wanted = "file_name, image, path, id or another that names files"
}

/// A row of a table, or a record of that kind.
struct TableRecord: RecordFormat {
    private let files: [[String]]
    private let pictures: NearbyPictures?
    private let aliases: RecordAliases
    private let fields: PostFields

    /// - files: The columns that name its pictures.
    /// - pictures: To look up what they name; nil where they name paths.
    init(
        _ file: RecordFile, columns: TableColumns, files: [[String]], pictures: NearbyPictures?,
        _ context: IntakeContext,
        _ problems: inout [MetadataProblem]
    ) throws(SystemError) {
        (self.files, self.pictures, aliases) = (files, pictures, columns.aliases)
        var fields = aliases.fields(without: files)
        if let column = aliases.times.first(where: { Self.isAmbiguous($0, file.head) }) {
            fields.dayOrder = try Self.dayOrder(of: column, in: file)
            if fields.dayOrder == nil {
                problems.append(
                    MetadataProblem(
                        file: file.path, line: nil,
                        what:
                            "nothing in \(column.joined(separator: ".")) tells days from months; write dates as 2024-05-01"
                    ))
            }
        }
        self.fields = fields
    }

    var namesFiles: Bool { true }

    var nameColumns: Set<String>? { Set(files.map { $0[0] }) }

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        var number = 0
        for column in files {
            for value in Self.values(of: record, at: column) {
                name(value, number, body)
                number += 1
            }
        }
    }

    private func name(_ value: [UInt8], _ number: Int, _ body: (PostIndex.Name, Int) -> Void) {
        let path = NearbyPictures.cleaned(value)
        guard let pictures else { return body(.path(path), number) }
        if let found = pictures.path(of: value) { return body(.path(found[...]), number) }
        body(.path(path), number)
        // Deeper down.
        let tail = path.split(separator: Path.separator).suffix(2)
        if let first = tail.first, tail.count == 2 {
            body(.tail(path[first.startIndex...]), number)
        } else if !pictures.isAmbiguous(path) {
            body(.stem(NearbyPictures.stem(of: path)), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        var post = aliases.post(in: record, fields, source: .manifest, context)
        let names = files.flatMap { Self.values(of: record, at: $0) }
        if names.count > 1 { post.place = number }
        // Rows of tables are counted, and the posts of a site are not told from another's.
        if post.platform == nil && !aliases.hasPostID { post.id = nil }
        return post
    }

    static func values(of record: JSONNode, at column: [String]) -> [[UInt8]] {
        guard let node = record.node(at: column) else { return [] }
        if node.kind != .array { return (node.text?.nonBlank).map { [Array($0.utf8)] } ?? [] }
        return node.elements.compactMap { ($0.text?.nonBlank).map { Array($0.utf8) } }
    }

    // MARK: Days and months

    private static func isAmbiguous(_ column: [String], _ head: [JSONNode]) -> Bool {
        head.contains { record in
            guard let text = record.node(at: column)?.string else { return false }
            return TimeText(text) == nil
                && TimeText(text, dayOrder: .dayFirst) ?? TimeText(text, dayOrder: .monthFirst) != nil
        }
    }

    /// As all of the file tells.
    private static func dayOrder(of column: [String], in file: RecordFile) throws(SystemError) -> DayOrder? {
        var evidence = DayOrderEvidence()
        var reader = file.reader.selecting([column[0]])
        let document = JSONDocument()
        while let found = try reader.next() {
            guard case .success(let record) = found, let node = try? document.parse(record.bytes.span),
                let text = node.node(at: column)?.string
            else { continue }
            evidence.add(text.utf8.span)
        }
        return evidence.order
    }
}
