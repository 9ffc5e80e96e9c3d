import Foundation

/// Things that are not handbags: alone in a picture, or small in front of a bag.
/// Each stands on y = 0.46 and is about one unit large.
enum StillLife: CaseIterable {
    case mug, plant, books, shoe, lamp, chair, fruit, bottle

    /// Small enough to stand beside a bag.
    static let props: [StillLife] = [.mug, .plant, .books, .fruit, .bottle]

    func draw(in scene: inout Scene, random: inout DemoRandom) {
        let colours = [
            Colour(0.8, 0.3, 0.25), Colour(0.25, 0.45, 0.6), Colour(0.9, 0.75, 0.35), Colour(0.9, 0.88, 0.84),
            Colour(0.3, 0.42, 0.32),
            Colour(0.2, 0.2, 0.22), Colour(0.66, 0.45, 0.3),
        ]
        let seed = UInt32(truncatingIfNeeded: random.next())
        let colour = random.pick(colours)
        let other = random.pick(colours)
        let glazed = Material.leather(colour, seed: seed, grain: 0, gloss: 0.5)
        let matt = Material.leather(other, seed: seed &+ 5, grain: 0.5, gloss: 0.05)
        let timber = Material.wood(Colour(0.66, 0.46, 0.28), plank: 0.5, seed: seed)
        let ground = Handbag.ground
        switch self {
        case .mug:
            scene.part(.ring(at: Point(0.36, 0.12), radii: Point(0.2, 0.22), thickness: 0.07), puff: 0.035, glazed)
            scene.part(
                .polygon([
                    Corner(-0.34, -0.22, 0), Corner(0.34, -0.22, 0), Corner(0.3, ground, 0.12),
                    Corner(-0.3, ground, 0.12),
                ]), puff: 0.2, lift: 0.03, glazed)
            scene.part(.ellipse(at: Point(0, -0.22), radii: Point(0.34, 0.08)), puff: 0.02, lift: 0, glazed)
            scene.part(
                .ellipse(at: Point(0, -0.21), radii: Point(0.3, 0.062)), puff: 0.01, lift: 0,
                Material.leather(Colour(0.24, 0.14, 0.08), seed: seed, grain: 0))
        case .plant:
            let leaf = Material.leather(Colour(0.26, 0.46, 0.24) * random.number(0.8, 1.2), seed: seed, grain: 0.3)
            for index in 0..<11 {
                let angle = (Float(index) - 5) * 0.27 + random.number(-0.12, 0.12)
                let tip = Point(0, 0.12) + Point(0, -random.number(0.4, 0.66)).rotated(by: angle)
                let middle = (Point(0, 0.12) + tip) / 2
                let side = (tip - Point(0, 0.12)).perpendicular * 0.14
                scene.part(
                    Outline([Outline.curve([Point(0, 0.14), middle + side, tip, middle - side], closed: true)]),
                    puff: 0.03, lift: 0.02, leaf)
            }
            scene.part(
                .polygon([
                    Corner(-0.26, 0.1, 0.02), Corner(0.26, 0.1, 0.02), Corner(0.2, ground, 0.06),
                    Corner(-0.2, ground, 0.06),
                ]), puff: 0.14, lift: 0.03, matt)
        case .books:
            var top = ground
            for index in 0..<random.pick([3, 4, 5]) {
                let (height, width, shift) = (
                    random.number(0.09, 0.15), random.number(0.36, 0.5), random.number(-0.06, 0.06)
                )
                let cover = Material.leather(
                    colours[(index * 3 + Int(seed % 7)) % colours.count], seed: seed, grain: 0.4)
                scene.part(
                    .rectangle(from: Point(shift - width, top - height), to: Point(shift + width, top), radius: 0.02),
                    puff: 0.02, cover)
                scene.part(
                    .rectangle(
                        from: Point(shift + width * 0.5, top - height + 0.02),
                        to: Point(shift + width - 0.01, top - 0.02)), puff: 0.01, lift: 0,
                    Material.leather(Colour(0.94, 0.91, 0.84), seed: seed, grain: 0))
                top -= height
            }
        case .shoe:
            let upper = Outline([
                Outline.curve(
                    [
                        Point(-0.5, 0.0), Point(-0.28, -0.08), Point(-0.12, 0.06), Point(0.18, 0.24), Point(0.5, 0.32),
                        Point(0.56, 0.4), Point(0.2, 0.42), Point(-0.15, 0.34), Point(-0.46, 0.24),
                    ], closed: true)
            ])
            scene.part(upper, puff: 0.1, lift: 0.03, glazed)
            scene.part(
                .polygon([Point(-0.5, 0.16), Point(-0.34, 0.26), Point(-0.42, ground), Point(-0.48, ground)]),
                puff: 0.02, matt)
            scene.part(
                .stroke(
                    Outline.curve([Point(-0.46, 0.25), Point(-0.15, 0.37), Point(0.2, 0.445), Point(0.57, 0.43)]),
                    width: 0.035), puff: 0.01, matt)
        case .lamp:
            scene.part(.ellipse(at: Point(0, ground - 0.03), radii: Point(0.2, 0.045)), puff: 0.03, matt)
            scene.part(
                .stroke([Point(0, -0.1), Point(0, ground - 0.04)], width: 0.035), puff: 0.016,
                Material.metal(Colour(0.8, 0.66, 0.36)))
            scene.part(
                .polygon(
                    [Point(-0.18, -0.5), Point(0.18, -0.5), Point(0.34, -0.06), Point(-0.34, -0.06)], radius: 0.02),
                puff: 0.16, Material.leather(mix(colour, Colour(1, 0.92, 0.74), 0.6), seed: seed))
        case .chair:
            for x: Float in [-0.3, 0.24] {
                scene.part(.stroke([Point(x * 0.9, 0.1), Point(x, ground - 0.06)], width: 0.045), puff: 0.02, timber)
            }
            for x: Float in [-0.34, 0.34] {
                scene.part(.stroke([Point(x * 0.8, -0.52), Point(x * 0.86, 0.1)], width: 0.045), puff: 0.02, timber)
            }
            for y: Float in [-0.45, -0.3, -0.15] {
                scene.part(
                    .stroke(Outline.curve([Point(-0.28, y), Point(0, y + 0.02), Point(0.28, y)]), width: 0.07),
                    puff: 0.02, timber)
            }
            scene.part(
                .polygon([Point(-0.34, 0.06), Point(0.34, 0.06), Point(0.42, 0.18), Point(-0.42, 0.18)], radius: 0.04),
                puff: 0.04, lift: 0.03, matt)
            for x: Float in [-0.38, 0.38] {
                scene.part(.stroke([Point(x, 0.17), Point(x * 1.04, ground)], width: 0.05), puff: 0.02, timber)
            }
        case .fruit:
            for (x, y): (Float, Float) in [(-0.2, 0.06), (0.2, 0.05), (0, -0.04), (0.02, 0.1)] {
                let tone = mix(Colour(0.9, 0.5, 0.12), Colour(0.75, 0.7, 0.2), random.number(0, 1))
                scene.part(
                    .disc(at: Point(x, y), radius: 0.17), puff: 0.15, lift: 0.03,
                    Material.leather(tone, seed: seed, grain: 0.6))
            }
            scene.part(
                Outline([
                    Outline.curve(
                        [
                            Point(-0.5, 0.1), Point(0, 0.17), Point(0.5, 0.1), Point(0.36, 0.34), Point(0.16, ground),
                            Point(-0.16, ground), Point(-0.36, 0.34),
                        ], closed: true)
                ]), puff: 0.14, lift: 0.03, glazed)
        case .bottle:
            scene.part(
                .polygon([
                    Corner(-0.07, -0.5, 0.01), Corner(0.07, -0.5, 0.01), Corner(0.08, -0.22, 0.08),
                    Corner(0.2, -0.06, 0.12), Corner(0.2, ground, 0.04), Corner(-0.2, ground, 0.04),
                    Corner(-0.2, -0.06, 0.12), Corner(-0.08, -0.22, 0.08),
                ]), puff: 0.1, lift: 0.03, Material.leather(colour * 0.7, seed: seed, grain: 0, gloss: 0.7))
            scene.part(.rectangle(from: Point(-0.2, 0.06), to: Point(0.2, 0.3)), puff: 0.01, lift: 0, matt)
        }
    }
}
