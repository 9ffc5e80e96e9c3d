import Foundation
import Testing

@testable import Intake

struct PlatformIDTests {
    @Test(arguments: [
        (Platform.twitter, "1929384756102938112", "2025-06-02T03:49:06.747Z"),
        (.twitter, "1590000000000000001", "2022-11-08T15:15:15.428Z"),
        (.instagram, "2466077356296318741", "2020-12-17T10:02:31.342Z"),
        (.instagram, "CI5REoqrS8V", "2020-12-17T10:02:31.342Z"),
        (.instagram, "1922949326347663701", "2018-11-29T01:04:04.757Z"),
        (.instagram, "1922949326347663701_58392011", "2018-11-29T01:04:04.757Z"),
        (.instagram, "BqvsDleB3lV", "2018-11-29T01:04:04.757Z"),
        // A private post's.
        (.instagram, "BqvsDleB3lVxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "2018-11-29T01:04:04.757Z"),
        (.mastodon, "110285480123456789", "2023-04-30T02:47:57.860Z"),
        (.bluesky, "3lojfm7aaqk26", "2025-05-06T17:24:41.570Z"),
        (.tiktok, "7006694664724122881", "2021-09-11T15:13:48.000Z"),
    ])
    func times(platform: Platform, id: String, moment: String) {
        #expect(platform.time(ofID: id)?.iso8601 == moment)
    }

    @Test(arguments: [
        (Platform.twitter, ""), (.twitter, "20"), (.twitter, "29700859247"), (.twitter, "-1929384756102938112"),
        (.twitter, "99999999999999999999"), (.twitter, "18446744073709551615"), (.twitter, "192938475610293811x"),
        (.instagram, ""), (.instagram, "17904019260137620"), (.instagram, "18012345678901234"), (.instagram, "12345"),
        (.instagram, "a b"), (.instagram, "___________"), (.instagram, "99999999999999999999"),
        (.instagram, "_58392011"),
        (.mastodon, "12345"), (.mastodon, "999999999999999999"), (.bluesky, "3lojfm7aaqk2"),
        (.bluesky, "3lojfm7aaqk21"),
        (.bluesky, "zzzzzzzzzzzzz"), (.bluesky, "2222222222222"), (.tiktok, "700669466472412288"),
        (.reddit, "1abcxyz"), (.tumblr, "654953419288821760"), (.pinterest, "672584525610478245"),
        (.flickr, "49512345678"),
        (.youtube, "dQw4w9WgXcQ"),
    ])
    func noTime(platform: Platform, id: String) {
        #expect(platform.time(ofID: id) == nil)
    }

    @Test func names() {
        #expect(Platform(named: "Twitter") == .twitter)
        #expect(Platform(named: "X") == .twitter)
        #expect(Platform(named: "instagram") == .instagram)
        #expect(Platform(named: "instagrams") == nil)
        #expect(Platform.allCases.allSatisfy { Platform(named: $0.rawValue) == $0 })
        #expect(Platform.instagramID(shortcode: "CI5REoqrS8V".utf8.span) == 2_466_077_356_296_318_741)
        #expect(Platform.instagramID(shortcode: "CI5REoq.S8V".utf8.span) == nil)
    }

    /// Real tweets' ids tell when they were written.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: tweets), "needs ../shared/data"))
    func tweetsOfADump() throws {
        let lines = try String(contentsOfFile: tweets, encoding: .utf8).split(separator: "\n")
        var count = 0
        for line in lines {
            let tweet = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let id = try #require(tweet["id"] as? String)
            let written = try #require((tweet["created_at"] as? String).flatMap { TimeText($0) })
            let time = try #require(Platform.twitter.time(ofID: id))
            #expect((0..<1000).contains(time.milliseconds - written.timestamp(in: .gmt).milliseconds))
            count += 1
        }
        #expect(count == 15)
    }
}

private let tweets = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data/dumps/twarc_v2/flat_head15.jsonl").standardized.path

struct PathPostTests {
    private static func post(
        _ platform: String, _ id: String?, place: Int = 0, by author: String? = nil, at moment: String? = nil
    ) -> [String?] { [platform, id, String(place), author, moment] }

    private static func read(_ path: String) -> [String?]? {
        PathPost(path: Path(path)).map {
            post(
                $0.post.platform ?? "", $0.post.id, place: $0.post.place ?? 0, by: $0.post.author, at: $0.time?.iso8601)
        }
    }

    @Test(arguments: [
        (
            "gallery-dl/twitter/someone/1929384756102938112_1.jpg",
            post("twitter", "1929384756102938112", by: "someone", at: "2025-06-02T03:49:06.747Z")
        ),
        ("/srv/Twitter/someone/20_2.jpg", post("twitter", "20", place: 1, by: "someone")),
        (
            "twitter/Search/bags/1929384756102938112_3.png",
            post("twitter", "1929384756102938112", place: 2, at: "2025-06-02T03:49:06.747Z")
        ),
        (
            "instagram/someone/3000000000000000001_3000000000000000002.jpg",
            post("instagram", "3000000000000000001", by: "someone", at: "2022-12-24T02:11:30.373Z")
        ),
        (
            "instagram/someone/2466077356296318741.jpg",
            post("instagram", "2466077356296318741", by: "someone", at: "2020-12-17T10:02:31.342Z")
        ),
        ("reddit/aww/1abcxyz A public submission.jpg", post("reddit", "1abcxyz")),
        ("reddit/aww/1abcxyz 02 A public. Submission.jpg", post("reddit", "1abcxyz", place: 1)),
        (
            "mastodon/mastodon.social/someone/mastodon.social_110285480123456789_110285479123456789.jpg",
            post("mastodon", "110285480123456789", by: "someone", at: "2023-04-30T02:47:57.860Z")
        ),
        (
            "bluesky/alice.bsky.social/2025-05-06T17:24:41_3lojfm7aaqk26_1.jpg",
            post("bluesky", "3lojfm7aaqk26", by: "alice.bsky.social", at: "2025-05-06T17:24:41.570Z")
        ),
        ("pinterest/someuser/boardname/pinterest_672584525610478245.jpg", post("pinterest", "672584525610478245")),
        ("pinterest/someuser/boardname/pinterest_672584525610478245_99.jpg", post("pinterest", "672584525610478245")),
        (
            "tumblr/blogname/tumblr_blogname_654953419288821760_02.jpg",
            post("tumblr", "654953419288821760", place: 1, by: "blogname")
        ),
        (
            "tumblr/my_blog/tumblr_my_blog_654953419288821760_01.jpg",
            post("tumblr", "654953419288821760", by: "my_blog")
        ),
        ("flickr/someone/flickr_49512345678.jpg", post("flickr", "49512345678", by: "someone")),
        (
            "tiktok/someone/7006694664724122881_02 A title.jpg",
            post("tiktok", "7006694664724122881", place: 1, by: "someone", at: "2021-09-11T15:13:48.000Z")
        ),
        ("tiktok/7006694664724122881_00.jpg", post("tiktok", "7006694664724122881", at: "2021-09-11T15:13:48.000Z")),
        ("youtube/A talk [of bags] [dQw4w9WgXcQ].webp", post("youtube", "dQw4w9WgXcQ")),
        (
            "instagram/Post by someone [CI5REoqrS8V].jpg",
            post("instagram", "CI5REoqrS8V", at: "2020-12-17T10:02:31.342Z")
        ),
        (
            "data/tweets_media/1590000000000000001-FhAAA1xWQAA_abc.jpg",
            post("twitter", "1590000000000000001", at: "2022-11-08T15:15:15.428Z")
        ),
        (
            "archive/media_attachments/files/110/285/480/123/456/789/original/0a1b2c.jpg",
            post("mastodon", nil, at: "2023-04-30T02:47:57.860Z")
        ),
        ("testuser/2023-02-22_17-20-00_UTC_3.jpg", post("instagram", nil, place: 2, by: "testuser")),
        ("testuser/2023-02-21_17-20-00_UTC.jpg", post("instagram", nil, by: "testuser")),
        ("#bags/2023-02-21_17-20-00_UTC.jpg", post("instagram", nil)),
        ("2023-02-21_17-20-00_UTC.jpg", post("instagram", nil)),
    ])
    func posts(path: String, post: [String?]) {
        #expect(Self.read(path) == post)
    }

    /// Numbers where no folder says whose they are, and names that are not the platform's.
    @Test(arguments: [
        "", "/", "//", "a.jpg", "1929384756102938112_1.jpg", "pictures/1929384756102938112_1.jpg", "twitter.jpg",
        "twitter/someone/avatar.jpg", "twitter/someone/1929384756102938112.jpg", "twitter/someone/a_1.jpg",
        "x/someone/1929384756102938112_1.jpg", "instagram/someone/photo_1.jpg", "instagram/media/17904019260137620.jpg",
        "instagram/someone/a_2466077356296318741.jpg", "reddit/aww/Holiday in Spain.jpg", "reddit/aww/abc.jpg",
        "bluesky/alice/a_b_1.jpg", "pinterest/a/672584525610478245.jpg", "tumblr/blog/654953419288821760_01.jpg",
        "mastodon/x/y/avatar_1.png", "flickr/someone/49512345678_abc_o.jpg", "youtube/A title.jpg", "twitter/[].jpg",
        "data/tweets_media/FhAAA1xWQAA-abc.jpg", "data/profile_media/1590000000000000001-abc.jpg",
        "files/110/285/480/123/456/789/original/0a1b2c.jpg", "media_attachments/files/110/285/original/0a1b2c.jpg",
        "testuser/2023-02-21_17-20-00_UTC_profile_pic.jpg", "testuser/2023-02-21_17-20-00.jpg",
        "testuser/2023-02-31_17-20-00_UTC.jpg",
    ])
    func none(path: String) {
        #expect(Self.read(path) == nil)
    }

    @Test func damagedPaths() {
        var mutator = Mutator(seed: 3)
        let samples = [
            "twitter/someone/1929384756102938112_1.jpg", "instagram/a/3000000000000000001_3000000000000000002.jpg",
            "bluesky/alice.bsky.social/2025-05-06T17:24:41_3lojfm7aaqk26_1.jpg", "reddit/aww/1abcxyz 02 A title.jpg",
            "mastodon/a.b/c/a.b_110285480123456789_110285479123456789.jpg", "instagram/A title [CI5REoqrS8V].jpg",
            "media_attachments/files/110/285/480/123/456/789/original/0a1b2c.jpg",
            "tumblr/blogname/tumblr_blogname_654953419288821760_02.jpg", "testuser/2023-02-22_17-20-00_UTC_3.jpg",
            "tweets_media/1590000000000000001-FhAAA1xWQAA_abc.jpg", "tiktok/a/7006694664724122881_02 A title.jpg",
        ]
        var found = 0
        for sample in samples {
            for _ in 0..<Mutator.count {
                let path = mutator.mutate(sample)
                guard let read = PathPost(path: path.span) else { continue }
                found += 1
                let isWhole = (read.post.place ?? 0) >= 0 && read.post.id != "" && read.post.author != ""
                #expect(isWhole, "\(String(decoding: path, as: UTF8.self))")
            }
        }
        #expect(found > samples.count * Mutator.count / 20 && found < samples.count * Mutator.count)
    }
}
