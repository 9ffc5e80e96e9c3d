#if WebP
import CWebP
import Foundation
import TestSupport
import Testing

@testable import Imaging

struct WebPTests {
    private static func decode(
        _ file: [UInt8], atLeast: (width: Int, height: Int)? = nil
    ) throws -> (image: RGBImage, details: PictureDetails) {
        var decoder = try PictureDecoder(pixelLimit: 1_000_000)
        return try decoder.decode(file.span, atLeast: atLeast)
    }

    /// The picture as a WebP file.
    /// - alpha: by pixel; nil for an opaque one.
    /// - quality: nil for lossless.
    private static func encode(_ image: RGBImage, alpha: ((Int) -> UInt8)? = nil, quality: Float? = nil) -> [UInt8] {
        var pixels: [UInt8] = []
        for pixel in 0..<image.width * image.height {
            pixels += image.pixels[3 * pixel..<3 * pixel + 3]
            pixels.append(alpha?(pixel) ?? 255)
        }
        let (width, height) = (Int32(image.width), Int32(image.height))
        var file: UnsafeMutablePointer<UInt8>?
        let count =
            if let quality {
                unsafe WebPEncodeRGBA(pixels, width, height, width * 4, quality, &file)
            } else {
                unsafe WebPEncodeLosslessRGBA(pixels, width, height, width * 4, &file)
            }
        defer { unsafe WebPFree(file) }
        return unsafe Array(UnsafeBufferPointer(start: file, count: count))
    }

    private static func little(_ number: Int, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(number >> (8 * $0) & 0xFF) }
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        Array(name.utf8) + little(data.count, 4) + data + (data.count % 2 == 1 ? [0] : [])
    }

    private static func file(_ chunks: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + little(chunks.count + 4, 4) + Array("WEBP".utf8) + chunks
    }

    /// The extended format's header (RFC 9649, 2.7).
    private static func extended(_ width: Int, _ height: Int, flags: UInt8) -> [UInt8] {
        chunk("VP8X", [flags, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3))
    }

    /// The chunks of a simple file's picture, and those of an extended one's.
    private static func picture(of file: [UInt8]) -> [UInt8] {
        Array(file[(Array(file[12..<16]) == Array("VP8X".utf8) ? 30 : 12)...])
    }

    /// An animation of two frames, of which the first lies at `place`.
    private static func animation(
        _ width: Int, _ height: Int, first: [UInt8], _ size: (Int, Int), at place: (Int, Int) = (0, 0)
    ) -> [UInt8] {
        func frame(_ file: [UInt8], _ size: (Int, Int), _ place: (Int, Int)) -> [UInt8] {
            chunk(
                "ANMF",
                little(place.0 / 2, 3) + little(place.1 / 2, 3) + little(size.0 - 1, 3) + little(size.1 - 1, 3)
                    + little(100, 3) + [0] + picture(of: file))
        }
        let second = encode(
            RGBImage(width: width, height: height, pixels: [UInt8](repeating: 9, count: width * height * 3)))
        return file(
            extended(width, height, flags: 0x12) + chunk("ANIM", [0, 0, 0, 0, 0, 0]) + frame(first, size, place)
                + frame(second, (width, height), (0, 0)))
    }

    @Test func decodesLosslessToTheBit() throws {
        let image = RGBImage(width: 61, height: 43, pixels: Fixtures.noise(width: 61, height: 43))
        let (decoded, details) = try Self.decode(Self.encode(image))
        #expect(decoded == image && details.damage == nil && details.exif == EXIF())
        #expect(
            try prepare(Self.encode(image), width: 20, height: 30).pixels == image.resized(width: 20, height: 30).pixels
        )
    }

    @Test func decodesLossy() throws {
        let image = scene(width: 120, height: 80)
        let (decoded, details) = try Self.decode(Self.encode(image, quality: 95))
        #expect(image.meanDifference(from: decoded.pixels) < 4 && details.damage == nil)
    }

    @Test func alphaLiesOnWhite() throws {
        let image = RGBImage(width: 48, height: 32, pixels: Fixtures.noise(width: 48, height: 32))
        func alpha(_ pixel: Int) -> UInt8 { UInt8(pixel * 53 % 256) }
        let expected = (0..<48 * 32).flatMap { pixel in
            onWhite((0..<3).map { Int(image.pixels[3 * pixel + $0]) }, alpha: Int(alpha(pixel)))
        }
        #expect(try Self.decode(Self.encode(image, alpha: alpha)).image.pixels == expected)
        let flat = scene()
        let lossy = try Self.decode(Self.encode(flat, alpha: { $0 % 48 < 24 ? 0 : 255 }, quality: 95)).image
        #expect(lossy.pixels[..<3].allSatisfy { $0 == 255 })
        #expect(abs(Int(lossy.pixels[47 * 3 + 1]) - 160) < 8)
    }

    /// Scaled by halves while decoding, and near to what a whole one is scaled to.
    @Test(arguments: [nil, 90])
    func scalesWhileDecoding(quality: Float?) throws {
        let image = scene(width: 403, height: 300)
        for isTransparent in [false, true] {
            let file = Self.encode(image, alpha: isTransparent ? { _ in 100 } : nil, quality: quality)
            let (decoded, details) = try Self.decode(file, atLeast: (width: 100, height: 60))
            #expect((decoded.width, decoded.height) == (101, 75))
            #expect((details.width, details.height) == (403, 300))
            let whole = try Self.decode(file).image
            #expect(whole.resized(width: 101, height: 75).meanDifference(from: decoded.pixels) < 3)
            #expect((whole.width, whole.height) == (403, 300))
        }
    }

    @Test func turnsUpright() throws {
        try DecoderChecks.turnsUpright { stored, exif in
            Self.file(
                Self.extended(stored.width, stored.height, flags: 0x08) + Self.picture(of: Self.encode(stored))
                    + Self.chunk("EXIF", exif))
        }
    }

    @Test func anAnimationIsItsFirstPicture() throws {
        let first = scene()
        let (image, details) = try Self.decode(Self.animation(48, 32, first: Self.encode(first), (48, 32)))
        #expect(image == first && details.damage == nil)
        // Part of the canvas, whose rest is paper.
        for alpha in [nil, { _ in 100 }] as [((Int) -> UInt8)?] {
            let part = Self.animation(64, 64, first: Self.encode(first, alpha: alpha), (48, 32), at: (6, 10))
            let canvas = try Self.decode(part, atLeast: (width: 16, height: 16)).image
            #expect((canvas.width, canvas.height) == (64, 64))
            for y in 0..<64 {
                for x in 0..<64 {
                    let at = (y * 64 + x) * 3
                    let isInside = (6..<54).contains(x) && (10..<42).contains(y)
                    let source = isInside ? ((y - 10) * 48 + x - 6) * 3 : 0
                    let expected: [UInt8] =
                        isInside
                        ? onWhite(first.pixels[source..<source + 3].map(Int.init), alpha: alpha == nil ? 255 : 100)
                        : [255, 255, 255]
                    #expect(Array(canvas.pixels[at..<at + 3]) == expected, "\(x), \(y)")
                }
            }
        }
        let outside = Self.animation(48, 32, first: Self.encode(first), (48, 32), at: (2, 0))
        #expect(reason(of: outside) == .corrupt)
        // Nothing but a header.
        #expect(reason(of: Self.file(Self.extended(48, 32, flags: 0x02))) == .corrupt)
    }

    private static let kinds = ["lossy", "lossy with alpha", "lossless", "animated"]
    private static func small(_ kind: String) -> [UInt8] {
        let noise = RGBImage(width: 24, height: 20, pixels: Fixtures.noise(width: 24, height: 20))
        return switch kind {
        case "lossy": encode(noise, quality: 60)
        case "lossy with alpha": encode(noise, alpha: { UInt8($0 % 256) }, quality: 30)
        case "lossless": encode(noise, alpha: { UInt8($0 % 256) })
        default: animation(30, 26, first: encode(noise), (24, 20), at: (4, 4))
        }
    }

    @Test(arguments: kinds) func survivesCutFiles(kind: String) throws {
        try DecoderChecks.survivesCuts(Self.small(kind))
    }

    @Test(arguments: kinds) func survivesChangedBytes(kind: String) throws {
        try DecoderChecks.survivesChanges(Self.small(kind))
    }

    /// The picture ends before the file says it does. Of a lossless one, libwebp gives nothing then.
    @Test func flagsLostDataBeforeTheEnd() throws {
        let noise = RGBImage(width: 64, height: 64, pixels: Fixtures.noise(width: 64, height: 64))
        func short(_ name: String, _ whole: [UInt8]) -> [UInt8] {
            Self.file(Self.chunk(name, Array(whole[20..<(whole.count * 2 / 3)])))
        }
        #expect(try Self.decode(short("VP8 ", Self.encode(noise, quality: 90))).details.damage == .damaged)
        #expect(reason(of: short("VP8L", Self.encode(noise))) == .corrupt)
    }

    @Test func refusesBombs() throws {
        let still = Self.encode(scene())
        let huge = Self.file(Self.extended(1 << 24, 1 << 24, flags: 0x02) + Self.picture(of: still))
        #expect(reason(of: huge) == .corrupt)
        var animated = Self.animation(48, 32, first: still, (48, 32))
        animated.replaceSubrange(24..<30, with: [0xFF, 0x3F, 0, 0xFF, 0x3F, 0])
        #expect(reason(of: animated) == .tooLarge)
        #expect(reason(of: Self.encode(scene(width: 40, height: 15))) == .tooSmall)
    }

    @Test func saysWhatIsWrong() throws {
        let whole = Self.encode(scene())
        func message(_ file: [UInt8]) throws -> String {
            let error = try #require(throws: PictureError.self) { try prepare(file) }
            #expect(error.reason == .corrupt)
            return error.message
        }
        #expect(try message(Array(whole[..<14])) == "the WebP ends before its first pixel")
        var changed = whole
        changed[20] = 0
        #expect(try message(changed) == "the WebP has a broken header")
    }
}
#endif
