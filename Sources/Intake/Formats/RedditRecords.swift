/// Reddit's submissions as Pushshift and Arctic Shift keep them, a line each, and as the API lists them. Comments are
/// none.
struct RedditRecords: PostRecordFormat {
    static let name = "Reddit records"

    static func recognises(_ record: JSONNode) -> Bool { submission(record) != nil }

    private static let fields = PostFields(
        platform: "reddit", time: ["created_utc", "created"], author: ["author"], id: ["id"],
        text: ["title", "selftext"], likes: ["score", "ups"], comments: ["num_comments"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard let post = Self.submission(record), let id = post["id"]?.string else { return }
        let gallery = post[path: "gallery_data", "items"]?.elements ?? .empty
        var number = 0
        for item in gallery {
            if let media = item["media_id"]?.string, !media.isEmpty {
                body(.stem(Array(media.utf8)[...]), number)
                body(.stem(Array("\(id)_\(number + 1)".utf8)[...]), number)
            }
            number += 1
        }
        guard number == 0, let address = post["url_overridden_by_dest"]?.string ?? post["url"]?.string,
            Self.isPicture(address)
        else { return }
        body(.stem(PictureName(address: address).stem), 0)
        body(.stem(Array(id.utf8)[...]), 0)
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        guard let submission = Self.submission(record) else { return Post() }
        var post = Self.fields.post(in: submission, source: .manifest, context)
        if post.author == "[deleted]" { post.author = nil }
        post.place = number
        post.isRepost =
            submission["crosspost_parent"]?.string != nil
            || (submission["crosspost_parent_list"]?.elements ?? .empty).contains { _ in true }
        return post
    }

    private static func submission(_ record: JSONNode) -> JSONNode? {
        let post = record["kind"]?.string == "t3" ? record["data"] ?? record : record
        guard post["created_utc"] != nil, post["subreddit"]?.kind == .string, post["title"]?.kind == .string else {
            return nil
        }
        return post
    }

    /// At a host whose names no two pictures share.
    private static func isPicture(_ address: String) -> Bool {
        guard let start = address.firstRange(of: "://")?.upperBound else { return false }
        let host = address[start...].prefix { $0 != "/" }
        return ["i.redd.it", "preview.redd.it", "i.imgur.com", "imgur.com"].contains(String(host))
    }
}
