import Foundation
import Intake
import Queue

/// What helps where a worker cannot read what its user can: another user's files, or what systemd's sandbox hides.
struct SourceAccess {
    /// The worker's user; nil where it is this one, or cannot be found out.
    private let user: String?
    /// Whether the worker runs in systemd's unit, and thus in its sandbox.
    private let isOfService: Bool

    init(user: String?, isOfService: Bool) {
        self.user = user
        self.isOfService = isOfService
    }

    /// - worker: One of this machine.
    init(of worker: WorkerIdentity) {
        let folder = "/proc/\(worker.pid)"
        var status = stat()
        guard unsafe stat(folder, &status) == 0, status.st_uid != getuid(),
            let entry = unsafe getpwuid(status.st_uid)
        else {
            self.init(user: nil, isOfService: false)
            return
        }
        let groups = (try? String(contentsOfFile: folder + "/cgroup", encoding: .utf8)) ?? ""
        self.init(user: unsafe String(cString: entry.pointee.pw_name), isOfService: groups.contains("/bagq-worker@"))
    }

    /// The commands that let the worker read `source`; nil where nothing is known that would.
    func advice(on source: Path, job: JobID) -> String? {
        guard let user else { return nil }
        let path = source.description
        if isOfService, ["/tmp/", "/var/tmp/"].contains(where: (path + "/").hasPrefix) {
            return "the service has a /tmp of its own (PrivateTmp=yes) and does not see this one: move the folder, "
                + "for instance to /srv, and submit it there"
        }
        let closed = Self.ancestors(of: source).filter { !Self.allows($0, S_IXOTH) }
        let isOpen = closed.isEmpty && Self.allows(source, S_IROTH)
        if isOpen {
            guard isOfService else { return nil }
            return "the service's sandbox hides \(path): `sudo systemctl edit bagq-worker@`, add [Service] and "
                + "BindReadOnlyPaths=\(path), then restart the workers and `bagq retry \(job)`"
        }
        let enter = closed.map { "sudo setfacl -m u:\(user):x \($0)" }
        return "let \(user) read it: `"
            + (enter + ["sudo setfacl -R -m u:\(user):rX \(path)", "bagq retry \(job)"])
            .joined(separator: " && ") + "`"
    }

    private static func ancestors(of path: Path) -> [Path] {
        var found: [Path] = []
        var folder = path.folder
        while folder.bytes.count > 1 {
            found.insert(folder, at: 0)
            folder = folder.folder
        }
        return found
    }

    private static func allows(_ path: Path, _ bit: mode_t) -> Bool {
        var status = stat()
        return unsafe stat(path.cString, &status) == 0 && status.st_mode & bit != 0
    }
}
