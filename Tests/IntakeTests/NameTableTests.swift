import Testing

@testable import Intake

struct NameTableTests {
    private static func kind(_ name: String) -> FileName {
        let bytes = Array(name.utf8)
        return FileName(bytes.span)
    }

    @Test(arguments: [
        "a.jpg", "A.JPG", "a.pjpeg", "a.pjp", "a.jfif", "a.jpg_large", "a.jpg-large", "a.jpg_orig", "a.jpg:large",
        "a.JPG:4096x4096", "a.jpg.1", "a.jpg.12", "a.jpg (1)", "a (1).jpg", "a.jpg!d", "a.jpg?w=640",
        "a?format=jpg&name=large", "a.png_thumb", "x.y.jpeg_900x900",
    ])
    func pictures(name: String) {
        #expect(Self.kind(name) == .picture)
    }

    @Test(arguments: [
        "a.jpg:Zone.Identifier", "a.jpg:SmartScreen", "a.jpg_notes", "jpg", "a_large", "a.jpg.1234", "a.jpg ()",
        "a.jpg:",
        "a.jpg!",
    ])
    func others(name: String) {
        #expect(Self.kind(name) == .other)
    }

    @Test(arguments: ["a.txt", "a.jpg.txt", "a.json", "a.jpg.json", "a.JSONL", "a.json.xz"]) func metadata(name: String)
    {
        #expect(Self.kind(name) == .metadata)
    }

    @Test(arguments: [
        "@eaDir", "__MACOSX", "lost+found", "$RECYCLE.BIN", "System Volume Information", "#recycle", "#snapshot",
        "@Recycle", "@Recently-Snapshot", "@tmp", "Thumbs.db", "THUMBS.DB", "desktop.ini", ".Trash-1000", "._a.jpg",
        ".DS_Store", "ehthumbs.db", "RECYCLER",
    ])
    func hidden(name: String) {
        #expect(Self.kind(name) == .hidden)
    }

    @Test(arguments: ["recycled bags", "Recycled", "macosx", "Lost", "@home", "#new", "$5 bags"])
    func foldersOfPeople(name: String) {
        let bytes = Array(name.utf8)
        let isHidden = FileName.isHidden(bytes.span)
        #expect(!isHidden)
    }

    @Test func unfinished() {
        #expect(Self.kind("a.jpg.part") == .unfinished)
    }
}
