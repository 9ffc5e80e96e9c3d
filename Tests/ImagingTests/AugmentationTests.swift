import Foundation
import Testing

@testable import Imaging

struct AugmentationTests {
    private func apply(_ augmentation: Augmentation, _ pixels: [UInt8], _ width: Int, _ height: Int) -> [Float] {
        var result = [Float](repeating: -1, count: pixels.count)
        var span = result.mutableSpan
        augmentation.apply(to: pixels.span, width: width, height: height, into: &span)
        return result
    }

    @Test func changesNothingByDefault() {
        let pixels = Fixtures.pattern(width: 7, height: 6)
        #expect(apply(Augmentation(), pixels, 7, 6) == pixels.map { Float($0) * (1 / 255) })
    }

    @Test func warpsAsKerasDoes() {
        let warp = Warp.keras(shear: 0.2, rowZoom: 1.15, columnZoom: 0.9, width: 7, height: 6)
        let result = apply(Augmentation(warp: warp, isFlipped: true), Fixtures.pattern(width: 7, height: 6), 7, 6)
        #expect(result.count == Fixtures.kerasWarped.count)
        #expect(zip(result, Fixtures.kerasWarped).allSatisfy { abs($0 * 255 - $1) < 0.01 })
    }

    /// Of a plane, bilinear sampling gives the very plane.
    @Test(arguments: [4, 7, 23]) func bringsToASide(_ side: Int) {
        func plane(_ x: Float, _ y: Float) -> [Float] { [8 + 12 * x, 200 - 16 * y, 3 * x + 5 * y] }
        let pixels = (0..<10).flatMap { y in (0..<16).flatMap { plane(Float($0), Float(y)).map { UInt8($0) } } }
        var warp = Warp()
        (warp.rowPerRow, warp.rowStart, warp.columnPerColumn, warp.columnStart) = (0.5, 2.25, 0.75, 3)
        for isFlipped in [false, true] {
            var result = [Float](repeating: -1, count: side * side * 3)
            var span = result.mutableSpan
            Augmentation(warp: warp, isFlipped: isFlipped).apply(
                to: pixels.span, width: 16, height: 10, side: side, into: &span)
            for y in 0..<side {
                for x in 0..<side {
                    let row = 0.5 * ((Float(y) + 0.5) * 10 / Float(side) - 0.5) + 2.25
                    let column = 0.75 * ((Float(isFlipped ? side - 1 - x : x) + 0.5) * 16 / Float(side) - 0.5) + 3
                    let found = result[((y * side + x) * 3)..<((y * side + x) * 3 + 3)]
                    #expect(zip(found, plane(column, row)).allSatisfy { abs($0 * 255 - $1) < 0.01 })
                }
            }
        }
    }

    @Test func repeatsTheEdges() {
        let pixels = Fixtures.pattern(width: 7, height: 6)
        var warp = Warp()
        (warp.rowStart, warp.columnStart) = (-100, 1000)
        let corner = pixels[18..<21].map { Float($0) * (1 / 255) }
        #expect(apply(Augmentation(warp: warp), pixels, 7, 6) == Array(repeatElement(corner, count: 42).joined()))
    }

    @Test func flips() {
        let image = RGBImage(width: 7, height: 6, pixels: Fixtures.pattern(width: 7, height: 6))
        let expected = image.stored(as: .upMirrored).pixels.map { Float($0) * (1 / 255) }
        #expect(apply(Augmentation(isFlipped: true), image.pixels, 7, 6) == expected)
    }

    @Test func drawsWithinItsRanges() {
        var flips = 0
        for seed in 0..<400 as Range<UInt64> {
            var random = CounterRandom(1, seed)
            let blog = Augmentation.blog(width: 150, height: 150, using: &random)
            #expect((0.8...1.2).contains(blog.warp.rowPerRow))
            #expect((0.78...1.2).contains(blog.warp.columnPerColumn))
            #expect(abs(blog.warp.rowPerColumn) <= 1.2 * sin(0.2))
            flips += blog.isFlipped ? 1 : 0
        }
        #expect((150...250).contains(flips))
    }

    @Test func dependsOnTheSeedsAlone() {
        var random = CounterRandom(1, 2, 3)
        var same = CounterRandom(1, 2, 3)
        var other = CounterRandom(1, 3, 2)
        let numbers = (0..<8).map { _ in random.next() }
        #expect(numbers == (0..<8).map { _ in same.next() })
        #expect(numbers != (0..<8).map { _ in other.next() })
        // SplitMix64's first numbers from state 0, as its authors' C code prints them.
        var plain = CounterRandom()
        #expect(plain.next() == 0xE220_A839_7B1D_CDAF)
        #expect(plain.next() == 0x6E78_9E6A_A1B9_65F4)
    }
}
