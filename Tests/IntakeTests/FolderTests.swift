import Glibc
import Testing

@testable import Intake

@Suite struct FolderTests {
    let tree = Tree()

    @Test func filesComeBeforeSubfoldersAndBothAreSorted() throws {
        for folder in ["b/z", "a", "B"] { tree.folder(folder) }
        for file in ["z.jpg", "c.JPG", "b/2.png", "b/10.png", "b/z/x.webp", "a/m.jpeg", "B/n.tiff"] { tree.file(file) }
        let (paths, leftOut) = try list(tree.root)
        #expect(paths == ["c.JPG", "z.jpg", "B/n.tiff", "a/m.jpeg", "b/10.png", "b/2.png", "b/z/x.webp"])
        #expect(leftOut == [:])
    }

    @Test func whatIsNoPictureIsCounted() throws {
        tree.folder("sub/@eaDir")
        tree.folder(".thumbnails")
        for file in [
            "a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "sub/@eaDir/a.jpg", ".thumbnails/a.jpg", "a.jpg.part",
            "notes.txt", "sub/a.json",
            "jpg", "b.jpg.bak",
        ] { tree.file(file) }
        tree.pipe("pipe.jpg")
        tree.link("link.jpg", to: "a.jpg")
        tree.link("sub/loop", to: "..")
        let (paths, leftOut) = try list(tree.root)
        #expect(paths == ["a.jpg"])
        #expect(leftOut == ["hidden": 5, "unfinished": 1, "not_a_picture": 4, "special": 1, "link": 2])
    }

    @Test func namesThatAreNotUTF8AreKept() throws {
        let name = Path(bytes: [0x66, 0xFF, 0x0A] + Array(".jpg".utf8))
        tree.file(name)
        var lister = try SourceLister(source: tree.root, cursor: nil, leftOut: [:])
        let batch = try #require(try lister.next(limit: 10))
        #expect(batch.references.map(\.place.path) == [name])
        #expect(name.description == #"f\xFF\x0A.jpg"#)
        #expect(name.string == nil)
    }

    @Test func anEmptyFolderEndsAtOnce() throws {
        tree.file("notes.txt")
        var lister = try SourceLister(source: tree.root, cursor: nil, leftOut: [:])
        #expect(try lister.next(limit: 10) == nil)
        #expect(try lister.next(limit: 10) == nil)
        #expect(lister.leftOut == ["not_a_picture": 1])
    }

    @Test func aFolderThatCannotBeReadIsCounted() throws {
        tree.folder("closed")
        tree.folder("open")
        tree.file("open/a.jpg")
        tree.close(folder: "closed")
        let (paths, leftOut) = try list(tree.root)
        #expect(paths == ["open/a.jpg"])
        // Root reads everything.
        #expect(leftOut == (geteuid() == 0 ? [:] : ["unreadable_folder": 1]))
    }

    @Test func aFolderThatVanishesIsCounted() throws {
        tree.folder("a")
        tree.folder("b")
        tree.file("1.jpg")
        tree.file("a/2.jpg")
        tree.file("b/3.jpg")
        var lister = try SourceLister(source: tree.root, cursor: nil, leftOut: [:])
        #expect(try lister.next(limit: 1)?.references.map(\.place.shown.description) == ["1.jpg"])
        #expect(try lister.next(limit: 1)?.references.map(\.place.shown.description) == ["a/2.jpg"])
        tree.remove("b/3.jpg")
        tree.remove("b")
        tree.link("b", to: "a")
        #expect(try lister.next(limit: 1) == nil)
        #expect(lister.leftOut == ["vanished_folder": 1])
    }

    @Test func aThousandLevels() throws {
        tree.deep(levels: 1000)
        let (paths, _) = try list(tree.root, limit: 3)
        #expect(paths.count == 20)
        #expect(paths[9].utf8.count > 4096)
        #expect(paths[0..<10].map(\.utf8.count) == paths[0..<10].map(\.utf8.count).sorted())
        #expect(paths[10...].allSatisfy { $0.hasSuffix("zz/b.jpg") })
    }

    @Test func sourcesThatCannotBeListed() throws {
        tree.pipe("pipe")
        #expect(throws: IntakeError.missing(tree.path("none"))) { try list(tree.path("none")) }
        #expect(throws: IntakeError.pipe(tree.path("pipe"))) { try list(tree.path("pipe")) }
        #expect(throws: IntakeError.unknownCursor(tree.root)) {
            try SourceLister(source: tree.root, cursor: [9, 1, 0], leftOut: [:])
        }
        #expect(throws: IntakeError.unknownCursor(tree.root)) {
            try SourceLister(source: tree.root, cursor: [1, 1, 77], leftOut: [:])
        }
        #expect(IntakeError.missing(Path("/x\u{1B}[2J")).description.hasPrefix(#"/x\x1B[2J: there is no such"#))
    }

    @Test func aTypedLinkToAFolderIsFollowed() throws {
        tree.folder("real")
        tree.file("real/a.jpg")
        tree.link("link", to: "real")
        #expect(try list(tree.path("link")).paths == ["a.jpg"])
    }
}
