/// The rows of a CSV or TSV file of any size.
///
///     var table = try CSVReader(file)
///     let column = table.header.firstIndex(of: "file_name")
///     while let found = try table.next() {
///         switch found {
///         case .success(let row): use(row[column])
///         case .failure(let problem): problems.append(problem)
///         }
///     }
///
/// The separator (comma, semicolon, tab) is the one that the first lines agree on. Quoted fields may hold separators,
/// doubled quotes and lines. A file whose first 64 KB are not UTF-8 is in Windows-1252; so is a later field that is not
/// UTF-8. A row with too few or too many fields is a row, and counted.
///
/// A table without a header: `seek(to: table.firstRow.offset, line: table.firstRow.line)`, then its first row is read
/// as the others are.
package struct CSVReader {
    package struct Row: Sendable {
        /// From the row's first byte on, without the line's end.
        package var record: Record
        fileprivate var fields: [Range<Int>]
        fileprivate var isWindows1252: Bool

        package var offset: Int { record.offset }
        package var line: Int { record.line }
        package var count: Int { fields.count }

        /// A field's text, decoded when it is asked for; empty where the row is too short.
        package subscript(_ column: Int) -> String {
            guard fields.indices.contains(column) else { return "" }
            var bytes = record.bytes[fields[column]]
            if bytes.first == UInt8(ascii: "\"") { bytes = CSVText.unquoted(bytes)[...] }
            return CSVText.decoded(bytes, isWindows1252: isWindows1252)
        }

        package var texts: [String] { fields.indices.map { self[$0] } }
    }

    package let separator: UInt8
    /// The first row, empty in an empty file.
    package private(set) var firstRow: Row
    package private(set) var header: [String] = []
    package private(set) var shortRows = 0
    package private(set) var longRows = 0

    private var buffer: RecordBuffer
    private let limit: Int
    private let lineLimit: Int
    private let isWindows1252: Bool
    private var isAtEnd = false
    /// What was wrong before the first row was found.
    private var problem: RecordProblem?
    /// Before this place in the file a quoted field ends with its line: a quote was found there that nothing closes. So
    /// no byte is looked at more than a few times.
    private var quotesEndWithLines = 0

    /// Reads the header.
    /// - limit: Of a row, in bytes.
    /// - lineLimit: Of a row, in lines.
    init(
        _ file: ReadableFile, limit: Int = 1 << 20, lineLimit: Int = 10_000, readSize: Int = 262_144
    ) throws(SystemError) {
        buffer = RecordBuffer(file, readSize: readSize)
        self.limit = limit
        self.lineLimit = lineLimit
        let isReadable = try buffer.skipMark()
        try buffer.need(65_536)
        let head = buffer.bytes[buffer.next...].prefix(65_536)
        separator = CSVText.separator(of: head)
        // The last character may be cut.
        isWindows1252 = !(0...3).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
        firstRow = Row(
            record: Record(bytes: [], offset: buffer.offset, line: 1), fields: [], isWindows1252: isWindows1252)
        guard isReadable else {
            isAtEnd = true
            problem = RecordProblem(.utf16, line: 1, offset: 0)
            return
        }
        switch try nextRow() {
        case .success(let row)?:
            firstRow = row
            header = row.texts
        case .failure(let problem)?: self.problem = problem
        case nil: break
        }
    }

    /// Opens a file and reads its header.
    package init(at path: Path) throws(SystemError) { try self.init(ReadableFile(at: path)) }

    /// Goes on from a row's place.
    package mutating func seek(to offset: Int, line: Int) {
        buffer.seek(to: offset, line: line)
        isAtEnd = false
    }

    /// The next row that is not blank, or what is wrong with it; nil at the end of the file.
    package mutating func next() throws(SystemError) -> Result<Row, RecordProblem>? {
        if let problem {
            self.problem = nil
            return .failure(problem)
        }
        let found = try nextRow()
        if case .success(let row)? = found, !header.isEmpty {
            if row.count < header.count { shortRows += 1 }
            if row.count > header.count { longRows += 1 }
        }
        return found
    }

    private mutating func nextRow() throws(SystemError) -> Result<Row, RecordProblem>? {
        while !isAtEnd {
            let (line, offset) = (buffer.line, buffer.offset)
            var scanner = RowScanner(separator: separator, endsQuotesWithLines: offset < quotesEndWithLines)
            var end: Int?
            var isCut = false
            while true {
                end = unsafe buffer.bytes[buffer.next...].withUnsafeBufferPointer {
                    unsafe scanner.scan($0, limit: limit, lineLimit: lineLimit)
                }
                if end != nil || scanner.isOverLimit { break }
                if try !buffer.fill() {
                    isCut = true
                    scanner.finish(at: buffer.bytes.count - buffer.next)
                    break
                }
            }
            if scanner.isInQuotes, isCut || scanner.isOverLimit, !scanner.endsQuotesWithLines {
                quotesEndWithLines = offset + scanner.position
                try skipLine()
                return .failure(RecordProblem(.unclosedQuote, line: line, offset: offset))
            }
            if scanner.isOverLimit {
                try skipLine()
                return .failure(RecordProblem(.tooLong(limit: limit), line: line, offset: offset))
            }
            if isCut {
                isAtEnd = true
            }
            let length = end ?? (buffer.bytes.count - buffer.next)
            let bytes = buffer.bytes[buffer.next..<buffer.next + length]
            buffer.advance(to: min(buffer.next + length + (isCut ? 0 : 1), buffer.bytes.count))
            let content = bytes.last == 0x0D ? bytes.dropLast() : bytes
            if !content.contains(where: { $0 > 0x20 }) && scanner.fields.count <= 1 { continue }
            let fields = scanner.fields.map {
                content.startIndex + $0.lowerBound..<min(content.startIndex + $0.upperBound, content.endIndex)
            }
            let record = Record(bytes: content, offset: offset, line: line, isUnterminated: isCut)
            return .success(Row(record: record, fields: fields, isWindows1252: isWindows1252))
        }
        return nil
    }

    private mutating func skipLine() throws(SystemError) {
        while true {
            if let end = buffer.find(0x0A, from: buffer.next) {
                buffer.advance(to: end + 1)
                return
            }
            buffer.next = buffer.bytes.count
            if try !buffer.fill() {
                isAtEnd = true
                return
            }
        }
    }

    /// Splits a row that starts at index 0 into fields, over as many calls as it takes.
    private struct RowScanner {
        let separator: UInt8
        let endsQuotesWithLines: Bool
        private(set) var fields: [Range<Int>] = []
        private(set) var position = 0
        private(set) var isInQuotes = false
        private(set) var isOverLimit = false
        private var fieldStart = 0
        private var lines = 1

        init(separator: UInt8, endsQuotesWithLines: Bool) {
            self.separator = separator
            self.endsQuotesWithLines = endsQuotesWithLines
        }

        /// The file ends at `end`.
        mutating func finish(at end: Int) {
            // It was not known yet whether the last byte closes the field.
            if position < end { isInQuotes = false }
            position = end
            endField()
        }

        private mutating func endField() { fields.append(fieldStart..<position) }

        /// The index of the line's end that ends the row; nil when it is not there yet, or the row is over the limit.
        @unsafe mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int, lineLimit: Int) -> Int? {
            while position < bytes.count {
                if position >= limit || lines > lineLimit {
                    isOverLimit = true
                    return nil
                }
                let byte = unsafe bytes[position]
                if byte == 0x0A {
                    if !isInQuotes || endsQuotesWithLines {
                        endField()
                        return position
                    }
                    lines += 1
                } else if byte == UInt8(ascii: "\"") {
                    if isInQuotes {
                        // What follows decides whether the quote closes.
                        guard position + 1 < bytes.count else { return nil }
                        let after = unsafe bytes[position + 1]
                        if after == UInt8(ascii: "\"") {
                            position += 1
                        } else if after == separator || after == 0x0A || after == 0x0D {
                            isInQuotes = false
                        }
                    } else if position == fieldStart {
                        isInQuotes = true
                    }
                } else if byte == separator && !isInQuotes {
                    endField()
                    fieldStart = position + 1
                }
                position += 1
            }
            return nil
        }
    }
}
