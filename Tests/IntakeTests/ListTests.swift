import Testing

@testable import Intake

@Suite struct ListTests {
    let tree = Tree()

    @Test func linesNamePictures() throws {
        tree.folder("sub")
        for file in ["a.jpg", "sub/b.png"] { tree.file(file) }
        tree.link("link.jpg", to: "a.jpg")
        tree.pipe("pipe.jpg")
        tree.file(
            "list.txt",
            "\u{FEFF}a.jpg\r\n\n  \nsub/b.png\n/elsewhere/c.jpg\nmissing.gif\nlink.jpg\npipe.jpg\nreadme.md\nd.jpg.part\na.jpg"
        )
        let (paths, leftOut) = try list(tree.path("list.txt"), limit: 2)
        #expect(paths == ["a.jpg", "sub/b.png", "/elsewhere/c.jpg", "missing.gif", "a.jpg"])
        #expect(leftOut == ["not_a_picture": 2, "link": 1, "special": 1, "unfinished": 1])
        #expect(try SourceLister.root(of: tree.path("list.txt")) == tree.root)
        #expect(tree.root.appending(Path("/elsewhere/c.jpg")) == Path("/elsewhere/c.jpg"))
    }

    @Test func resumesAtEveryLine() throws {
        // Longer than one read, with a line that no path can be.
        let names = (0..<9000).map { "folder/picture-\($0).jpg" }
        let lines = names[..<3000] + [String(repeating: "x", count: 200_000) + ".jpg"] + names[3000...]
        tree.file("list", lines.joined(separator: "\n") + "\n")
        let whole = try list(tree.path("list"), limit: 1000)
        #expect(whole.paths == names)
        #expect(whole.leftOut == ["not_a_picture": 1])

        var paths: [String] = []
        var last: ListingBatch?
        while true {
            var lister = try SourceLister(
                source: tree.path("list"), cursor: last?.cursor, leftOut: last?.leftOut ?? [:])
            guard let batch = try lister.next(limit: 997) else { break }
            paths += batch.references.map(\.place.shown.description)
            last = batch
        }
        #expect(paths == names)
    }

    @Test(arguments: ["", "\n\n"])
    func anEmptyListIsEmpty(content: String) throws {
        tree.file("list", content)
        if content.isEmpty {
            #expect(try list(tree.path("list")).paths == [])
        } else {
            #expect(throws: IntakeError.self) { try list(tree.path("list")) }
        }
    }

    @Test(arguments: ["hello\nworld\n", "PK\u{3}\u{4}\0\0a.jpg\n", "{\"a\": 1}"])
    func otherFilesAreRefused(content: String) throws {
        tree.file("other", content)
        #expect(throws: IntakeError.self) { try list(tree.path("other")) }
    }

    @Test func aShorterListIsRefused() throws {
        tree.file("list", "a.jpg\nb.jpg\n")
        var lister = try SourceLister(source: tree.path("list"), cursor: nil, leftOut: [:])
        let cursor = try lister.next(limit: 5)?.cursor
        tree.file("list", "a.jpg\n")
        #expect(throws: IntakeError.changed(tree.path("list"), why: "it is shorter than before")) {
            try SourceLister(source: tree.path("list"), cursor: cursor, leftOut: [:])
        }
    }

    @Test func onePicture() throws {
        tree.file("Bag.JPG")
        let source = tree.path("Bag.JPG")
        #expect(try list(source).paths == ["Bag.JPG"])
        #expect(try SourceLister.root(of: source) == tree.root)
        var lister = try SourceLister(source: source, cursor: nil, leftOut: [:])
        let cursor = try lister.next(limit: 1)?.cursor
        var resumed = try SourceLister(source: source, cursor: cursor, leftOut: [:])
        #expect(try resumed.next(limit: 1) == nil)
    }
}

@Suite struct FileNameTests {
    @Test(arguments: [
        "a.jpg", "A.JPEG", "x.y.png", "a.jpg?w=640", "x.jpg:large", "AbC?format=jpg&name=large", "what?.webp", "a.HeIC",
        "photo.tif",
    ])
    func pictures(name: String) {
        #expect(FileName(Array(name.utf8).span) == .picture)
    }

    @Test(arguments: [
        "a", "jpg", "a.jp", "a.jpgx", "a.txt?x=.jpg:", "a.", "?", ":", "a?format=", "a?format=exe", "a.123456789jpg",
    ])
    func others(name: String) {
        #expect(FileName(Array(name.utf8).span) == .other)
    }

    @Test(arguments: [".jpg", ".a.jpg", "Thumbs.db", "@eaDir", ""])
    func hidden(name: String) {
        #expect(FileName(Array(name.utf8).span) == .hidden)
    }

    @Test(arguments: ["a.jpg.part", "b.partial"])
    func unfinished(name: String) {
        #expect(FileName(Array(name.utf8).span) == .unfinished)
    }
}
