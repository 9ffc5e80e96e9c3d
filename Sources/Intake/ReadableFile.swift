import Glibc

/// An open regular file, closed with its last reference.
final class ReadableFile {
    private let descriptor: CInt
    let size: Int

    init(at path: Path) throws(SystemError) {
        descriptor = unsafe open(path.cString, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else { throw .last }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Appends up to `count` bytes from `offset` on. Returns how many there were; 0 only at the end.
    func read(into buffer: inout [UInt8], at offset: Int, count: Int) throws(SystemError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        var answer: Int
        repeat {
            answer = unsafe buffer.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress?.advanced(by: start), count, off_t(offset))
            }
        } while answer < 0 && errno == EINTR
        let error = SystemError.last
        buffer.removeLast(count - max(answer, 0))
        guard answer >= 0 else { throw error }
        return answer
    }
}
