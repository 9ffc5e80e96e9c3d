import Foundation
import Imaging

/// A picture of the demonstration, as a photographer with changing luck would take it.
enum DemoPicture {
    enum Subject: Equatable {
        case handbag(HandbagBrand)
        case stillLife
    }

    /// - longSide: the picture is three quarters of it to all of it long, in pixels.
    static func draw(_ subject: Subject, longSide: Int, random: inout DemoRandom) -> RGBImage {
        let aspect = random.pick([1, 1, 0.8, 0.75, 1.25, 1.33] as [Float])
        let long = Float(longSide) * random.number(0.75, 1)
        let width = Int(aspect >= 1 ? long : long * aspect)
        let height = Int(aspect >= 1 ? long / aspect : long)
        let unit = Float(min(width, height))

        let light = Light(
            direction: normalize(SIMD3(random.number(-0.6, 0.6), random.number(-0.7, -0.15), 0.8)),
            ambient: random.number(0.4, 0.65))
        let backdrop = Backdrop(random: &random)
        let centre = Point(Float(width) * random.number(0.46, 0.54), Float(height) * random.number(0.48, 0.53))
        let size = unit * random.number(0.8, 0.96)
        let lean: Float = backdrop.isFlat ? 0.25 : 0.08
        let projection = Projection(
            centre: centre, scale: Point(size * random.number(0.9, 1.06) * (random.chance(0.5) ? 1 : -1), size),
            angle: random.number(-lean, lean), shear: random.number(-0.1, 0.1),
            tilt: Point(random.number(-0.14, 0.14), random.number(-0.1, 0.1)))

        var scene = Scene(canvas: Canvas(width: width, height: height), light: light, projection: projection)
        backdrop.draw(on: &scene.canvas, ground: projection(Point(0, Handbag.ground)).y)
        if !backdrop.isFlat {
            scene.shadow(.ellipse(at: Point(0, Handbag.ground), radii: Point(0.46, 0.045)), depth: 0.05, opacity: 0.75)
        }
        switch subject {
        case .handbag(let brand):
            Handbag(brand, random: &random).draw(in: &scene, random: &random)
            if random.chance(0.18) {
                // Something stands in the way, or beside.
                let side: Float = random.chance(0.5) ? 1 : -1
                let foot = projection(Point(side * random.number(0.4, 0.62), random.number(0.26, 0.34)))
                let small = size * random.number(0.3, 0.46)
                scene.projection = Projection(centre: foot, scale: Point(small, small))
                random.pick(StillLife.props).draw(in: &scene, random: &random)
            }
        case .stillLife:
            random.pick(StillLife.allCases).draw(in: &scene, random: &random)
        }
        return RGBImage(width: width, height: height, pixels: develop(scene.canvas, random: &random))
    }

    /// Exposure, colour balance, vignette and grain, then bytes.
    private static func develop(_ canvas: Canvas, random: inout DemoRandom) -> [UInt8] {
        let warmth = random.number(-0.09, 0.09)
        let exposure = Colour(1 + warmth, 1, 1 - warmth) * random.number(0.82, 1.14)
        let falloff = random.number(0, 0.35)
        let grain = random.chance(0.6) ? random.number(0.01, 0.07) : 0
        let seed = UInt32(truncatingIfNeeded: random.next())
        let middle = Point(Float(canvas.width), Float(canvas.height)) / 2
        var bytes = [UInt8](repeating: 0, count: canvas.width * canvas.height * 3)
        var next = 0
        for row in 0..<canvas.height {
            for column in 0..<canvas.width {
                let away = (Point(Float(column), Float(row)) - middle) / middle.length
                let noise = grain == 0 ? 0 : (Material.hash(Int32(column), Int32(row), seed) - 0.5) * grain
                var colour =
                    canvas.pixels[row * canvas.width + column] * (exposure * (1 - falloff * (away * away).sum()))
                colour = (colour + noise).clamped(lowerBound: .zero, upperBound: .one) * 255 + 0.5
                bytes[next] = UInt8(colour.x)
                bytes[next + 1] = UInt8(colour.y)
                bytes[next + 2] = UInt8(colour.z)
                next += 3
            }
        }
        return bytes
    }
}
