import Foundation

/// Red, green, blue; 0 to 1, more while light is being added.
typealias Colour = SIMD3<Float>

/// A plane projective map from local units to pixels.
struct Projection {
    /// Rows of the matrix.
    private var rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)

    /// Scales, shears and turns, then leans back by `tilt` and moves the origin to `centre`.
    init(centre: Point, scale: Point, angle: Float = 0, shear: Float = 0, tilt: Point = .zero) {
        let x = Point(scale.x, 0).rotated(by: angle)
        let y = Point(shear * scale.x, scale.y).rotated(by: angle)
        rows = (
            SIMD3(x.x + centre.x * tilt.x, y.x + centre.x * tilt.y, centre.x),
            SIMD3(x.y + centre.y * tilt.x, y.y + centre.y * tilt.y, centre.y),
            SIMD3(tilt.x, tilt.y, 1)
        )
    }

    private init(rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)) {
        self.rows = rows
    }

    func callAsFunction(_ point: Point) -> Point {
        let p = SIMD3(point.x, point.y, 1)
        return Point((rows.0 * p).sum(), (rows.1 * p).sum()) / (rows.2 * p).sum()
    }

    /// From pixels to local units: the adjugate, since scale does not matter.
    var inverse: Projection {
        let (a, b, c) = rows
        func cross(_ u: SIMD3<Float>, _ v: SIMD3<Float>) -> SIMD3<Float> {
            SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
        }
        let (p, q, r) = (cross(b, c), cross(c, a), cross(a, b))
        return Projection(rows: (SIMD3(p.x, q.x, r.x), SIMD3(p.y, q.y, r.y), SIMD3(p.z, q.z, r.z)))
    }
}

/// A picture being painted.
struct Canvas {
    let width: Int, height: Int
    private(set) var pixels: [Colour]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = Array(repeating: .zero, count: width * height)
    }

    /// Replaces every pixel by `colour(column, row, what is there)`.
    mutating func paint(_ colour: (Int, Int, Colour) -> Colour) {
        var index = 0
        for row in 0..<height {
            for column in 0..<width {
                pixels[index] = colour(column, row, pixels[index])
                index += 1
            }
        }
    }

    /// Blends `colour(column, row, what is there)` over the pixels that the mask, moved by `shift` pixels, covers.
    mutating func blend(
        _ mask: Mask, opacity: Float = 1, shift: (x: Int, y: Int) = (0, 0), _ colour: (Int, Int, Colour) -> Colour
    ) {
        let (left, top) = (mask.x + shift.x, mask.y + shift.y)
        let columns = max(0, -left)..<max(max(0, -left), min(mask.width, width - left))
        for row in max(0, -top)..<max(max(0, -top), min(mask.height, height - top)) {
            for column in columns {
                let coverage = mask.values[row * mask.width + column] * opacity
                guard coverage > 0.002 else { continue }
                let index = (top + row) * width + left + column
                let below = pixels[index]
                pixels[index] = below + (colour(left + column, top + row, below) - below) * coverage
            }
        }
    }
}
