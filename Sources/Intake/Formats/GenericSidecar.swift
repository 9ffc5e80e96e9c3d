/// Any JSON object beside a picture that says when, by whom or how well liked it was, in words that people use for
/// that.
enum GenericSidecar: SidecarFormat {
    static let name = "JSON sidecar"

    static func names(for picture: PictureName) -> [[UInt8]] {
        [picture.name, picture.stem].map { $0 + Array(".json".utf8) }
    }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard document.kind == .object, document["instaloader"] == nil else { return nil }
        let aliases = RecordAliases([document])
        let post = aliases.post(in: document, aliases.fields(), source: .sidecar, context)
        guard post.time != nil || post.author != nil || post.engagement.likes != nil else { return nil }
        return post
    }
}
