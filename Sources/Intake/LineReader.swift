/// The lines of a file of any size (JSONL, NDJSON), read forward with a buffer no larger than the longest line allowed.
///
/// Blank lines are skipped, and so are a byte order mark at the start and a `\r` before a line's end. A line over the
/// limit is reported and skipped without being held.
package struct LineReader {
    private var buffer: RecordBuffer
    private let limit: Int
    private var isAtEnd = false

    /// - limit: In bytes.
    init(_ file: ReadableFile, limit: Int = 16 << 20, readSize: Int = 262_144) {
        buffer = RecordBuffer(file, readSize: readSize)
        self.limit = limit
    }

    /// Goes on from a record's place.
    package mutating func seek(to offset: Int, line: Int) {
        buffer.seek(to: offset, line: line)
        isAtEnd = false
    }

    /// The next line that is not blank, or what is wrong with it; nil at the end of the file.
    package mutating func next() throws(SystemError) -> Result<Record, RecordProblem>? {
        if isAtEnd { return nil }
        if buffer.offset == 0, try !buffer.skipMark() {
            isAtEnd = true
            return .failure(RecordProblem(.utf16, line: 1, offset: 0))
        }
        while true {
            let (line, offset) = (buffer.line, buffer.offset)
            var searched = buffer.next
            var end = buffer.find(0x0A, from: searched)
            var isTooLong = false
            while end == nil {
                searched = buffer.bytes.count - buffer.next
                if searched > limit {
                    isTooLong = true
                    buffer.next = buffer.bytes.count
                    searched = 0
                }
                if try !buffer.fill() {
                    isAtEnd = true
                    break
                }
                end = buffer.find(0x0A, from: searched)
            }
            let record = buffer.bytes[buffer.next..<(end ?? buffer.bytes.count)]
            buffer.next = min(record.endIndex + 1, buffer.bytes.count)
            buffer.line += 1
            if isTooLong || record.count > limit {
                return .failure(RecordProblem(.tooLong(limit: limit), line: line, offset: offset))
            }
            if record.contains(where: { $0 > 0x20 }) {
                let content = record.last == 0x0D ? record.dropLast() : record
                return .success(Record(bytes: content, offset: offset, line: line, isUnterminated: isAtEnd))
            }
            if isAtEnd { return nil }
        }
    }
}
