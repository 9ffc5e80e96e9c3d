/// What X hands to its own users: `data/tweets.js` and its parts, each `window.YTD.tweets.part0 = [ {"tweet": {…}} ]`,
/// with the pictures in `tweets_media/<tweet>-<name>` and the author in `account.js` alone. Likes are other people's
/// tweets, and deleted ones are not read.
enum XArchive: ManifestFormat {
    static let name = "X archive"

    static func manifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [any Manifest] {
        let names = (0..<folder.metadata.count).map { folder.metadata[$0] }.filter(isTweets).map {
            Path(bytes: Array($0))
        }
        if names.isEmpty { return [] }
        let author = try account(in: folder)
        var found: [any Manifest] = [
            ProfilePictures(of: author, on: .twitter) { $0.folders.first?.elementsEqual("profile_media".utf8) == true }
        ]
        for name in names {
            guard let file = try folder.file(name, &problems) else { continue }
            let manifest = try RecordManifest(
                .elements(ElementReader(file)), of: folder.path.appending(name), format: XArchiveTweet(author: author),
                context, &problems)
            if manifest.records.count > 0 { found.append(manifest) }
        }
        return found
    }

    /// `tweets.js`, `tweets-part1.js`, `tweet.js`, `community-tweet.js`; `tweet-headers.js` and others say less.
    private static func isTweets(_ name: ArraySlice<UInt8>) -> Bool {
        guard let end = name.firstIndex(of: UInt8(ascii: ".")), name[end...].elementsEqual(".js".utf8) else {
            return false
        }
        let words = name[..<end].split(separator: UInt8(ascii: "-"))
        guard let last = words.last else { return false }
        let kind = last.starts(with: "part".utf8) ? words.dropLast() : words[...]
        return ["tweet", "tweets", "community-tweet", "community-tweets"].contains {
            $0.utf8.elementsEqual(kind.joined(separator: "-".utf8))
        }
    }

    private static func account(in folder: FolderView) throws(SystemError) -> String? {
        var ignored: [MetadataProblem] = []
        guard let file = try folder.file(Path("account.js"), &ignored) else { return nil }
        var reader = ElementReader(file)
        let document = JSONDocument()
        guard case .success(let record) = try reader.next(), let root = try? document.parse(record.bytes.span)
        else { return nil }
        return root[path: "account", "username"]?.string
    }
}

/// A tweet of an archive: all numbers are strings, and a retweet has no mark but its text and its media's source.
struct XArchiveTweet: RecordFormat {
    let author: String?

    private static let fields = PostFields(
        platform: "twitter", time: ["created_at"], id: ["id_str", "id"], text: ["full_text", "text"],
        hashtags: ["entities.hashtags"], likes: ["favorite_count"], shares: ["retweet_count"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard let tweet = record["tweet"], let id = tweet["id_str"]?.text ?? tweet["id"]?.text else { return }
        for (number, media) in Self.media(of: tweet).enumerated() {
            guard let address = media["media_url_https"]?.string ?? media["media_url"]?.string else { continue }
            body(.stem(Array("\(id)-".utf8) + PictureName(address: address).stem), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        guard let tweet = record["tweet"] else { return Post() }
        var post = Self.fields.post(in: tweet, source: .manifest, context)
        post.author = author
        post.place = number
        let media = Self.media(of: tweet).dropFirst(number).first { _ in true }
        let source = media?["source_status_id_str"]?.text
        let text = tweet["full_text"]?.string ?? tweet["text"]?.string ?? ""
        post.isRepost = text.hasPrefix("RT @") || (source != nil && source != post.id)
        if let type = media?["type"]?.string, type != "photo" { post.role = .thumbnail }
        return post
    }

    private static func media(of tweet: JSONNode) -> JSONNode.Elements {
        tweet[path: "extended_entities", "media"]?.elements ?? tweet[path: "entities", "media"]?.elements ?? .empty
    }
}
