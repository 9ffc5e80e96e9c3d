import Intake
import Queue

extension Transaction {
    /// The items of a range that have no outcome, in order.
    func openItems(of job: JobID, numbers: Range<Int>) throws -> [Item] {
        try db.rows(
            """
            SELECT \(itemColumns) FROM item LEFT JOIN author ON author.id = item.author
            WHERE item.job = ?1 AND item.number >= ?2 AND item.number < ?3
                AND NOT EXISTS (SELECT 1 FROM prediction WHERE job = ?1 AND number = item.number)
                AND NOT EXISTS (SELECT 1 FROM failure WHERE job = ?1 AND number = item.number)
            ORDER BY item.number
            """, job, numbers.lowerBound, numbers.upperBound
        ) { $0.item(0) }
    }

    func insert(_ item: Item, author: Author?, job: JobID) throws {
        let (place, post) = (item.reference.place, item.reference.post)
        try db.run(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", job, item.number,
            place.path, post.time?.timestamp, post.time?.source.code, post.platform, post.id, post.place, author?.id,
            place.slice?.offset, place.slice?.length, place.slice?.name, encode(post.hashtags), encode(post.mentions),
            post.engagement.likes, post.engagement.comments, post.engagement.shares, post.engagement.views,
            post.isRepost, post.role.code, post.hasText)
    }
}

/// The columns of `item` that `Row.post` reads.
let postColumns = """
    item.posted_at, item.time_source, item.platform, item.post, item.place, item.hashtags, item.mentions, item.likes,
    item.comments, item.shares, item.views, item.is_repost, item.role, item.has_text
    """

/// The columns that `Row.item` reads, of `item LEFT JOIN author`.
let itemColumns = """
    item.number, item.path, item.slice_offset, item.slice_length, item.slice_name, \(postColumns),
    iif(item.author IS NULL, NULL, coalesce(author.name, lower(hex(author.hash))))
    """

extension Row {
    /// From `postColumns`, 14 of them: without its author.
    func post(_ column: Int) -> Post {
        var post = Post(
            time: postTime(column), platform: optionalText(column + 2), id: optionalText(column + 3),
            place: optionalInt(column + 4))
        post.hashtags = lines(column + 5)
        post.mentions = lines(column + 6)
        post.engagement = Engagement(
            likes: optionalInt(column + 7), comments: optionalInt(column + 8), shares: optionalInt(column + 9),
            views: optionalInt(column + 10))
        post.isRepost = bool(column + 11)
        post.role = PictureRole(code: int(column + 12))
        post.hasText = bool(column + 13)
        return post
    }

    /// From `itemColumns`. An author whose name is not kept appears as its keyed hash.
    func item(_ column: Int) -> Item {
        var post = post(column + 5)
        post.author = optionalText(column + 19)
        let slice = optionalInt(column + 2).map {
            FileSlice(offset: $0, length: int(column + 3), name: path(column + 4))
        }
        return Item(
            number: int(column),
            reference: PictureReference(place: PicturePlace(path: path(column + 1), slice: slice), post: post))
    }
}
