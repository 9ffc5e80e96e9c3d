import Foundation
import Testing

@testable import Intake

@Suite struct XRecordsTests {
    let dump = DumpTree()

    private let media =
        #""media": [{"media_url_https": "https://pbs.twimg.com/media/FhAAA.jpg", "type": "photo"}, {"media_url_https": "https://pbs.twimg.com/ext_tw_video_thumb/7/pu/img/FhBBB.jpg?x=1.5/2", "type": "video"}]"#

    @Test func tweetsOfAPIv1UnderAllTheirNames() throws {
        dump.file(
            "tweets.jsonl",
            ##"{"id": 823910659310096400, "id_str": "823910659310096388", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "text": "cut …", "extended_tweet": {"full_text": "#Bag &amp; more", "entities": {"hashtags": [{"text": "Bag"}]}}, "user": {"screen_name": "ana"}, "favorite_count": 5, "retweet_count": "2", "extended_entities": {\##(media)}}"##
        )
        dump.pictures(
            "823910659310096388-FhAAA.jpg", "823910659310096388_2.jpg", "in/FhAAA.jpg", "in/FhBBB.jpg-large",
            "823910659310096400_1.jpg")
        let found = try dump.list()
        let said = "2017-01-24T15:09:43.000Z manifest | twitter 823910659310096388"
        #expect(
            found.rows == [
                "823910659310096388-FhAAA.jpg | \(said) 0 ana | #bag | 5 - 2 - | ",
                "823910659310096388_2.jpg | \(said) 1 ana | #bag | 5 - 2 - | thumbnail",
                "823910659310096400_1.jpg | - | - - - - |  | - - - - | ",
                "in/FhAAA.jpg | \(said) 0 ana | #bag | 5 - 2 - | ",
                "in/FhBBB.jpg-large | \(said) 1 ana | #bag | 5 - 2 - | thumbnail",
            ])
        #expect(found.problems == [])
        #expect(found.findings.described == ["X records": 4])
        #expect(found.findings.records == 1 && found.findings.recordsWithoutPicture == 0)
    }

    /// The picture under its own name is the first author's; under the retweet's id it is a repost. A quote's own
    /// picture is its own.
    @Test func retweetsAndQuotes() throws {
        let original =
            #"{"id_str": "100", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "full_text": "hello", "user": {"screen_name": "ben"}, "favorite_count": 9, "extended_entities": {\#(media)}}"#
        dump.file(
            "a.jsonl",
            #"""
            {"id_str": "200", "created_at": "Wed Jan 25 15:09:43 +0000 2017", "full_text": "RT @ben: hel…", "user": {"screen_name": "ana"}, "favorite_count": 0, "retweeted_status": \#(original), "extended_entities": {\#(media)}}
            {"id_str": "300", "created_at": "Thu Jan 26 15:09:43 +0000 2017", "full_text": "look", "user": {"screen_name": "cleo"}, "quoted_status": \#(original), "is_quote_status": true, "entities": {"media": [{"media_url": "http://pbs.twimg.com/media/FhCCC.jpg", "type": "photo"}]}}
            {"id_str": "400", "created_at": "Thu Jan 26 15:09:43 +0000 2017", "full_text": "see this", "user": {"screen_name": "dora"}, "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/FhDDD.jpg", "type": "photo", "source_status_id_str": "77"}]}}
            """#)
        dump.pictures("FhAAA.jpg", "200_1.jpg", "FhCCC.jpg", "FhDDD.jpg")
        #expect(
            try dump.list().rows == [
                "200_1.jpg | 2017-01-25T15:09:43.000Z manifest | twitter 200 0 ana |  | 0 - - - | repost",
                "FhAAA.jpg | 2017-01-24T15:09:43.000Z manifest | twitter 100 0 ben |  | 9 - - - | ",
                "FhCCC.jpg | 2017-01-26T15:09:43.000Z manifest | twitter 300 0 cleo |  | - - - - | ",
                "FhDDD.jpg | 2017-01-26T15:09:43.000Z manifest | twitter 400 0 dora |  | - - - - | repost",
            ])
    }

    @Test func pagesStreamsAndFlatTweetsOfAPIv2() throws {
        let counts =
            #""public_metrics": {"like_count": 4, "reply_count": 3, "retweet_count": 2, "impression_count": 90}"#
        dump.file(
            "v2.ndjson",
            #"""
            {"errors": [{"title": "Not Found"}]}
            {"data": [{"id": "1", "author_id": "7", "text": "none", "created_at": "2021-05-18T19:24:56.000Z"}, {"id": "2", "author_id": "8", "text": "#two", "created_at": "2021-05-18T19:24:57.000Z", "entities": {"hashtags": [{"tag": "Two"}]}, \#(counts), "attachments": {"media_keys": ["3_1", "3_2"]}}], "includes": {"users": [{"id": "7", "username": "x"}, {"id": "8", "username": "ben"}], "media": [{"media_key": "3_2", "type": "photo", "url": "https://pbs.twimg.com/media/Bbb.jpg"}, {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/media/Aaa.jpg"}], "tweets": [{"id": "3", "author_id": "9", "text": "shown", "created_at": "2021-05-18T19:24:58.000Z", "attachments": {"media_keys": ["3_9"]}}]}, "meta": {}, "__twarc": {}}
            {"data": {"id": "4", "author_id": "8", "text": "RT @x: five", "created_at": "2021-05-18T19:24:59.000Z", "referenced_tweets": [{"type": "retweeted", "id": "5"}], "attachments": {"media_keys": ["7_1"]}}, "includes": {"users": [{"id": "8", "username": "ben"}, {"id": "7", "username": "x"}], "media": [{"media_key": "7_1", "type": "video", "preview_image_url": "https://pbs.twimg.com/ext/Ccc.jpg"}], "tweets": [{"id": "5", "author_id": "7", "text": "five", "created_at": "2021-05-17T19:24:59.000Z", "attachments": {"media_keys": ["7_1"]}}]}, "matching_rules": []}
            {"id": "6", "author_id": "8", "author": {"username": "ben"}, "text": "flat", "created_at": "2021-05-18T19:25:00.000Z", "attachments": {"media": [{"media_key": "3_4", "type": "photo", "url": "https://pbs.twimg.com/media/Ddd.jpg"}], "media_keys": ["3_4"]}, "__twarc": {}}
            {"data": [{"id": "12", "name": "a list", "attachments": {"media_keys": ["3_1"]}}], "meta": {}}
            {"start": "2021-01-01", "end": "2021-01-02", "tweet_count": 3}
            """#)
        dump.pictures("Aaa.jpg", "Bbb.jpg", "3_1.jpg", "4_1.jpg", "Ccc.jpg", "Ddd.jpg", "12_1.jpg")
        let found = try dump.list()
        #expect(
            found.rows == [
                "12_1.jpg | - | - - - - |  | - - - - | ",
                "3_1.jpg | 2021-05-18T19:24:58.000Z manifest | twitter 3 0 9 |  | - - - - | ",
                "4_1.jpg | 2021-05-18T19:24:59.000Z manifest | twitter 4 0 ben |  | - - - - | repost thumbnail",
                "Aaa.jpg | 2021-05-18T19:24:57.000Z manifest | twitter 2 0 ben | #two | 4 3 2 90 | ",
                "Bbb.jpg | 2021-05-18T19:24:57.000Z manifest | twitter 2 1 ben | #two | 4 3 2 90 | ",
                "Ccc.jpg | 2021-05-17T19:24:59.000Z manifest | twitter 5 0 x |  | - - - - | thumbnail",
                "Ddd.jpg | 2021-05-18T19:25:00.000Z manifest | twitter 6 0 ben |  | - - - - | ",
            ])
        #expect(found.problems == [])
    }

    @Test func snscrapesTweets() throws {
        dump.file(
            "s.jsonl",
            #"""
            {"_type": "snscrape.modules.twitter.Tweet", "_snscrape": "0.7", "id": 1477000000000000001, "url": "https://x", "date": "2022-01-01T00:00:00+00:00", "rawContent": "new #Bag", "content": "new #Bag", "user": {"username": "ana", "id": 5}, "likeCount": 3, "replyCount": 1, "retweetCount": 0, "viewCount": null, "hashtags": ["Bag"], "media": [{"_type": "snscrape.modules.twitter.Photo", "previewUrl": "https://pbs.twimg.com/media/Eee?format=jpg&name=small", "fullUrl": "https://pbs.twimg.com/media/Eee?format=jpg&name=large"}]}
            {"_type": "snscrape.modules.twitter.User", "id": 5, "username": "ana", "rawDescription": "x"}
            """#)
        dump.pictures("Eee.jpg", "1477000000000000001_1.jpg")
        let said = "2022-01-01T00:00:00.000Z manifest | twitter 1477000000000000001 0 ana | #bag | 3 1 0 - | "
        #expect(try dump.list().rows == ["1477000000000000001_1.jpg | \(said)", "Eee.jpg | \(said)"])
    }

    @Test func aListOfTweetsAndLinesAfterDeletions() throws {
        let tweet =
            #"{"id_str": "5", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "text": "t", "user": {"screen_name": "ana"}, "entities": {\#(media)}}"#
        dump.file("list/tweets.json", "[\n\(tweet)]")
        dump.file("lines/tweets.json", #"{"delete": {"status": {"id": 1}}}"# + "\n" + tweet + "\n")
        dump.pictures("list/5_1.jpg", "lines/5_1.jpg")
        #expect(try dump.list().findings.described == ["X records": 2])
    }

    /// A lister that goes on from a cursor has not seen the folders above.
    @Test func aListingThatIsResumedKnowsTheSame() throws {
        dump.file(
            "data/tweets.js",
            #"window.YTD.tweets.part0 = [{"tweet": {"id_str": "11", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "full_text": "t", "entities": {\#(media)}}}]"#
        )
        dump.pictures("data/tweets_media/11-FhAAA.jpg", "data/tweets_media/11-FhBBB.jpg", "data/tweets_media/12-x.jpg")
        let context = IntakeContext(zone: .gmt)
        var lister = try SourceLister(source: dump.tree.root, cursor: nil, leftOut: [:], context: context)
        var rows: [String] = []
        while let batch = try lister.next(limit: 1) {
            rows += batch.references.map(DumpSample.row)
            lister = try SourceLister(source: dump.tree.root, cursor: batch.cursor, leftOut: [:], context: context)
        }
        #expect(rows.count == 3)
        #expect(try dump.list().rows == rows)
        #expect(rows.first?.contains("2017-01-24T15:09:43.000Z manifest") == true)
    }

    @Test func anArchivesFolders() throws {
        dump.file("data/account.js", #"window.YTD.account.part0 = [{"account": {"username": "ana"}}]"#)
        for part in ["tweets", "tweets-part1"] {
            let id = part == "tweets" ? 11 : 12
            dump.file(
                "data/\(part).js",
                #"window.YTD.tweets.part0 = [{"tweet": {"id_str": "\#(id)", "created_at": "Tue Jan 24 15:09:43 +0000 2017", "full_text": "t", "entities": {\#(media)}}}];"#
            )
        }
        dump.file("data/deleted-tweets.js", "window.YTD.deleted_tweets.part0 = [")
        dump.file("data/tweet-headers.js", "window.YTD.tweet_headers.part0 = [")
        dump.pictures(
            "data/tweets_media/11-FhAAA.jpg", "data/tweets_media/12-FhBBB.jpg", "data/profile_media/5-x.jpg",
            "data/direct_messages_media/1-a.jpg", "data/direct_messages_group_media/1-a.jpg",
            "data/deleted_tweets_media/13-a.jpg")
        let found = try dump.list()
        #expect(
            found.rows == [
                "data/profile_media/5-x.jpg | - | twitter - - ana |  | - - - - | profile",
                "data/tweets_media/11-FhAAA.jpg | 2017-01-24T15:09:43.000Z manifest | twitter 11 0 ana |  | - - - - | ",
                "data/tweets_media/12-FhBBB.jpg | 2017-01-24T15:09:43.000Z manifest | twitter 12 1 ana |  | - - - - | thumbnail",
            ])
        #expect(found.problems == [])
        #expect(found.findings.described == ["X archive": 3])
    }
}
