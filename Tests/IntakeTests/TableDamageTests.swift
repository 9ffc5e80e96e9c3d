import Foundation
import Testing

@testable import Intake

/// Damaged tables, found in a folder and named directly: whatever is in them, the folder's pictures are listed, and the
/// reader ends.
@Suite struct TableDamageTests {
    static let tables: [(name: String, content: String)] = [
        (
            "metadata.csv",
            "file_name,text,timestamp\na.jpg,\"x, \"\"y\"\"\nz\",2024-05-01T12:00:00Z\nsub/b.jpg,,1714600000\n"
        ),
        (
            "metadata.jsonl",
            "{\"file_name\": \"a.jpg\", \"text\": \"caf\\u00e9\"}\n{\"file_name\": \"sub/b.jpg\", \"timestamp\": 1714600000}\n"
        ),
        ("t.tsv", "image\tdate\tlikes\ttags\na\t01/05/2024\t1,234\t#x#y\nb\t13/05/2024\t\t['x', 'y']\n"),
        ("t.csv", "id;date;author;platform;url\na;2024-05-01;@x;X;https://x.com/x/status/1\nb.jpg;;y;;\n"),
        ("t.jsonl", "{\"images\": [\"a.jpg\", \"sub/b.jpg\"], \"user\": {\"username\": \"x\"}, \"likes\": \"1.2\"}\n"),
        (
            "t.json",
            "[{\"path\": \"./a.jpg\", \"date\": 1714600000, \"source\": \"Instagram\"}, {\"path\": \"b\", \"date\": null}]"
        ),
    ]

    @Test(arguments: tables.indices) func anyTableEndsInAnAnswer(_ index: Int) throws {
        try mutate(Self.tables[index], 10)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil), arguments: tables.indices)
    func aHundredThousandMutations(_ index: Int) throws { try mutate(Self.tables[index], 100_000) }

    private func mutate(_ table: (name: String, content: String), _ count: Int) throws {
        let tree = Tree()
        tree.folder("sub")
        for name in ["a.jpg", "sub/b.jpg"] { tree.file(name) }
        let source = tree.path(table.name)
        let context = IntakeContext(zone: .gmt, brands: BrandNames([("x", ["café"])]))
        var random = RandomDocument(seed: 11)
        for _ in 0..<count {
            var bytes = Array(table.content.utf8)
            random.mutate(&bytes)
            try Data(bytes).write(to: URL(filePath: source.description))
            var lister = try SourceLister(source: tree.root, cursor: nil, leftOut: [:], context: context)
            var paths: [String] = []
            while let batch = try lister.next(limit: 10) { paths += batch.references.map(\.place.shown.description) }
            #expect(paths == ["a.jpg", "sub/b.jpg"], "\(String(decoding: bytes, as: UTF8.self))")
            do throws(IntakeError) {
                var lister = try SourceLister(source: source, cursor: nil, leftOut: [:], context: context)
                var found = 0
                while let batch = try lister.next(limit: 1) {
                    found += batch.references.count
                    // A batch's cursor is good, wherever it stands.
                    var resumed = try SourceLister(source: source, cursor: batch.cursor, leftOut: [:], context: context)
                    _ = try resumed.next(limit: 1)
                }
                #expect(found <= bytes.count)
            } catch {
                switch error {
                case .notAList, .namesNoPicture: break
                default: Issue.record("\(error)")
                }
            }
        }
    }
}
