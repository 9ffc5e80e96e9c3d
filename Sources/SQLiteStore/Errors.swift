import CSQLite
import Foundation
import Intake
import Queue

extension StoreError {
    /// What a failed call on the database at `path` means to a user.
    init(_ error: any Error, path: Path) {
        switch error {
        case let error as StoreError: self = error
        case let error as SQLiteError: self = error.meaning(path: path)
        default: self = .broken(why: "\(path): \(error)")
        }
    }
}

extension SQLiteError {
    var isBusy: Bool { [SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL].contains(primaryCode) }
    var isReadOnly: Bool { primaryCode == SQLITE_READONLY }

    fileprivate func meaning(path: Path) -> StoreError {
        let file = path.description
        let cause = errno == 0 ? message : unsafe String(cString: strerror(errno))
        if isBusy { return .busy(why: "\(file) is locked by another process for too long; try again") }
        switch primaryCode {
        case SQLITE_FULL:
            return .broken(why: "the disk of \(file) is full; free some space and try again")
        case SQLITE_CANTOPEN:
            return .broken(why: "cannot open \(file): \(cause); check the path, and the rights on it and its folder")
        case SQLITE_READONLY, SQLITE_PERM:
            return .broken(
                why:
                    "\(file) cannot be written to (\(message)); check the rights on it, its -wal and -shm files and its folder"
            )
        case SQLITE_IOERR:
            return errno == ENOSPC || errno == EDQUOT
                ? .broken(why: "the disk of \(file) is full; free some space and try again")
                : .broken(why: "reading or writing \(file) failed: \(cause); check the disk, and the system's log")
        case SQLITE_NOTADB:
            return .broken(why: "\(file) is not a bagq database (not SQLite at all); name another file with --db")
        case SQLITE_CORRUPT:
            return .broken(why: "\(file) is damaged (\(message)); restore a backup")
        default:
            return .broken(why: "\(file): \(message) (SQLite code \(code)); this is a defect in bagq, please report it")
        }
    }
}

/// Where a database can live.
enum FileSystem {
    /// Refuses network file systems: the write-ahead log needs shared memory and locks that they do not give, and
    /// databases on them have been damaged.
    static func check(_ path: Path) throws {
        var facts = statfs()
        let status = unsafe statfs(path.folder.cString, &facts)
        guard status == 0, let name = networkFileSystems[UInt32(truncatingIfNeeded: facts.f_type)] else { return }
        throw StoreError.refused(
            why:
                "\(path) is on a network file system (\(name)), where SQLite loses data; put it on a local disk with --db"
        )
    }

    /// By the magic numbers of statfs(2) and linux/magic.h.
    private static let networkFileSystems: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x5346_414F: "AFS", 0x00C3_6400: "Ceph",
        0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS", 0x0102_1997: "9P", 0x7375_7245: "Coda", 0x564C: "NCP",
    ]
}
