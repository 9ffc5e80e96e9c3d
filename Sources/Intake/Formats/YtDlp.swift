/// yt-dlp's `--write-info-json`: `NAME.info.json` for `NAME.mp4`, whose thumbnail is `NAME.jpg`
/// (github.com/yt-dlp/yt-dlp, "OUTPUT TEMPLATE"). Some sites' extractors give pictures themselves.
enum YtDlp: SidecarFormat {
    static let name = "yt-dlp"

    static func names(for picture: PictureName) -> [[UInt8]] {
        [picture.stem, picture.name].map { $0 + Array(".info.json".utf8) }
    }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard let extractor = document["extractor_key"]?.string ?? document["extractor"]?.string,
            document["webpage_url"] ?? document["original_url"] ?? document["_type"] != nil
        else { return nil }
        // `youtube:tab`
        let site = extractor.prefix { $0 != ":" }.lowercased()
        var post = (sites[site] ?? other).post(in: document, source: .sidecar, context)
        post.platform = Platform(named: site)?.rawValue ?? (site == "generic" ? nil : site)
        if post.author?.hasPrefix("@") == true { post.author?.removeFirst() }
        let kind = document["_type"]?.string
        // Of a channel or a list.
        if kind == "playlist" || kind == "multi_video" {
            post.role = .profile
        } else {
            post.place = 0
            post.role = isPhoto(document) ? .picture : .thumbnail
        }
        return post
    }

    /// Where they keep the name that others know an author by.
    private static let sites: [String: PostFields] = [
        "youtube": fields(author: ["uploader_id", "channel_id", "uploader"]),
        "twitter": fields(author: ["uploader_id", "uploader"], id: ["display_id", "id"]),
        "instagram": fields(author: ["channel", "uploader", "uploader_id"]),
    ]
    private static let other = fields(author: ["uploader", "channel", "creator", "uploader_id"])

    private static func fields(author: PostFields.Keys, id: PostFields.Keys = ["id", "display_id"]) -> PostFields {
        PostFields(
            time: ["timestamp", "release_timestamp", "upload_date", "release_date"], author: author, id: id,
            text: ["title", "description"], hashtags: ["tags"], likes: ["like_count"], comments: ["comment_count"],
            shares: ["repost_count"], views: ["view_count"])
    }

    private static func isPhoto(_ document: JSONNode) -> Bool {
        if let kind = document["media_type"]?.string { return kind == "photo" || kind == "image" }
        guard let name = document["ext"]?.string else { return false }
        return FileName(visible: Array("a.\(name)".utf8).span) == .picture
    }
}
