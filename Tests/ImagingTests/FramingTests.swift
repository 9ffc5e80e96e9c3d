import Foundation
import TestSupport
import Testing

@testable import Imaging

struct FramingTests {
    private struct Sizes: CustomStringConvertible {
        let (width, height, newWidth, newHeight): (Int, Int, Int, Int)

        init(_ width: Int, _ height: Int, to newWidth: Int, _ newHeight: Int) {
            (self.width, self.height, self.newWidth, self.newHeight) = (width, height, newWidth, newHeight)
        }

        var description: String { "\(width)x\(height) to \(newWidth)x\(newHeight)" }
    }

    private static let sizes = [
        Sizes(40, 30, to: 16, 16), Sizes(30, 41, to: 16, 16), Sizes(23, 17, to: 40, 40), Sizes(90, 20, to: 12, 30),
        Sizes(20, 90, to: 21, 9), Sizes(33, 33, to: 16, 16), Sizes(300, 2, to: 16, 16),
    ]

    private static func framed(
        _ source: [UInt8], _ sizes: Sizes, _ framing: Framing, _ orientation: Orientation = .up
    ) -> [UInt8] {
        var resizer = Resizer()
        var pixels = [UInt8](repeating: 7, count: sizes.newWidth * sizes.newHeight * 3)
        var target = pixels.mutableSpan
        resizer.resize(
            source, width: sizes.width, height: sizes.height, to: sizes.newWidth, sizes.newHeight, orientation,
            by: framing, into: &target)
        return pixels
    }

    /// One place of a side after another, by the triangle's area in floating point.
    private static func naive(_ values: [Double], from start: Double, length: Double, to count: Int) -> [Double] {
        let scale = length / Double(count)
        let reach = max(scale, 1)
        return (0..<count).map { index in
            let centre = start + (Double(index) + 0.5) * scale
            var (sum, total) = (0.0, 0.0)
            for (place, value) in values.enumerated() {
                let weight = max(0, 1 - abs(Double(place) + 0.5 - centre) / reach)
                sum += weight * value
                total += weight
            }
            return sum / total
        }
    }

    private static func naive(
        _ source: [UInt8], _ sizes: Sizes, left: Double, top: Double, width: Double, height: Double, to newWidth: Int,
        _ newHeight: Int
    ) -> [Double] {
        var result = [Double](repeating: 0, count: newWidth * newHeight * 3)
        for channel in 0..<3 {
            let rows = (0..<sizes.height).map { y in
                let row = (0..<sizes.width).map { Double(source[(y * sizes.width + $0) * 3 + channel]) }
                return Self.naive(row, from: left, length: width, to: newWidth)
            }
            for x in 0..<newWidth {
                let column = Self.naive(rows.map { $0[x] }, from: top, length: height, to: newHeight)
                for y in 0..<newHeight { result[(y * newWidth + x) * 3 + channel] = column[y] }
            }
        }
        return result
    }

    private static func areAlike(_ pixels: [UInt8], _ expected: [Double]) -> Bool {
        pixels.count == expected.count && zip(pixels, expected).allSatisfy { abs(Double($0) - $1) < 1.6 }
    }

    @Test(arguments: sizes) private func aCropIsTheMiddle(_ sizes: Sizes) {
        let source = Fixtures.noise(width: sizes.width, height: sizes.height)
        for fraction in [1, 0.875, 0.5] {
            let (w, h) = (Double(sizes.width), Double(sizes.height))
            let isWide = w * Double(sizes.newHeight) > h * Double(sizes.newWidth)
            let ratio = Double(sizes.newWidth) / Double(sizes.newHeight)
            let width = (isWide ? h * ratio : w) * fraction
            let height = (isWide ? h : w / ratio) * fraction
            let expected = Self.naive(
                source, sizes, left: (w - width) / 2, top: (h - height) / 2, width: width, height: height,
                to: sizes.newWidth, sizes.newHeight)
            #expect(Self.areAlike(Self.framed(source, sizes, .centreCrop(fraction)), expected), "\(fraction)")
        }
    }

    @Test(arguments: sizes) private func aLetterboxHoldsAllBetweenBars(_ sizes: Sizes) {
        let source = Fixtures.noise(width: sizes.width, height: sizes.height)
        let scale = max(
            Double(sizes.width) / Double(sizes.newWidth), Double(sizes.height) / Double(sizes.newHeight))
        let width = max(1, Int((Double(sizes.width) / scale).rounded()))
        let height = max(1, Int((Double(sizes.height) / scale).rounded()))
        let inner = Self.naive(
            source, sizes, left: 0, top: 0, width: Double(sizes.width), height: Double(sizes.height), to: width, height)
        let (left, top) = ((sizes.newWidth - width) / 2, (sizes.newHeight - height) / 2)
        var expected = [Double](repeating: 128, count: sizes.newWidth * sizes.newHeight * 3)
        for y in 0..<height {
            for x in 0..<width * 3 {
                expected[((y + top) * sizes.newWidth + left) * 3 + x] = inner[y * width * 3 + x]
            }
        }
        let found = Self.framed(source, sizes, .letterbox)
        #expect(Self.areAlike(found, expected))
        #expect(zip(found, expected).allSatisfy { $1 != 128 || $0 == 128 }, "bars are exact")
    }

    @Test func whatNeedsNoFramingIsSquashed() {
        let square = Sizes(33, 33, to: 16, 16)
        let source = Fixtures.noise(width: 33, height: 33)
        let squashed = Self.framed(source, square, .squash)
        #expect(Self.framed(source, square, .centreCrop(1)) == squashed)
        #expect(Self.framed(source, square, .letterbox) == squashed)
    }

    @Test func framesThePictureAsItIsMeantToBeSeen() {
        let image = RGBImage(width: 30, height: 44, pixels: Fixtures.noise(width: 30, height: 44))
        for framing in [Framing.centreCrop(0.8), .letterbox] {
            let upright = Self.framed(image.pixels, Sizes(30, 44, to: 20, 10), framing)
            for orientation in Orientation.allCases {
                let stored = image.stored(as: orientation)
                let found = Self.framed(
                    stored.pixels, Sizes(stored.width, stored.height, to: 20, 10), framing, orientation)
                let differences = zip(found, upright).map { abs(Int($0) - Int($1)) }
                #expect(differences.allSatisfy { $0 <= 2 }, "\(framing) \(orientation)")
            }
        }
    }

    /// A JPEG is decoded small where that is enough for what is left of it.
    @Test func aCropOfALargeJPEGIsSharp() throws {
        let file = try scene(width: 400, height: 300).jpeg(quality: 90)
        var decoder = try PictureDecoder()
        let whole = try decoder.decode(file.span).image
        for framing in [Framing.squash, .centreCrop(0.5), .letterbox] {
            var pixels = [UInt8](repeating: 0, count: 48 * 48 * 3)
            var span = pixels.mutableSpan
            let details = try decoder.fit(file.span, toWidth: 48, height: 48, by: framing, into: &span)
            #expect(details.width == 400 && details.height == 300)
            let expected = Self.framed(whole.pixels, Sizes(400, 300, to: 48, 48), framing)
            let difference = zip(pixels, expected).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            #expect(Double(difference) / Double(pixels.count) < 2, "\(framing)")
        }
        let least = Framing.centreCrop(0.5).least(for: PictureSize(width: 48, height: 40))
        #expect(least == PictureSize(width: 96, height: 80))
    }
}
