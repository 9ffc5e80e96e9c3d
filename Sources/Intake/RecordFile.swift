/// A file of records, by its beginning: looked at once for all formats that are known by what their records hold.
struct RecordFile {
    /// For people.
    let path: Path
    /// Stands at the first record.
    let reader: RecordReader
    /// The first records that can be parsed; at least one.
    let head: [JSONNode]

    /// Its columns are called by their numbers, from 0.
    let isHeaderless: Bool

    /// As many records as are looked at.
    static let headCount = 50
    private static let longestHead = 1 << 20
    private static let mostProblems = 20

    /// Nil for what holds no records. What they are written in is told by the name and by the first bytes.
    init?(_ name: [UInt8], in folder: FolderView) throws(SystemError) {
        guard let kind = Ending(name), let file = try folder.file(Path(bytes: name)) else { return nil }
        path = folder.path.appending(Path(bytes: name))
        var isHeaderless = false
        switch kind {
        case .table:
            let table = TableReader(try CSVReader(file))
            isHeaderless = table.isHeaderless
            reader = .rows(table)
        case .lines: reader = .lines(LineReader(file))
        case .json:
            var start: [UInt8] = []
            _ = try file.read(into: &start, at: 0, count: 4096)
            let first = start.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
            let text = String(decoding: start, as: UTF8.self)
            if first == UInt8(ascii: "{") {
                // COCO: one object, with a list of the pictures in it.
                let isCOCO = Self.marksOfCOCO.contains { text.contains($0) }
                reader = isCOCO ? .elements(ElementReader(file, path: ["images"])) : .lines(LineReader(file))
            } else {
                reader = .elements(ElementReader(file))
            }
        }
        self.isHeaderless = isHeaderless
        var head: [JSONNode] = []
        var (length, problems) = (0, 0)
        var pass = reader
        while head.count < Self.headCount, length < Self.longestHead, problems < Self.mostProblems,
            let found = try pass.next()
        {
            if case .success(let record) = found, let node = try? JSONDocument().parse(record.bytes.span),
                node.kind == .object
            {
                head.append(node)
                length += record.bytes.count
            } else {
                problems += 1
            }
        }
        if head.isEmpty { return nil }
        self.head = head
    }

    private static let marksOfCOCO = ["\"images\": [", "\"images\":[", "\"annotations\": [", "\"annotations\":["]

    /// The names of a folder's files that may hold records. Those of JSON documents that belong to one picture or post
    /// each are not among them: they have a picture's name, or there are too many of them.
    static func names(in folder: FolderView) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var documents: [[UInt8]] = []
        for index in 0..<folder.metadata.count {
            let name = Array(folder.metadata[index])
            switch Ending(name) {
            case .table, .lines: names.append(name)
            case .json where documents.count <= mostDocuments:
                let stem = PictureName(name).stem
                if FileName(visible: Array(stem).span) == .other { documents.append(name) }
            case .json, nil: break
            }
        }
        return documents.count > mostDocuments ? names : names + documents
    }

    private static let mostDocuments = 100

    private enum Ending {
        case table, lines, json

        init?(_ name: [UInt8]) {
            guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
            switch String(decoding: name[dot...], as: UTF8.self).lowercased() {
            case ".csv", ".tsv": self = .table
            case ".jsonl", ".ndjson": self = .lines
            case ".json", ".js": self = .json
            default: return nil
            }
        }
    }
}

/// The rows of a table as JSON objects: the header's names are the keys, all values are strings, and empty ones are
/// left out. So one way to read records does for all.
struct TableReader {
    private var rows: CSVReader
    private let names: [String]
    /// `"name":` for each column; nil where it is not wanted.
    private var keys: [[UInt8]?]

    /// The first row holds an address: it is none of names. Then the columns are called by their numbers, from 0.
    let isHeaderless: Bool

    init(_ rows: CSVReader) {
        self.rows = rows
        isHeaderless = rows.header.contains { $0.contains("://") }
        names = isHeaderless ? rows.header.indices.map(String.init) : rows.header
        keys = names.map { name in
            var key: [UInt8] = []
            key.appendJSON(name)
            return key + [UInt8(ascii: ":")]
        }
        if isHeaderless { self.rows.seek(to: rows.firstRow.offset, line: rows.firstRow.line) }
    }

    /// Leaves out all but these columns.
    mutating func select(_ columns: Set<String>) {
        for (index, name) in names.enumerated() where !columns.contains(name) { keys[index] = nil }
    }

    mutating func seek(to offset: Int, line: Int) { rows.seek(to: offset, line: line) }

    mutating func next() throws(SystemError) -> Result<Record, RecordProblem>? {
        guard let found = try rows.next() else { return nil }
        return found.map { row in
            var object: [UInt8] = [UInt8(ascii: "{")]
            for (column, key) in keys.enumerated() {
                guard let key else { continue }
                let text = row[column]
                if text.isEmpty { continue }
                if object.count > 1 { object.append(UInt8(ascii: ",")) }
                object += key
                object.appendJSON(text)
            }
            object.append(UInt8(ascii: "}"))
            return Record(bytes: object[...], offset: row.offset, line: row.line)
        }
    }
}

extension [UInt8] {
    /// A string's JSON.
    fileprivate mutating func appendJSON(_ text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte < 0x20 {
                append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                append(contentsOf: String(byte, radix: 16).utf8)
                continue
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }
}
