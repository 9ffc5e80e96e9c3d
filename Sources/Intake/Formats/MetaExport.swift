/// What Instagram and Facebook hand to their own users, in the JSON variant: `posts_1.json`, `your_posts_1.json` and
/// their like, with the pictures at `uri` below the export's root; and Instagram's form of 2018 to 2020, `media.json`.
enum MetaExport: ManifestFormat {
    static let name = "Instagram or Facebook export"

    static func manifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [any Manifest] {
        let isPart = parts.contains { folder.path.name.bytes.elementsEqual($0.utf8) }
        // The folder above has read it.
        if isPart, !folder.isSource { return [] }
        var found = try oldManifests(in: folder, context, &problems)
        let (lists, page) = try lists(in: folder)
        if lists.isEmpty, let page {
            problems.append(MetadataProblem(file: folder.path.appending(page), line: nil, what: htmlVariant))
        }
        for list in lists {
            guard let file = try folder.file(list.path, &problems) else { continue }
            let key = try wrapper(of: file)
            let reader = RecordReader.elements(ElementReader(file, path: key.map { [$0] } ?? []))
            guard try reader.isList else { continue }
            let post = MetaPost(
                platform: list.group.platform, author: try MetaOwner.name(of: list.group.platform, in: folder),
                role: list.role, takesTails: isPart || list.isAlone)
            let manifest = try RecordManifest(
                reader, of: folder.path.appending(list.path), format: post, context, &problems)
            if manifest.records.count > 0 { found.append(manifest) }
        }
        return found
    }

    private static let htmlVariant = """
        this export is in HTML, which is not read; download it once more in the format JSON (Accounts Centre, Your information and \
        permissions, Export your information)
        """

    /// Folders at the root of an export that hold a part of it.
    private static let parts = ["your_instagram_activity", "your_facebook_activity", "your_activity_across_facebook"]

    // MARK: Where the lists are

    private struct List {
        let path: Path
        let group: Group
        let role: PictureRole
        /// Without its export's root around it.
        let isAlone: Bool
    }

    private struct Group {
        let platform: Platform
        let folders: [String]
        /// How the names of the lists begin, and what the pictures in them are.
        let lists: [(start: String, role: PictureRole)]

        func role(of name: Span<UInt8>) -> PictureRole? {
            lists.first { list in
                name.count >= list.start.utf8.count
                    && list.start.utf8.enumerated().allSatisfy { name[$0.offset] == $0.element }
            }?.role
        }
    }

    private static let groups = [
        Group(
            platform: .instagram,
            folders: ["your_instagram_activity/media", "your_instagram_activity/content", "content"],
            lists: [
                ("posts_", .picture), ("stories", .picture), ("reels", .picture), ("archived_posts", .picture),
                ("other_content", .picture), ("profile_photos", .profile),
            ]),
        Group(
            platform: .facebook,
            folders: ["posts", "your_facebook_activity/posts", "your_activity_across_facebook/posts"],
            lists: [("your_posts", .picture), ("your_uncategorized_photos", .picture)]),
        // Most of an album's pictures have a post; what is said first counts.
        Group(
            platform: .facebook,
            folders: [
                "posts/album", "your_facebook_activity/posts/album", "your_activity_across_facebook/posts/album",
            ],
            lists: [("", .picture)]),
    ]

    /// - page: A list in HTML.
    private static func lists(in folder: FolderView) throws(SystemError) -> (lists: [List], page: Path?) {
        var lists: [List] = []
        var page: Path?
        for group in groups {
            for place in group.folders {
                let names = try folder.files(in: Path(place)) { name in
                    name.hasEnding(".json") || name.hasEnding(".html")
                }
                for name in names {
                    guard let role = group.role(of: name.bytes.span) else { continue }
                    let path = Path(place).appending(name)
                    if name.bytes.span.hasEnding(".html") {
                        page = page ?? path
                    } else {
                        lists.append(List(path: path, group: group, role: role, isAlone: false))
                    }
                }
            }
        }
        guard folder.isSource else { return (lists, page) }
        for index in 0..<folder.metadata.count {
            let name = Path(bytes: Array(folder.metadata[index]))
            for group in groups.dropLast() {
                if name.bytes.span.hasEnding(".json"), let role = group.role(of: name.bytes.span) {
                    lists.append(List(path: name, group: group, role: role, isAlone: true))
                }
            }
        }
        return (lists, page)
    }

    /// The key of the list where an object holds it: its first (`{"ig_stories": [`), or that of an album's pictures.
    private static func wrapper(of file: ReadableFile) throws(SystemError) -> String? {
        var head: [UInt8] = []
        _ = try file.read(into: &head, at: 0, count: 4096)
        guard let first = head.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }),
            head[first] == UInt8(ascii: "{")
        else { return nil }
        let quotes = head[first...].indices.filter { head[$0] == UInt8(ascii: "\"") }.prefix(2)
        guard quotes.count == 2, let start = quotes.first, let end = quotes.last else { return nil }
        let after = head[(end + 1)...].drop { $0 <= 0x20 || $0 == UInt8(ascii: ":") }.first
        return after == UInt8(ascii: "[") ? String(decoding: head[(start + 1)..<end], as: UTF8.self) : "photos"
    }

    /// `{"photos": […], "stories": […], "profile": […]}`; direct messages are nobody's posts.
    private static func oldManifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [any Manifest] {
        guard folder.mayHave(Array("media.json".utf8)), let file = try folder.file(Path("media.json"), &problems)
        else { return [] }
        let author = try MetaOwner.name(of: .instagram, in: folder)
        var found: [any Manifest] = []
        for (key, role) in [("photos", PictureRole.picture), ("stories", .picture), ("profile", .profile)] {
            let reader = RecordReader.elements(ElementReader(file, path: [key]))
            guard try reader.isList else { continue }
            let manifest = try RecordManifest(
                reader, of: folder.path.appending(Path("media.json")),
                format: OldInstagramPicture(author: author, role: role), context, &problems)
            if manifest.records.count > 0 { found.append(manifest) }
        }
        return found
    }
}

/// A post of an export: with its media in a list, in attachments, or itself a picture.
struct MetaPost: RecordFormat {
    let platform: Platform
    let author: String?
    let role: PictureRole
    /// The paths' beginnings are not known here: their ends count.
    let takesTails: Bool

    private static let outer = PostFields(time: ["creation_timestamp", "timestamp"])
    private static let inner = PostFields(time: ["creation_timestamp"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        Self.forEachMedia(in: record) { number, media in
            guard let address = media["uri"]?.string else { return }
            let path = Array(MetaText.mended(address).utf8.drop { $0 == Path.separator })
            guard FileName(visible: path.span) == .picture else { return }
            body(takesTails ? .tail(PostIndex.tail(of: path)) : .path(path[...]), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        var post = Self.outer.post(in: record, source: .manifest, context)
        var texts: [String?] = (record["data"]?.elements ?? .empty).map { $0["post"]?.string }
        if platform == .instagram { texts.append(record["title"]?.string) }
        Self.forEachMedia(in: record) { position, media in
            guard position == number else { return }
            // A single picture's caption and time are its own.
            if post.time == nil { post.time = Self.inner.post(in: media, source: .manifest, context).time }
            // Facebook's titles are those of albums.
            texts.append(media[platform == .instagram ? "title" : "description"]?.string)
        }
        (post.platform, post.author, post.place, post.role) = (platform.rawValue, author, number, role)
        post.take(texts: texts.compactMap { $0.map(MetaText.mended) }, hashtags: [], context)
        return post
    }

    private static func forEachMedia(in record: JSONNode, _ body: (Int, JSONNode) -> Void) {
        var number = 0
        func visit(_ media: JSONNode) {
            body(number, media)
            number += 1
        }
        if let media = record["media"], media.kind == .array {
            for media in media.elements { visit(media) }
        } else if let attachments = record["attachments"] {
            for attachment in attachments.elements {
                for part in attachment["data"]?.elements ?? .empty {
                    if let media = part["media"] { visit(media) }
                }
            }
        } else {
            visit(record)
        }
    }
}

/// A picture in `media.json`.
struct OldInstagramPicture: RecordFormat {
    let author: String?
    let role: PictureRole

    private static let fields = PostFields(platform: "instagram", time: ["taken_at"])

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard record["taken_at"] != nil, let path = record["path"]?.string.map({ Array($0.utf8) }),
            FileName(visible: path.span) == .picture
        else { return }
        body(.path(path[...]), 0)
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        let caption = record["caption"]?.string.map(MetaText.mended)
        var post = Self.fields.post(in: record, source: .manifest, text: caption, context)
        (post.author, post.place, post.role) = (author, 0, role)
        return post
    }
}

/// Whose export it is.
private enum MetaOwner {
    /// What the export says of itself, else its folder's name: `instagram-ana-2024-05-01-Ab12Cd34`.
    static func name(of platform: Platform, in folder: FolderView) throws(SystemError) -> String? {
        for file in files {
            guard let document = try folder.document(Path(file)) else { continue }
            let fields = document["profile_user"]?[0]?["string_map_data"]
            let name =
                fields?[path: "Username", "value"]?.string ?? document["username"]?.string
                ?? document[path: "profile_v2", "username"]?.string
                ?? document[path: "profile_v2", "name", "full_name"]?.string
            if let name = name.map(MetaText.mended)?.nonBlank { return name }
        }
        let parts = String(decoding: folder.path.name.bytes, as: UTF8.self).split(separator: "-")
        guard parts.first.map(String.init) == platform.rawValue,
            let year = parts.firstIndex(where: { $0.count == 4 && $0.allSatisfy(\.isNumber) }), year > 1
        else { return nil }
        return parts[1..<year].joined(separator: "-")
    }

    private static let files = [
        "personal_information/personal_information.json",
        "personal_information/personal_information/personal_information.json",
        "personal_information/profile_information/profile_information.json",
        "profile_information/profile_information.json",
        "profile.json",
    ]
}

/// Meta's exports write each byte of UTF-8 as a character of its own: `CafÃ©`.
enum MetaText {
    /// As it was meant. What is no such text stays.
    static func mended(_ text: String) -> String {
        var bytes: [UInt8] = []
        var isSuspect = false
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return text }
            isSuspect = isSuspect || byte >= 0x80
            bytes.append(byte)
        }
        guard isSuspect, let mended = String(validating: bytes, as: UTF8.self) else { return text }
        return mended
    }
}
