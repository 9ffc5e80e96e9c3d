/// How much of each pixel of a rectangle something covers, 0 to 1.
struct Mask {
    let x: Int, y: Int, width: Int, height: Int
    var values: [Float]

    /// The exact area that the outline covers of each pixel, by summing the signed areas left of every edge
    /// (R. Levien, "Inside the fastest font renderer in the world", 2016).
    /// `margin` leaves room for a blur; what lies further than that outside the canvas is left out.
    init(_ outline: Outline, through projection: Projection, canvas: (width: Int, height: Int), margin: Int = 0) {
        let contours = outline.contours.map { $0.map { projection($0) } }
        var low = Point(Float(canvas.width + margin), Float(canvas.height + margin))
        var high = Point(Float(-margin), Float(-margin))
        for point in contours.joined() {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        x = max(Int(low.x.rounded(.down)), 0) - margin
        y = max(Int(low.y.rounded(.down)), 0) - margin
        width = max(min(Int(high.x.rounded(.up)), canvas.width) + margin - x, 0)
        height = max(min(Int(high.y.rounded(.up)), canvas.height) + margin - y, 0)
        guard width > 0, height > 0 else {
            values = []
            return
        }
        values = Array(repeating: 0, count: (width + 2) * height)

        let origin = Point(Float(x), Float(y))
        for contour in contours {
            for (from, to) in zip(contour, contour.dropFirst() + contour.prefix(1)) {
                addEdge(from: from - origin, to: to - origin)
            }
        }
        var index = 0
        for row in 0..<height {
            var sum: Float = 0
            for column in 0..<width {
                sum += values[row * (width + 2) + column]
                values[index] = min(abs(sum), 1)
                index += 1
            }
        }
        values.removeLast(2 * height)
    }

    private mutating func addEdge(from: Point, to: Point) {
        guard from.y != to.y else { return }
        let sign: Float = from.y < to.y ? 1 : -1
        let (top, bottom) = from.y < to.y ? (from, to) : (to, from)
        let slope = (bottom.x - top.x) / (bottom.y - top.y)
        let first = max(top.y, 0)
        let last = min(bottom.y, Float(height))
        guard first < last else { return }
        var edge = top.x + (first - top.y) * slope
        for row in Int(first)..<Int(last.rounded(.up)) {
            let span = min(Float(row + 1), last) - max(Float(row), first)
            let next = edge + slope * span
            let area = span * sign
            let left = min(max(min(edge, next), 0), Float(width))
            let right = min(max(max(edge, next), 0), Float(width))
            let start = row * (width + 2) + Int(left)
            let columns = Int(right.rounded(.up)) - Int(left)
            if columns <= 1 {
                let middle = (left + right) / 2 - left.rounded(.down)
                values[start] += area * (1 - middle)
                values[start + 1] += area * middle
            } else {
                // A triangle in the first and the last pixel, trapezia between them.
                let steep = area / (right - left)
                let head = 1 - (left - left.rounded(.down))
                let tail = right - (right.rounded(.up) - 1)
                var covered = steep * head * head / 2
                var given = covered
                values[start] += covered
                for column in 1..<(columns - 1) {
                    let area = steep * (head + Float(column) - 0.5)
                    values[start + column] += area - covered
                    given += area - covered
                    covered = area
                }
                let end = area - steep * tail * tail / 2
                values[start + columns - 1] += end - covered
                given += end - covered
                values[start + columns] += area - given
            }
            edge = next
        }
    }

    /// Coverage at a pixel of the canvas.
    func at(_ column: Int, _ row: Int) -> Float {
        guard column >= x, column < x + width, row >= y, row < y + height else { return 0 }
        return values[(row - y) * width + column - x]
    }

    /// Two box blurs, about a triangle of `radius` pixels each side.
    func blurred(radius: Int) -> Mask {
        guard radius > 1, width > 0, height > 0 else { return self }
        var mask = self
        let reach = max(radius / 2, 1)
        for _ in 0..<2 {
            mask.values = Mask.boxRows(mask.values, width: width, height: height, reach: reach)
            mask.values = Mask.boxColumns(mask.values, width: width, height: height, reach: reach)
        }
        return mask
    }

    private static func boxRows(_ from: [Float], width: Int, height: Int, reach: Int) -> [Float] {
        let scale = 1 / Float(2 * reach + 1)
        var to = from
        for start in stride(from: 0, to: width * height, by: width) {
            var sum: Float = 0
            for column in 0..<min(reach, width) { sum += from[start + column] }
            for column in 0..<width {
                if column + reach < width { sum += from[start + column + reach] }
                if column > reach { sum -= from[start + column - reach - 1] }
                to[start + column] = sum * scale
            }
        }
        return to
    }

    private static func boxColumns(_ from: [Float], width: Int, height: Int, reach: Int) -> [Float] {
        let scale = 1 / Float(2 * reach + 1)
        var to = from
        var sums = [Float](repeating: 0, count: width)
        for row in -reach..<height {
            let (enters, leaves) = ((row + reach) * width, (row - reach - 1) * width)
            if row + reach < height {
                for column in 0..<width { sums[column] += from[enters + column] }
            }
            if leaves >= 0 {
                for column in 0..<width { sums[column] -= from[leaves + column] }
            }
            if row >= 0 {
                for column in 0..<width { to[row * width + column] = sums[column] * scale }
            }
        }
        return to
    }
}
