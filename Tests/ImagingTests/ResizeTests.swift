import CKernels
import Queue
import TestSupport
import Testing

@testable import Imaging

struct ResizeTests {
    @Test(arguments: [
        (23, 17, 7, 5, Fixtures.pillow23x17To7x5), (5, 4, 9, 8, Fixtures.pillow5x4To9x8),
    ])
    func isPillowsResize(width: Int, height: Int, newWidth: Int, newHeight: Int, expected: [UInt8]) {
        let image = RGBImage(width: width, height: height, pixels: Fixtures.pattern(width: width, height: height))
        #expect(image.resized(width: newWidth, height: newHeight).pixels == expected)
    }

    @Test(arguments: Fixtures.pillowDigests)
    func isPillowsResizeAtManySizes(_ expected: Fixtures.PillowDigest) {
        let image = RGBImage(
            width: expected.width, height: expected.height,
            pixels: Fixtures.noise(width: expected.width, height: expected.height))
        let resized = image.resized(width: expected.newWidth, height: expected.newHeight)
        #expect(Fingerprint(of: resized.pixels.span).bytes.prefix(8).elementsEqual(expected.digest))
    }

    @Test(arguments: Fixtures.pillowBicubicDigests)
    func isPillowsBicubicResize(_ expected: Fixtures.PillowDigest) {
        let source = Fixtures.noise(width: expected.width, height: expected.height)
        var pixels = [UInt8](repeating: 0, count: expected.newWidth * expected.newHeight * 3)
        var target = pixels.mutableSpan
        var resizer = Resizer()
        // What is kept from one interpolation must not serve the other.
        for interpolation in [Interpolation.bilinear, .bicubic] {
            resizer.resize(
                source, width: expected.width, height: expected.height, to: expected.newWidth, expected.newHeight, .up,
                by: .squash, interpolation, into: &target)
        }
        #expect(Fingerprint(of: pixels.span).bytes.prefix(8).elementsEqual(expected.digest))
    }

    private static let levels = [bagq_level_portable, bagq_level_avx2, bagq_level_avx512]
    /// Around the rows and the row sizes where the kernels change their way.
    private static let sizes = [1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 21, 22, 43, 64]

    @Test(arguments: [Interpolation.bilinear, .bicubic])
    func allLevelsGiveTheSameBytes(_ interpolation: Interpolation) throws {
        let kernels = Self.levels.compactMap { ResampleKernels($0) }
        try #require(!kernels.isEmpty)
        for (index, width) in Self.sizes.enumerated() {
            for (newIndex, newWidth) in Self.sizes.enumerated() {
                let height = Self.sizes[(index + 3 * newIndex) % Self.sizes.count]
                let newHeight = Self.sizes[(5 * index + newIndex) % Self.sizes.count]
                let source = Fixtures.noise(width: width, height: height)
                let results = kernels.map { kernels in
                    var guarded = [UInt8](repeating: 0xA5, count: newWidth * newHeight * 3 + 19 + 37)
                    var resizer = Resizer(kernels)
                    unsafe guarded.withUnsafeMutableBufferPointer { whole in
                        var target = unsafe MutableSpan(_unsafeElements: whole[19..<whole.count - 37])
                        resizer.resize(
                            source, width: width, height: height, to: newWidth, newHeight, .up, by: .squash,
                            interpolation, into: &target)
                    }
                    return guarded
                }
                let size = "\(width)x\(height) to \(newWidth)x\(newHeight)"
                #expect(results.allSatisfy { $0 == results[0] }, "\(size)")
                #expect((results[0].prefix(19) + results[0].suffix(37)).allSatisfy { $0 == 0xA5 }, "\(size)")
            }
        }
    }

    /// The pass whose target is scratch memory.
    @Test func aPassWritesNothingBesideItsTarget() {
        for kernels in Self.levels.compactMap({ ResampleKernels($0) }) {
            for (from, side) in Self.sizes.flatMap({ from in Self.sizes.map { (from, $0) } }) {
                var taps = Taps()
                taps.set(from: from, to: 7)
                for pass in [ResamplePass.columns(taps, height: side), .rows(taps, width: side)] {
                    var target = [UInt8](repeating: 0xA5, count: pass.targetCount + 37)
                    let source = [UInt8](repeating: 255, count: pass.sourceCount)
                    kernels.run(pass, source, intoArray: &target)
                    #expect(target.dropLast(37).allSatisfy { $0 == 255 } && target.suffix(37).allSatisfy { $0 == 0xA5 })
                }
            }
        }
    }

    /// One resizer for pictures of all sizes, as a decoder keeps it.
    @Test func isReusable() {
        var resizer = Resizer()
        for (width, height) in [(40, 30), (3, 90), (40, 30), (64, 64), (1, 1), (30, 40)] {
            let image = RGBImage(width: width, height: height, pixels: Fixtures.noise(width: width, height: height))
            for orientation in [Orientation.up, .left, .down] {
                let upright = image.resized(
                    width: orientation.swapsSides ? 9 : 16, height: orientation.swapsSides ? 16 : 9)
                var pixels = [UInt8](repeating: 0, count: 16 * 9 * 3)
                var target = pixels.mutableSpan
                resizer.resize(image.pixels, width: width, height: height, to: 16, 9, orientation, into: &target)
                var expected = pixels
                var span = expected.mutableSpan
                orientation.copyUpright(upright.pixels.span, width: upright.width, height: upright.height, into: &span)
                #expect(pixels == expected, "\(width)x\(height) \(orientation)")
            }
        }
    }

    @Test func keepsAPictureOfTheSameSize() {
        let image = RGBImage(width: 23, height: 17, pixels: Fixtures.pattern(width: 23, height: 17))
        #expect(image.resized(width: 23, height: 17) == image)
    }

    @Test(arguments: [(1, 1), (2, 300), (300, 2), (3000, 2), (17, 33)])
    func keepsEvenPicturesEven(width: Int, height: Int) {
        for level in [0, 1, 127, 254, 255] as [UInt8] {
            let image = RGBImage(
                width: width, height: height, pixels: [UInt8](repeating: level, count: width * height * 3))
            #expect(image.resized(width: 16, height: 9).pixels.allSatisfy { $0 == level })
        }
    }

    @Test func mirrorsToWithinALevel() {
        let image = RGBImage(width: 23, height: 17, pixels: Fixtures.pattern(width: 23, height: 17))
        let mirrored = image.stored(as: .upMirrored).resized(width: 8, height: 6).stored(as: .upMirrored)
        let pairs = zip(mirrored.pixels, image.resized(width: 8, height: 6).pixels)
        #expect(pairs.allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }

    @Test func laysOutContactSheets() {
        let sheet = contactSheet(of: (0..<5).map { _ in scene(width: 6, height: 4) }, columns: 3, gap: 2)
        #expect((sheet.width, sheet.height) == (3 * 8 + 2, 2 * 6 + 2))
        #expect(sheet.pixels[..<3] == [255, 255, 255])
        let upperLeft = (2 * sheet.width + 2) * 3
        #expect(sheet.pixels[upperLeft..<upperLeft + 3] == [200, 30, 30])
        let empty = (8 * sheet.width + 18) * 3
        #expect(sheet.pixels[empty..<empty + 3] == [255, 255, 255])
    }
}
