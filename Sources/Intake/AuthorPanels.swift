import Foundation

/// Authors by the panels that a table puts them in: rows under a header that names the columns `author` and `panel`,
/// other columns as they like. An author may be in several panels.
package struct AuthorPanels: Hashable, Sendable {
    package struct Panel: Hashable, Sendable {
        package var name: String
        /// Each once, in the file's order.
        package var authors: [String]
    }

    /// In the file's order, at least one.
    package private(set) var panels: [Panel] = []

    /// Reads a CSV or TSV file.
    package init(readingFrom path: Path) throws(AuthorPanelsError) {
        var seen: Set<[String]> = []
        do {
            var table = try CSVReader(ReadableFile(at: path))
            let names = table.header.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            guard let author = names.firstIndex(of: "author"), let panel = names.firstIndex(of: "panel") else {
                throw AuthorPanelsError.noColumns(path)
            }
            while let found = try table.next() {
                switch found {
                case .failure(let problem): throw AuthorPanelsError.unreadable(path, why: "\(problem)")
                case .success(let row):
                    let name = row[author].trimmingCharacters(in: .whitespaces)
                    let group = row[panel].trimmingCharacters(in: .whitespaces)
                    guard !name.isEmpty, !group.isEmpty else {
                        throw AuthorPanelsError.unreadable(
                            path, why: "line \(row.line) lacks its \(name.isEmpty ? "author" : "panel")")
                    }
                    let isNew = seen.insert([group, name]).inserted
                    if let index = panels.firstIndex(where: { $0.name == group }) {
                        if isNew { panels[index].authors.append(name) }
                    } else {
                        panels.append(Panel(name: group, authors: [name]))
                    }
                }
            }
        } catch let error as AuthorPanelsError {
            throw error
        } catch {
            throw .unreadable(path, why: "\(error)")
        }
        if panels.isEmpty { throw .noColumns(path) }
    }
}

/// Why a file gives no panels.
package enum AuthorPanelsError: Error, Hashable, CustomStringConvertible {
    case noColumns(Path)
    case unreadable(Path, why: String)

    package var description: String {
        switch self {
        case .noColumns(let path):
            "\(path) names no panels; begin it with a line `author,panel`, then a line for each author"
        case .unreadable(let path, let why): "\(path): \(why)"
        }
    }
}
