/// What a source says of a post and of a picture's part in it. All is optional: `Post()` says nothing. Ids are text,
/// whatever they look like.
package struct Post: Hashable, Sendable {
    package var time: PostTime?
    /// In lower case, for instance `instagram`.
    package var platform: String?
    package var id: String?
    /// The picture's place in the post, from 0.
    package var place: Int?
    package var author: String?
    /// It shows somebody else's post once more.
    package var isRepost = false
    /// Somebody wrote something beside it: a text, or hashtags.
    package var hasText = false
    /// In lower case, without `#`, each once.
    package var hashtags: [String] = []
    /// The brands that its text names: see `BrandNames`.
    package var mentions: [String] = []
    package var engagement = Engagement()
    package var role = PictureRole.picture

    package init(
        time: PostTime? = nil, platform: String? = nil, id: String? = nil, place: Int? = nil, author: String? = nil
    ) {
        self.time = time
        self.platform = platform
        self.id = id
        self.place = place
        self.author = author
    }
}

extension Post {
    /// Words as posts keep their hashtags; what can be none is left out.
    package static func hashtags(_ words: [String]) -> [String] { PostText.folded(words) }
}

/// How often a post was liked and so on when the dump was made; nil where it does not say.
package struct Engagement: Hashable, Sendable {
    package var likes: Int?
    package var comments: Int?
    package var shares: Int?
    package var views: Int?

    package init(likes: Int? = nil, comments: Int? = nil, shares: Int? = nil, views: Int? = nil) {
        self.likes = likes
        self.comments = comments
        self.shares = shares
        self.views = views
    }
}

/// What a picture is in its post. Only a `picture` makes a sighting.
package enum PictureRole: String, CaseIterable, Sendable {
    case picture
    /// A frame of a video.
    case thumbnail
    /// Of an author, not of a post.
    case profile
}
