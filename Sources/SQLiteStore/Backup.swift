import Glibc
package import Intake
package import Queue

extension SQLiteStore {
    package func backup(to target: Path) throws(StoreError) {
        guard unsafe access(target.cString, F_OK) != 0 else {
            throw .refused(why: "\(target) exists already; name a file that does not, or move it away")
        }
        let temporary = Path(bytes: target.bytes + Array(".partial-\(getpid())".utf8))
        let journal = Path(bytes: temporary.bytes + Array("-journal".utf8))
        func clear() { for path in [temporary, journal] { unsafe unlink(path.cString) } }
        // Also before: a backup that was killed may have had the same process number.
        clear()
        defer { clear() }
        do {
            try alone(about: target) { db in
                // One snapshot, without the free pages; no transaction may be open around it.
                _ = try db.run("VACUUM INTO CAST(? AS TEXT)", temporary)
            }
            try sync(temporary)
            // Unlike rename, link does not replace what has come to stand there meanwhile.
            guard unsafe link(temporary.cString, target.cString) == 0 else { throw FileError(path: target) }
            try sync(target.folder)
        } catch {
            throw StoreError(error, path: target)
        }
    }

    private func sync(_ path: Path) throws {
        let descriptor = unsafe open(path.cString, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path) }
    }
}

/// A system call on a file failed, with the reason in `errno`.
struct FileError: Error, CustomStringConvertible {
    var description: String

    init(path: Path) {
        description = unsafe "\(String(cString: strerror(errno))) (\(path))"
    }
}
