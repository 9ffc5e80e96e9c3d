import Foundation

/// What a surface is at one point: its colour, its height in local units, and how much it shines.
struct Texel {
    var colour: Colour
    var height: Float = 0
    var gloss: Float = 0
}

/// A material, as a function of local coordinates.
typealias Texture = (Point) -> Texel

struct Light {
    /// Towards the light: right, down, out of the picture.
    var direction: SIMD3<Float>
    /// How much of it comes from everywhere.
    var ambient: Float
}

/// A canvas with a light and a place for the thing that is drawn: parts are given in local units, y downwards.
struct Scene {
    var canvas: Canvas
    let light: Light
    /// From local units to pixels. Set it to draw the next thing somewhere else.
    var projection: Projection

    init(canvas: Canvas, light: Light, projection: Projection) {
        self.canvas = canvas
        self.light = light
        self.projection = projection
    }

    /// Pixels in a local unit, about.
    private var scale: Float { (projection(Point(0.5, 0)) - projection(Point(-0.5, 0))).length }

    func mask(_ outline: Outline, margin: Int = 0) -> Mask {
        Mask(outline, through: projection, canvas: (canvas.width, canvas.height), margin: margin)
    }

    /// Draws a part of a solid thing: the edges are rounded over `puff` units, the texture's heights catch the
    /// light, and a shadow as deep as `lift` units falls on what is there already.
    mutating func part(_ outline: Outline, puff: Float = 0.02, lift: Float = 0.015, _ texture: Texture) {
        let (scale, inverse) = (scale, projection.inverse)
        let radius = max(Int(puff * scale), 1)
        let mask = mask(outline, margin: radius + 2)
        guard mask.width > 2, mask.height > 2 else { return }
        if lift > 0 { shadow(outline, depth: lift, opacity: 0.45) }

        let soft = mask.blurred(radius: radius)
        var texels: [Texel] = []
        texels.reserveCapacity(mask.values.count)
        var heights: [Float] = []
        heights.reserveCapacity(mask.values.count)
        for row in 0..<mask.height {
            for column in 0..<mask.width {
                let index = row * mask.width + column
                guard mask.values[index] > 0 || soft.values[index] > 0.1 else {
                    texels.append(Texel(colour: .zero))
                    heights.append(0)
                    continue
                }
                let texel = texture(inverse(Point(Float(mask.x + column) + 0.5, Float(mask.y + row) + 0.5)))
                // A quarter circle from the outline inwards. After the blur a corner is about 30 % covered.
                let outwards = min(max((1 - soft.values[index]) / 0.7, 0), 1)
                let edge = (1 - outwards * outwards).squareRoot()
                texels.append(texel)
                heights.append(edge * puff * scale * 0.8 + texel.height * scale)
            }
        }
        let half = normalize(light.direction + SIMD3(0, 0, 1))
        canvas.blend(mask) { column, row, _ in
            let (c, r) = (column - mask.x, row - mask.y)
            let index = r * mask.width + c
            let left = heights[c > 0 ? index - 1 : index]
            let right = heights[c < mask.width - 1 ? index + 1 : index]
            let above = heights[r > 0 ? index - mask.width : index]
            let below = heights[r < mask.height - 1 ? index + mask.width : index]
            let normal = normalize(SIMD3((left - right) / 2, (above - below) / 2, 1))
            let diffuse = max((normal * light.direction).sum(), 0) / light.direction.z
            let texel = texels[index]
            var shine = max((normal * half).sum(), 0)
            for _ in 0..<4 { shine *= shine }
            let lit = texel.colour * (light.ambient + (1 - light.ambient) * min(diffuse, 1.6))
            return lit + texel.gloss * shine
        }
    }

    /// Darkens what lies under the outline, away from the light.
    mutating func shadow(_ outline: Outline, depth: Float, opacity: Float) {
        let radius = max(Int(depth * scale * 1.2), 2)
        let away = light.direction * (-depth * scale / light.direction.z)
        let mask = mask(outline, margin: radius + 2).blurred(radius: radius)
        canvas.blend(mask, opacity: opacity, shift: (Int(away.x), Int(away.y))) { _, _, below in below * 0.25 }
    }

    /// Flat colour, without light or shadow.
    mutating func fill(_ outline: Outline, _ colour: Colour, opacity: Float = 1, blur: Float = 0) {
        let radius = Int(blur * scale)
        let mask = mask(outline, margin: radius > 1 ? radius + 2 : 0).blurred(radius: radius)
        canvas.blend(mask, opacity: opacity) { _, _, _ in colour }
    }
}

func normalize(_ v: SIMD3<Float>) -> SIMD3<Float> {
    v / (v * v).sum().squareRoot()
}

func mix(_ a: Colour, _ b: Colour, _ t: Float) -> Colour {
    a + (b - a) * t
}

/// 0 below `low`, 1 above `high`, smooth between.
func smoothstep(_ low: Float, _ high: Float, _ x: Float) -> Float {
    let t = min(max((x - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)
}
