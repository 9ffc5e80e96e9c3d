/// A box of another picture in a picture, with labels to match (Yun et al. 2019, "CutMix: Regularization Strategy to
/// Train Strong Classifiers with Localizable Features").
struct CutMix {
    /// The other picture's number among those trained on.
    let partner: Int
    /// What the box covers; may be empty.
    let rows: Range<Int>
    let columns: Range<Int>
    /// The box's share of the picture, and the partner's of the label.
    let share: Double

    /// Draws a partner, and a box of the picture's proportions that may reach over its edges. Before they cut it, its
    /// area is uniform (their alpha is 1).
    init(pictures: Int, shape: Shape, using random: inout Random) {
        partner = random.below(pictures)
        let side = random.uniform().squareRoot()
        func extent(_ length: Int) -> Range<Int> {
            let (centre, half) = (random.uniform() * Float(length), side * Float(length) / 2)
            return max(0, Int(centre - half))..<min(length, Int(centre + half))
        }
        (rows, columns) = (extent(shape.height), extent(shape.width))
        share = Double(rows.count * columns.count) / Double(shape.height * shape.width)
    }

    /// - other, picture: height x width x channels.
    func paste(_ other: Span<Float>, into picture: inout MutableSpan<Float>, shape: Shape) {
        for row in rows {
            let start = row * shape.width
            for i in (start + columns.lowerBound) * shape.channels..<(start + columns.upperBound) * shape.channels {
                picture[i] = other[i]
            }
        }
    }
}
