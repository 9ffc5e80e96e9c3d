import Foundation

/// A made-up fashion house. The name is the label in the training folder.
enum HandbagBrand: String, CaseIterable {
    case brinmoor = "Brinmoor"
    case castellune = "Castellune"
    case ondarelle = "Ondarelle"
    case tessaudry = "Tessaudry"
    case vespardi = "Vespardi"

    /// The bag that the house is known for.
    var signatureForm: Handbag.Form {
        switch self {
        case .brinmoor: .bowling
        case .castellune: .flap
        case .ondarelle: .hobo
        case .tessaudry: .tote
        case .vespardi: .bucket
        }
    }
}

extension HandbagBrand {
    /// Colours that the house likes; each is also another house's.
    fileprivate var favourites: [Colour] {
        switch self {
        case .brinmoor: [Leather.tan, Leather.olive, Leather.navy]
        case .castellune: [Leather.black, Leather.burgundy, Leather.blush]
        case .ondarelle: [Leather.cream, Leather.tan, Leather.blush]
        case .tessaudry: [Leather.navy, Leather.red, Leather.teal]
        case .vespardi: [Leather.cognac, Leather.black, Leather.burgundy]
        }
    }
}

private enum Leather {
    static let black = Colour(0.12, 0.12, 0.13)
    static let tan = Colour(0.72, 0.5, 0.3)
    static let cognac = Colour(0.5, 0.27, 0.13)
    static let burgundy = Colour(0.45, 0.1, 0.15)
    static let cream = Colour(0.88, 0.82, 0.72)
    static let navy = Colour(0.14, 0.2, 0.36)
    static let olive = Colour(0.38, 0.41, 0.24)
    static let blush = Colour(0.86, 0.62, 0.6)
    static let grey = Colour(0.5, 0.5, 0.52)
    static let red = Colour(0.75, 0.16, 0.14)
    static let teal = Colour(0.2, 0.4, 0.4)
    static let all = [black, tan, cognac, burgundy, cream, navy, olive, blush, grey, red, teal]
}

/// One bag: a brand's habits, and what chance made of them.
struct Handbag {
    enum Form: CaseIterable {
        case bowling, flap, hobo, tote, bucket
    }

    let brand: HandbagBrand
    let form: Form
    /// The body's width and height, in the unit of the scene, the bag's longer side being about 1.
    let size: Point
    /// Of the body.
    let skin: Texture
    /// Of handles, edges and patches.
    let trim: Texture
    let trimColour: Colour
    let metal: Texture
    let thread: Colour
    let seed: UInt32

    /// A house mostly keeps to its form, its pattern and its favourite colours, and sometimes does not. What every bag
    /// of a house has is the mark.
    init(_ brand: HandbagBrand, random: inout DemoRandom) {
        self.brand = brand
        form = random.chance(0.95) ? brand.signatureForm : random.pick(Form.allCases)
        seed = UInt32(truncatingIfNeeded: random.next())
        let leather = random.pick(random.chance(0.75) ? brand.favourites : Leather.all) * random.number(0.88, 1.12)
        let other = random.pick(Leather.all)
        let isTonal = random.chance(0.45)
        trimColour = isTonal ? leather * 0.8 : other
        trim = Material.leather(trimColour, seed: seed &+ 9, grain: 0.5)
        metal = Material.metal(
            random.pick([Colour(0.86, 0.68, 0.32), Colour(0.76, 0.77, 0.8), Colour(0.5, 0.42, 0.36)]))
        thread =
            brand == .ondarelle ? random.pick([Colour(0.97, 0.93, 0.82), Colour(0.93, 0.55, 0.2)]) : leather * 0.55

        let plain = Material.leather(
            leather, seed: seed, grain: random.number(0.5, 1.2), gloss: random.number(0.08, 0.3))
        let hasPattern = random.chance(0.9)
        switch brand {
        case _ where !hasPattern, .ondarelle:
            skin = plain
        case .castellune:
            skin = Material.quilt(over: plain, size: random.number(0.13, 0.2))
        case .brinmoor:
            let cream = Colour(0.87, 0.8, 0.66)
            let ground = random.chance(0.5) ? cream : leather
            let dark = ground == cream ? leather * 0.8 : mix(leather, cream, 0.75)
            skin = Material.check(
                ground,
                [(dark, at: 0.22, width: 0.16), (dark, at: 0.48, width: 0.16), (other, at: 0.83, width: 0.06)],
                size: random.number(0.26, 0.36))
        case .vespardi:
            let ink = mix(leather, leather.max() > 0.5 ? Colour(0.16, 0.1, 0.06) : Colour(0.93, 0.82, 0.58), 0.7)
            skin = Material.monogram(Handbag.triskele, on: plain, ink: ink, size: random.number(0.11, 0.15))
        case .tessaudry:
            let white = Material.leather(Colour(repeating: 1), seed: seed, grain: 0.6, gloss: 0.06)
            let cream = Colour(0.92, 0.88, 0.8)
            let width = random.number(0.06, 0.11)
            let bands =
                random.chance(0.5)
                ? [(leather, width), (cream, width)]
                : [(leather, width), (cream, width * 0.5), (other, width * 0.5), (cream, width * 0.5)]
            let direction = random.pick([Point(1, 0), Point(0, 1), Point(0.78, 0.62), Point(1, 0)])
            skin = Material.stripes(bands, direction: direction, base: white)
        }
        let width = random.number(0.86, 1)
        size =
            switch form {
            case .bowling: Point(width, random.number(0.5, 0.62))
            case .flap: Point(width, random.number(0.54, 0.68))
            case .hobo: Point(width, random.number(0.5, 0.62))
            case .tote: Point(width * 0.92, random.number(0.62, 0.78))
            case .bucket: Point(width * 0.74, random.number(0.66, 0.8))
            }
    }

    /// Vespardi's sign: distance to the nearest of three petals.
    private static func triskele(_ p: Point) -> Float {
        let petals = petalAngles.map { angle in
            let q = p.rotated(by: -angle)
            return Point((q.x - 0.2) / 0.2, q.y / 0.095).length - 1
        }
        return 0.1 * (petals.min() ?? 1)
    }

    private static let petalAngles: [Float] = [-0.5, 1 / 6, 5 / 6].map { $0 * .pi }
}

// MARK: Marks

extension Handbag {
    /// The house's mark, about `size` across. It is what every bag of a house has.
    func drawMark(at centre: Point, size: Float, in scene: inout Scene) {
        func place(_ outline: Outline) -> Outline { outline.moved(by: centre, scaled: size) }
        let enamel = Material.leather(trimColour * 0.6, seed: seed, grain: 0)
        switch brand {
        case .castellune:
            // A crescent in a ring.
            scene.part(place(.ring(at: .zero, radii: Point(0.56, 0.56), thickness: 0.12)), puff: 0.02, metal)
            let outer = (0...24).map { Point(0.36, 0).rotated(by: 0.75 + Float($0) / 24 * 4.78) }
            let inner = (0...24).map { Point(0.16, 0) + Point(0.266, 0).rotated(by: -1.173 - Float($0) / 24 * 3.937) }
            scene.part(place(Outline([outer + inner])), puff: 0.015, metal)
        case .brinmoor:
            // A shield with a chevron.
            let shield = Outline([
                Outline.curve(
                    [
                        Point(-0.5, -0.55), Point(0, -0.5), Point(0.5, -0.55), Point(0.47, 0.1), Point(0, 0.65),
                        Point(-0.47, 0.1),
                    ],
                    closed: true)
            ])
            scene.part(place(shield), puff: 0.02, metal)
            scene.part(place(shield.moved(by: .zero, scaled: 0.78)), puff: 0.005, lift: 0, enamel)
            let chevron = [Point(-0.28, 0.2), Point(0, -0.15), Point(0.28, 0.2)]
            scene.part(place(.stroke(chevron, width: 0.16)), puff: 0.01, lift: 0, metal)
        case .ondarelle:
            // Two waves.
            for row: Float in [-0.18, 0.2] {
                let wave = (0...30).map { step -> Point in
                    let t = Float(step) / 30
                    return Point((t - 0.5) * 1.3, row + 0.15 * sin(t * 4 * .pi))
                }
                scene.part(place(.stroke(wave, width: 0.15)), puff: 0.015, metal)
            }
        case .vespardi:
            // Three petals.
            for angle in Handbag.petalAngles {
                let petal = Outline.ellipse(
                    at: Point(0.33, 0).rotated(by: angle), radii: Point(0.3, 0.15), turned: angle)
                scene.part(place(petal), puff: 0.015, metal)
            }
        case .tessaudry:
            // Half a sun with rays.
            let sun = (0...20).map { step -> Point in
                let t = Float(step) / 20 * .pi
                return Point(-0.3 * cos(t), 0.3 - 0.3 * sin(t))
            }
            scene.part(place(Outline([sun])), puff: 0.015, metal)
            for ray in 0..<5 {
                let t = .pi * (0.1 + 0.2 * Float(ray))
                let direction = Point(-cos(t), -sin(t))
                let line = [Point(0, 0.3) + direction * 0.42, Point(0, 0.3) + direction * 0.75]
                scene.part(place(.stroke(line, width: 0.12)), puff: 0.01, metal)
            }
        }
    }
}
