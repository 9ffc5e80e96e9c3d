import Testing

@testable import Intake

/// What platforms hand to their own users, and the records of others.
@Suite struct ExportTests {
    let dump = DumpTree()

    @Test func instagramsLists() throws {
        let root = "instagram-ana.b-2024-05-01-Ab12Cd34"
        let activity = "\(root)/your_instagram_activity/media"
        dump.file(
            "\(activity)/posts_1.json",
            #"""
            [{"media": [{"uri": "media/posts/202409/1.jpg", "creation_timestamp": 1725373798, "title": "Caf\u00c3\u00a9 #sac\u00c3\u00a0main"}]},
             {"media": [{"uri": "media/posts/202301/2.jpg", "creation_timestamp": 1}, {"uri": "media/posts/202301/3.mp4", "creation_timestamp": 1}, {"uri": "media/posts/202301/4.heic", "creation_timestamp": 1}], "title": "#two", "creation_timestamp": 1672574402}]
            """#)
        dump.file(
            "\(activity)/stories.json",
            #"{"ig_stories": [{"uri": "media/stories/202301/2.jpg", "creation_timestamp": 1672660800, "title": "s"}]}"#)
        dump.file(
            "\(activity)/reels.json",
            #"{"ig_reels_media": [{"media": [{"uri": "media/reels/1.mp4", "creation_timestamp": 1672660800}]}]}"#)
        dump.file(
            "\(activity)/profile_photos.json",
            #"{"ig_profile_picture": [{"uri": "media/other/5.jpg", "creation_timestamp": 1672660800}]}"#)
        dump.pictures(
            "\(root)/media/posts/202409/1.jpg", "\(root)/media/posts/202301/2.jpg", "\(root)/media/posts/202301/4.heic",
            "\(root)/media/stories/202301/2.jpg", "\(root)/media/other/5.jpg")
        let rows = [
            "media/other/5.jpg | 2023-01-02T12:00:00.000Z manifest | instagram - 0 ana.b |  | - - - - | profile",
            "media/posts/202301/2.jpg | 2023-01-01T12:00:02.000Z manifest | instagram - 0 ana.b | #two | - - - - | ",
            "media/posts/202301/4.heic | 2023-01-01T12:00:02.000Z manifest | instagram - 2 ana.b | #two | - - - - | ",
            "media/posts/202409/1.jpg | 2024-09-03T14:29:58.000Z manifest | instagram - 0 ana.b | #sacàmain | - - - - | ",
            "media/stories/202301/2.jpg | 2023-01-02T12:00:00.000Z manifest | instagram - 0 ana.b |  | - - - - | ",
        ]
        #expect(try dump.list(root).rows == rows)
        // From above, each is found once all the same.
        let above = try dump.list()
        #expect(above.rows == rows.map { "\(root)/\($0)" })
        #expect(above.findings.records == 4 && above.findings.recordsWithoutPicture == 0)
        dump.file(
            "\(root)/personal_information/personal_information.json",
            #"{"profile_user": [{"string_map_data": {"Name": {"value": "Ana B"}, "Username": {"href": "", "value": "ana_b", "timestamp": 0}}}]}"#
        )
        #expect(try dump.list(root).rows == rows.map { $0.replacing("ana.b", with: "ana_b") })
    }

    @Test func facebooksListsInPartsOfTheExport() throws {
        dump.file(
            "x/your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json",
            ##"[{"timestamp": 1305050046, "attachments": [{"data": [{"media": {"uri": "your_facebook_activity/posts/media/A_x/1.jpg", "creation_timestamp": 1, "title": "#Album", "description": "n\u00c3\u00a6sten #bag"}}, {"external_context": {}}]}], "data": [{"post": "#one"}, {"update_timestamp": 2}]}, {"timestamp": 5, "data": []}]"##
        )
        dump.file(
            "x/your_facebook_activity/posts/album/0.json",
            #"{"name": "Old", "photos": [{"uri": "your_facebook_activity/posts/media/B_x/2.jpg", "creation_timestamp": 1305050047, "description": "d"}]}"#
        )
        dump.file(
            "x/profile_information/profile_information.json",
            #"{"profile_v2": {"name": {"full_name": "Zo\u00c3\u00ab"}}}"#)
        dump.pictures(
            "x/your_facebook_activity/posts/media/A_x/1.jpg", "x/your_facebook_activity/posts/media/B_x/2.jpg")
        #expect(
            try dump.list("x").rows == [
                "your_facebook_activity/posts/media/A_x/1.jpg | 2011-05-10T17:54:06.000Z manifest | facebook - 0 Zoë | #one #bag | - - - - | ",
                "your_facebook_activity/posts/media/B_x/2.jpg | 2011-05-10T17:54:07.000Z manifest | facebook - 0 Zoë |  | - - - - | ",
            ])
        let part = try dump.list("x/your_facebook_activity")
        #expect(part.findings.described == ["Instagram or Facebook export": 2])
        #expect(part.findings.records == 2 && part.findings.recordsWithoutPicture == 0)
        let posts = try dump.list("x/your_facebook_activity/posts")
        #expect(
            posts.rows.first
                == "media/A_x/1.jpg | 2011-05-10T17:54:06.000Z manifest | facebook - 0 - | #one #bag | - - - - | ")
    }

    @Test func anExportInHTML() throws {
        dump.file("your_instagram_activity/content/posts_1.html", "<html>")
        dump.pictures("media/posts/202301/2.jpg")
        let found = try dump.list()
        #expect(found.problems.count == 1)
        #expect(
            found.problems.first?.hasPrefix("your_instagram_activity/content/posts_1.html: this export is in HTML")
                == true)
        #expect(found.problems.first?.contains("in the format JSON") == true)
    }

    @Test func oldInstagramExports() throws {
        dump.file(
            "media.json",
            ##"{"photos": [{"caption": "#one", "taken_at": "2019-05-01T10:11:12+00:00", "path": "photos/201905/a.jpg"}], "videos": [{"taken_at": "2019-05-01T10:11:12", "path": "videos/201905/a.mp4"}], "profile": [{"taken_at": "2018-01-01T00:00:01", "path": "profile/201801/b.jpg", "is_active_profile": true}], "direct": [{"taken_at": "2018-01-01T00:00:01", "path": "direct/201801/c.jpg"}]}"##
        )
        dump.file("profile.json", #"{"username": "ana"}"#)
        dump.pictures("photos/201905/a.jpg", "profile/201801/b.jpg")
        #expect(
            try dump.list().rows == [
                "photos/201905/a.jpg | 2019-05-01T10:11:12.000Z manifest | instagram - 0 ana | #one | - - - - | ",
                "profile/201801/b.jpg | 2018-01-01T00:00:01.000Z manifest | instagram - 0 ana |  | - - - - | profile",
            ])
    }

    @Test(arguments: [
        ("Caf\u{C3}\u{A9} \u{F0}\u{9F}\u{98}\u{8A}", "Café 😊"), ("Café", "Café"), ("plain", "plain"),
        ("\u{C3}\u{A9} 😊", "\u{C3}\u{A9} 😊"), ("\u{C3}", "\u{C3}"), ("", ""),
    ])
    func metasEncodingIsMended(text: String, mended: String) { #expect(MetaText.mended(text) == mended) }

    @Test func mastodonsOutbox() throws {
        let post = #"""
            {"id": "https://m.example/users/ana/statuses/113600000000000001/activity", "type": "Create", "published": "2024-12-05T10:39:15Z", "object": {"id": "https://m.example/users/ana/statuses/113600000000000001", "published": "2024-12-05T10:39:15Z", "content": "<p>hi <a href=\"x\">#<span>Bag</span></a></p>", "tag": [{"type": "Mention", "name": "@ben@m.example"}, {"type": "Hashtag", "name": "#Bag"}], "likes": {"totalItems": 3}, "shares": {"totalItems": 1}, "attachment": [{"mediaType": "video/mp4", "url": "/media_attachments/files/1/original/v.mp4"}, {"mediaType": "image/png", "url": "/m/media_attachments/files/113/600/original/ab.PNG", "name": "alt"}]}}
            """#
        dump.file(
            "outbox.json",
            #"{"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection", "totalItems": 2, "orderedItems": [{"type": "Announce", "published": "2024-12-05T10:39:15Z", "object": "https://m.example/users/ben/statuses/1"}, \#(post)]}"#
        )
        dump.file("actor.json", #"{"preferredUsername": "ana"}"#)
        dump.pictures("media_attachments/files/113/600/original/ab.PNG", "avatar.jpg", "header.png", "other.jpg")
        let found = try dump.list()
        #expect(
            found.rows == [
                "avatar.jpg | - | mastodon - - ana |  | - - - - | profile",
                "header.png | - | mastodon - - ana |  | - - - - | profile",
                "other.jpg | - | - - - - |  | - - - - | ",
                "media_attachments/files/113/600/original/ab.PNG | 2024-12-05T10:39:15.000Z manifest | mastodon 113600000000000001 1 ana | #bag | 3 - 1 - | ",
            ])
        #expect(found.findings.described == ["Mastodon archive": 3])
        #expect(found.findings.records == 1 && found.problems == [])
    }

    @Test func redditsSubmissions() throws {
        dump.file(
            "RS_2024-01.ndjson",
            #"""
            {"id": "c1", "created_utc": 1, "subreddit": "bags", "body": "a comment", "author": "x"}
            {"id": "1abcxyz", "created_utc": "1704103200", "subreddit": "bags", "title": "My bag", "author": "ana", "score": 7, "num_comments": 2, "url": "https://i.redd.it/q1w2e3.jpg"}
            {"id": "1abcxyy", "created_utc": 1704103201, "subreddit": "bags", "title": "Gallery", "author": "[deleted]", "score": 7, "url": "https://www.reddit.com/gallery/1abcxyy", "gallery_data": {"items": [{"media_id": "m1aaaa"}, {"media_id": "m2aaaa"}]}, "crosspost_parent": "t3_x"}
            {"id": "1abcxyw", "created_utc": 1704103202, "subreddit": "bags", "title": "Elsewhere", "author": "ben", "url": "https://example.com/photo.jpg"}
            """#)
        dump.file(
            "listing/new.json",
            #"{"kind": "Listing", "data": {"after": null, "children": [{"kind": "t3", "data": {"id": "1abcxyv", "created_utc": 1704103203.0, "subreddit": "bags", "title": "L", "author": "cleo", "ups": 1, "url": "https://i.redd.it/z9.jpg"}}]}}"#
        )
        dump.pictures("q1w2e3.jpg", "1abcxyz.jpg", "m2aaaa.jpg", "photo.jpg", "listing/z9.png")
        #expect(
            try dump.list().rows == [
                "1abcxyz.jpg | 2024-01-01T10:00:00.000Z manifest | reddit 1abcxyz 0 ana |  | 7 2 - - | ",
                "m2aaaa.jpg | 2024-01-01T10:00:01.000Z manifest | reddit 1abcxyy 1 - |  | 7 - - - | repost",
                "photo.jpg | - | - - - - |  | - - - - | ",
                "q1w2e3.jpg | 2024-01-01T10:00:00.000Z manifest | reddit 1abcxyz 0 ana |  | 7 2 - - | ",
                "listing/z9.png | 2024-01-01T10:00:03.000Z manifest | reddit 1abcxyv 0 cleo |  | 1 - - - | ",
            ])
    }

    @Test func blueskysRecords() throws {
        let record =
            #"{"$type": "app.bsky.feed.post", "text": "hi #bag", "createdAt": "2023-08-07T05:31:12.156888Z", "embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": {"ref": {"$link": "bafkreione"}, "mimeType": "image/jpeg"}}]}}"#
        dump.file(
            "posts.jsonl",
            #"""
            {"$type": "app.bsky.feed.like", "createdAt": "2023-08-07T05:31:12.156888Z"}
            {"uri": "at://did:plc:abc/app.bsky.feed.post/3k4duaz5vfs2b", "cid": "x", "value": \#(record)}
            {"post": {"uri": "at://did:plc:abd/app.bsky.feed.post/3k4duaz5vfs2c", "author": {"did": "did:plc:abd", "handle": "ben.example"}, "likeCount": 4, "record": \#(record.replacing("one", with: "two"))}}
            \#(record.replacing("one", with: "three"))
            """#)
        dump.pictures("bafkreione.jpg", "bafkreitwo.jpg", "bafkreithree.jpg")
        let time = "2023-08-07T05:31:12.156Z manifest | bluesky"
        #expect(
            try dump.list().rows == [
                "bafkreione.jpg | \(time) 3k4duaz5vfs2b 0 did:plc:abc | #bag | - - - - | ",
                "bafkreithree.jpg | \(time) - 0 - | #bag | - - - - | ",
                "bafkreitwo.jpg | \(time) 3k4duaz5vfs2c 0 ben.example | #bag | 4 - - - | ",
            ])
    }

    @Test func galleryDLsRecordsInOneFile() throws {
        dump.file(
            "g/data.jsonl",
            #"""
            {"category": "twitter", "subcategory": "user", "filename": "FhAAA", "extension": "jpg", "tweet_id": 1929384756102938112, "num": 2, "date": "2025-06-02 03:49:06", "author": {"name": "ana"}, "favorite_count": 3}
            {"category": "pinterest", "subcategory": "board", "filename": "deadbeef", "extension": "jpg", "id": "672", "created_at": "Wed, 09 Feb 2022 20:32:10 +0000", "pinner": {"username": "ben"}}
            {"category": "twitter", "subcategory": "user"}
            """#)
        dump.pictures("g/1929384756102938112_2.jpg", "g/sub/pinterest_672.jpg", "g/FhAAA.jpg")
        let tweet = "2025-06-02T03:49:06.000Z manifest | twitter 1929384756102938112 1 ana |  | 3 - - - | "
        #expect(
            try dump.list().rows == [
                "g/1929384756102938112_2.jpg | \(tweet)", "g/FhAAA.jpg | \(tweet)",
                "g/sub/pinterest_672.jpg | 2022-02-09T20:32:10.000Z manifest | pinterest 672 - ben |  | - - - - | ",
            ])
    }

    @Test func whatMustBeUnpackedIsNamed() throws {
        for name in ["a/2.zip", "a/1.ZIP", "a/RS_2024-01.zst", "a/x.tar.gz", "b/y.zip", "b/z.parquet", "b/.hidden.zip"]
        {
            dump.file(name, "")
        }
        let found = try dump.list()
        #expect(
            found.problems == [
                "a/1.ZIP: a ZIP archive, and 1 more here, is not read; unpack it first: unzip FILE",
                "a/x.tar.gz: a compressed tar file is not read; unpack it first: tar -xf FILE",
                "a/RS_2024-01.zst: a file compressed with zstd is not read; unpack it first: zstd -d --long=31 FILE",
                "b/y.zip: a ZIP archive is not read; unpack it first: unzip FILE",
                #"b/z.parquet: a Parquet table is not read; write it as JSONL first: in pandas, read_parquet(FILE).to_json(NEW, orient="records", lines=True)"#,
            ])
    }
}
