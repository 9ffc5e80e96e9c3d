import Intake
package import Queue

/// `trends --engagement`: how the posts were liked in which each brand was recognised.
package struct EngagementTable {
    private let rows: [(brand: String, row: EngagementRow)]

    /// - classes: The model's.
    /// - brands: Those to show, in their order.
    package init(_ rows: [EngagementRow], classes: [String], brands: [String]) {
        self.rows = brands.compactMap { brand in
            rows.first { classes.indices.contains($0.brand) && classes[$0.brand] == brand }.map { (brand, $0) }
        }
    }

    /// With its rule. `width` is the terminal's; nil when piped.
    package func text(width: Int?) -> String {
        if rows.isEmpty { return wrapped(["No post of these says how it was liked."], width: width) }
        var table = Table([
            .flexible("BRAND"), .right("POSTS"), .right("LIKES"), .right("COMMENTS"), .right("TOP AUTHOR"),
        ])
        for (brand, row) in rows {
            table.add([
                brand, Format.count(row.posts), text(row.likes), text(row.comments),
                Format.percent(row.mostLikedAuthorShare),
            ])
        }
        let rule =
            "Likes and comments: the median of the posts that say how they were liked; a post counts once for a brand. Top author: the share of all likes that the author with the most got."
        return table.text(width: width) + "\n" + wrapped([rule], width: width)
    }

    private func text(_ median: Double?) -> String {
        guard let median else { return "-" }
        return median == median.rounded(.down) && median.magnitude < 1e15
            ? Format.count(Int(median)) : Format.fixed(median, decimals: 1)
    }

    package var json: JSONValue {
        .array(
            rows.map { brand, row in
                .object([
                    ("brand", .string(brand)), ("posts", .int(row.posts)),
                    ("likes_median", JSONValue(row.likes, decimals: 1)),
                    ("comments_median", JSONValue(row.comments, decimals: 1)),
                    ("top_author_share", JSONValue(row.mostLikedAuthorShare, decimals: 6)),
                ])
            })
    }
}
