import Foundation
import TestSupport
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
