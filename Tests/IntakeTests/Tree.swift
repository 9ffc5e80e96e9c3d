import Foundation
import Glibc

@testable import Intake

/// A folder of its own for one test, removed at the end.
final class Tree {
    let root: Path

    init() {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bagq-intake-\(UUID().uuidString)")
        root = Path(folder.path(percentEncoded: false))
        self.folder("")
    }

    deinit {
        // Foundation gives up on paths as long as some tests make them.
        let remover = Process()
        remover.executableURL = URL(filePath: "/bin/rm")
        remover.arguments = ["-rf", root.description]
        try? remover.run()
        remover.waitUntilExit()
    }

    func path(_ relative: String) -> Path { root.appending(Path(relative)) }

    func folder(_ relative: String) {
        var path = root
        unsafe mkdir(path.cString, 0o755)
        for part in relative.split(separator: "/") {
            path = path.appending(Path(String(part)))
            unsafe mkdir(path.cString, 0o755)
        }
    }

    func file(_ relative: String, _ content: String = "") { file(Path(relative), content) }

    func file(_ relative: Path, _ content: String = "") {
        let descriptor = unsafe open(root.appending(relative).cString, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
        precondition(unsafe descriptor >= 0 && write(descriptor, content, content.utf8.count) == content.utf8.count)
        Glibc.close(descriptor)
    }

    /// Hard links to one empty file: cheaper than files.
    func files(_ names: [String]) {
        file(names[0])
        for name in names.dropFirst() {
            precondition(unsafe Glibc.link(path(names[0]).cString, path(name).cString) == 0)
        }
    }

    func link(_ relative: String, to target: String) {
        precondition(unsafe symlink(target, path(relative).cString) == 0)
    }
    func pipe(_ relative: String) { precondition(unsafe mkfifo(path(relative).cString, 0o600) == 0) }
    func close(folder relative: String) { precondition(unsafe chmod(path(relative).cString, 0) == 0) }
    func remove(_ relative: String) { precondition(unsafe Glibc.remove(path(relative).cString) == 0) }

    /// Folders called `level`, one in the other; every hundredth also holds `a.jpg` and `zz/b.jpg`.
    func deep(levels: Int) {
        var parent = unsafe open(root.cString, O_RDONLY | O_DIRECTORY)
        for level in 1...levels {
            unsafe mkdirat(parent, "level", 0o755)
            let child = unsafe openat(parent, "level", O_RDONLY | O_DIRECTORY)
            Glibc.close(parent)
            parent = child
            guard level.isMultiple(of: 100) else { continue }
            unsafe mkdirat(parent, "zz", 0o755)
            for name in ["a.jpg", "zz/b.jpg"] { Glibc.close(unsafe openat(parent, name, O_CREAT | O_WRONLY, 0o644)) }
        }
        Glibc.close(parent)
    }
}

/// All that a source lists, in batches of `limit`.
func list(_ source: Path, limit: Int = 100) throws -> (paths: [String], leftOut: [String: Int]) {
    var lister = try SourceLister(source: source, cursor: nil, leftOut: [:])
    var paths: [String] = []
    while let batch = try lister.next(limit: limit) { paths += batch.references.map(\.place.shown.description) }
    return (paths, lister.leftOut)
}
