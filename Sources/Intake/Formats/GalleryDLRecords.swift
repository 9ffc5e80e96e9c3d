/// gallery-dl's metadata in one file, `data.jsonl`: what the sidecars would say, a line a picture. A line does not tell
/// the picture's name on disk; it is the site's default, or the name it had at the site.
struct GalleryDLRecords: PostRecordFormat {
    static let name = GalleryDL.name

    static func recognises(_ record: JSONNode) -> Bool {
        record["category"]?.kind == .string && record["subcategory"]?.kind == .string
            && record["filename"]?.kind == .string && record["extension"]?.kind == .string
    }

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard Self.recognises(record), let category = record["category"]?.string else { return }
        for stem in Self.stems(record, category) where !stem.isEmpty { body(.stem(Array(stem.utf8)[...]), 0) }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        guard var post = GalleryDL.post(of: PictureName([]), in: record, context) else { return Post() }
        post.time?.source = .manifest
        return post
    }

    private static func stems(_ record: JSONNode, _ category: String) -> [String] {
        func text(_ keys: String...) -> String { keys.lazy.compactMap { record[$0]?.text }.first ?? "" }
        let number = record["num"]?.int ?? 1
        let twoDigits = number < 10 ? "0\(number)" : "\(number)"
        let id = text("id_string", "id")
        let site: String? =
            switch category {
            case "twitter": "\(text("tweet_id"))_\(number)"
            case "instagram":
                [record["sidecar_media_id"]?.text, record["media_id"]?.text].compactMap { $0 }.joined(separator: "_")
            case "pinterest": "pinterest_\(id)\(text("media_id"))"
            case "reddit":
                "\(id)\(number > 0 && record["num"] != nil ? " " + twoDigits : "") \(text("title").prefix(220))"
            case "tumblr": "tumblr_\(text("blog_name"))_\(id)_\(twoDigits)"
            case "bluesky": "\(text("createdAt").prefix(19))_\(text("post_id"))_\(number)"
            case "flickr": "flickr_\(id)"
            default: record["media"]?["id"]?.text.map { "\(category)_\(id)_\($0)" }
            }
        // As gallery-dl writes what no name may hold.
        return [site?.replacing("/", with: "_"), record["filename"]?.string].compactMap { $0 }
    }
}
