/// Finds out what a dump says of its pictures: beside a picture first, then in the nearest folder above it that says
/// something, then in its name.
struct PostDescriber {
    let context: IntakeContext
    private var sidecars = Sidecars()
    private var sidecarFolder: Path?
    private(set) var findings = DumpFindings()

    private let root: Path

    init(root: Path, _ context: IntakeContext) {
        self.root = root
        self.context = context
    }

    /// - path: From the source's root.
    /// - view: Of the picture's folder.
    /// - manifests: Of its folders, the nearest first.
    mutating func post(
        of path: [UInt8], in view: FolderView?, _ manifests: [FolderManifests], _ leftOut: inout [String: Int]
    ) throws(SystemError) -> Post {
        let picture = PictureName(path)
        var post = Post()
        var format: String?
        var problems: [MetadataProblem] = []
        if let view {
            if view.path != sidecarFolder { sidecars.forget() }
            sidecarFolder = view.path
            if let found = try sidecars.post(of: picture, in: view, context, &problems) {
                (format, post) = found
            }
            note(problems, &leftOut)
        }
        if format == nil, let found = try Self.lookUp(path, manifests) { (format, post) = found }
        if format == nil, let view, let found = try sidecars.caption(of: picture, in: view, context) {
            (format, post) = found
        }
        findings.count(format)
        return complete(post, picture)
    }

    mutating func manifests(
        in view: FolderView, prefixLength: Int, _ leftOut: inout [String: Int]
    ) throws(SystemError) -> FolderManifests {
        var problems: [MetadataProblem] = []
        defer { note(problems, &leftOut) }
        var view = view
        view.isSource = prefixLength == 0
        return FolderManifests(prefixLength: prefixLength, all: try Manifests.all(in: view, context, &problems))
    }

    /// What is said of a picture, where a manifest was the way to it.
    mutating func complete(_ post: Post, of path: Path, by format: String) -> Post {
        findings.count(format)
        return complete(post, PictureName(path.bytes))
    }

    /// Of manifests that were read in another way.
    mutating func add(_ records: (count: Int, unmatched: Int)) { findings.add(records) }

    mutating func note(_ packed: PackedFiles, in folder: Path) { findings.note(packed.problems(in: folder)) }

    /// Nothing below the folder is asked for any more.
    mutating func close(_ folder: FolderManifests) {
        for (_, manifest) in folder.all { findings.add(manifest.records) }
    }

    /// The next pictures of a tar file, those of one key together; nil at its end.
    mutating func next(
        of shard: inout ShardReader, _ leftOut: inout [String: Int]
    ) throws(SystemError) -> [PictureReference]? {
        var problems: [MetadataProblem] = []
        defer { note(problems, &leftOut) }
        guard let group = try shard.next(&problems) else { return nil }
        let pictures = group.pictures.map { PictureName($0.name) }
        var posts: [(format: String, post: Post)?] = pictures.map { _ in nil }
        if let (name, document) = group.document, !pictures.isEmpty {
            let file = Path(bytes: shard.path + [Path.separator] + name)
            posts = sidecars.posts(of: pictures, inDocument: document, of: file, context, &problems)
        }
        let caption = group.caption.flatMap { CaptionText.post($0, context) }.map { (CaptionText.name, $0) }
        return zip(zip(group.pictures, pictures), posts).map { picture, found in
            let (member, name) = picture
            let found = found ?? caption
            findings.count(found?.format)
            return PictureReference(
                place: PicturePlace(
                    path: Path(bytes: shard.path),
                    slice: FileSlice(offset: member.offset, length: member.size, name: Path(bytes: member.name))),
                post: complete(found?.post ?? Post(), name))
        }
    }

    private static func lookUp(
        _ path: [UInt8], _ manifests: [FolderManifests]
    ) throws(SystemError) -> (String, Post)? {
        for folder in manifests where !folder.all.isEmpty {
            let picture = PictureName(Array(path.dropFirst(folder.prefixLength)))
            for (format, manifest) in folder.all {
                if let post = try manifest.post(of: picture) { return (format, post) }
            }
        }
        return nil
    }

    mutating func note(_ problems: [MetadataProblem], _ leftOut: inout [String: Int]) {
        guard !problems.isEmpty else { return }
        leftOut[LeftOut.badMetadata.rawValue, default: 0] += problems.count
        findings.note(problems)
    }

    /// With what the name says, and without times that cannot be.
    private func complete(_ post: Post, _ picture: PictureName) -> Post {
        var post = post
        if let time = post.time, !time.timestamp.isPlausible() { post.time = nil }
        if Self.profileMarks.contains(where: { picture.stem.ends(with: $0) }) { post.role = .profile }
        // Instagram's tools write a post's number or its code: one post has one id.
        if post.platform == Platform.instagram.rawValue, let id = post.id,
            (9...11).contains(id.utf8.count), id.contains(where: \.isLetter),
            let number = Platform.instagramID(shortcode: id.utf8.span)
        {
            post.id = String(number)
        }
        let isTimed = post.time.map { $0.source < .id } == false
        // Most of what downloaders leave is complete, and then the path has nothing to add.
        if isTimed, post.platform != nil, post.id != nil, post.author != nil { return post }
        // The folders above the source may name the platform.
        let path = PathPost(path: root.appending(Path(bytes: picture.path)))
        if let said = path?.post, post.platform == nil || post.platform == said.platform {
            post.platform = said.platform
            if post.id == nil { (post.id, post.place) = (said.id, post.place ?? said.place) }
            post.author = post.author ?? said.author
        }
        if !isTimed { post.time = idTime(post, path) ?? nameTime(picture) ?? post.time }
        return post
    }

    private func idTime(_ post: Post, _ path: PathPost?) -> PostTime? {
        let own = post.platform.flatMap(Platform.init(named:)).flatMap { platform in
            post.id.flatMap { platform.time(ofID: $0) }
        }
        guard let time = own ?? path?.time, time.isPlausible() else { return nil }
        return PostTime(time, .id)
    }

    private func nameTime(_ picture: PictureName) -> PostTime? {
        guard let text = TimeText(fileName: picture.name.span) else { return nil }
        let time = text.timestamp(in: context.zone)
        return time.isPlausible() ? PostTime(time, .name) : nil
    }

    /// Instaloader's names for pictures of profiles and of collections.
    private static let profileMarks = ["_profile_pic", "_UTC_cover"].map { Array($0.utf8) }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}

/// What a folder says of the pictures in it and below.
struct FolderManifests {
    /// Of the folder's path from the source's root, with its slash.
    let prefixLength: Int
    let all: [(format: String, manifest: any Manifest)]
}

/// What a listing came upon.
package struct DumpFindings: Sendable {
    /// Pictures by the format that described them.
    package private(set) var described: [String: Int] = [:]
    package private(set) var undescribed = 0
    /// Records of manifests that name pictures, and those of which none was found.
    package private(set) var records = 0
    package private(set) var recordsWithoutPicture = 0
    /// The first ten.
    package private(set) var problems: [MetadataProblem] = []

    mutating func count(_ format: String?) {
        if let format { described[format, default: 0] += 1 } else { undescribed += 1 }
    }

    mutating func add(_ records: (count: Int, unmatched: Int)) {
        self.records += records.count
        recordsWithoutPicture += records.unmatched
    }

    mutating func note(_ more: [MetadataProblem]) {
        problems += more.prefix(10 - problems.count)
    }
}
