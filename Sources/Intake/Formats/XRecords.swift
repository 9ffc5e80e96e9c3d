/// Tweets as X's API and its scrapers write them, a line each (github.com/DocNow/twarc,
/// github.com/JustAnotherArchivist/snscrape): objects of API v1.1; pages, streams and flattened tweets of v2;
/// snscrape's. Deletions, errors, users, lists and counts are no tweets.
///
/// A tweet's pictures are saved as `<tweet>_<number>`, `<tweet>-<name>` or under the last part of their address.
struct XRecords: PostRecordFormat {
    static let name = "X records"

    static func recognises(_ record: JSONNode) -> Bool {
        var isOne = false
        forEachTweet(in: record) { tweet, _ in isOne = isOne || tweet.isWhole }
        return isOne
    }

    /// Of the picture's number: its place in the tweet; above are the tweet's place in the record.
    private static let placeBits = 4
    private static let mostPlaces = 1 << placeBits

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        Self.forEachTweet(in: record) { tweet, position in
            var id: String?
            var isNamedByOriginal = false
            var place = 0
            tweet.forEachMedia { media in
                defer { place += 1 }
                if place == 0, tweet.isWhole {
                    id = tweet.id
                    isNamedByOriginal = tweet.original.map { XTweet($0, tweet.form, tweet.includes).hasMedia } ?? false
                }
                guard place < Self.mostPlaces, let id else { return }
                let number = position << Self.placeBits | place
                body(.stem(Array("\(id)_\(place + 1)".utf8)[...]), number)
                guard let address = media.flatMap(tweet.address) else { return }
                let base = PictureName(address: address).stem
                if base.isEmpty { return }
                body(.stem(Array("\(id)-".utf8) + base), number)
                // The picture itself is that of the post which the retweet shows.
                if !isNamedByOriginal { body(.stem(base), number) }
            }
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        let place = number % Self.mostPlaces
        var post = Post()
        Self.forEachTweet(in: record) { tweet, position in
            if position == number >> Self.placeBits { post = tweet.post(place: place, context) }
        }
        return post
    }

    /// The tweets of a record, and those that it shows along with them, numbered.
    private static func forEachTweet(in record: JSONNode, _ body: (XTweet, Int) -> Void) {
        guard record.kind == .object else { return }
        var position = 0
        func visit(_ node: JSONNode?, _ form: XTweet.Form, _ includes: JSONNode? = nil) {
            if let node, node.kind == .object { body(XTweet(node, form, includes), position) }
            position += 1
        }
        if let data = record["data"] {
            let includes = record["includes"]
            if data.kind == .object { visit(data, .v2, includes) }
            for tweet in data.elements { visit(tweet, .v2, includes) }
            for tweet in includes?["tweets"]?.elements ?? .empty { visit(tweet, .v2, includes) }
        } else if record["author_id"] != nil {
            visit(record, .v2)
            for tweet in record["referenced_tweets"]?.elements ?? .empty { visit(tweet, .v2) }
        } else if record["_snscrape"] != nil || record["rawContent"] != nil
            || record["_type"]?.string?.hasPrefix("snscrape.") == true
        {
            visit(record, .snscrape)
            visit(record["retweetedTweet"], .snscrape)
            visit(record["quotedTweet"], .snscrape)
        } else if record["user"] != nil {
            visit(record, .v1)
            visit(record["retweeted_status"], .v1)
            visit(record["quoted_status"], .v1)
            visit(record[path: "retweeted_status", "quoted_status"], .v1)
        }
    }
}

/// A tweet in one of the forms that it comes in.
private struct XTweet {
    enum Form { case v1, v2, snscrape }

    let node: JSONNode
    let form: Form
    /// What v2 keeps beside the tweets of a page: users, media, tweets.
    let includes: JSONNode?

    init(_ node: JSONNode, _ form: Form, _ includes: JSONNode?) {
        (self.node, self.form, self.includes) = (node, form, includes)
    }

    /// It has what makes a tweet: users and lists have ids too.
    var isWhole: Bool {
        guard id != nil else { return false }
        return switch form {
        case .v1: text != nil && node["user"]?.kind == .object
        case .v2: node["text"]?.kind == .string && node["author_id"] != nil
        case .snscrape: text != nil && node["user"]?.kind == .object
        }
    }

    /// Numbers may have gone through a float, texts have not.
    var id: String? { node["id_str"]?.text ?? node["id"]?.text }

    var text: String? {
        switch form {
        case .v1:
            node[path: "extended_tweet", "full_text"]?.string ?? node["full_text"]?.string ?? node["text"]?.string
        case .v2: node[path: "note_tweet", "text"]?.string ?? node["text"]?.string
        case .snscrape: node["rawContent"]?.string ?? node["content"]?.string
        }
    }

    /// The post that this one shows once more, where the record has it.
    var original: JSONNode? {
        switch form {
        case .v1: return node["retweeted_status"].flatMap { $0.kind == .object ? $0 : nil }
        case .snscrape: return node["retweetedTweet"].flatMap { $0.kind == .object ? $0 : nil }
        case .v2:
            guard let reference = retweet else { return nil }
            if reference["text"] != nil { return reference }
            return included("tweets", where: "id", is: reference["id"])
        }
    }

    private var retweet: JSONNode? {
        (node["referenced_tweets"]?.elements ?? .empty).first { $0["type"]?.string == "retweeted" }
    }

    private func included(_ list: String, where key: String, is value: JSONNode?) -> JSONNode? {
        guard let value = value?.text, let list = includes?[list] else { return nil }
        return list.elements.first { $0[key]?.text == value }
    }

    // MARK: Media

    var hasMedia: Bool {
        var isFound = false
        forEachMedia { _ in isFound = true }
        return isFound
    }

    /// Nil where v2 names one and does not tell of it.
    func forEachMedia(_ body: (JSONNode?) -> Void) {
        switch form {
        case .v1:
            let entities =
                node[path: "extended_tweet", "extended_entities", "media"] ?? node[path: "extended_entities", "media"]
            for media in (entities ?? node[path: "entities", "media"])?.elements ?? .empty { body(media) }
        case .v2:
            guard let attachments = node["attachments"] else { return }
            if let media = attachments["media"], media.kind == .array {
                for media in media.elements { body(media) }
            } else {
                for key in attachments["media_keys"]?.elements ?? .empty {
                    body(included("media", where: "media_key", is: key))
                }
            }
        case .snscrape: for media in node["media"]?.elements ?? .empty { body(media) }
        }
    }

    func address(of media: JSONNode) -> String? {
        let keys =
            switch form {
            case .v1: ["media_url_https", "media_url"]
            case .v2: ["url", "preview_image_url"]
            case .snscrape: ["fullUrl", "previewUrl", "thumbnailUrl"]
            }
        return keys.lazy.compactMap { media[$0]?.string }.first
    }

    // MARK: The post

    private static let v1 = PostFields(
        platform: "twitter", time: ["created_at"], author: ["user.screen_name", "user.id_str"], id: ["id_str", "id"],
        hashtags: ["extended_tweet.entities.hashtags", "entities.hashtags"], likes: ["favorite_count"],
        comments: ["reply_count"], shares: ["retweet_count"])
    private static let v2 = PostFields(
        platform: "twitter", time: ["created_at"], author: ["author.username"], id: ["id"],
        hashtags: ["entities.hashtags"], likes: ["public_metrics.like_count"], comments: ["public_metrics.reply_count"],
        shares: ["public_metrics.retweet_count"], views: ["public_metrics.impression_count"])
    private static let snscrape = PostFields(
        platform: "twitter", time: ["date"], author: ["user.username"], id: ["id_str", "id"], hashtags: ["hashtags"],
        likes: ["likeCount"], comments: ["replyCount"], shares: ["retweetCount"], views: ["viewCount"])

    func post(place: Int, _ context: IntakeContext) -> Post {
        let fields =
            switch form {
            case .v1: Self.v1
            case .v2: Self.v2
            case .snscrape: Self.snscrape
            }
        // A retweet's own text is cut short.
        let said = original.flatMap { XTweet($0, form, includes).text } ?? text
        var post = fields.post(in: node, source: .manifest, text: said, context)
        post.place = place
        if form == .v2, post.author == nil {
            post.author =
                included("users", where: "id", is: node["author_id"])?["username"]?.string ?? node["author_id"]?.text
        }
        var media: JSONNode?
        var count = 0
        forEachMedia {
            if count == place { media = $0 }
            count += 1
        }
        let source = media?["source_status_id_str"]?.text
        post.isRepost =
            original != nil || retweet != nil || text?.hasPrefix("RT @") == true || (source != nil && source != post.id)
        if let type = media?["type"]?.string ?? media?["_type"]?.string, !type.lowercased().hasSuffix("photo") {
            post.role = .thumbnail
        }
        return post
    }
}
