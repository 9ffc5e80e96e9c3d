#if PNG
import Foundation
import TestSupport
import Testing

@testable import Imaging

struct PNGTests {
    private static func decode(_ file: [UInt8]) throws -> (image: RGBImage, details: PictureDetails) {
        var decoder = try PictureDecoder(pixelLimit: 1_000_000)
        return try decoder.decode(file.span)
    }

    /// Samples that take all values.
    private static func samples(_ colour: PNGFile.Colour, _ bitDepth: Int) -> (Int, Int) -> [Int] {
        { x, y in
            (0..<colour.sampleCount).map { (x * 7919 + y * 104_729 + $0 * 31_337) & (1 << bitDepth - 1) }
        }
    }

    private static let palette: [[Int]] = (0..<256).map { [($0 * 37 + 5) % 256, ($0 * 91 + 60) % 256, 255 - $0] }
    private static let paletteChunk = (name: "PLTE", data: palette.flatMap { $0.map { UInt8($0) } })

    @Test(
        arguments: [
            (.grey, [1, 2, 4, 8, 16]), (.rgb, [8, 16]), (.palette, [1, 2, 4, 8]), (.greyAlpha, [8, 16]),
            (.rgba, [8, 16]),
        ] as [(PNGFile.Colour, [Int])], [false, true])
    func decodesEveryKindOfPixel(kind: (colour: PNGFile.Colour, depths: [Int]), isInterlaced: Bool) throws {
        let colour = kind.colour
        for depth in kind.depths {
            var file = PNGFile(
                width: 37, height: 21, colour: colour, bitDepth: depth, isInterlaced: isInterlaced)
            if colour == .palette { file.before = [("PLTE", Array(Self.paletteChunk.data.prefix(3 << depth)))] }
            let samples = Self.samples(colour, depth)
            let (image, details) = try Self.decode(file.bytes(samples))
            #expect(details.damage == nil && details.exif == EXIF())
            var expected: [UInt8] = []
            for y in 0..<21 {
                for x in 0..<37 {
                    let pixel = samples(x, y)
                    if colour == .palette {
                        expected += Self.palette[pixel[0]].map { UInt8($0) }
                        continue
                    }
                    let bytes = pixel.map { Int((Double($0) * 255 / Double(1 << depth - 1)).rounded()) }
                    let hasAlpha = colour == .greyAlpha || colour == .rgba
                    let colours = hasAlpha ? Array(bytes.dropLast()) : bytes
                    expected += onWhite(
                        colours.count == 1 ? Array(repeating: colours[0], count: 3) : colours,
                        alpha: hasAlpha ? bytes[bytes.count - 1] : 255)
                }
            }
            #expect(image.pixels == expected, "\(colour), \(depth) bits")
        }
    }

    /// A colour that is transparent, and a palette's alpha.
    @Test func transparentColoursLieOnWhite() throws {
        func pixel(_ file: PNGFile, _ samples: [Int]) throws -> [UInt8] {
            Array(try Self.decode(file.bytes { _, _ in samples }).image.pixels[..<3])
        }
        var file = PNGFile(width: 16, height: 16, colour: .grey, bitDepth: 8, before: [("tRNS", [0, 77])])
        #expect(try pixel(file, [77]) == [255, 255, 255])
        #expect(try pixel(file, [78]) == [78, 78, 78])
        file = PNGFile(width: 16, height: 16, colour: .rgb, bitDepth: 16, before: [("tRNS", [1, 2, 3, 4, 5, 6])])
        #expect(try pixel(file, [0x0102, 0x0304, 0x0506]) == [255, 255, 255])
        #expect(try pixel(file, [0x0102, 0x0304, 0x0507]) == [1, 3, 5])
        file = PNGFile(
            width: 16, height: 16, colour: .palette, bitDepth: 4, before: [Self.paletteChunk, ("tRNS", [255, 100, 0])])
        file.before[0].data.removeLast(240 * 3)
        #expect(try pixel(file, [0]) == onWhite(Self.palette[0], alpha: 255))
        #expect(try pixel(file, [1]) == onWhite(Self.palette[1], alpha: 100))
        #expect(try pixel(file, [2]) == [255, 255, 255])
        #expect(try pixel(file, [3]) == onWhite(Self.palette[3], alpha: 255))
    }

    /// Written by Pillow, compressed and filtered.
    @Test func decodesWhatOthersWrite() throws {
        let (image, details) = try Self.decode(Fixtures.png)
        #expect(details.damage == nil)
        var expected = scene(width: 32, height: 24)
        for index in expected.pixels.indices {
            let (x, y) = (index / 3 % 32, index / 96)
            expected.pixels[index] = UInt8(min(255, Int(expected.pixels[index]) + (x * 3 + y * 5) % 16))
        }
        #expect(image == expected)
        #expect(
            try prepare(Fixtures.png, width: 20, height: 30).pixels == expected.resized(width: 20, height: 30).pixels)
    }

    @Test func anAnimationIsItsFirstPicture() throws {
        let (image, details) = try Self.decode(Fixtures.animatedPNG)
        #expect(details.damage == nil)
        #expect(image.pixels == Array(repeatElement([200, 30, 30], count: 32 * 24).joined()))
    }

    @Test(arguments: [false, true])
    func turnsUpright(isBehind: Bool) throws {
        try DecoderChecks.turnsUpright { stored, exif in
            var file = PNGFile(width: stored.width, height: stored.height)
            if isBehind { file.behind = [("eXIf", exif)] } else { file.before = [("eXIf", exif)] }
            return stored.png(file)
        }
    }

    /// tIME is when the file was changed.
    @Test func theTimeOfChangeIsNoCaptureTime() throws {
        let time = (name: "tIME", data: [0x07, 0xE2, 2, 13, 12, 34, 56] as [UInt8])
        let file = scene().png(PNGFile(width: 0, height: 0, before: [time]))
        #expect(try Self.decode(file).details.exif == EXIF())
    }

    @Test func survivesCutFiles() throws {
        try DecoderChecks.survivesCuts(Fixtures.png)
        let interlaced = PNGFile(width: 17, height: 16, colour: .greyAlpha, isInterlaced: true)
        try DecoderChecks.survivesCuts(interlaced.bytes(Self.samples(.greyAlpha, 8)))
    }

    @Test func survivesChangedBytes() throws {
        try DecoderChecks.survivesChanges(Fixtures.png)
        var file = PNGFile(width: 17, height: 16, colour: .palette, bitDepth: 2, isInterlaced: true)
        file.before = [("PLTE", Array(Self.paletteChunk.data.prefix(12))), ("tRNS", [9, 200])]
        try DecoderChecks.survivesChanges(file.bytes(Self.samples(.palette, 2)))
    }

    /// What did not come out is grey.
    @Test func whatIsMissingIsGrey() throws {
        let file = RGBImage(width: 32, height: 32, pixels: [UInt8](repeating: 7, count: 32 * 32 * 3)).png()
        let (image, details) = try Self.decode(Array(file[..<(file.count / 2)]))
        #expect(details.damage == .truncated)
        #expect(image.pixels[..<(10 * 96)].allSatisfy { $0 == 7 })
        #expect(image.pixels[(20 * 96)...].allSatisfy { $0 == 128 })
    }

    private static func offset(of chunk: String, in file: [UInt8]) throws -> Int {
        let name = Array(chunk.utf8)
        return try #require(file.indices.dropLast(4).first { Array(file[$0..<$0 + 4]) == name })
    }

    @Test func aWrongByteIsDamageWhereItIsAPixels() throws {
        var file = PNGFile(width: 32, height: 32, colour: .palette)
        file.before = [("tEXt", Array("Comment\0of no use".utf8)), Self.paletteChunk]
        let whole = file.bytes(Self.samples(.palette, 8))
        #expect(try Self.decode(whole).details.damage == nil)
        for (chunk, damage) in [("IDAT", .damaged), ("PLTE", .damaged), ("tEXt", nil)] as [(String, PictureDamage?)] {
            var changed = whole
            changed[try Self.offset(of: chunk, in: whole) + 14] ^= 1
            #expect(try Self.decode(changed).details.damage == damage, "\(chunk)")
        }
        // In the middle of compressed data, and where the chunks do not lead to the end.
        var changed = Fixtures.png
        changed.replaceSubrange(120..<130, with: repeatElement(0xFF, count: 10))
        #expect(try Self.decode(changed).details.damage == .damaged)
        changed = Fixtures.png
        changed[try Self.offset(of: "IEND", in: changed)] = 0
        #expect(try Self.decode(changed).details.damage == .damaged)
        changed = Array(Fixtures.png.dropLast(12))
        #expect(try Self.decode(changed).details.damage == .truncated)
    }

    /// Some writers compress more than the picture.
    @Test func moreThanThePictureIsHarmless() throws {
        var file = scene().png()
        let taller = scene(width: 48, height: 33).png()
        let header = Array(file[8..<33])
        file = PNGFile.signature + header + Array(taller[33...])
        #expect(try Self.decode(file).details.damage == nil)
    }

    @Test func refusesBombs() throws {
        func file(_ width: Int, _ height: Int) -> [UInt8] {
            var file = scene().png()
            let header = PNGFile.chunk(
                "IHDR", PNGFile.bigEndian(width) + PNGFile.bigEndian(height) + [8, 6, 0, 0, 0])
            file.replaceSubrange(8..<33, with: header)
            return file
        }
        #expect(reason(of: file(1 << 31 - 1, 1 << 31 - 1)) == .tooLarge)
        #expect(reason(of: file(60_000, 60_000)) == .tooLarge)
        #expect(reason(of: file(0, 60_000)) == .corrupt)
        #expect(reason(of: file(1 << 31, 16)) == .corrupt)
        #expect(reason(of: file(15, 600)) == .tooSmall)
    }

    /// libpng itself refuses chunks over 8 MB; this one costs neither memory nor the picture.
    @Test func passesOverLargeChunks() throws {
        let text = (name: "tEXt", data: Array("Comment\0".utf8) + [UInt8](repeating: 32, count: 9_000_000))
        let head = scene().png()
        // Its checksum, which nobody looks at, would take a second here.
        let chunk = PNGFile.bigEndian(text.data.count) + Array(text.name.utf8) + text.data + [0, 0, 0, 0]
        let (image, details) = try Self.decode(Array(head[..<33]) + chunk + Array(head[33...]))
        #expect(image == scene() && details.damage == nil)
    }

    @Test func saysWhatIsWrong() throws {
        let whole = scene().png()
        func message(_ file: [UInt8]) throws -> String {
            let error = try #require(throws: PictureError.self) { try prepare(file) }
            #expect(error.reason == .corrupt)
            return error.message
        }
        let asText = Array(whole[..<4]) + Array(whole[5...])
        #expect(try message(asText) == "the PNG was sent as text: its line ends have been changed")
        #expect(try message(Array(whole[..<20])) == "the PNG ends before its first pixel")
        #expect(try message(Array(whole[..<8]) + whole[33...]) == "the PNG does not begin with its header")
        #expect(
            try message(Array(whole[..<40])) == "the PNG cannot be decoded: the file ends too early")
        var odd = whole
        odd[24] = 7
        #expect(try message(odd).hasPrefix("the PNG cannot be decoded: "))
    }
}
#endif
