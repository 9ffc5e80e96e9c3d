/// What a source holds, as far as names and metadata tell: what `bagq inspect` shows. Opens no picture.
package struct DumpSurvey: Sendable {
    package private(set) var pictures = 0
    /// What the formats of dumps found.
    package private(set) var findings = DumpFindings()
    /// Pictures by where their time comes from; nil where only the picture itself can tell.
    package private(set) var timeSources: [TimeSource?: Int] = [:]
    package private(set) var earliest: Timestamp?
    package private(set) var latest: Timestamp?
    package private(set) var platforms: [String: Int] = [:]
    package private(set) var reposts = 0
    /// Thumbnails and profile pictures.
    package private(set) var withoutSighting = 0
    /// Pictures in formats that this build does not read, by extension.
    package private(set) var unreadable: [String: Int] = [:]
    /// Pictures that lie in a folder, or under a hashtag, that is a brand's name, by brand.
    package private(set) var brandFolders: [String: Int] = [:]
    package private(set) var brandHashtags: [String: Int] = [:]
    package private(set) var mentions: [String: Int] = [:]
    package private(set) var leftOut: [String: Int] = [:]
    private var authorHashes: Set<Int> = []

    package var authors: Int { authorHashes.count }

    /// - unreadableExtensions: In lower case.
    package init(of source: Path, _ context: IntakeContext, unreadableExtensions: Set<String>) throws(IntakeError) {
        var lister = try SourceLister(source: source, cursor: nil, leftOut: [:], context: context)
        while let batch = try lister.next(limit: 8192) {
            for reference in batch.references { add(reference, context.brands, unreadableExtensions) }
        }
        findings = lister.findings
        leftOut = lister.leftOut
    }

    private mutating func add(_ reference: PictureReference, _ brands: BrandNames, _ unreadableExtensions: Set<String>)
    {
        pictures += 1
        let post = reference.post
        timeSources[post.time?.source, default: 0] += 1
        if let time = post.time?.timestamp {
            earliest = min(earliest ?? time, time)
            latest = max(latest ?? time, time)
        }
        if let platform = post.platform { platforms[platform, default: 0] += 1 }
        if let author = post.author { authorHashes.insert(author.hashValue) }
        if post.isRepost { reposts += 1 }
        if post.role != .picture { withoutSighting += 1 }
        for brand in post.mentions { mentions[brand, default: 0] += 1 }
        let name = PictureName(reference.place.shown.bytes)
        let ending = String(decoding: name.name[name.stem.endIndex...].dropFirst(), as: UTF8.self).lowercased()
        if unreadableExtensions.contains(ending) { unreadable[ending, default: 0] += 1 }
        guard !brands.isEmpty else { return }
        let folders = name.folders.map { String(decoding: $0, as: UTF8.self) }
        for brand in brands.named(in: folders.joined(separator: "\n")) { brandFolders[brand, default: 0] += 1 }
        for brand in brands.named(in: post.hashtags.joined(separator: "\n")) {
            brandHashtags[brand, default: 0] += 1
        }
    }
}
