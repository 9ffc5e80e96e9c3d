import Foundation

/// What stands behind the subject.
struct Backdrop {
    enum Kind: CaseIterable {
        case studio, gradient, room, outdoors, planks, linen, marble
    }

    let kind: Kind
    private let wall: Colour
    private let floor: Colour
    private let seed: UInt32

    init(random: inout DemoRandom) {
        kind = random.chance(0.35) ? random.pick([.studio, .gradient]) : random.pick(Kind.allCases)
        seed = UInt32(truncatingIfNeeded: random.next())
        let pale = [
            Colour(0.93, 0.92, 0.9), Colour(0.8, 0.82, 0.84), Colour(0.9, 0.8, 0.74), Colour(0.76, 0.82, 0.78),
            Colour(0.72, 0.78, 0.88), Colour(0.95, 0.88, 0.72),
        ]
        let strong = [
            Colour(0.3, 0.42, 0.46), Colour(0.62, 0.4, 0.34), Colour(0.35, 0.36, 0.42), Colour(0.78, 0.66, 0.3),
        ]
        let woods = [
            Colour(0.74, 0.55, 0.36), Colour(0.5, 0.34, 0.22), Colour(0.82, 0.7, 0.55), Colour(0.58, 0.54, 0.5),
        ]
        wall = random.pick(random.chance(0.8) ? pale : strong) * random.number(0.9, 1.05)
        floor = random.pick(woods) * random.number(0.85, 1.1)
    }

    /// A flat surface seen from above has no horizon, and no shadow under the subject's foot.
    var isFlat: Bool { kind == .planks || kind == .linen || kind == .marble }

    /// Covers the canvas. `ground` is the row where the subject stands.
    func draw(on canvas: inout Canvas, ground: Float) {
        let unit = Float(min(canvas.width, canvas.height))
        let size = Point(Float(canvas.width), Float(canvas.height)) / unit
        let horizon = max(ground / unit - 0.1, 0.35)
        func cover(_ colour: (Point) -> Colour) {
            canvas.paint { column, row, _ in colour(Point(Float(column) + 0.5, Float(row) + 0.5) / unit) }
        }
        switch kind {
        case .studio:
            cover { p in
                let sweep = smoothstep(horizon - 0.25, horizon + 0.15, p.y)
                return self.wall * (0.88 + 0.14 * sweep - 0.1 * abs(p.x / size.x - 0.5))
            }
        case .gradient:
            let turn = Point(1, 0).rotated(by: Float(seed % 628) / 100)
            cover { p in mix(self.wall, self.floor * 1.1, 0.5 + 0.5 * ((p - size / 2) * turn).sum()) }
        case .room:
            let boards = Material.wood(floor, plank: 0.09, seed: seed)
            cover { p in
                if p.y < horizon - 0.035 {
                    return self.wall * (0.96 + 0.06 * Material.noise(p * 3, seed: self.seed))
                }
                if p.y < horizon { return Colour(repeating: 0.92) * (p.y < horizon - 0.03 ? 0.8 : 1) }
                // The floor gets nearer, so its boards get wider.
                let depth = 0.35 / (p.y - horizon + 0.3)
                return boards(Point((p.x - size.x / 2) * depth, depth * 0.8)).colour * min(0.75 + (p.y - horizon), 1.05)
            }
        case .outdoors:
            let grass = mix(Colour(0.36, 0.5, 0.24), floor, 0.35)
            cover { p in
                let sky = mix(Colour(0.62, 0.78, 0.92), Colour(0.95, 0.9, 0.8), p.y / horizon)
                let leaves =
                    Material.noise(p * 4, seed: self.seed) * 0.6 + Material.noise(p * 9, seed: self.seed &+ 1) * 0.4
                let above = mix(sky, grass * 0.75, smoothstep(0.35, 0.75, leaves + p.y * 0.25))
                let below = grass * (0.8 + 0.25 * Material.noise(Point(p.x * 8, p.y * 30), seed: self.seed))
                return mix(above, below, smoothstep(horizon - 0.06, horizon + 0.03, p.y))
            }
            drawLights(on: &canvas, unit: unit, size: Point(size.x, horizon))
        case .planks:
            let boards = Material.wood(floor, plank: 0.24, seed: seed)
            let turn = Float(seed % 100) / 100 - 0.5
            cover { p in boards(p.rotated(by: turn)).colour }
        case .linen:
            cover { p in
                let threads = abs(sin(p.x * 260)) * abs(sin(p.y * 260))
                let crease = Material.noise(Point(p.x * 3 + p.y, p.y * 3 - p.x), seed: self.seed)
                return self.wall * (0.82 + 0.08 * threads + 0.18 * crease)
            }
        case .marble:
            cover { p in
                let cloud = Material.noise(p * 3, seed: self.seed) + 0.5 * Material.noise(p * 7, seed: self.seed &+ 1)
                let vein = abs(sin((p.x + p.y * 0.7 + cloud * 0.9) * 7))
                return mix(Colour(0.6, 0.6, 0.63), Colour(0.94, 0.94, 0.93), 0.35 + 0.65 * smoothstep(0, 0.3, vein))
                    * (0.9 + 0.08 * cloud)
            }
        }
    }

    /// Out-of-focus lights, as a wide lens makes them.
    private func drawLights(on canvas: inout Canvas, unit: Float, size: Point) {
        var random = DemoRandom(seed: UInt64(seed))
        let projection = Projection(centre: .zero, scale: Point(unit, unit))
        for _ in 0..<14 {
            let disc = Outline.disc(
                at: Point(random.number(0, size.x), random.number(0, size.y)), radius: random.number(0.02, 0.09))
            let glow = mix(Colour(1, 0.93, 0.7), Colour(0.75, 0.95, 0.7), random.number(0, 1))
            let mask = Mask(disc, through: projection, canvas: (canvas.width, canvas.height), margin: 3).blurred(
                radius: 3)
            canvas.blend(mask, opacity: random.number(0.12, 0.4)) { _, _, below in below + (glow - below) * 0.8 }
        }
    }
}
