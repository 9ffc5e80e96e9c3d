import Glibc

/// A record of a text file that holds many: a line, an array's element or a table's row.
///
///     var lines = LineReader(file)
///     while let found = try lines.next() {
///         switch found {
///         case .success(let record):
///             do { use(try document.parse(record.bytes.span)) } catch { problems.append(RecordProblem(record, error))
///             }
///         case .failure(let problem): problems.append(problem)
///         }
///     }
///
/// `LineReader`, `ElementReader` and `CSVReader` all read so. Only what the system answers is thrown. A record is found
/// again by its offset: `seek(to:)` and `next()`.
package struct Record: Sendable {
    /// Without the line's end.
    package var bytes: ArraySlice<UInt8>
    /// Of the first byte in the file.
    package var offset: Int
    /// Of the first byte, counted from 1.
    package var line: Int
    /// It runs to the end of the file without a line's end: it may be cut off.
    package var isUnterminated = false
}

/// What is wrong with one place in a file. The records around it are read all the same.
package struct RecordProblem: Error, Hashable, CustomStringConvertible {
    package enum What: Hashable, Sendable {
        /// With the limit in bytes. It is skipped.
        case tooLong(limit: Int)
        /// The file ends in the middle of it.
        case cutOff
        case json(JSONError)
        /// The file holds no array where one was expected.
        case noArray
        /// Something between an array's elements that belongs nowhere; the rest of the array is not read.
        case damaged
        /// A quote that nothing closes within a row's limits: it is taken as a character.
        case unclosedQuote
        case utf16
    }

    package var line: Int
    /// Of the record in the file.
    package var offset: Int
    package var what: What

    init(_ what: What, line: Int, offset: Int) {
        self.line = line
        self.offset = offset
        self.what = what
    }

    /// Why a record could not be parsed.
    package init(_ record: Record, _ error: JSONError) {
        let isCut = record.isUnterminated && error.problem == .ends
        self.init(isCut ? .cutOff : .json(error), line: record.line, offset: record.offset)
    }

    package var description: String { "line \(line): \(sentence)" }

    /// What is wrong, without the place.
    var sentence: String {
        switch what {
        case .tooLong(let limit): "longer than \(limit) bytes, skipped"
        case .cutOff: "the file ends in the middle of this record; was it copied whole?"
        case .json(let error): "not JSON: \(error)"
        case .noArray: "there is no list of records here"
        case .damaged: "the list is damaged here; what follows is not read"
        case .unclosedQuote: "a quote is not closed"
        case .utf16: "the file is in UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"
        }
    }
}

/// A window on a file that moves forward: what has been handed out is dropped when more is read.
struct RecordBuffer {
    private let file: ReadableFile
    private let longestRead: Int
    private var readSize: Int
    private(set) var bytes: [UInt8] = []
    /// Of `bytes[0]` in the file.
    private var start = 0
    /// The first byte that is not yet part of a record, in `bytes`.
    var next = 0
    /// Of `next`, counted from 1.
    var line = 1

    init(_ file: ReadableFile, readSize: Int) {
        self.file = file
        longestRead = readSize
        self.readSize = min(readSize, 16_384)
    }

    /// Of `next` in the file.
    var offset: Int { start + next }

    mutating func seek(to offset: Int, line: Int) {
        self.line = line
        if offset >= start, offset <= start + bytes.count {
            next = offset - start
        } else {
            start = offset
            next = 0
            bytes.removeAll(keepingCapacity: true)
            readSize = min(longestRead, 16_384)
        }
    }

    /// Reads more of the file; false at its end. Indices before `next` are gone then, and those from it on have moved
    /// down by it.
    mutating func fill() throws(SystemError) -> Bool {
        start += next
        bytes.removeFirst(next)
        next = 0
        let offset = start + bytes.count
        let count = try file.read(into: &bytes, at: offset, count: min(readSize, max(file.size - offset, 1)))
        readSize = min(longestRead, 2 * readSize)
        return count > 0
    }

    /// Makes sure of `count` bytes from `next` on, as far as the file has them.
    mutating func need(_ count: Int) throws(SystemError) {
        while bytes.count - next < count, try fill() {}
    }

    /// Skips a byte order mark. Returns false for UTF-16. At the file's start only.
    mutating func skipMark() throws(SystemError) -> Bool {
        try need(3)
        let head = bytes[next...].prefix(3)
        if head.elementsEqual([0xEF, 0xBB, 0xBF]) { next += 3 }
        return !head.starts(with: [0xFF, 0xFE]) && !head.starts(with: [0xFE, 0xFF])
    }

    /// The first `byte` at `index` or later.
    func find(_ byte: UInt8, from index: Int) -> Int? {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, index < buffer.count else { return nil }
            guard let hit = unsafe memchr(base + index, CInt(byte), buffer.count - index) else { return nil }
            return unsafe UnsafeRawPointer(hit) - base
        }
    }

    /// Moves `next` to `index` and counts the lines on the way.
    mutating func advance(to index: Int) {
        for byte in bytes[next..<index] where byte == 0x0A { line += 1 }
        next = index
    }
}
