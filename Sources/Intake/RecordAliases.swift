/// Where a record of an unknown tool keeps what a post says: by what people call such things, at most two keys deep; case, `_`, `-`, dots
/// and blanks do not matter.
struct RecordAliases {
    private enum Field: Int, CaseIterable {
        case time, author, id, text, hashtags, likes, comments, shares, views, platform, address, repost
    }

    private var places: [[(rank: Int, path: [String])]]

    init(_ record: JSONNode) {
        places = Array(repeating: [], count: Field.allCases.count)
        for (key, value) in record.members.prefix(Self.mostMembers) {
            guard let key = key.string else { continue }
            if value.kind == .object {
                for (inner, _) in value.members.prefix(Self.mostMembers) {
                    if let inner = inner.string { add([key, inner]) }
                }
            } else {
                add([key])
            }
        }
        for field in places.indices { places[field].sort { $0.rank < $1.rank } }
    }

    /// - source: Of its time.
    func post(in record: JSONNode, source: TimeSource, _ context: IntakeContext) -> Post {
        var fields = PostFields()
        fields.time = keys(.time)
        fields.author = keys(.author)
        fields.id = keys(.id)
        fields.text = keys(.text)
        fields.hashtags = keys(.hashtags)
        fields.likes = keys(.likes)
        fields.comments = keys(.comments)
        fields.shares = keys(.shares)
        fields.views = keys(.views)
        fields.clocksAreUTC = false
        var post = fields.post(in: record, source: source, context)
        if post.author?.hasPrefix("@") == true { post.author?.removeFirst() }
        post.platform =
            record.first(keys(.platform)) { $0.string.flatMap(Platform.init(named:)) }?.rawValue
            ?? record.first(keys(.address)) { $0.string.flatMap(Self.platform(ofAddress:)) }?.rawValue
        post.isRepost = record.first(keys(.repost)) { $0.bool } ?? false
        return post
    }

    private func keys(_ field: Field) -> PostFields.Keys { PostFields.Keys(paths: places[field.rawValue].map(\.path)) }

    private mutating func add(_ path: [String]) {
        guard let (field, rank) = Self.names[Self.folded(path.joined())] else { return }
        places[field.rawValue].append((rank, path))
    }

    private static func folded(_ name: String) -> String {
        let marks = "_-. "
        return String(decoding: name.utf8.lazy.filter { !marks.utf8.contains($0) }.map(\.lowercased), as: UTF8.self)
    }

    /// More are no fields.
    private static let mostMembers = 1000

    private static let names: [String: (Field, Int)] = {
        let lists: [Field: String] = [
            .time:
                "postedat postdate takenat takenattimestamp publishedat published createdat createdutc datetime date timestamp "
                + "uploaddate time",
            .author:
                "authorusername ownerusername userusername userscreenname accountacct authorname username screenname handle author "
                + "user owner account uploader creator",
            .id: "postid tweetid statusid shortcode id",
            .text: "caption text content description title fulltext rawcontent body",
            .hashtags: "hashtags hashtag tags",
            .likes:
                "likes likecount likescount numlikes favoritecount favouritescount favorites score ups notecount reactions diggcount",
            .comments: "comments commentcount commentscount numcomments replies replycount repliescount",
            .shares: "shares sharecount sharescount retweets retweetcount reposts repostcount reblogscount",
            .views: "views viewcount viewscount playcount videoviewcount impressions",
            .platform: "platform site network socialnetwork category source",
            .address: "permalink posturl webpageurl tweeturl link url",
            .repost: "isrepost isretweet isreblog",
        ]
        var names: [String: (Field, Int)] = [:]
        for (field, list) in lists {
            for (rank, name) in list.split(separator: " ").enumerated() { names[String(name)] = (field, rank) }
        }
        return names
    }()

    /// By its host: `https://www.instagram.com/p/…`.
    private static func platform(ofAddress address: String) -> Platform? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let host = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != ":" }.lowercased()
        let parts = host.split(separator: ".")
        guard parts.count >= 2 else { return nil }
        return host == "x.com" || host.hasSuffix(".x.com") ? .twitter : Platform(named: String(parts[parts.count - 2]))
    }
}
