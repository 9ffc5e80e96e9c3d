import Testing

@testable import Imaging

struct ResizeTests {
    @Test(arguments: [
        (23, 17, 7, 5, Fixtures.pillow23x17To7x5), (5, 4, 9, 8, Fixtures.pillow5x4To9x8),
    ])
    func agreesWithPillow(width: Int, height: Int, newWidth: Int, newHeight: Int, expected: [UInt8]) {
        let image = RGBImage(width: width, height: height, pixels: Fixtures.pattern(width: width, height: height))
        let resized = image.resized(width: newWidth, height: newHeight)
        #expect(zip(resized.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        #expect(resized.meanDifference(from: expected) < 0.3)
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

    @Test func mirrorsExactly() {
        let image = RGBImage(width: 23, height: 17, pixels: Fixtures.pattern(width: 23, height: 17))
        let mirrored = image.stored(as: .upMirrored).resized(width: 8, height: 6).stored(as: .upMirrored)
        #expect(mirrored.meanDifference(from: image.resized(width: 8, height: 6).pixels) < 0.1)
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
