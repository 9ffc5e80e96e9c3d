import CSQLite
import Glibc
import Intake
import Queue

/// The database's file among others: how it comes to be there, whose it is, and whether it still is what it was.
enum DatabaseFile {
    /// What SQLite calls the files that stand beside it.
    private static let companions = ["-wal", "-shm", "-journal"]

    /// Deletes a file that was made aside, with all that SQLite left beside it.
    static func remove(_ path: Path) {
        for suffix in [""] + companions { unsafe unlink((path + suffix).cString) }
    }

    /// Makes the database aside, whole, and then moves it into its place: whoever looks finds none or all of it. Does
    /// nothing where another process made it meanwhile.
    static func create(at path: Path, timeZone: String) throws {
        try FileSystem.check(path)
        try withFolderLocked(of: path) {
            guard try isMissing(path) else { return }
            try install(at: path) { aside in
                let db = try Connection(path: aside, access: .writing)
                // Only takes effect before the first page is written.
                try db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                try Schema.migrate(db, timeZone: timeZone)
                // Last: what closing would have to bring from a log into the file might not get there, and nobody would
                // hear of it.
                try db.enterWAL()
            }
        }
    }

    /// Whether there is no database at `path`: no file, an empty one, or one that was left without a table.
    static func isMissing(_ path: Path) throws -> Bool {
        guard let status = status(of: path) else {
            guard errno == ENOENT else { throw FileError(path: path) }
            return true
        }
        if status.st_size == 0 { return true }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= 8192 else { return false }
        let db = try Connection(path: path, access: .reading)
        return try db.row("PRAGMA application_id") { $0.int(0) } == 0
            && db.row("SELECT 1 FROM sqlite_schema LIMIT 1", map: { $0.int(0) }) == nil
    }

    /// Puts what `make` writes to the file it is given into the place of `path`, with the rights that belong there. The
    /// folder is locked. Returns once it has reached the disk.
    /// - kept: becomes the name of what is there now, which else is replaced.
    static func install(at path: Path, keeping kept: Path? = nil, _ make: (Path) throws -> Void) throws {
        let aside = path + ".new"
        remove(aside)
        defer { remove(aside) }
        let rights = FileRights(for: path)
        try makeFile(at: aside, mode: 0o600)
        try make(aside)
        try rights.give(to: aside)
        try sync(aside)
        if let kept {
            // A database and its log belong together, whatever state they are in.
            for suffix in ["", "-wal"] { unsafe rename((path + suffix).cString, (kept + suffix).cString) }
        }
        // What a database that is gone has left behind would be taken for this one's.
        for suffix in companions { unsafe unlink((path + suffix).cString) }
        guard unsafe rename(aside.cString, path.cString) == 0 else { throw FileError(path: path) }
        try sync(path.folder)
    }

    /// An empty file that nobody had there before.
    static func makeFile(at path: Path, mode: mode_t) throws {
        let descriptor = unsafe open(path.cString, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: path) }
        close(descriptor)
    }

    /// One process at a time changes which file a name in the folder means.
    static func withFolderLocked<Result>(of path: Path, _ body: () throws -> Result) throws -> Result {
        let descriptor = unsafe open(path.folder.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path.folder) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError(path: path.folder) }
        }
        return try body()
    }

    /// The process that has the database open, if any does: 0 for one that cannot be seen from here. This process must
    /// not have it open itself. By SQLite's own locks (sqlite.org/walformat.html, os_unix.c): every open connection in
    /// WAL mode holds a shared one on byte 128 of the -shm file; a transaction in another mode on the bytes after 2^30.
    static func user(of path: Path) -> pid_t? {
        func holder(_ file: Path, from start: Int, count: Int) -> pid_t? {
            let descriptor = unsafe open(file.cString, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var lock = flock(
                l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: start, l_len: count, l_pid: 0)
            guard unsafe fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
            return lock.l_pid
        }
        return holder(path + "-shm", from: 128, count: 1) ?? holder(path, from: 0x4000_0000, count: 512)
    }

    static func sync(_ path: Path) throws {
        let descriptor = unsafe open(path.cString, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path) }
    }

    /// Nil where nothing is there.
    static func status(of path: Path) -> stat? {
        var status = stat()
        return unsafe stat(path.cString, &status) == 0 ? status : nil
    }
}

/// Which file it is, whatever its name.
struct FileIdentity: Hashable {
    private let device: dev_t
    let inode: ino_t

    /// Nil where nothing is there.
    init?(of path: Path) {
        guard let status = DatabaseFile.status(of: path) else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}

/// Whose a database's file is, and who may read and write it.
struct FileRights {
    private var owner: uid_t?
    private var group: gid_t?
    private var mode: mode_t

    /// Those of the file at `path`. Where there is none, those that suit its folder: a group that shares a folder
    /// (setgid, and writable for it) shares the database, whatever the umask of whoever makes it; else the umask says.
    init(for path: Path) {
        if let file = DatabaseFile.status(of: path) {
            (owner, group, mode) = (file.st_uid, file.st_gid, file.st_mode & 0o777)
        } else if let folder = DatabaseFile.status(of: path.folder),
            folder.st_mode & (S_ISGID | S_IWGRP) == S_ISGID | S_IWGRP
        {
            (owner, group, mode) = (folder.st_uid, folder.st_gid, 0o660)
        } else {
            let mask = umask(0o077)
            umask(mask)
            mode = 0o666 & ~mask
        }
    }

    /// Only root can give files away. To a group that is not the right one nothing is opened. What is right already is
    /// not asked for: a sandbox may forbid chown(2) altogether.
    func give(to path: Path) throws {
        guard let now = DatabaseFile.status(of: path) else { throw FileError(path: path) }
        if let owner, owner != now.st_uid { unsafe chown(path.cString, owner, gid_t.max) }
        let isGrouped =
            group.map { unsafe $0 == now.st_gid || chown(path.cString, uid_t.max, $0) == 0 } ?? true
        guard unsafe chmod(path.cString, isGrouped ? mode : mode & 0o700) == 0 else { throw FileError(path: path) }
    }
}

/// A system call on a file failed, with the reason in `errno`.
struct FileError: Error, CustomStringConvertible {
    var description: String

    init(path: Path) {
        let hint = errno == EACCES || errno == EPERM ? "; check the rights on it and its folder" : ""
        description = unsafe "\(path): \(String(cString: strerror(errno)))\(hint)"
    }
}

extension Path {
    /// Whether this process may do to it what access(2) calls `mode`.
    func allows(_ mode: Int32) -> Bool { unsafe access(cString, mode) == 0 }

    static func + (path: Path, suffix: String) -> Path { Path(bytes: path.bytes + Array(suffix.utf8)) }
}
