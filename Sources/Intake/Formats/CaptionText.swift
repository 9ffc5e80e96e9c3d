/// What people wrote under a picture, in a text file beside it, as instaloader and img2dataset leave it: for pictures
/// of which no record says more.
enum CaptionText {
    static let name = "caption text"

    static func names(for picture: PictureName) -> [[UInt8]] {
        ([picture.stem] + (picture.numbered.map { [$0.stem] } ?? [])).map { $0 + Array(".txt".utf8) }
    }

    /// Nil where nothing is written.
    static func post(_ bytes: [UInt8], _ context: IntakeContext) -> Post? {
        guard bytes.count <= longest else { return nil }
        var post = Post()
        post.take(texts: [String(decoding: bytes, as: UTF8.self)], hashtags: [], context)
        return post.hasText ? post : nil
    }

    /// Other texts are no captions.
    static let longest = 1 << 16
}
