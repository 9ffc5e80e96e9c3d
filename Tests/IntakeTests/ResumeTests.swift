import Testing

@testable import Intake

/// A listing that is killed goes on with the same sequence, whatever the place.
@Suite struct ResumeTests {
    let tree = Tree()

    init() {
        for folder in ["a/deep/er", "a-b", "empty/still", "z"] { tree.folder(folder) }
        for folder in ["", "a/", "a/deep/", "a/deep/er/", "a-b/", "z/"] {
            tree.files((1...7).map { "\(folder)p\($0).jpg" })
            tree.file("\(folder)text.txt")
        }
        for i in 1...9 {
            tree.folder("a/many\(i)")
            tree.file("a/many\(i)/x.png")
            tree.file("a/many\(i)/x.json")
        }
    }

    @Test(arguments: [2, 3, 2_000_000], [1, 3, 4, 1000])
    func resumesEverywhere(namesPerPass: Int, limit: Int) throws {
        let whole = try list(tree.root)
        #expect(whole.paths.count == 51 && Set(whole.paths).count == 51)
        #expect(whole.leftOut == ["not_a_picture": 15])

        // A new reader for each batch, as if every one had been killed; reads also end between pictures, for the few
        // entries.
        for entriesPerRead in [1, 1_000_000] {
            var paths: [String] = []
            var leftOut: [String: Int] = [:]
            var cursor: [UInt8]?
            var isAtEnd = false
            while !isAtEnd {
                var reader = try FolderReader(
                    root: tree.root, cursor: cursor?[...], namesPerPass: namesPerPass, entriesPerRead: entriesPerRead)
                let found = try reader.read(limit: limit, leftOut: &leftOut)
                #expect(found.count <= limit)
                paths += found.map(\.place.shown.description)
                cursor = reader.cursor
                isAtEnd = reader.isAtEnd
            }
            #expect(paths == whole.paths)
            #expect(leftOut == whole.leftOut)
        }
    }

    @Test(arguments: [2, 3, 5, 1000])
    func aHugeDirectoryIsReadInPasses(namesPerPass: Int) throws {
        let huge = Tree()
        let names = (0..<100).map { "\(($0 * 37) % 100).jpg" }
        huge.files(names)
        for i in 0..<20 {
            huge.folder("f\(i)")
            huge.file("f\(i)/y.gif")
        }
        var reader = try FolderReader(root: huge.root, cursor: nil, namesPerPass: namesPerPass)
        var leftOut: [String: Int] = [:]
        var paths: [String] = []
        while !reader.isAtEnd { paths += try reader.read(limit: 7, leftOut: &leftOut).map(\.place.shown.description) }
        #expect(paths == names.sorted() + (0..<20).map { "f\($0)/y.gif" }.sorted())
    }

    @Test func cursorsOfTheWholeLister() throws {
        let whole = try list(tree.root)
        for limit in [1, 5, 51] {
            var paths: [String] = []
            var last: ListingBatch?
            while true {
                var lister = try SourceLister(source: tree.root, cursor: last?.cursor, leftOut: last?.leftOut ?? [:])
                guard let batch = try lister.next(limit: limit) else {
                    #expect(lister.leftOut == whole.leftOut)
                    break
                }
                paths += batch.references.map(\.place.shown.description)
                last = batch
            }
            #expect(paths == whole.paths)
        }
    }

    @Test func aCursorOfAnotherKindIsRefused() throws {
        tree.file("list", "a.jpg\n")
        var lister = try SourceLister(source: tree.root, cursor: nil, leftOut: [:])
        let cursor = try lister.next(limit: 1)?.cursor
        #expect(throws: IntakeError.self) { try SourceLister(source: tree.path("list"), cursor: cursor, leftOut: [:]) }
    }
}
