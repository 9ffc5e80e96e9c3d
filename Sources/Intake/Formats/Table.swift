/// Any CSV, TSV, JSONL or JSON array with a column that names pictures: what people call the other columns is known. A table without such a
/// column is none of bagq's business. COCO's list of pictures is read so too; its dates are of the collection and say nothing.
enum Table: RecordFileFormat {
    static let name = "table"

    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any RecordFormat)? {
        let columns = TableColumns(file.head)
        let candidates = columns.files
        if candidates.isEmpty { return nil }
        let pictures = try folder.pictures(in: folder)
        for column in candidates {
            let values = file.head.flatMap { TableRecord.values(of: $0, at: column) }
            let matches = values.count { pictures.path(of: $0) != nil }
            if matches > 0, 2 * matches >= values.count {
                return try TableRecord(
                    file, columns: columns, files: [column], pictures: pictures, context, &problems)
            }
        }
        return nil
    }
}

/// The columns of a table by what they are called, at most two keys deep: case, `_`, `-`, dots and blanks do not matter.
struct TableColumns {
    /// In the order in which they come up.
    private(set) var paths: [[String]] = []
    private var byName: [String: [String]] = [:]

    /// More are no columns.
    private static let most = 1000

    init(_ head: [JSONNode]) {
        for record in head {
            for (key, value) in record.members {
                guard let key = key.string else { continue }
                add([key])
                for (inner, _) in value.members {
                    if let inner = inner.string { add([key, inner]) }
                }
            }
        }
    }

    private mutating func add(_ path: [String]) {
        guard paths.count < Self.most, !paths.contains(path) else { return }
        paths.append(path)
        let name = Self.normal(path.joined())
        if byName[name] == nil { byName[name] = path }
    }

    private static func normal(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.lowercased().unicodeScalars.filter { !["_", "-", ".", " ", "\u{FEFF}"].contains($0) }))
    }

    private func called(_ names: [String]) -> [[String]] { names.compactMap { byName[$0] } }

    private func keys(_ names: [String]) -> PostFields.Keys { PostFields.Keys(paths: called(names)) }

    /// Those that may name pictures, likeliest first.
    var files: [[String]] {
        let named = called(Self.fileNames)
        let more = paths.filter { path in
            let name = Self.normal(path.joined())
            return name.hasSuffix("filename") || name.hasSuffix("filepath")
        }
        return named + more.filter { !named.contains($0) } + called(Self.addresses)
    }

    /// Where the times are.
    var times: [[String]] { called(Self.timeNames) }

    /// What the columns say of a post. - files: The columns that name its pictures.
    func fields(files: [[String]]) -> PostFields {
        let ids = called(["postid", "tweetid", "statusid", "shortcode", "id"]).filter { !files.contains($0) }
        var fields = PostFields()
        fields.time = PostFields.Keys(paths: times)
        fields.author = keys([
            "author", "username", "user", "owner", "ownerusername", "screenname", "handle", "account", "userusername",
            "userscreenname", "authorname", "authorusername", "accountacct", "accountname", "uploader", "creator",
        ])
        fields.id = PostFields.Keys(paths: ids)
        fields.text = keys(["caption", "text", "content", "rawcontent", "description", "title", "fulltext", "body"])
        fields.hashtags = keys(["hashtags", "hashtag", "tags"])
        fields.likes = keys([
            "likes", "likecount", "likescount", "numlikes", "favoritecount", "favouritescount", "favorites", "score",
            "ups",
            "notecount", "reactions", "diggcount", "publicmetricslikecount",
        ])
        fields.comments = keys([
            "comments", "commentcount", "commentscount", "numcomments", "replies", "replycount", "repliescount",
            "publicmetricsreplycount",
        ])
        fields.shares = keys([
            "shares", "sharecount", "sharescount", "retweets", "retweetcount", "reposts", "repostcount", "reblogscount",
            "publicmetricsretweetcount",
        ])
        fields.views = keys(["views", "viewcount", "viewscount", "playcount", "videoviewcount", "impressions"])
        fields.clocksAreUTC = false
        return fields
    }

    var platforms: PostFields.Keys { keys(["platform", "site", "network", "socialnetwork", "category", "source"]) }
    var posts: PostFields.Keys { keys(["url", "permalink", "posturl", "link", "webpageurl", "tweeturl"]) }
    var reposts: PostFields.Keys { keys(["isrepost", "isretweet", "isreblog"]) }
    /// Whether ids are called a post's, not just `id`, which may count rows.
    var hasPostID: Bool { !called(["postid", "tweetid", "statusid", "shortcode"]).isEmpty }

    private static let fileNames = [
        "filename", "file", "image", "imagepath", "path", "img", "imageid", "id", "name", "filepath", "imagefile",
        "imagefilename", "imagename", "imgpath", "localpath", "media", "mediapath", "photo", "picture", "images",
        "files",
        "photos", "key",
    ]
    /// Downloads keep the last part.
    private static let addresses = [
        "mediaurl", "imageurl", "displayurl", "photourl", "imgurl", "mediaurls", "imageurls", "url",
    ]
    /// Those that can only be a post's first.
    private static let timeNames = [
        "postedat", "postdate", "createdat", "createdutc", "takenat", "takenattimestamp", "publishedat", "publishdate",
        "published", "datetime", "timestamp", "date", "time", "uploaddate",
    ]

    /// What people are told of a table that names no picture.
    static let wanted = "file_name, image, path, id or another that names files"
}

/// A row of a table, or a record of that kind.
struct TableRecord: RecordFormat {
    private let files: [[String]]
    private let pictures: NearbyPictures?
    private let columns: TableColumns
    private let fields: PostFields

    /// - files: The columns that name its pictures. - pictures: To look up what they name; nil where they name paths.
    init(
        _ file: RecordFile, columns: TableColumns, files: [[String]], pictures: NearbyPictures?,
        _ context: IntakeContext,
        _ problems: inout [MetadataProblem]
    ) throws(SystemError) {
        (self.files, self.pictures, self.columns) = (files, pictures, columns)
        var fields = columns.fields(files: files)
        if let column = columns.times.first(where: { Self.isAmbiguous($0, file.head) }) {
            fields.dayOrder = try Self.dayOrder(of: column, in: file)
            if fields.dayOrder == nil {
                problems.append(
                    MetadataProblem(
                        file: file.path, line: nil,
                        what:
                            "nothing in \(column.joined(separator: ".")) tells days from months; write dates as 2024-05-01"
                    ))
            }
        }
        self.fields = fields
    }

    var namesFiles: Bool { true }

    var nameColumns: Set<String>? { Set(files.map { $0[0] }) }

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        var number = 0
        for column in files {
            for value in Self.values(of: record, at: column) {
                name(value, number, body)
                number += 1
            }
        }
    }

    private func name(_ value: [UInt8], _ number: Int, _ body: (PostIndex.Name, Int) -> Void) {
        let path = NearbyPictures.cleaned(value)
        guard let pictures else { return body(.path(path), number) }
        if let found = pictures.path(of: value) { return body(.path(found[...]), number) }
        body(.path(path), number)
        // Deeper down.
        let tail = path.split(separator: Path.separator).suffix(2)
        if let first = tail.first, tail.count == 2 {
            body(.tail(path[first.startIndex...]), number)
        } else if !pictures.isAmbiguous(path) {
            body(.stem(NearbyPictures.stem(of: path)), number)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        var post = fields.post(in: record, source: .manifest, context)
        let names = files.flatMap { Self.values(of: record, at: $0) }
        if names.count > 1 { post.place = number }
        post.platform =
            record.first(columns.platforms) { $0.string.flatMap(Self.platform) }
            ?? record.first(columns.posts) { $0.string.flatMap(Self.host) }
        // Rows of tables are counted, and the posts of a site are not told from another's.
        if post.platform == nil && !columns.hasPostID { post.id = nil }
        if let author = post.author, author.hasPrefix("@") { post.author = String(author.dropFirst()).nonBlank }
        post.isRepost = record.first(columns.reposts) { Self.truth($0) } ?? false
        return post
    }

    static func values(of record: JSONNode, at column: [String]) -> [[UInt8]] {
        guard let node = record.node(at: column) else { return [] }
        if node.kind != .array { return (node.text?.nonBlank).map { [Array($0.utf8)] } ?? [] }
        return node.elements.compactMap { ($0.text?.nonBlank).map { Array($0.utf8) } }
    }

    private static func truth(_ node: JSONNode) -> Bool? {
        node.bool ?? node.int.map { $0 != 0 } ?? node.string.map { ["true", "yes"].contains($0.lowercased()) }
    }

    /// A site's name, not a sentence or an app's.
    private static func platform(_ text: String) -> String? {
        if let known = Platform(named: text) { return known.rawValue }
        if let host = host(text) { return host }
        let name = text.lowercased()
        return name.utf8.count <= 30 && !name.isEmpty
            && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || [0x2E, 0x5F, 0x2D].contains($0) }
            ? name : nil
    }

    /// The site that a post's address is on, where it is known.
    private static func host(_ address: String) -> String? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let host = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }.lowercased()
        for part in host.split(separator: ".") {
            if let known = Platform(named: String(part)), part != "x" || host == "x.com" || host.hasSuffix(".x.com") {
                return known.rawValue
            }
        }
        return host == "bsky.app" ? Platform.bluesky.rawValue : nil
    }

    // MARK: Days and months

    private static func isAmbiguous(_ column: [String], _ head: [JSONNode]) -> Bool {
        head.contains { record in
            guard let text = record.node(at: column)?.string else { return false }
            return TimeText(text) == nil
                && TimeText(text, dayOrder: .dayFirst) ?? TimeText(text, dayOrder: .monthFirst) != nil
        }
    }

    /// As all of the file tells.
    private static func dayOrder(of column: [String], in file: RecordFile) throws(SystemError) -> DayOrder? {
        var evidence = DayOrderEvidence()
        var reader = file.reader.selecting([column[0]])
        let document = JSONDocument()
        while let found = try reader.next() {
            guard case .success(let record) = found, let node = try? document.parse(record.bytes.span),
                let text = node.node(at: column)?.string
            else { continue }
            evidence.add(text.utf8.span)
        }
        return evidence.order
    }
}
