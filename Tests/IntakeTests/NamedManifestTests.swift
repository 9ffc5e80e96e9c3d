import Testing

@testable import Intake

@Suite struct NamedManifestTests {
    let tree = Tree()

    @Test func aTableIsASource() throws {
        tree.folder("sub")
        for name in ["a.jpg", "sub/b.jpg", "not-named.jpg"] { tree.file(name) }
        tree.link("link.jpg", to: "a.jpg")
        tree.file(
            "posts.csv",
            "image,date\nb,2024-05-01T00:00:00Z\nmissing.jpg,\na.jpg,2024-05-02T00:00:00Z\n,\nlink.jpg,\nclip.mp4,\na.jpg,\n"
        )
        let found = try rows(tree.path("posts.csv"))
        #expect(
            found.rows == [
                "sub/b.jpg | 2024-05-01T00:00:00.000Z manifest | - - - - |  | - - - - | ",
                "missing.jpg | - | - - - - |  | - - - - | ",
                "a.jpg | 2024-05-02T00:00:00.000Z manifest | - - - - |  | - - - - | ",
                "a.jpg | - | - - - - |  | - - - - | ",
            ])
        #expect(found.leftOut == ["link": 1, "not_a_picture": 1])
        #expect(found.findings.records == 6)
        #expect(found.findings.recordsWithoutPicture == 3)
        #expect(try SourceLister.root(of: tree.path("posts.csv")) == tree.root)
        try SourceLister.check(tree.path("posts.csv"))
        #expect(try list(tree.path("posts.csv")).paths == ["sub/b.jpg", "missing.jpg", "a.jpg", "a.jpg"])
    }

    @Test(arguments: ["csv", "jsonl", "json"]) func resumesAtEveryRecord(_ kind: String) throws {
        let names = (0..<50).map { "picture-\($0).jpg" }
        tree.files(names)
        switch kind {
        case "csv": tree.file("t.csv", "file\n" + names.joined(separator: "\n"))
        case "jsonl": tree.file("t.jsonl", names.map { "{\"file\": \"\($0)\"}\n" }.joined() + "{\"file\"")
        default: tree.file("t.json", "[" + names.map { "{\"file\": \"\($0)\"}" }.joined(separator: ",\n") + "]")
        }
        let source = tree.path("t.\(kind)")
        var paths: [String] = []
        var last: ListingBatch?
        while true {
            var lister = try SourceLister(source: source, cursor: last?.cursor, leftOut: last?.leftOut ?? [:])
            guard let batch = try lister.next(limit: 7) else { break }
            paths += batch.references.map(\.place.shown.description)
            last = batch
        }
        #expect(paths == names)
        #expect(last?.leftOut == (kind == "jsonl" ? ["bad_metadata": 1] : [:]))
    }

    @Test func anExportsListIsASource() throws {
        tree.folder("data/tweets_media")
        for name in ["data/tweets_media/11-AAA.jpg", "data/tweets_media/12-BBB.jpg", "data/other.jpg", "above.jpg"] {
            tree.file(name)
        }
        tree.file(
            "data/tweets.js",
            """
            window.YTD.tweets.part0 = [ {"tweet": {"id_str": "11", "full_text": "x", "created_at": "Sat Sep 10 01:52:13 +0000 2022",
            "entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/AAA.jpg", "type": "photo"}]}}} ]
            """)
        let source = tree.path("data/tweets.js")
        #expect(
            try rows(source, limit: 1).rows == [
                "tweets_media/11-AAA.jpg | 2022-09-10T01:52:13.000Z manifest | twitter 11 0 - |  | - - - - | "
            ])
        #expect(try SourceLister.root(of: source) == tree.path("data"))
    }

    @Test(arguments: ["t.csv", "t.jsonl"]) func aTableWithoutPicturesIsRefused(_ name: String) throws {
        tree.file(name, name == "t.csv" ? "title,price\u{1B}\nx,1\n" : "{\"title\": 1, \"price\\u001b\": 2}\n")
        let source = tree.path(name)
        #expect(
            throws: IntakeError.namesNoPicture(
                source,
                why:
                    "looked for a column file_name, image, path, id or another that names files; its columns are title, price\\x1B"
            )
        ) { try SourceLister.check(source) }
    }

    @Test func aListMayBeCalledCSV() throws {
        tree.file("list.csv", "a.jpg\nb.jpg\n")
        #expect(try list(tree.path("list.csv")).paths == ["a.jpg", "b.jpg"])
    }
}
