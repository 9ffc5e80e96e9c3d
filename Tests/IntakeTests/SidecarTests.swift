import Foundation
import Testing

@testable import Intake

/// What the documents beside pictures say, in every form of name that the tools give them.
struct SidecarTests {
    // MARK: instaloader

    private static let post = """
        {"node": {"shortcode": "CpAbc", "id": "2777777777777777777_55", "__typename": "GraphSidecar", "taken_at_timestamp": 1677086400.0,
        "edge_sidecar_to_children": {"edges": [{"node": {"is_video": false}}, {"node": {"is_video": true}}]},
        "edge_media_to_caption": {"edges": [{"node": {"text": "The new #Bag"}}]}, "edge_media_preview_like": {"count": -1},
        "edge_media_to_comment": {"count": 5}, "owner": {"id": "5", "username": "someone"}},
        "instaloader": {"version": "4.15", "node_type": "Post"}}
        """

    @Test func slidesShareThePostsDocument() throws {
        let tree = Tree()
        tree.file("2023-02-22_17-20-00_UTC.json", Self.post)
        for number in 1...3 { tree.file("2023-02-22_17-20-00_UTC_\(number).jpg") }
        // Not posts, or none of a picture.
        tree.file("2023-02-22_17-20-00_UTC_comments.json", "[]")
        tree.file("someone_5.json", #"{"node": {"username": "someone"}, "instaloader": {"node_type": "Profile"}}"#)
        tree.file("iterator_abc.json", #"{"node": {}, "instaloader": {"node_type": "FrozenNodeIterator"}}"#)
        tree.file("2023-01-01_00-00-00_UTC_profile_pic.jpg")
        tree.file("2023-01-01_00-00-00_UTC_cover.jpg")
        tree.file("my_cover.jpg")
        let listing = try Listing(of: tree.root)
        #expect(listing.problems.isEmpty)
        #expect(listing.described == ["instaloader": 3])
        #expect(
            listing.rows == [
                "2023-01-01_00-00-00_UTC_cover.jpg | 2023-01-01T00:00:00.000Z name | - - - - |  | - - - - | profile",
                "2023-01-01_00-00-00_UTC_profile_pic.jpg | 2023-01-01T00:00:00.000Z name | - - - - |  | - - - - | profile",
                "2023-02-22_17-20-00_UTC_1.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 0 someone | #bag | - 5 - - | ",
                "2023-02-22_17-20-00_UTC_2.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 1 someone | #bag | - 5 - - | thumbnail",
                // There are two.
                "2023-02-22_17-20-00_UTC_3.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 0 someone | #bag | - 5 - - | ",
                "my_cover.jpg | - | - - - - |  | - - - - | ",
            ])
    }

    @Test func oldRecordsAndShortcodesAsNames() throws {
        let tree = Tree()
        // Ends like a slide.
        tree.file("Cab_12.jpg")
        tree.file(
            "Cab_12.json",
            #"{"shortcode": "Cab_12", "date": 1500000000, "is_video": true, "owner": {"username": "old"}, "likes": {"count": 3}}"#
        )
        #expect(
            try Listing(of: tree.root).rows == [
                "Cab_12.jpg | 2017-07-14T02:40:00.000Z sidecar | instagram Cab_12 0 old |  | 3 - - - | thumbnail"
            ])
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/xz"), "there is no xz"))
    func packedDocuments() throws {
        let tree = Tree()
        tree.file("-o.json", Self.post)
        let packer = Process()
        packer.executableURL = URL(filePath: "/usr/bin/xz")
        packer.arguments = ["--", tree.path("-o.json").description]
        try packer.run()
        packer.waitUntilExit()
        tree.file("-o_1.jpg")
        tree.file("-o_2.jpg")
        // No stream, and one that is cut off; the second also has a caption.
        tree.file("b.json.xz", "{}")
        tree.file("b.jpg")
        let whole = try Data(contentsOf: URL(filePath: tree.path("-o.json.xz").description))
        try whole.dropLast(60).write(to: URL(filePath: tree.path("c.json.xz").description))
        tree.file("c.txt", "A #Tote")
        tree.file("c_1.jpg")
        tree.file("c_2.jpg")
        let listing = try Listing(of: tree.root)
        #expect(
            listing.rows == [
                "-o_1.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 0 someone | #bag | - 5 - - | ",
                "-o_2.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 1 someone | #bag | - 5 - - | thumbnail",
                "b.jpg | - | - - - - |  | - - - - | ",
                "c_1.jpg | - | - - - - | #tote | - - - - | ",
                "c_2.jpg | - | - - - - | #tote | - - - - | ",
            ])
        #expect(listing.problems.map(\.file.name.description) == ["b.json.xz", "c.json.xz"])
        #expect(listing.problems.allSatisfy { $0.what.hasPrefix("is damaged") })
        #expect(listing.described == ["instaloader": 2, "caption text": 2])
    }

    /// xz may unpack a few kilobytes to gigabytes.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/xz"), "there is no xz"))
    func whatUnpacksToTooMuchIsCutShort() throws {
        let tree = Tree()
        tree.file("a.json", String(repeating: " ", count: 1 << 20))
        let packer = Process()
        packer.executableURL = URL(filePath: "/usr/bin/xz")
        packer.arguments = ["-0", tree.path("a.json").description]
        try packer.run()
        packer.waitUntilExit()
        let file = try ReadableFile(at: tree.path("a.json.xz"))
        var buffer: [UInt8] = []
        #expect { try XZ.unpack(file, with: "xz", into: &buffer, limit: 1 << 18) } throws: { error in
            if case XZ.Failure.tooLong = error { true } else { false }
        }
        #expect(buffer.count < 1 << 19)
    }

    @Test func withoutXZOneProblemSaysWhatToDo() throws {
        let tree = Tree()
        for name in ["a", "b"] {
            tree.file("\(name).json.xz", "?")
            tree.file("\(name).jpg")
        }
        let directory = try Directory(at: tree.root)
        var names = NameList(limit: 10, after: nil)
        for name in ["a.json.xz", "b.json.xz"] { names.insert(Array(name.utf8).span) }
        let folder = FolderView(path: tree.root, directory: directory, metadata: names)
        var sidecars = Sidecars(xz: "bagq-has-no-such-program")
        var problems: [MetadataProblem] = []
        for name in ["a.jpg", "b.jpg"] {
            #expect(try sidecars.post(of: PictureName(Array(name.utf8)), in: folder, .test, &problems) == nil)
        }
        #expect(problems.count == 1)
        #expect(problems.first?.what == "needs the program xz: install xz-utils, or unpack with unxz -k *.json.xz")
    }

    // MARK: yt-dlp

    @Test func videosThumbnailsAndPhotos() throws {
        let tree = Tree()
        tree.file("A bag [dQw4w9WgXcQ].webp")
        tree.file(
            "A bag [dQw4w9WgXcQ].info.json",
            #"{"id": "dQw4w9WgXcQ", "extractor": "youtube", "extractor_key": "Youtube", "webpage_url": "https://youtu.be/dQw4w9WgXcQ", "ext": "mp4", "title": "A bag", "tags": ["Bags"], "uploader": "Some One", "uploader_id": "@someone", "upload_date": "20240501", "like_count": 5, "view_count": 70, "_type": "video"}"#
        )
        tree.file("photo.jpg")
        tree.file(
            "photo.jpg.info.json",
            #"{"id": "7", "extractor": "TikTok", "webpage_url": "https://tiktok.com/7", "ext": "jpg", "timestamp": 1714559696, "uploader": "maker", "description": "Look #tote", "repost_count": 2}"#
        )
        tree.file("channel.jpg")
        tree.file(
            "channel.info.json",
            #"{"id": "UC1", "extractor": "youtube:tab", "_type": "playlist", "title": "Channel", "uploader_id": "@someone"}"#
        )
        let listing = try Listing(of: tree.root)
        #expect(
            listing.rows == [
                "A bag [dQw4w9WgXcQ].webp | 2024-05-01T10:00:00.000Z sidecar | youtube dQw4w9WgXcQ 0 someone | #bags | 5 - - 70 | thumbnail",
                "channel.jpg | - | youtube UC1 - someone |  | - - - - | profile",
                "photo.jpg | 2024-05-01T10:34:56.000Z sidecar | tiktok 7 0 maker | #tote | - - 2 - | ",
            ])
        #expect(listing.described == ["yt-dlp": 3])
    }

    // MARK: img2dataset

    @Test func extraColumnsOfDatasets() throws {
        let tree = Tree()
        tree.file("000000001.jpg")
        tree.file(
            "000000001.json",
            #"{"url": "https://cdn.example.com/a.jpg", "caption": "a #red bag", "Posted_At": "2024-05-01T12:00:00Z", "user_name": "me", "likes": "7", "key": "000000001", "status": "success", "error_message": null, "width": 1, "height": 1, "original_width": 1, "original_height": 1, "exif": "{\"EXIF DateTimeOriginal\": \"2008:10:22 16:28:39\"}", "score": NaN}"#
        )
        tree.file("000000002.jpg")
        tree.file("000000002.json", #"{"key": "000000002", "status": "success", "original_width": 1, "exif": "{"}"#)
        tree.file("000000003.jpg")
        tree.file("000000003.txt", "a #tote")
        tree.file("00000_stats.json", #"{"count": 3}"#)
        let listing = try Listing(of: tree.root)
        #expect(
            listing.rows == [
                "000000001.jpg | 2024-05-01T12:00:00.000Z sidecar | - - - me | #red | 7 - - - | ",
                "000000002.jpg | - | - - - - |  | - - - - | ",
                "000000003.jpg | - | - - - - | #tote | - - - - | ",
            ])
        #expect(listing.described == ["img2dataset": 2, "caption text": 1])
        #expect(listing.problems.isEmpty)
    }

    // MARK: Google Takeout

    @Test(arguments: [
        ("IMG_1.JPG", "IMG_1.JPG.json"), ("IMG_1.JPG", "IMG_1.JPG.supplemental-metadata.json"),
        ("IMG_1.JPG", "IMG_1.JPG.supplemental-meta.json"), ("IMG_1.JPG", "IMG_1.JPG.suppl.json"),
        ("IMG_1(1).JPG", "IMG_1.JPG(1).json"), ("IMG_1(1).JPG", "IMG_1.JPG.supplemental-metadata(1).json"),
        ("IMG_1(1).JPG", "IMG_1(1).JPG.supplemental-metadata.json"), ("IMG_1-edited.JPG", "IMG_1.JPG.json"),
        ("IMG_1-edited.JPG", "IMG_1.JPG.supplemental-metadata.json"),
        ("IMG_1-edited(1).JPG", "IMG_1.JPG.supplemental-metadata(1).json"),
        ("PXL_20240501_101112131.PORTRAIT-01.COVER.jpg", "PXL_20240501_101112131.PORTRAIT-01.COVER.jpg.s.json"),
        (
            "0123456789012345678901234567890123456789012345678.jpg",
            "0123456789012345678901234567890123456789012345.json"
        ),
        (
            "0123456789012345678901234567890123456789012345678(2).jpg",
            "0123456789012345678901234567890123456789012345(2).json"
        ),
        (
            "ééééééééééééééééééééééééééééééééééééééééééééééééé.jpg",
            "éééééééééééééééééééééééééééééééééééééééééééééé.json"
        ),
    ])
    func takeoutsNames(_ picture: String, _ document: String) throws {
        let tree = Tree()
        tree.file(picture)
        tree.file(
            document,
            #"{"title": "IMG_1.JPG", "description": "my #bag", "imageViews": "12", "photoTakenTime": {"timestamp": "1714559696"}}"#
        )
        // Of other pictures.
        tree.file("IMG_.JPG.json", #"{"photoTakenTime": {"timestamp": "1600000000"}}"#)
        tree.file("metadata.json", #"{"title": "Album", "date": {"timestamp": "1600000000"}}"#)
        let listing = try Listing(of: tree.root)
        #expect(listing.rows == ["\(picture) | 2024-05-01T10:34:56.000Z sidecar | - - - - | #bag | - - - 12 | "])
        #expect(listing.described == ["Google Takeout": 1])
    }

    // MARK: Others

    @Test func anyDocumentInUsualWords() throws {
        let tree = Tree()
        let record =
            #"{"Posted-At": 1714559696, "owner": {"username": "@me"}, "Post ID": 12, "likesCount": 3, "permalink": "https://www.instagram.com/p/x/", "isRepost": true, "tags": ["Tote"]}"#
        tree.file("a.png")
        tree.file("a.png.json", record)
        tree.file("b.png")
        tree.file("b.json", record)
        // Of other kinds: labels, a text, a list.
        for (index, other) in [
            #"{"shapes": [], "imagePath": "c.png", "version": "5"}"#, #""2024-05-01""#, "[1, 2]", "null",
        ].enumerated() {
            tree.file("c\(index).png")
            tree.file("c\(index).json", other)
        }
        tree.file("info.json", record)
        let listing = try Listing(of: tree.root)
        let said = "2024-05-01T10:34:56.000Z sidecar | instagram 12 - me | #tote | 3 - - - | repost"
        #expect(
            listing.rows == ["a.png | \(said)", "b.png | \(said)"]
                + (0..<4).map { "c\($0).png | - | - - - - |  | - - - - | " })
        #expect(listing.described == ["JSON sidecar": 2])
        #expect(listing.problems.isEmpty)
    }

    @Test func aBrokenDocumentIsOneProblem() throws {
        let tree = Tree()
        tree.file("2024-05-01_12-00-00_UTC_1.jpg")
        tree.file("2024-05-01_12-00-00_UTC_2.jpg")
        tree.file("2024-05-01_12-00-00_UTC.json", #"{"node": "#)
        tree.link("a.jpg.json", to: "2024-05-01_12-00-00_UTC.json")
        tree.file("a.jpg")
        let listing = try Listing(of: tree.root)
        #expect(
            listing.rows.map { $0.split(separator: "|")[1] } == [
                " 2024-05-01T12:00:00.000Z name ", " 2024-05-01T12:00:00.000Z name ", " - ",
            ])
        #expect(listing.problems.count == 1)
        #expect(listing.leftOut == ["metadata": 1, "bad_metadata": 1, "link": 1])
    }
}

/// All that a source lists, with what its dumps say.
struct Listing {
    var rows: [String] = []
    var places: [PicturePlace] = []
    var problems: [MetadataProblem]
    var described: [String: Int]
    var leftOut: [String: Int]

    init(of source: Path, limit: Int = 3) throws {
        var lister = try SourceLister(source: source, cursor: nil, leftOut: [:], context: .test)
        while let batch = try lister.next(limit: limit) {
            rows += batch.references.map(DumpSample.row)
            places += batch.references.map(\.place)
        }
        problems = lister.findings.problems
        described = lister.findings.described
        leftOut = lister.leftOut
    }
}

extension IntakeContext {
    static let test = IntakeContext(zone: TimeZone(identifier: "Europe/Paris") ?? .gmt)
}
