import Glibc

/// An open regular file, closed with its last reference.
final class ReadableFile {
    let descriptor: CInt
    let size: Int

    init(at path: Path) throws(SystemError) {
        descriptor = unsafe open(path.cString, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else { throw .last }
        size = Int(status.st_size)
    }

    /// - path: Below the folder; no component of it may be a link. Nil for what is no regular file.
    init?(at path: Path, in folder: Directory) throws(SystemError) {
        descriptor = try folder.descriptor(of: path)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    }

    deinit { close(descriptor) }

    /// Appends up to `count` bytes from `offset` on. Returns how many there were; 0 only at the end.
    func read(into buffer: inout [UInt8], at offset: Int, count: Int) throws(SystemError) -> Int {
        var answer = 0
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: count) { space, length in
            repeat {
                answer = unsafe pread(descriptor, space.baseAddress, count, off_t(offset))
            } while answer < 0 && errno == EINTR
            length = max(answer, 0)
        }
        if answer < 0 { throw .last }
        buffer.append(contentsOf: piece)
        return answer
    }
}
