/// One picture that a source names, before anything has opened it.
package struct PictureReference: Hashable, Sendable {
    /// Relative to the source's root.
    package var path: Path
    /// What the source says of the post time; nil when only the file itself (EXIF, mtime) can tell.
    package var postTime: PostTime?
    package var post: Post?

    package init(path: Path, postTime: PostTime? = nil, post: Post? = nil) {
        self.path = path
        self.postTime = postTime
        self.post = post
    }
}

/// The post that shows a picture, as far as its source tells. Ids are text, whatever they look like.
package struct Post: Hashable, Sendable {
    package var platform: String?
    package var id: String?
    /// The picture's place in the post, from 0.
    package var place: Int
    package var author: String?

    package init(platform: String? = nil, id: String? = nil, place: Int = 0, author: String? = nil) {
        self.platform = platform
        self.id = id
        self.place = place
        self.author = author
    }
}
