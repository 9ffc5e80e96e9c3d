import Foundation
import Glibc
import TestSupport
import Testing

@testable import Intake

/// Damaged files of records are read or reported: no trap, no hang, no listing that fails, and little memory.
@Suite struct RecordMutationTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        /// Where it lies in the dump.
        var path: String
        var bytes: [UInt8]
        var testDescription: String { path }
    }

    static let isSlow = ProcessInfo.processInfo.environment["BAGQ_EXHAUSTIVE_TESTS"] != nil
    static let rounds = isSlow ? 100_000 : 12
    /// The longest real ones take the time of all others.
    static let longest = isSlow ? 1 << 20 : 4_000

    @Test(arguments: samples) func mutatedRecordsAreReadOrReported(_ sample: Sample) throws {
        let dump = DumpTree()
        dump.file(sample.path, "")
        let folder = Path(sample.path).folder.description
        dump.pictures(
            "\(folder)/1_1.jpg", "\(folder)/Aaa.jpg", "tweets_media/1-Aaa.jpg", "media/posts/1.jpg", "avatar.jpg")
        let file = dump.tree.path(sample.path)
        var random = Generator(state: 1)
        let before = Self.peakMemory
        for _ in 0..<Self.rounds {
            let bytes = Self.mutated(Array(sample.bytes.prefix(Self.longest)), &random)
            let descriptor = unsafe open(file.cString, O_WRONLY | O_TRUNC)
            #expect(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            let found = try dump.list()
            #expect(found.rows.count == 5)
        }
        #expect(Self.peakMemory - before < 200_000_000)
    }

    private static var peakMemory: Int {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    private static let tokens: [[UInt8]] = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\ud83d", "\\u00c3", "NaN", "null", "{}", "[]", "\n", "-1", "1e999",
        "99999999999999999999",
        "\0", "\u{FEFF}", "true", "media", "id", "data", "text",
    ].map { Array($0.utf8) }

    private static func mutated(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.next(below: 4) + 1 {
            let start = random.next(below: max(bytes.count, 1))
            let end = min(bytes.count, start + random.next(below: 200))
            if bytes.isEmpty { return bytes }
            switch random.next(below: 7) {
            case 0: bytes[start] = UInt8(random.next(below: 256))
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: random.next(below: bytes.count))
            case 3: bytes.insert(contentsOf: tokens[random.next(below: tokens.count)], at: start)
            case 4: bytes.removeLast(bytes.count - start)
            case 5:
                bytes.replaceSubrange(
                    start..<min(start + 4, bytes.count), with: tokens[random.next(below: tokens.count)])
            default: bytes[start] ^= 1 << UInt8(random.next(below: 8))
            }
        }
        return bytes
    }

    // MARK: Samples

    static let samples = own + (DumpSample.isThere ? shared : [])

    private static let shared: [Sample] = [
        ("x_archive/constructed/data/tweets.js", "tweets.js"), ("x_archive/clio/data/tweets.js", "tweets.js"),
        ("twarc_v2/flat_head15.jsonl", "t.jsonl"), ("twarc_v2/streaming_output_with_error.jsonl", "t.jsonl"),
        ("twarc_v2/verified_type.jsonl", "t.jsonl"), ("twarc_v2/edited_before.jsonl", "t.jsonl"),
        ("twarc_v2/two_tweets.jsonl", "t.jsonl"), ("twarc_v2/lists.jsonl", "t.jsonl"),
        ("twarc_v2/many_urls.jsonl", "t.jsonl"), ("twarc_v2/noflat.jsonl", "t.jsonl"),
        ("twarc_v2/geo_tweets.jsonl", "t.jsonl"), ("twarc_v2/media_tweet.jsonl", "t.jsonl"),
        ("meta_export_constructed/facebook/posts/your_posts_1.json", "posts/your_posts_1.json"),
        ("meta_export_constructed/instagram_2018_2020/media.json", "media.json"),
        (
            "meta_export_constructed/instagram/your_instagram_activity/media/posts_1.json",
            "your_instagram_activity/media/posts_1.json"
        ),
    ].compactMap { source, path in
        let url = URL(filePath: DumpSample.shared.appending(Path("data/dumps/" + source)).description)
        return (try? Data(contentsOf: url)).map { Sample(path: path, bytes: Array($0)) }
    }

    private static let own: [Sample] = [
        (
            "tweets.jsonl",
            #"{"id_str": "1", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "text": "t", "user": {"screen_name": "a"}, "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/Aaa.jpg", "type": "photo"}]}, "retweeted_status": {"id": 2, "text": "u", "user": {}}}"#
        ),
        (
            "scraped.jsonl",
            #"{"_type": "snscrape.modules.twitter.Tweet", "id": 1, "date": "2022-01-01T00:00:00+00:00", "rawContent": "t", "user": {"username": "a"}, "media": [{"_type": "snscrape.modules.twitter.Photo", "fullUrl": "https://pbs.twimg.com/media/Aaa?format=jpg"}]}"#
        ),
        (
            "outbox.json",
            #"{"orderedItems": [{"type": "Create", "published": "2024-12-05T10:39:15Z", "object": {"id": "https://m/users/a/statuses/1", "content": "<p>x</p>", "tag": [{"name": "y"}], "attachment": [{"url": "/media_attachments/posts/1.jpg"}]}}]}"#
        ),
        (
            "submissions.ndjson",
            #"{"id": "1", "created_utc": "1704103200", "subreddit": "s", "title": "t", "gallery_data": {"items": [{"media_id": "Aaa"}]}, "url": "https://i.redd.it/Aaa.jpg"}"#
        ),
        (
            "bluesky.jsonl",
            #"{"uri": "at://did:plc:a/app.bsky.feed.post/3k4duaz5vfs2b", "value": {"$type": "app.bsky.feed.post", "text": "t", "createdAt": "2023-08-07T05:31:12Z", "embed": {"images": [{"image": {"ref": {"$link": "Aaa"}}}]}}}"#
        ),
        (
            "data.jsonl",
            #"{"category": "twitter", "subcategory": "user", "filename": "Aaa", "extension": "jpg", "tweet_id": 1, "num": 1, "date": "2025-06-02 03:49:06", "author": {"name": "a"}}"#
        ),
    ].map { Sample(path: $0.0, bytes: Array($0.1.utf8)) }
}
