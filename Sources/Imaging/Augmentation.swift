import Foundation

/// How a picture is changed for one pass of training: warped, then perhaps mirrored.
package struct Augmentation: Hashable, Sendable {
    package var warp: Warp
    /// Left and right change places.
    package var isFlipped: Bool
    /// What each colour is multiplied by.
    package var brightness: Float
    /// What each colour's difference from the pixel's grey is multiplied by.
    package var saturation: Float

    /// By default, no change.
    package init(warp: Warp = Warp(), isFlipped: Bool = false, brightness: Float = 1, saturation: Float = 1) {
        self.warp = warp
        self.isFlipped = isFlipped
        self.brightness = brightness
        self.saturation = saturation
    }

    /// A part of the picture (Szegedy et al. 2014, "Going Deeper with Convolutions", 6), mirrored or not, brighter or
    /// darker, more or less colourful.
    /// - leastArea: Of the picture's.
    /// - proportions: Up to this and down to its inverse of the picture's.
    /// - colour: What is added to or taken from brightness and saturation, at most.
    package static func resizedCrop(
        width: Int, height: Int, leastArea: Float = 0.4, proportions: Float = 4 / 3, colour: Float = 0.2,
        using random: inout CounterRandom
    ) -> Augmentation {
        let area = random.float(in: leastArea...1)
        let ratio = exp(random.float(in: -1...1) * log(proportions))
        let (across, down) = (min(1, (area * ratio).squareRoot()), min(1, (area / ratio).squareRoot()))
        var warp = Warp()
        (warp.rowPerRow, warp.columnPerColumn) = (down, across)
        warp.rowStart = random.float(in: 0...1) * Float(height) * (1 - down) + (down - 1) / 2
        warp.columnStart = random.float(in: 0...1) * Float(width) * (1 - across) + (across - 1) / 2
        return Augmentation(
            warp: warp, isFlipped: random.float(in: 0...1) < 0.5, brightness: random.float(in: 1 - colour...1 + colour),
            saturation: random.float(in: 1 - colour...1 + colour))
    }

    /// The blog's recipe, as Keras's `ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True)` draws
    /// it with the shear in radians, which Keras up to 2.1.2 does. (From 2.1.3 it takes 0.2 degrees, which is nothing.)
    package static func blog(width: Int, height: Int, using random: inout CounterRandom) -> Augmentation {
        let shear = random.float(in: -0.2...0.2)
        let rowZoom = random.float(in: 0.8...1.2)
        let columnZoom = random.float(in: 0.8...1.2)
        return Augmentation(
            warp: .keras(shear: shear, rowZoom: rowZoom, columnZoom: columnZoom, width: width, height: height),
            isFlipped: random.float(in: 0...1) < 0.5)
    }

    /// Writes the changed picture as numbers from 0 to 1. Bilinear; the edges' pixels go on outside.
    /// - source, target: height x width x RGB, both sides at least 2.
    package func apply(to source: Span<UInt8>, width: Int, height: Int, into target: inout MutableSpan<Float>) {
        precondition(width >= 2 && height >= 2)
        precondition(source.count == width * height * 3 && target.count == source.count)
        let bytes = unsafe source.bytes
        let (lastRow, lastColumn) = (Float(height - 1), Float(width - 1))
        let changesColour = brightness != 1 || saturation != 1
        for y in 0..<height {
            let rowAtLeft = warp.rowPerRow * Float(y) + warp.rowStart
            for x in 0..<width {
                let row = max(0, min(lastRow, rowAtLeft + warp.rowPerColumn * Float(x)))
                let column = max(0, min(lastColumn, warp.columnPerColumn * Float(x) + warp.columnStart))
                let (top, left) = (min(Int(row), height - 2), min(Int(column), width - 2))
                let across = SIMD4(repeating: column - Float(left))
                let down = SIMD4(repeating: row - Float(top))
                let upper = Self.pair(bytes, (top * width + left) * 3, across)
                let lower = Self.pair(bytes, ((top + 1) * width + left) * 3, across)
                var colour = (upper + (lower - upper) * down) * (1 / 255)
                if changesColour {
                    colour *= brightness
                    let grey = SIMD4(repeating: (colour[0] + colour[1] + colour[2]) / 3)
                    colour = grey + (colour - grey) * saturation
                    // clamped(lowerBound:upperBound:) calls a function that takes a lane at a time.
                    colour.replace(with: 0, where: colour .< 0)
                    colour.replace(with: 1, where: colour .> 1)
                }
                let at = (y * width + (isFlipped ? width - 1 - x : x)) * 3
                target[at] = colour[0]
                target[at + 1] = colour[1]
                target[at + 2] = colour[2]
            }
        }
    }

    /// A colour between two neighbours, of which the left one starts at `offset`. The fourth lane is of no use.
    @inline(__always)
    private static func pair(_ bytes: RawSpan, _ offset: Int, _ across: SIMD4<Float>) -> SIMD4<Float> {
        // Four bytes each, of which the right ones end with the right pixel: nothing behind the picture is read.
        let left = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD4<UInt8>.self)
        let right = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: SIMD4<UInt8>.self)
        let leftColour = SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: left))
        let rightColour = SIMD4<Float>(
            SIMD4<Int32>(truncatingIfNeeded: SIMD4(right[1], right[2], right[3], right[3])))
        return leftColour + (rightColour - leftColour) * across
    }
}

/// Where each pixel (y, x) of a warped picture is read in its source, in pixels from the first one's centre:
/// row `rowPerRow * y + rowPerColumn * x + rowStart`, column `columnPerColumn * x + columnStart`.
package struct Warp: Hashable, Sendable {
    package var rowPerRow: Float = 1
    package var rowPerColumn: Float = 0
    package var rowStart: Float = 0
    package var columnPerColumn: Float = 1
    package var columnStart: Float = 0

    /// No change.
    package init() {}

    /// Keras 2.1's `random_transform`: the matrix shear · zoom about (height / 2 + 0.5, width / 2 + 0.5).
    package static func keras(
        shear: Float, rowZoom: Float, columnZoom: Float, width: Int, height: Int
    ) -> Warp {
        var warp = Warp()
        warp.rowPerRow = rowZoom
        warp.rowPerColumn = -sin(shear) * columnZoom
        warp.columnPerColumn = cos(shear) * columnZoom
        let (centreRow, centreColumn) = (Float(height) / 2 + 0.5, Float(width) / 2 + 0.5)
        warp.rowStart = centreRow - warp.rowPerRow * centreRow - warp.rowPerColumn * centreColumn
        warp.columnStart = centreColumn - warp.columnPerColumn * centreColumn
        return warp
    }
}
