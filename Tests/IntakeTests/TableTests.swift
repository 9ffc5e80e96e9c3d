import Foundation
import Testing

@testable import Intake

/// What sources say of their pictures, as `DumpSample.row` writes it.
func rows(_ source: Path, limit: Int = 100) throws -> (rows: [String], findings: DumpFindings, leftOut: [String: Int]) {
    let zone = try #require(TimeZone(identifier: "Europe/Paris"))
    let brands = BrandNames([("prada", ["Galleria"])])
    var lister = try SourceLister(
        source: source, cursor: nil, leftOut: [:], context: IntakeContext(zone: zone, brands: brands))
    var rows: [String] = []
    while let batch = try lister.next(limit: limit) {
        rows += batch.references.map { DumpSample.row($0) + $0.post.mentions.joined(separator: " ") }
    }
    return (rows, lister.findings, lister.leftOut)
}

@Suite struct TableTests {
    let tree = Tree()

    @Test func columnsAreKnownByTheirNames() throws {
        tree.files(["a.jpg", "b.png"])
        tree.file(
            "posts.csv",
            """
            \u{FEFF}File_Name;Created At;Owner-Username;Like_Count;Comments;Shares;Views;Caption;Hashtags;Post ID;Platform;is_repost
            a.jpg;2024-05-01 12:30:00;@someone;1 234;5;6;"7,000";"My Galleria;
            a ""bag"" too";"['Bag', 'Milano']";p1;Instagram;True

            b.png;2024-05-02;other;-1;;;;;red blue;p2;X;false
            missing.jpg;2024-05-02;other;1;;;;;red blue;p3;X;false

            """)
        let found = try rows(tree.root)
        #expect(
            found.rows == [
                "a.jpg | 2024-05-01T10:30:00.000Z manifest | instagram p1 - someone | #bag #milano | 1234 5 6 7000 | repostprada",
                "b.png | 2024-05-02T10:00:00.000Z manifest | twitter p2 - other | #red #blue | - - - - | ",
            ])
        #expect(found.findings.described == ["table": 2])
        #expect(found.findings.records == 3)
        #expect(found.findings.recordsWithoutPicture == 1)
        #expect(found.findings.problems == [])
    }

    @Test(arguments: [false, true]) func aPictureMayLieDeepBelow(isNamed: Bool) throws {
        tree.folder("a/b/c")
        tree.file("a/b/c/1.jpg")
        tree.file("posts.csv", "image,date\na/b/c/1.jpg,2024-05-01T00:00:00Z\n")
        let found = try rows(isNamed ? tree.path("posts.csv") : tree.root)
        #expect(found.rows == ["a/b/c/1.jpg | 2024-05-01T00:00:00.000Z manifest | - - - - |  | - - - - | "])
    }

    @Test(arguments: [
        ("t.csv", "image,date\nIMGS,2024-05-01T00:00:00Z\n"),
        ("t.tsv", "path\tdate\nsub/IMGS.jpg\t2024-05-01T00:00:00Z\n"),
        ("t.csv", "img,date\n./sub/IMGS.jpg,2024-05-01T00:00:00Z\n"),
        ("t.csv", "img,date\nsub\\IMGS.jpg,2024-05-01T00:00:00Z\n"),
        ("t.csv", "img,date\n/home/somebody/sub/IMGS.jpg,1714521600\n"),
        ("t.jsonl", "{\"id\": \"IMGS\", \"timestamp\": 1714521600}\n"),
        ("t.json", "[{\"images\": [\"IMGS.jpg\"], \"created_at\": \"2024-05-01T00:00:00Z\"}]"),
        ("t.ndjson", "\n{\"meta\": {\"file\": \"x\"}, \"file_path\": \"IMGS.jpg\", \"taken_at\": \"1714521600000\"}\n"),
        ("t.csv", "display_url,date\nhttps://cdn.example.com/x/IMGS.jpg?size=l#top,2024-05-01T00:00:00Z\n"),
    ])
    func filesAreNamedInManyWays(_ name: String, _ content: String) throws {
        tree.folder("sub")
        tree.file("sub/IMGS.jpg")
        tree.file(name, content)
        #expect(
            try rows(tree.root).rows == ["sub/IMGS.jpg | 2024-05-01T00:00:00.000Z manifest | - - - - |  | - - - - | "])
    }

    @Test func aNameOfTwoPicturesNamesNone() throws {
        for folder in ["a", "b"] {
            tree.folder(folder)
            tree.file("\(folder)/1.jpg")
        }
        tree.file("c.jpg")
        tree.file("t.csv", "id,date\n1,2024-05-01\nc,2024-05-01\n")
        #expect(try rows(tree.root).rows.map { $0.contains("manifest") } == [true, false, false])
    }

    @Test(arguments: [("13/05/2024", "2024-05-01"), ("05/13/2024", "2024-01-05")])
    func theFileTellsDaysFromMonths(_ other: String, _ day: String) throws {
        tree.files(["a.jpg", "b.jpg"])
        // Beyond the rows that are looked at first.
        let more = String(repeating: "a,02/02/2024\n", count: 100)
        tree.file("t.csv", "image,date\na,01/05/2024\n\(more)b,\(other)\n")
        let found = try rows(tree.root)
        #expect(found.rows[0].hasPrefix("a.jpg | \(day)T1"))
        #expect(found.rows[1].hasPrefix("b.jpg | 2024-05-13T1"))
        #expect(found.findings.problems == [])
    }

    @Test func whatNothingTellsIsSaid() throws {
        tree.file("a.jpg")
        tree.file("t.csv", "image,date\na,01/05/2024\n")
        let found = try rows(tree.root)
        #expect(found.rows == ["a.jpg | - | - - - - |  | - - - - | "])
        #expect(
            found.findings.problems.map(\.what) == ["nothing in date tells days from months; write dates as 2024-05-01"]
        )
    }

    @Test func otherTablesAreNoProblem() throws {
        tree.file("a.jpg")
        tree.file("prices.csv", "name,price\nx,1\ny,2\n")
        tree.file("empty.csv")
        tree.file("broken.jsonl", "{\"file_name\": \n")
        tree.file("settings.json", "{\n  \"file_name\": \"a.jpg\"\n}\n")
        tree.file("noise.csv", "\u{0}\u{1}\"\n\"\n")
        let found = try rows(tree.root)
        #expect(found.rows == ["a.jpg | - | - - - - |  | - - - - | "])
        #expect(found.findings.problems == [])
        #expect(found.findings.records == 0)
    }

    @Test func aRowsNumberIsNoPost() throws {
        tree.file("a.jpg")
        tree.file("t.csv", "id,file\n17,a.jpg\n")
        #expect(try rows(tree.root).rows == ["a.jpg | - | - - - - |  | - - - - | "])
        tree.file("t.csv", "id,file,url\n17,a.jpg,https://www.reddit.com/r/x/\n")
        #expect(try rows(tree.root).rows == ["a.jpg | - | reddit 17 - - |  | - - - - | "])
    }

    @Test func imagefolderNamesPathsAlone() throws {
        tree.folder("train")
        tree.folder("train/x")
        for name in ["train/1.jpg", "train/x/1.jpg", "train/x/2.jpg", "train/x/3.jpg"] { tree.file(name) }
        tree.file(
            "train/metadata.csv",
            "left_file_name,right_file_name,user_name\nx/1.jpg,x/2.jpg,someone\n3.jpg,,nobody\n")
        let found = try rows(tree.root)
        #expect(
            found.rows == [
                "train/1.jpg | - | - - - - |  | - - - - | ",
                "train/x/1.jpg | - | - - 0 someone |  | - - - - | ",
                "train/x/2.jpg | - | - - 1 someone |  | - - - - | ",
                "train/x/3.jpg | - | - - - - |  | - - - - | ",
            ])
        #expect(found.findings.described == ["Hugging Face imagefolder": 2])
    }

    @Test func yfccIsKnownByItsShape() throws {
        for name in ["23666168.jpg", "23666169_abc.jpg"] { tree.file(name) }
        func row(_ id: String, _ front: String) -> String {
            "\(front)\(id)\t39019111@N00\tguu\t2004-02-01 09:56:37.0\t1109200000\tCanon+PowerShot\tMy+Galleria\t\tmilan,red%2Dbag\t\t9.19\t45.46\t16\t"
                + "http://www.flickr.com/photos/39019111@N00/\(id)/\thttp://farm1.staticflickr.com/19/\(id)_abc.jpg\tAttribution\thttp://x/\t19\t\(id)\tjpg\t0\n"
        }
        for front in ["", "0\t", "0\thash\t"] {
            tree.file("yfcc.tsv", row("23666168", front) + row("23666169", front))
            let found = try rows(tree.root)
            #expect(
                found.rows == [
                    "23666168.jpg | 2005-02-23T23:06:40.000Z manifest | flickr 23666168 - 39019111@N00 | #milan #red-bag | - - - - | prada",
                    "23666169_abc.jpg | 2005-02-23T23:06:40.000Z manifest | flickr 23666169 - 39019111@N00 | #milan #red-bag | - - - - | prada",
                ])
            #expect(found.findings.described == ["YFCC100M": 2])
        }
    }

    @Test func cocosDatesAreTheCollections() throws {
        tree.folder("train")
        tree.file("train/0001.jpg")
        tree.file(
            "instances.json",
            """
            {"info": {"year": 2014}, "annotations": [{"id": 1, "image_id": 9}],
            "images": [{"id": 9, "file_name": "0001.jpg", "date_captured": "2013-11-18 12:00:52"}]}
            """)
        let found = try rows(tree.root)
        #expect(found.rows == ["train/0001.jpg | - | - - - - |  | - - - - | "])
        #expect(found.findings.described == ["table": 1])
    }

    static let counts: [(String, Int?)] = [
        ("1,234", 1234), ("1 234 567", 1_234_567), ("1.234", 1234), ("12", 12), ("12345", 12345), ("1,23", nil),
        ("1,2345", nil),
        ("", nil), ("many", nil), ("1,234.567", nil), ("99999999999999999999", nil),
    ]

    @Test(arguments: counts) func countsHaveThousands(_ text: String, _ count: Int?) {
        #expect(PostText.count(text) == count)
    }

    static let lists: [(String, [String])] = [
        ("#a#b", ["a", "b"]), ("a, b c", ["a", "b c"]), ("a b", ["a", "b"]), ("['a', \"b's\"]", ["a", "b's"]),
        ("[]", []),
        ("", []), ("[a, b]", ["a", "b"]), ("['#a']", ["#a"]), ("a|b", ["a", "b"]), ("['unclosed", ["'unclosed"]),
    ]

    @Test(arguments: lists) func hashtagsAreListed(_ text: String, _ list: [String]) {
        #expect(PostText.list(of: text) == list)
    }
}
