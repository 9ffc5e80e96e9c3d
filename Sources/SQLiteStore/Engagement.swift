package import Queue

extension SQLiteStore {
    package func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double
    ) throws(StoreError) -> [EngagementRow] {
        try read { tx in
            let model = try tx.model(model)
            let source = try SightingSource(tx, query, model: model.id)
            var posts: [PostBrand: Likes] = [:]
            let step = ConfidenceStep.reaching(threshold)
            for strength in DateStrength.allCases where strengths.contains(strength) {
                try source.forEach(
                    strength, columns: "brand, sighting.id, platform, post, author, likes, comments",
                    where: "step >= \(step) AND coalesce(likes, comments) IS NOT NULL"
                ) { row in
                    let brand = row.int(0)
                    guard model.classes.indices.contains(brand), model.classes[brand] != otherClass else { return }
                    let post = row.postOwner(platform: 2, post: 3, sighting: 1)
                    posts[PostBrand(post: post, brand: brand), default: Likes()].take(
                        likes: row.optionalInt(5), comments: row.optionalInt(6),
                        author: row.optionalInt(4) == nil ? nil : row.authorOwner(author: 4, sighting: 1))
                }
            }
            return Dictionary(grouping: posts, by: \.key.brand).sorted { $0.key < $1.key }.map { brand, posts in
                EngagementRow(brand: brand, posts)
            }
        }
    }
}

private struct PostBrand: Hashable {
    var post: SightingOwner
    var brand: Int
}

/// A post's, over its sightings.
private struct Likes {
    var likes: Int?
    var comments: Int?
    var author: SightingOwner?

    mutating func take(likes: Int?, comments: Int?, author: SightingOwner?) {
        self.likes = [self.likes, likes].compactMap(\.self).max()
        self.comments = [self.comments, comments].compactMap(\.self).max()
        self.author = self.author ?? author
    }
}

extension EngagementRow {
    fileprivate init(brand: Int, _ posts: [(key: PostBrand, value: Likes)]) {
        // Dumps may say any number: their sum need not be one.
        var byAuthor: [SightingOwner: Double] = [:]
        for (key, post) in posts { byAuthor[post.author ?? key.post, default: 0] += Double(max(0, post.likes ?? 0)) }
        let total = byAuthor.values.reduce(0, +)
        self.init(
            brand: brand, posts: posts.count, likes: median(posts.compactMap(\.value.likes)),
            comments: median(posts.compactMap(\.value.comments)),
            mostLikedAuthorShare: total == 0 ? nil : (byAuthor.values.max() ?? 0) / total)
    }
}

/// The mean of the middle two where there is no middle one; nil of nothing.
private func median(_ values: [Int]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return (Double(sorted[(values.count - 1) / 2]) + Double(sorted[values.count / 2])) / 2
}
