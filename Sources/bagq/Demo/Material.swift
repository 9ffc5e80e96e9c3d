import Foundation

/// What handbags, tables and walls are made of.
enum Material {
    /// Smooth random bumps of about one unit, 0 to 1.
    static func noise(_ point: Point, seed: UInt32) -> Float {
        let (fx, fy) = (point.x.rounded(.down), point.y.rounded(.down))
        let (x, y) = (Int32(fx), Int32(fy))
        let (u, v) = (point.x - fx, point.y - fy)
        let (s, t) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
        let a = hash(x, y, seed), b = hash(x &+ 1, y, seed), c = hash(x, y &+ 1, seed), d = hash(x &+ 1, y &+ 1, seed)
        let (top, bottom) = (a + (b - a) * s, c + (d - c) * s)
        return top + (bottom - top) * t
    }

    /// 0 to 1, for a whole-numbered place.
    static func hash(_ x: Int32, _ y: Int32, _ seed: UInt32) -> Float {
        var h = UInt32(bitPattern: x) &* 0x8DA6_B343 ^ UInt32(bitPattern: y) &* 0xD816_3841 ^ seed &* 0xCB1A_B31F
        h = (h ^ (h >> 15)) &* 0x2C1B_3C6D
        h = (h ^ (h >> 12)) &* 0x297A_2D39
        return Float((h ^ (h >> 15)) >> 8) * 0x1p-24
    }

    /// Grained leather.
    static func leather(_ colour: Colour, seed: UInt32, grain: Float = 1, gloss: Float = 0.18) -> Texture {
        { p in
            let bumps = noise(p * 85, seed: seed)
            let clouds = noise(p * 5, seed: seed &+ 1)
            return Texel(colour: colour * (0.92 + 0.16 * clouds), height: bumps * 0.0026 * grain, gloss: gloss)
        }
    }

    static func metal(_ colour: Colour) -> Texture {
        { p in
            let sheen = 0.75 + 0.5 * abs(sin(p.x * 17 + p.y * 29))
            return Texel(colour: colour * sheen, gloss: 0.9)
        }
    }

    /// Padded lozenges with a sewn line between them.
    static func quilt(over base: @escaping Texture, size: Float) -> Texture {
        { p in
            let (u, v) = ((p.x + p.y * 0.8) / size, (p.x - p.y * 0.8) / size)
            let pad = abs(sin(.pi * u) * sin(.pi * v)).squareRoot()
            var texel = base(p)
            texel.colour *= 0.6 + 0.4 * smoothstep(0, 0.35, pad)
            texel.height += pad * size * 0.30
            return texel
        }
    }

    /// Stripes across `direction` in the given colours and widths, in turn.
    static func stripes(_ bands: [(colour: Colour, width: Float)], direction: Point, base: @escaping Texture) -> Texture
    {
        let period = bands.reduce(0) { $0 + $1.width }
        return { p in
            var place = (p * direction).sum()
            place -= (place / period).rounded(.down) * period
            // Each band fades in over a few threads, the first one from the last.
            var colour = bands[bands.count - 1].colour
            for band in bands {
                colour = mix(colour, band.colour, smoothstep(-0.003, 0.003, place))
                place -= band.width
                if place < -0.003 { break }
            }
            var texel = base(p)
            texel.colour *= colour
            return texel
        }
    }

    /// A woven check: two sets of bands, each on top of the other by turns.
    static func check(_ ground: Colour, _ bands: [(Colour, at: Float, width: Float)], size: Float) -> Texture {
        { p in
            func band(_ x: Float) -> Colour? {
                let place = x / size - (x / size).rounded(.down)
                return bands.first { abs(place - $0.at) < $0.width / 2 }?.0
            }
            let (warp, weft) = (band(p.x), band(p.y))
            let thread = size / 14
            let over = Int((p.x / thread).rounded(.down) + (p.y / thread).rounded(.down)) & 1 == 0
            let colour: Colour =
                switch (warp, weft) {
                case (nil, nil): ground
                case (let warp?, nil): over ? warp : mix(warp, ground, 0.4)
                case (nil, let weft?): over ? mix(weft, ground, 0.4) : weft
                case (let warp?, let weft?): over ? warp : weft
                }
            let (u, v) = (p.x / thread, p.y / thread)
            let ribs = abs(sin(.pi * u) * sin(.pi * v)).squareRoot()
            return Texel(colour: colour * (0.88 + 0.12 * ribs), height: ribs * thread * 0.25, gloss: 0.05)
        }
    }

    /// Planks with a grain, for tables and floors.
    static func wood(_ colour: Colour, plank: Float, seed: UInt32) -> Texture {
        { p in
            let row = Int32((p.y / plank).rounded(.down))
            let shade = hash(row, 7, seed)
            let rings = noise(Point(p.x * 2.5 + shade * 40, p.y * 26), seed: seed)
            let fibre = noise(Point(p.x * 14, p.y * 160), seed: seed &+ 3)
            let seam = abs(p.y / plank - (p.y / plank).rounded(.down) - 0.5) * 2
            let tone = (0.72 + 0.2 * shade + 0.22 * rings + 0.1 * fibre) * (1 - 0.45 * smoothstep(0.965, 0.995, seam))
            return Texel(colour: colour * tone)
        }
    }
}

extension Material {
    /// Coated canvas printed with a house's sign and a small ring by turns.
    static func monogram(_ sign: @escaping (Point) -> Float, on base: @escaping Texture, ink: Colour, size: Float)
        -> Texture
    {
        { p in
            let (u, v) = (p.x / size, p.y / size)
            let (column, row) = (u.rounded(.down), v.rounded(.down))
            let cell = Point(u - column - 0.5, v - row - 0.5)
            let isSign = Int(column + row) & 1 == 0
            let bead = abs(cell.length - 0.13) - 0.045
            let distance = isSign ? sign(cell) : bead
            var texel = base(p)
            texel.colour = mix(ink, texel.colour, smoothstep(-0.02, 0.06, distance))
            return texel
        }
    }
}
