/// Where the records of an unknown tool keep what a post says: by what people call such things, at most two keys deep;
/// case, `_`, `-`, dots and blanks do not matter. The one list of these names, for documents beside pictures and for
/// tables.
struct RecordAliases {
    private enum Field: Int, CaseIterable {
        case time, author, id, text, hashtags, likes, comments, shares, views, platform, anyPlatform, address, repost
    }

    private var places: [[(rank: Int, path: [String])]] = Array(repeating: [], count: Field.allCases.count)
    /// In the order in which they come up.
    private(set) var paths: [[String]] = []
    private var byName: [String: [String]] = [:]

    /// More are no fields.
    private static let mostPaths = 1000

    /// - records: The same tool's; what any of them has counts.
    init(_ records: [JSONNode]) {
        for record in records {
            for (key, value) in record.members {
                guard let key = key.string else { continue }
                add([key])
                for (inner, _) in value.members {
                    if let inner = inner.string { add([key, inner]) }
                }
            }
        }
        for field in places.indices { places[field].sort { $0.rank < $1.rank } }
    }

    private mutating func add(_ path: [String]) {
        let name = Self.folded(path.joined())
        guard paths.count < Self.mostPaths, byName[name] != path, !paths.contains(path) else { return }
        paths.append(path)
        guard byName[name] == nil else { return }
        byName[name] = path
        for (field, rank) in Self.names[name] ?? [] { places[field.rawValue].append((rank, path)) }
    }

    /// The paths that are called so, in this order.
    func called(_ names: [String]) -> [[String]] { names.compactMap { byName[$0] } }

    /// Where the times are.
    var times: [[String]] { places[Field.time.rawValue].map(\.path) }

    /// Whether ids are called a post's, not just `id`, which may count rows.
    var hasPostID: Bool { places[Field.id.rawValue].contains { Self.folded($0.path.joined()) != "id" } }

    /// - taken: Paths that hold something else.
    func fields(without taken: [[String]] = []) -> PostFields {
        var fields = PostFields()
        fields.time = keys(.time)
        fields.author = keys(.author)
        fields.id = PostFields.Keys(paths: keys(.id).paths.filter { !taken.contains($0) })
        fields.text = keys(.text)
        fields.hashtags = keys(.hashtags)
        fields.likes = keys(.likes)
        fields.comments = keys(.comments)
        fields.shares = keys(.shares)
        fields.views = keys(.views)
        fields.clocksAreUTC = false
        return fields
    }

    /// - fields: Of `fields(without:)`.
    /// - source: Of its time.
    func post(in record: JSONNode, _ fields: PostFields, source: TimeSource, _ context: IntakeContext) -> Post {
        var post = fields.post(in: record, source: source, context)
        if let author = post.author, author.hasPrefix("@") { post.author = String(author.dropFirst()).nonBlank }
        post.platform =
            record.first(keys(.platform)) { $0.string.flatMap(Self.platform) }
            ?? record.first(keys(.anyPlatform)) { $0.string.flatMap(Platform.init(named:))?.rawValue }
            ?? record.first(keys(.address)) { $0.string.flatMap(Self.host)?.rawValue }
        post.isRepost = record.first(keys(.repost), Self.truth) ?? false
        return post
    }

    private func keys(_ field: Field) -> PostFields.Keys { PostFields.Keys(paths: places[field.rawValue].map(\.path)) }

    static func folded(_ name: String) -> String {
        let marks = "_-. "
        return String(decoding: name.utf8.lazy.filter { !marks.utf8.contains($0) }.map(\.lowercased), as: UTF8.self)
    }

    private static let names: [String: [(Field, Int)]] = {
        let lists: [Field: String] = [
            // Those that can only be a post's first.
            .time:
                "postedat postdate takenat takenattimestamp publishedat publishdate published createdat createdutc datetime date "
                + "timestamp uploaddate time",
            .author:
                "authorusername ownerusername userusername userscreenname accountacct authorname username screenname handle author "
                + "user owner account accountname uploader creator",
            .id: "postid tweetid statusid shortcode id",
            .text: "caption text content description title fulltext rawcontent body",
            .hashtags: "hashtags hashtag tags",
            .likes:
                "likes likecount likescount numlikes favoritecount favouritescount favorites score ups notecount reactions diggcount "
                + "publicmetricslikecount",
            .comments:
                "comments commentcount commentscount numcomments replies replycount repliescount publicmetricsreplycount",
            .shares:
                "shares sharecount sharescount retweets retweetcount reposts repostcount reblogscount publicmetricsretweetcount",
            .views: "views viewcount viewscount playcount videoviewcount impressions",
            .platform: "platform site network socialnetwork",
            // These may say anything else.
            .anyPlatform: "category source",
            .address: "permalink posturl webpageurl tweeturl link url",
            .repost: "isrepost isretweet isreblog",
        ]
        var names: [String: [(Field, Int)]] = [:]
        for (field, list) in lists {
            for (rank, name) in list.split(separator: " ").enumerated() {
                names[String(name), default: []].append((field, rank))
            }
        }
        return names
    }()

    private static func truth(_ node: JSONNode) -> Bool? {
        node.bool ?? node.int.map { $0 != 0 } ?? node.string.map { ["true", "yes"].contains($0.lowercased()) }
    }

    /// A site's name, not a sentence or an app's.
    private static func platform(_ text: String) -> String? {
        if let known = Platform(named: text) ?? host(text) { return known.rawValue }
        let name = text.lowercased()
        return name.utf8.count <= 30 && !name.isEmpty
            && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || [0x2E, 0x5F, 0x2D].contains($0) }
            ? name : nil
    }

    /// The site that a post's address is on, where it is known: `https://www.instagram.com/p/…`.
    private static func host(_ address: String) -> Platform? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let host = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != ":" }.lowercased()
        for part in host.split(separator: ".") {
            if let known = Platform(named: String(part)), part != "x" || host == "x.com" || host.hasSuffix(".x.com") {
                return known
            }
        }
        return host == "bsky.app" ? .bluesky : nil
    }
}
