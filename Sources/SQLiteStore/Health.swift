import Foundation
import Glibc
package import Intake
package import Queue

/// What is wrong with a database, found without reading much of it.
package struct Finding: Hashable, Sendable {
    /// Whether work or what was recorded is in danger.
    package var isDanger: Bool
    /// A sentence that says what to do.
    package var text: String
}

extension SQLiteStore {
    /// Bytes below which a disk is as good as full: a commit, its log and a model need some.
    private static let scarceBytes = 64 << 20
    /// Of a write-ahead log that somebody keeps from being brought into the file.
    private static let largeLogBytes = 128 << 20

    /// What `doctor` tells, and `status` where it is a danger. Costs nothing that grows with the database.
    package func health() throws(StoreError) -> [Finding] {
        var findings = FileRights.findings(on: path)
        if let disk = freeBytes, disk < Self.scarceBytes {
            findings.append(
                Finding(
                    isDanger: true,
                    text: "the disk of \(path) has \(disk >> 20) MiB left; free some space, or work will stop"))
        }
        if let log = DatabaseFile.status(of: path + "-wal"), Int(log.st_size) > Self.largeLogBytes {
            findings.append(
                Finding(
                    isDanger: true,
                    text: "the write-ahead log of \(path) has grown to \(log.st_size >> 20) MiB: a program that reads "
                        + "without end keeps it from shrinking; end that one"))
        }
        let (mode, isForgetting) = try alone { db in
            (try db.row("PRAGMA journal_mode") { $0.text(0) } ?? "", try Transaction.hasForgotten(db))
        }
        if mode != "wal" {
            findings.append(
                Finding(
                    isDanger: true,
                    text:
                        "\(path) keeps no write-ahead log (journal mode \(mode)), so that readers and workers wait for each "
                        + "other; end what has it open, then any bagq command mends it"))
        }
        if isForgetting {
            findings.append(
                Finding(
                    isDanger: false,
                    text: "a `forget` was cut short: part of what it was to delete is still in \(path); "
                        + "a worker, or the next `bagq submit` or `bagq retry`, deletes it"))
        }
        return findings
    }

    private var freeBytes: Int? {
        var facts = statvfs()
        guard unsafe statvfs(path.cString, &facts) == 0 else { return nil }
        return Int(facts.f_bavail) * Int(facts.f_frsize)
    }

    /// Processes that work on a database which stood at `path` and was deleted under them: what they write is lost with
    /// them.
    package static func usersOfDeleted(_ path: Path) -> [Finding] {
        let manager = FileManager.default
        let processes = ((try? manager.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
        return processes.flatMap { process -> [Finding] in
            let folder = "/proc/\(process)/fd"
            return ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).compactMap { name in
                guard let target = try? manager.destinationOfSymbolicLink(atPath: folder + "/" + name),
                    target == "\(path) (deleted)"
                else { return nil }
                return Finding(
                    isDanger: true,
                    text:
                        "process \(process) has a database open that stood at \(path) and was deleted: a worker saves it "
                        + "within seconds and says where; `cp \(folder)/\(name) FILE` saves what is in the file alone")
            }
        }
    }
}

extension FileRights {
    /// What is unusual about who may read and write the database at `path`.
    static func findings(on path: Path) -> [Finding] {
        guard let file = DatabaseFile.status(of: path), let folder = DatabaseFile.status(of: path.folder) else {
            return []
        }
        var findings: [Finding] = []
        let isShared = folder.st_mode & (S_ISGID | S_IWGRP) == S_ISGID | S_IWGRP
        if isShared, file.st_gid != folder.st_gid || file.st_mode & 0o060 != 0o060 {
            findings.append(
                Finding(
                    isDanger: true,
                    text: "\(path) is closed to the group of its folder, which the workers belong to: "
                        + "`chgrp --reference=\(path.folder) \(path) && chmod 660 \(path)`"))
        }
        if file.st_mode & 0o006 != 0 {
            findings.append(
                Finding(
                    isDanger: false,
                    text: "\(path) can be read by everybody, and holds the key that authors are hashed with: "
                        + "`chmod o-rwx \(path)`"))
        }
        if !path.allows(W_OK) {
            findings.append(
                Finding(isDanger: false, text: "you may read \(path), but not write to it; check the rights on it"))
        }
        return findings
    }
}
