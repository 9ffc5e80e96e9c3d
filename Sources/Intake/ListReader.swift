import Glibc

/// Reads a text file that names a picture in each line, relative to the list's folder or absolute. Blank lines are
/// skipped. A line whose file is missing is still an item, and will fail with the reason: somebody wrote it down.
struct ListReader: SourceReader {
    private let list: Path
    private let file: ReadableFile
    /// Where the first line that has not been handed out begins in the file.
    private var offset: Int
    /// The file's bytes from `offset` on, as far as they have been read, and where the next line begins in them.
    private var buffer: [UInt8] = []
    private var next = 0
    private(set) var isAtEnd = false

    private static let bytesPerRead = 65_536
    /// A longer line is no path.
    private static let longestLine = 65_536

    init(list: Path, cursor: ArraySlice<UInt8>?) throws(IntakeError) {
        self.list = list
        do { file = try ReadableFile(at: list) } catch { throw IntakeError(error, at: list) }
        offset = 0
        if let cursor {
            guard cursor.count == 8 else { throw .unknownCursor(list) }
            offset = Int(truncatingIfNeeded: cursor.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            guard offset >= 0, offset <= file.size else { throw .changed(list, why: "it is shorter than before") }
        } else {
            try checkStart()
        }
    }

    var findings: DumpFindings { DumpFindings() }

    var cursor: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: offset >> (56 - 8 * $0)) } }

    /// A file that names no picture at its start was not meant as a list.
    private mutating func checkStart() throws(IntakeError) {
        try fill()
        if buffer.isEmpty { return }
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
            buffer.removeFirst(3)
            offset = 3
        }
        let format = FileFormat(buffer.span)
        if format.kind == .archive { throw .archive(list, what: format.name) }
        if buffer.contains(0) {
            throw .notAList(list, why: format.kind == .other ? "this is \(format.name)" : "it is not text in UTF-8")
        }
        let namesAPicture = buffer.split(whereSeparator: { $0 == UInt8(ascii: "\n") }).contains { line in
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return FileName(visible: Path(bytes: Array(line)).name.bytes.span) == .picture
        }
        if !namesAPicture {
            let what = format.name == "text" ? "" : "this is \(format.name): "
            throw .notAList(list, why: "\(what)none of its first lines names a picture")
        }
    }

    mutating func read(limit: Int, leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference] {
        var found: [PictureReference] = []
        var tally = LeftOutTally()
        while found.count < limit, let line = try nextLine() {
            if line.bytes.isEmpty && !line.isTooLong { continue }
            let path = Path(bytes: line.bytes)
            if line.isTooLong {
                tally[.notAPicture] += 1
            } else if let reason = LeftOut(named: path, from: list.folder) {
                tally[reason] += 1
            } else {
                found.append(PictureReference(path: path))
            }
        }
        tally.add(to: &leftOut)
        return found
    }

    /// The next line without its terminator; nil at the end of the file.
    private mutating func nextLine() throws(IntakeError) -> (bytes: [UInt8], isTooLong: Bool)? {
        var searchedTo = next
        var isTooLong = false
        while true {
            if let end = buffer[searchedTo...].firstIndex(of: UInt8(ascii: "\n")) {
                return (take(upTo: end, skipping: 1), isTooLong)
            }
            searchedTo = buffer.count - next
            buffer.removeFirst(next)
            next = 0
            if buffer.count > ListReader.longestLine {
                isTooLong = true
                offset += buffer.count
                buffer = []
                searchedTo = 0
            }
            if try fill() == 0 {
                if buffer.isEmpty && !isTooLong {
                    isAtEnd = true
                    return nil
                }
                return (take(upTo: buffer.count, skipping: 0), isTooLong)
            }
        }
    }

    private mutating func take(upTo end: Int, skipping terminator: Int) -> [UInt8] {
        var line = buffer[next..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        offset += end + terminator - next
        next = end + terminator
        return Array(line)
    }

    /// Appends more of the file to the buffer; 0 at its end.
    @discardableResult
    private mutating func fill() throws(IntakeError) -> Int {
        do {
            return try file.read(into: &buffer, at: offset + buffer.count - next, count: ListReader.bytesPerRead)
        } catch {
            throw IntakeError(error, at: list)
        }
    }
}
