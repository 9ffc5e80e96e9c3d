/// instaloader: a document per post, `BASE.json` or `BASE.json.xz`, for `BASE.jpg` or for `BASE_1.jpg`, `BASE_2.jpg`
/// and so on (github.com/instaloader/instaloader, structures.py). A picture of a video is its thumbnail.
enum Instaloader: SidecarFormat {
    static let name = "instaloader"

    static func names(for picture: PictureName) -> [[UInt8]] {
        let stems = [picture.stem] + (picture.numbered.map { [$0.stem] } ?? [])
        return stems.flatMap { stem in [".json", ".json.xz"].map { stem + Array($0.utf8) } }
    }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard let record = record(in: document) else { return nil }
        var post = fields.post(in: record, source: .sidecar, context)
        // `<post>_<owner>`
        post.id = post.id.map { id in
            id.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "_") } ? String(id.prefix { $0 != "_" }) : id
        }
        let slides = Array(record[path: "edge_sidecar_to_children", "edges"]?.elements ?? .empty)
        let more = Array(record[path: "iphone_struct", "carousel_media"]?.elements ?? .empty)
        let isCarousel = !slides.isEmpty || !more.isEmpty || record["__typename"]?.string?.hasSuffix("Sidecar") == true
        let count = max(slides.count, more.count)
        // The name of a post may end like a slide's.
        let number = picture.numbered.map(\.number) ?? 1
        post.place = isCarousel && number > 0 && (count == 0 || number <= count) ? number - 1 : 0
        let slide = post.place.flatMap { place -> JSONNode? in
            slides.indices.contains(place) ? slides[place]["node"] : more.indices.contains(place) ? more[place] : nil
        }
        post.role = isVideo(slide ?? record) ? .thumbnail : .picture
        return post
    }

    private static let fields = PostFields(
        platform: "instagram", time: ["date", "taken_at_timestamp", "taken_at", "iphone_struct.taken_at"],
        author: ["owner.username", "iphone_struct.user.username", "user.username"],
        id: ["id", "pk", "iphone_struct.pk", "shortcode", "code"],
        text: ["edge_media_to_caption.edges.0.node.text", "caption", "caption.text"],
        likes: [
            "edge_media_preview_like.count", "edge_liked_by.count", "iphone_struct.like_count", "like_count",
            "likes.count",
        ],
        comments: [
            "edge_media_to_comment.count", "edge_media_to_parent_comment.count", "comments", "comments.count",
            "comment_count",
        ],
        views: ["video_view_count"])

    /// Nil for what is no post: a profile, a hashtag, where a download stopped.
    private static func record(in document: JSONNode) -> JSONNode? {
        if let tool = document["instaloader"] {
            let kind = tool["node_type"]?.string
            return kind == "Post" || kind == "StoryItem" ? document["node"] : nil
        }
        // Version 3 had nothing around it.
        guard document["shortcode"]?.string ?? document["code"]?.string != nil,
            document["taken_at_timestamp"] ?? document["date"] != nil,
            document["is_video"] ?? document["display_url"] ?? document["display_src"] != nil
        else { return nil }
        return document
    }

    private static func isVideo(_ record: JSONNode) -> Bool {
        record["is_video"]?.bool
            ?? (record["media_type"]?.int == 2 || record["__typename"]?.string?.hasSuffix("Video") == true)
    }
}
