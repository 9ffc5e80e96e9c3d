/// Posts of the AT Protocol as tools unpack or list them: the record alone, or with its address or its author around
/// it. Pictures are called by their content's id.
struct BlueskyRecords: PostRecordFormat {
    static let name = "Bluesky records"

    static func recognises(_ record: JSONNode) -> Bool { parts(record) != nil }

    private static let fields = PostFields(time: ["createdAt"], text: ["text"], hashtags: ["tags"])
    private static let around = PostFields(
        platform: "bluesky", author: ["author.handle", "author.did"], likes: ["likeCount"], comments: ["replyCount"],
        shares: ["repostCount"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard let (post, _) = Self.parts(record) else { return }
        let embed = post["embed"]
        let images = embed?["images"] ?? embed?[path: "media", "images"]
        for (number, image) in (images?.elements ?? .empty).enumerated() {
            guard let id = image[path: "image", "ref", "$link"]?.string ?? image[path: "image", "cid"]?.string,
                !id.isEmpty
            else { continue }
            body(.stem(Array(id.utf8)[...]), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        guard let (said, envelope) = Self.parts(record) else { return Post() }
        var post = Self.around.post(in: envelope, source: .manifest, context)
        let own = Self.fields.post(in: said, source: .manifest, context)
        (post.time, post.hasText, post.hashtags, post.mentions) = (own.time, own.hasText, own.hashtags, own.mentions)
        post.place = number
        // at://did:plc:…/app.bsky.feed.post/3lojfm7aaqk26
        if let address = envelope["uri"]?.string, address.hasPrefix("at://") {
            let parts = address.dropFirst("at://".count).split(separator: "/")
            post.id = parts.count == 3 ? String(parts[2]) : nil
            post.author = post.author ?? parts.first.map(String.init)
        }
        return post
    }

    /// The record itself and what stands around it.
    private static func parts(_ record: JSONNode) -> (post: JSONNode, around: JSONNode)? {
        let envelope = record["post"].flatMap { $0.kind == .object ? $0 : nil } ?? record
        for post in [envelope, envelope["record"], envelope["value"]] {
            if let post, post["$type"]?.string == "app.bsky.feed.post" { return (post, envelope) }
        }
        return nil
    }
}
