/// A Mastodon account's archive: its own posts in `outbox.json`, the account in `actor.json`, and the pictures below
/// `media_attachments/` (github.com/mastodon/mastodon, backup_service.rb). What the account boosted is in it as an
/// address alone, without pictures.
enum MastodonExport: ManifestFormat {
    static let name = "Mastodon archive"

    static func manifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [any Manifest] {
        guard folder.mayHave(Array("outbox.json".utf8)), let file = try folder.file(Path("outbox.json"), &problems)
        else { return [] }
        let reader = RecordReader.elements(ElementReader(file, path: ["orderedItems"]))
        guard try reader.isList else { return [] }
        let author = try folder.document(Path("actor.json"))?["preferredUsername"]?.string
        return [
            try RecordManifest(
                reader, of: folder.path.appending(Path("outbox.json")), format: MastodonActivity(author: author),
                context,
                &problems),
            ProfilePictures(of: author, on: .mastodon) { picture in
                picture.folders.isEmpty && ["avatar", "header"].contains { picture.stem.elementsEqual($0.utf8) }
            },
        ]
    }
}

struct MastodonActivity: RecordFormat {
    /// Of the account; without it a post's own address tells.
    let author: String?

    private static let fields = PostFields(
        platform: "mastodon", time: ["object.published", "published"], text: ["object.summary", "object.content"],
        hashtags: ["object.tag"], likes: ["object.likes.totalItems"], comments: ["object.replies.totalItems"],
        shares: ["object.shares.totalItems"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        for (number, attachment) in (record[path: "object", "attachment"]?.elements ?? .empty).enumerated() {
            guard let address = attachment["url"]?.string else { continue }
            let path = Self.path(of: address)
            guard FileName(visible: path.span) == .picture else { continue }
            body(.path(path[...]), number)
            body(.tail(PostIndex.tail(of: path)), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        var post = Self.fields.post(in: record, source: .manifest, context)
        post.place = number
        post.isRepost = record["type"]?.string == "Announce"
        // https://mastodon.example/users/ana/statuses/110285480123456789
        let parts = (record[path: "object", "id"]?.string ?? "").split(separator: "/")
        post.id = parts.last.map(String.init)
        let user = parts.firstIndex(of: "users").map { $0 + 1 }
        post.author = author ?? user.flatMap { parts.indices.contains($0) ? String(parts[$0]) : nil }
        return post
    }

    /// The folder's name, or a slash, may stand before.
    private static func path(of address: String) -> [UInt8] {
        let root = address.ranges(of: "media_attachments/").last?.lowerBound ?? address.startIndex
        return Array(address[root...].utf8)
    }
}
