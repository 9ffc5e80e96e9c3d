/// gallery-dl's `--write-metadata`: `NAME.EXT.json` beside `NAME.EXT`, the post's whole record in each
/// (github.com/mikf/gallery-dl, postprocessor/metadata.py; the sites' keys are of its extractors). Its dates are UTC.
enum GalleryDL: SidecarFormat {
    static let name = "gallery-dl"

    static func names(for picture: PictureName) -> [[UInt8]] { [picture.name + Array(".json".utf8)] }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard let category = document["category"]?.string, document["subcategory"] != nil else { return nil }
        let site = sites[category] ?? (document["account"] != nil ? mastodon : other)
        var post = site.post(in: document, source: .sidecar, context)
        post.platform = site.platform ?? category.lowercased()
        post.isRepost = isRepost(document, category)
        post.role = role(document, picture)
        return post
    }

    private static let sites: [String: PostFields] = [
        "instagram": PostFields(
            time: ["post_date", "date"], author: ["username", "owner_id"], id: ["post_id", "post_shortcode"],
            number: ["num"], text: ["description"], hashtags: ["tags"], likes: ["likes"], comments: ["comments"]),
        "twitter": PostFields(
            time: ["date_original", "date"], author: ["author.name"], id: ["tweet_id"], number: ["num"],
            text: ["content"], hashtags: ["hashtags"], likes: ["favorite_count"], comments: ["reply_count"],
            shares: ["retweet_count"], views: ["view_count"]),
        "pinterest": PostFields(
            time: ["date", "created_at"], author: ["native_creator.username", "pinner.username"], id: ["id"],
            number: ["num"], text: ["title", "grid_title", "description"], hashtags: ["hashtags"],
            likes: ["reaction_counts.1"], comments: ["comment_count"],
            shares: ["aggregated_pin_data.aggregated_stats.saves"]),
        "reddit": PostFields(
            time: ["date", "created_utc"], author: ["author"], id: ["id"], number: ["num"],
            text: ["title", "selftext"], likes: ["score", "ups"], comments: ["num_comments"]),
        "tumblr": PostFields(
            time: ["date", "timestamp"], author: ["blog_name"], id: ["id_string", "id"], number: ["num"],
            text: ["summary", "caption"], hashtags: ["tags"], likes: ["note_count"]),
        "bluesky": PostFields(
            time: ["date", "createdAt"], author: ["author.handle"], id: ["post_id", "uri"], number: ["num"],
            text: ["text"], hashtags: ["hashtags"], likes: ["likeCount"], comments: ["replyCount"],
            shares: ["repostCount"]),
        "flickr": PostFields(
            time: ["date", "dateupload"], author: ["owner.username", "username"], id: ["id"],
            text: ["title", "description"], hashtags: ["tags"], views: ["views"]),
    ]

    /// Each of its servers is a category of its own.
    private static let mastodon = PostFields(
        platform: "mastodon", time: ["date", "created_at"], author: ["account.acct"], id: ["id"], number: ["num"],
        text: ["content"], hashtags: ["tags"], likes: ["favourites_count"], comments: ["replies_count"],
        shares: ["reblogs_count"])

    private static let other = PostFields(
        time: ["date", "created_at", "timestamp"],
        author: ["username", "author.name", "author", "user.name", "user", "uploader", "blog_name"],
        id: ["post_id", "id"], number: ["num"],
        text: ["title", "description", "content", "caption", "text"], hashtags: ["tags", "hashtags"],
        likes: ["likes", "like_count", "favorite_count"], comments: ["comment_count", "comments"],
        views: ["view_count", "views"])

    private static func isRepost(_ document: JSONNode, _ category: String) -> Bool {
        switch category {
        case "twitter":
            (document["retweet_id"]?.int ?? 0) != 0 || document["content"]?.string?.hasPrefix("RT @") == true
        case "pinterest": document["is_repin"]?.bool == true
        case "reddit": (document["crosspost_parent_list"]?.elements ?? .empty).contains { _ in true }
        case "tumblr": document["reblogged"]?.bool == true
        default: document["reblog"].map { !$0.isNull } ?? false
        }
    }

    private static func role(_ document: JSONNode, _ picture: PictureName) -> PictureRole {
        switch document["subcategory"]?.string {
        case "avatar", "background", "banner": return .profile
        default: break
        }
        let type = document["type"]?.string
        return type == "video" || type == "animated_gif" || document["video_url"]?.string != nil ? .thumbnail : .picture
    }
}
