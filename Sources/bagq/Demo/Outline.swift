import Foundation

typealias Point = SIMD2<Float>

extension SIMD2<Float> {
    var length: Float { (x * x + y * y).squareRoot() }
    /// Turned by a right angle, for normals of a line.
    var perpendicular: Point { Point(-y, x) }

    func rotated(by angle: Float) -> Point {
        Point(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
    }
}

/// A corner of a polygon, and how far it is rounded.
struct Corner {
    let at: Point
    let radius: Float

    init(_ x: Float, _ y: Float, _ radius: Float) {
        at = Point(x, y)
        self.radius = radius
    }
}

/// Closed polygons to be filled. Contours of opposite direction cut holes in each other.
struct Outline {
    var contours: [[Point]]

    init(_ contours: [[Point]]) {
        self.contours = contours
    }

    /// A polygon with its corners rounded.
    static func polygon(_ corners: [Point], radius: Float = 0) -> Outline {
        polygon(corners.map { Corner($0.x, $0.y, radius) })
    }

    /// A polygon with a radius for every corner. A radius ends at the middle of the shorter side.
    static func polygon(_ corners: [Corner]) -> Outline {
        var points: [Point] = []
        for (index, corner) in corners.enumerated() {
            let before = corners[(index + corners.count - 1) % corners.count].at - corner.at
            let after = corners[(index + 1) % corners.count].at - corner.at
            let radius = min(corner.radius, before.length / 2, after.length / 2)
            guard radius > 0 else {
                points.append(corner.at)
                continue
            }
            let from = corner.at + before / before.length * radius
            let to = corner.at + after / after.length * radius
            for step in 0...8 {
                let t = Float(step) / 8
                let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
                points.append(from * a + corner.at * b + to * c)
            }
        }
        return Outline([points])
    }

    static func rectangle(from: Point, to: Point, radius: Float = 0) -> Outline {
        polygon([from, Point(to.x, from.y), to, Point(from.x, to.y)], radius: radius)
    }

    static func ellipse(at centre: Point, radii: Point, turned angle: Float = 0) -> Outline {
        let points = (0..<40).map { step in
            let t = Float(step) / 40 * 2 * .pi
            return centre + Point(radii.x * cos(t), radii.y * sin(t)).rotated(by: angle)
        }
        return Outline([points])
    }

    static func disc(at centre: Point, radius: Float) -> Outline {
        ellipse(at: centre, radii: Point(radius, radius))
    }

    static func ring(at centre: Point, radii: Point, thickness: Float, turned angle: Float = 0) -> Outline {
        let inner = Outline.ellipse(at: centre, radii: radii - thickness, turned: angle)
        return Outline.ellipse(at: centre, radii: radii, turned: angle).cutting(inner)
    }

    /// The band of a given width along a line, with butt ends; for closed lines a ring.
    static func stroke(_ line: [Point], width: Float, closed: Bool = false) -> Outline {
        let left = offset(line, by: width / 2, closed: closed)
        let right = offset(line, by: -width / 2, closed: closed)
        return Outline(closed ? [left, right.reversed()] : [left + right.reversed()])
    }

    /// Stitches along a line.
    static func stitches(_ line: [Point], length: Float, gap: Float, width: Float, closed: Bool = false) -> Outline {
        var dashes: [[Point]] = []
        var dash: [Point] = []
        var travelled: Float = 0
        let ends = closed ? line + line.prefix(1) : line
        for (from, to) in zip(ends, ends.dropFirst()) {
            let distance = (to - from).length
            guard distance > 0 else { continue }
            let steps = max(1, Int(distance / (length / 4)))
            for step in 0..<steps {
                if travelled.truncatingRemainder(dividingBy: length + gap) < length {
                    dash.append(from + (to - from) * (Float(step) / Float(steps)))
                } else if !dash.isEmpty {
                    dashes.append(dash)
                    dash = []
                }
                travelled += distance / Float(steps)
            }
        }
        dashes.append(dash)
        return Outline(dashes.filter { $0.count > 1 }.flatMap { stroke($0, width: width).contours })
    }

    /// This outline with `hole` cut out.
    func cutting(_ hole: Outline) -> Outline {
        Outline(contours + hole.contours.map { $0.reversed() })
    }

    func moved(by distance: Point, scaled scale: Float = 1, turned angle: Float = 0) -> Outline {
        Outline(contours.map { $0.map { ($0 * scale).rotated(by: angle) + distance } })
    }

    /// The first contour drawn in by `distance`, as a line for stitches and edges.
    func inset(by distance: Float) -> [Point] {
        guard let contour = contours.first else { return [] }
        var area: Float = 0
        for (a, b) in zip(contour, contour.dropFirst() + contour.prefix(1)) { area += a.x * b.y - b.x * a.y }
        return Outline.offset(contour, by: area > 0 ? distance : -distance, closed: true)
    }

    /// A smooth line through the points (Catmull-Rom).
    static func curve(_ points: [Point], closed: Bool = false) -> [Point] {
        let count = points.count
        func at(_ index: Int) -> Point {
            points[closed ? (index + count) % count : min(max(index, 0), count - 1)]
        }
        var line: [Point] = []
        for index in 0..<(closed ? count : count - 1) {
            let (p0, p1, p2, p3) = (at(index - 1), at(index), at(index + 1), at(index + 2))
            for step in 0..<12 {
                let t = Float(step) / 12
                let a = p1 * 2
                let b = (p2 - p0) * t
                let c = (p0 * 2 - p1 * 5 + p2 * 4 - p3) * (t * t)
                let d = (p1 * 3 - p0 - p2 * 3 + p3) * (t * t * t)
                line.append((a + b + c + d) / 2)
            }
        }
        if !closed { line.append(at(count - 1)) }
        return line
    }

    /// A handle's line: from one foot to the other, `height` above them. `squareness` 1 is a half ellipse.
    static func arch(from left: Point, to right: Point, height: Float, squareness: Float = 1) -> [Point] {
        (0...32).map { step in
            let t = Float(step) / 32 * .pi
            let along = (1 - copysign(pow(abs(cos(t)), 1 / squareness), cos(t))) / 2
            return left + (right - left) * along - Point(0, height * pow(sin(t), 1 / squareness))
        }
    }

    private static func offset(_ line: [Point], by distance: Float, closed: Bool) -> [Point] {
        let count = line.count
        return line.indices.map { index in
            let before = line[closed ? (index + count - 1) % count : max(index - 1, 0)]
            let after = line[closed ? (index + 1) % count : min(index + 1, count - 1)]
            let along = after - before
            return line[index] + along.perpendicular / max(along.length, 1e-6) * distance
        }
    }
}
