import Foundation

@testable import Intake

/// A dump made by a test.
struct DumpTree {
    let tree = Tree()

    /// Empty pictures, with the folders on their way.
    func pictures(_ paths: String...) {
        for path in paths {
            tree.folder(Path(path).folder.description)
            tree.file(path)
        }
    }

    func file(_ path: String, _ text: String) {
        tree.folder(Path(path).folder.description)
        tree.file(path, text)
    }

    /// What is found of each picture, as `DumpSample.row` writes it, and the problems, with paths from the tree's root.
    func list(_ folder: String = "") throws -> (rows: [String], problems: [String], findings: DumpFindings) {
        let source = folder.isEmpty ? tree.root : tree.path(folder)
        let zone = TimeZone(identifier: "Europe/Paris") ?? .gmt
        var lister = try SourceLister(source: source, cursor: nil, leftOut: [:], context: IntakeContext(zone: zone))
        var rows: [String] = []
        while let batch = try lister.next(limit: 3) { rows += batch.references.map(DumpSample.row) }
        let problems = lister.findings.problems.map {
            $0.description.replacing(tree.root.description + "/", with: "")
        }
        return (rows, problems, lister.findings)
    }
}
