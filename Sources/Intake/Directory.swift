import Glibc

/// An open directory, closed with its last reference. Reaches its entries by descriptor, so paths may be longer than
/// the system's limit and nothing is reached through a link.
@safe final class Directory {
    enum EntryKind { case file, folder, link, pipe, special }

    private let stream: OpaquePointer

    /// Follows links: the path is one that a user typed.
    init(at path: Path) throws(SystemError) {
        unsafe stream = try Directory.stream(open(path.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }

    /// `name` is one component of a path; a link there is an error.
    init(named name: [UInt8], in parent: Directory) throws(SystemError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(dirfd(parent.stream), Path(bytes: name).cString, flags)
        unsafe stream = try Directory.stream(descriptor)
    }

    deinit { unsafe closedir(stream) }

    /// A descriptor for reading what lies at a path below. A link on the way is an error.
    func descriptor(of path: Path) throws(SystemError) -> CInt {
        var folder = self
        let parts = path.bytes.split(separator: Path.separator)
        for part in parts.dropLast() { folder = try Directory(named: Array(part), in: folder) }
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW
        let descriptor = unsafe openat(dirfd(folder.stream), Path(bytes: Array(parts.last ?? [])).cString, flags)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }

    private static func stream(_ descriptor: CInt) throws(SystemError) -> OpaquePointer {
        guard descriptor >= 0 else { throw .last }
        guard let stream = unsafe fdopendir(descriptor) else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        return unsafe stream
    }

    /// Calls `body` with the name and kind of every entry but `.` and `..`, in the order of the file system.
    func forEach(_ body: (Span<UInt8>, EntryKind) -> Void) throws(SystemError) {
        unsafe rewinddir(stream)
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw .last }
                return
            }
            // The name may go past the end of the struct's own array, so only its start is taken from the struct.
            let start = unsafe UnsafeRawPointer(entry).advanced(by: Directory.nameOffset).assumingMemoryBound(
                to: UInt8.self)
            let name = unsafe UnsafeBufferPointer(start: start, count: strlen(start))
            if unsafe name.count <= 2 && name.allSatisfy({ $0 == UInt8(ascii: ".") }) { continue }
            let kind: EntryKind? =
                switch unsafe Int(entry.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .folder
                case Int(DT_LNK): .link
                case Int(DT_FIFO), Int(DT_SOCK): .pipe
                case Int(DT_UNKNOWN): unsafe kind(of: start)
                default: .special
                }
            if let kind { unsafe body(name.span, kind) }
        }
    }

    /// For file systems that do not say in the listing; nil when the entry is gone.
    private func kind(of name: UnsafePointer<UInt8>) -> EntryKind? {
        var status = stat()
        guard unsafe fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return EntryKind(mode: status.st_mode)
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
}

extension Directory.EntryKind {
    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO, S_IFSOCK: .pipe
            default: .special
            }
    }
}

extension Path {
    /// What the path names. `followingLinks` is for paths that a user typed.
    func kind(followingLinks: Bool) throws(SystemError) -> Directory.EntryKind {
        var status = stat()
        guard unsafe fstatat(AT_FDCWD, cString, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .last
        }
        return Directory.EntryKind(mode: status.st_mode)
    }
}

/// The sub-folders of a folder that a walk would go into, and what it would leave out there.
package struct Subfolders: Sendable {
    /// Sorted by bytes.
    package private(set) var names: [Path] = []
    /// Of the folder's own entries, by reason; the keys are those of `SourceLister.leftOut`.
    package private(set) var leftOut: [String: Int] = [:]

    package init(of folder: Path) throws(IntakeError) {
        var tally = LeftOutTally()
        do throws(SystemError) {
            try Directory(at: folder).forEach { name, kind in
                if let reason = LeftOut(name: name, kind: kind) {
                    tally[reason] += 1
                } else if kind == .folder {
                    names.append(Path(bytes: unsafe name.withUnsafeBufferPointer { unsafe Array($0) }))
                }
            }
        } catch {
            throw IntakeError(error, at: folder)
        }
        names.sort()
        tally.add(to: &leftOut)
    }
}
