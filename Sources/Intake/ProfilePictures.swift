/// The pictures of an account itself, by where an export keeps them.
final class ProfilePictures: Manifest {
    private let post: Post
    private let isOne: (PictureName) -> Bool

    init(of author: String?, on platform: Platform, where isOne: @escaping (PictureName) -> Bool) {
        var post = Post(platform: platform.rawValue, author: author)
        post.role = .profile
        (self.post, self.isOne) = (post, isOne)
    }

    var file: Path? { nil }
    var records: (count: Int, unmatched: Int) { (0, 0) }

    func post(of picture: PictureName) -> Post? { isOne(picture) ? post : nil }
}
