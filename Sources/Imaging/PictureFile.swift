#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
package import Intake

/// Reading a file that may be anything: a pipe, a device, a link, or gone.
package enum PictureFile {
    /// Reads a whole regular file, or a slice of one. Never waits for another process, and follows no link in the last
    /// step of the path.
    /// - limit: more bytes are refused unread.
    /// - buffer: becomes the contents; reuse it for the next file.
    package static func read(
        _ place: PicturePlace, limit: Int = 256 << 20, into buffer: inout [UInt8]
    ) throws(PictureError) -> FileStamp {
        let path = place.path
        guard !path.bytes.contains(0) else { throw PictureError(.unreadable, "the path contains a zero byte") }
        let descriptor = descriptor(of: path)
        guard descriptor >= 0 else { throw failure("opened") }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("examined") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw PictureError(.unreadable, "this is \(kind(status.st_mode)), not a regular file")
        }
        let whole = Int(status.st_size)
        let (offset, size) = place.slice.map { ($0.offset, $0.length) } ?? (0, whole)
        guard size <= limit else {
            throw PictureError(.tooLarge, "the file has \(size) bytes, over the limit of \(limit)")
        }
        guard (0...whole).contains(offset), (0...whole - offset).contains(size) else {
            throw PictureError(.corrupt, "the file that holds this picture ends before it; copy or download it again")
        }
        try read(descriptor, at: offset, size, into: &buffer)
        return FileStamp(status)
    }

    /// Asks the system to have a file in memory when it is read soon, and waits for no more of the disk than it takes
    /// to find it.
    package static func readAhead(_ place: PicturePlace) {
        guard !place.path.bytes.contains(0) else { return }
        let descriptor = descriptor(of: place.path)
        guard descriptor >= 0 else { return }
        posix_fadvise(descriptor, off_t(place.slice?.offset ?? 0), off_t(place.slice?.length ?? 0), POSIX_FADV_WILLNEED)
        close(descriptor)
    }

    private static func descriptor(of path: Path) -> Int32 {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        if path.bytes.count < longestPath { return unsafe open(path.cString, flags) }
        // Longer than the system takes at once: folder after folder.
        var folder = AT_FDCWD
        defer { if folder != AT_FDCWD { close(folder) } }
        var rest = path.bytes[...]
        while rest.count >= longestPath {
            guard let slash = rest.prefix(longestPath - 1).lastIndex(of: UInt8(ascii: "/")), slash > rest.startIndex
            else { break }
            let next = unsafe openat(
                folder, Path(bytes: Array(rest[..<slash])).cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard next >= 0 else { return -1 }
            if folder != AT_FDCWD { close(folder) }
            folder = next
            rest = rest[(slash + 1)...].drop { $0 == UInt8(ascii: "/") }
        }
        return unsafe openat(folder, Path(bytes: Array(rest)).cString, flags)
    }

    /// PATH_MAX of Linux, its NUL included.
    private static let longestPath = 4096

    /// Reads as many bytes, or fewer where the file has become shorter.
    private static func read(
        _ descriptor: Int32, at offset: Int, _ size: Int, into buffer: inout [UInt8]
    ) throws(PictureError) {
        // Room is kept from file to file, but a giant's not for ever.
        if buffer.capacity > max(1 << 24, 8 * size) { buffer = [] }
        if buffer.count > size { buffer.removeLast(buffer.count - size) }
        buffer.append(contentsOf: repeatElement(0, count: size - buffer.count))
        var done = 0
        while done < size {
            let count = unsafe buffer.withUnsafeMutableBytes { buffer in
                unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + done }, size - done, off_t(offset + done))
            }
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw failure("read")
            }
        }
        buffer.removeLast(size - done)
    }

    private static func failure(_ verb: String) -> PictureError {
        let cause = SystemError(code: errno)
        if cause.code == ELOOP { return PictureError(.unreadable, "this is a symbolic link, which is not followed") }
        return PictureError(.unreadable, "the file cannot be \(verb): \(cause)", cause: cause)
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    }
}
