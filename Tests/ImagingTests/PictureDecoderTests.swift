import Foundation
import TestSupport
import Testing

@testable import Imaging

struct PictureDecoderTests {
    /// One pixel from the middle of each quarter, in reading order.
    private func quarters(_ pixels: [UInt8], width: Int, height: Int) -> [[Int]] {
        [(1, 1), (1, 3), (3, 1), (3, 3)].map { row, column in
            let at = (height * row / 4 * width + width * column / 4) * 3
            return pixels[at..<at + 3].map(Int.init)
        }
    }

    private func isClose(_ left: [[Int]], _ right: [[Int]], within tolerance: Int) -> Bool {
        zip(left.joined(), right.joined()).allSatisfy { abs($0 - $1) <= tolerance }
    }

    private static let colours = [[200, 30, 30], [30, 160, 40], [40, 50, 190], [235, 235, 225]]

    @Test(arguments: [
        ("baseline", try! scene().jpeg(quality: 95)), ("progressive", Fixtures.progressive),
        ("CMYK of Adobe", Fixtures.adobeCMYK), ("plain CMYK", Fixtures.plainCMYK), ("YCCK", Fixtures.adobeYCCK),
    ])
    func decodesColours(name: String, file: [UInt8]) throws {
        let (pixels, details) = try prepare(file)
        #expect(isClose(quarters(pixels, width: 32, height: 24), Self.colours, within: 6))
        #expect(details.damage == nil)
        let whole = try PictureDecoder.decodeOnce(file)
        #expect(isClose(quarters(whole.pixels, width: whole.width, height: whole.height), Self.colours, within: 6))
    }

    @Test func decodesGrey() throws {
        let (pixels, _) = try prepare(Fixtures.grey)
        // ITU-R 601 luma.
        #expect(
            isClose(
                quarters(pixels, width: 32, height: 24), [81, 107, 63, 234].map { [$0, $0, $0] }, within: 4))
    }

    @Test(arguments: Orientation.allCases)
    func turnsUpright(orientation: Orientation) throws {
        let upright = scene()
        let file = try upright.stored(as: orientation).jpeg(quality: 95, exif: EXIFBlock(orientation: orientation))
        let (pixels, details) = try prepare(file, width: 30, height: 20)
        #expect(details.exif.orientation == orientation)
        #expect((details.width, details.height) == (48, 32))
        #expect(upright.resized(width: 30, height: 20).meanDifference(from: pixels) < 4)
        let whole = try PictureDecoder.decodeOnce(file)
        #expect((whole.width, whole.height) == (48, 32))
        #expect(upright.meanDifference(from: whole.pixels) < 4)
    }

    @Test(arguments: Orientation.allCases)
    func scalesOrientedPicturesEnough(orientation: Orientation) throws {
        var decoder = try PictureDecoder()
        let file = try scene(width: 400, height: 300).stored(as: orientation).jpeg(
            exif: EXIFBlock(orientation: orientation))
        let (image, details) = try decoder.decode(file.span, atLeast: (width: 100, height: 60))
        #expect((details.width, details.height) == (400, 300))
        #expect((image.width, image.height) == (100, 75))
    }

    /// However the file is cut: a flagged picture or a typed error, and the more of it, the nearer to the whole.
    @Test(arguments: [try! scene(width: 96, height: 80).jpeg(quality: 90), Fixtures.progressive, Fixtures.adobeYCCK])
    func survivesCutFiles(file: [UInt8]) throws {
        var decoder = try PictureDecoder()
        var pixels = [UInt8](repeating: 0, count: 20 * 16 * 3)
        var isPicture = false
        for count in file.indices {
            do {
                var span = pixels.mutableSpan
                let details = try decoder.fit(
                    file.span.extracting(0..<count), toWidth: 20, height: 16, by: .squash, into: &span)
                #expect(details.damage == .truncated)
                isPicture = true
            } catch {
                #expect(error.reason == (count == 0 ? .empty : .corrupt) || count == 1, "\(count): \(error)")
                #expect(!isPicture, "\(count) bytes are refused, fewer are not: \(error)")
            }
        }
        #expect(isPicture)
        #expect(try prepare(file).details.damage == nil)
    }

    @Test func takesSpaceBeforeAndBytesBehind() throws {
        let file = try scene().jpeg()
        let whole = try prepare(file)
        let padded = try prepare([0x0D, 0x0A, 0x20] + file + Array("</html>\u{FF}".utf8) + [0xFF, 0xDA, 0, 1])
        #expect(padded.pixels == whole.pixels)
        #expect(padded.details.damage == nil)
    }

    @Test func flagsLostDataBeforeTheEnd() throws {
        let file = try scene(width: 200, height: 200).jpeg()
        #expect(try prepare(Array(file[..<(file.count - 300)]) + [0xFF, 0xD9]).details.damage != nil)
    }

    /// Where the frame's marker, precision (4 bytes behind) and size (5 behind) stand.
    private func frame(of file: [UInt8]) throws -> Int {
        try #require(file.indices.dropLast().first { file[$0] == 0xFF && (0xC0...0xC2).contains(file[$0 + 1]) })
    }

    @Test(arguments: [
        (0xC3, "lossless"), (0xC5, "hierarchical"), (0xC9, "arithmetic"), (0xCA, "arithmetic"), (0xCB, "arithmetic"),
        (0xCF, "arithmetic"),
    ])
    func namesUnsupportedProcesses(marker: UInt8, name: String) throws {
        var file = try scene().jpeg()
        file[try frame(of: file) + 1] = marker
        let error = try #require(throws: PictureError.self) { try prepare(file) }
        #expect(error.reason == .unsupportedFormat && error.message.contains(name))
    }

    @Test func refusesTwelveBitsAndOddComponents() throws {
        var file = try scene().jpeg()
        let frame = try frame(of: file)
        file[frame + 4] = 12
        #expect(reason(of: file) == .unsupportedFormat)
        file[frame + 4] = 8
        file[frame + 9] = 2
        #expect(reason(of: file) == .unsupportedFormat)
    }

    /// A few bytes that claim 65,500 x 65,500 pixels cost neither time nor memory.
    @Test func refusesBombs() throws {
        var file = try scene().jpeg()
        let frame = try frame(of: file)
        file.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        #expect(reason(of: file) == .tooLarge)
        file.replaceSubrange(frame + 5..<frame + 9, with: [0, 0, 0, 32])
        #expect(reason(of: file) == .corrupt)
    }

    @Test func refusesManyScans() throws {
        let scan = try #require(lastScan(of: Fixtures.progressive))
        let many = Array(repeatElement(scan.bytes, count: 501).joined())
        #expect(reason(of: Fixtures.progressive[..<scan.start] + many + [0xFF, 0xD9]) == .tooLarge)
    }

    private func lastScan(of file: [UInt8]) -> (start: Int, bytes: [UInt8])? {
        file.indices.dropLast().last { file[$0] == 0xFF && file[$0 + 1] == 0xDA }
            .map { ($0, Array(file[$0..<(file.count - 2)])) }
    }

    @Test func boundsPixelsTimesScans() throws {
        let progressive = Fixtures.progressive
        #expect(try JPEGHeader(parsing: progressive.span).scanCount == 10)
        _ = try PictureDecoder.decodeOnce(Fixtures.progressive, pixelLimit: 32 * 24)
        let error = try #require(throws: PictureError.self) {
            try PictureDecoder.decodeOnce(Fixtures.progressive, pixelLimit: 32 * 24 - 1)
        }
        #expect(error.reason == .tooLarge && error.message.contains("32x24"))
        // Twenty scans may pass over as many pixels as the limit; one more may not.
        let scan = try #require(lastScan(of: Fixtures.progressive))
        let more = Array(repeatElement(scan.bytes, count: 12).joined())
        let file = Fixtures.progressive[..<scan.start] + more + [0xFF, 0xD9]
        #expect(throws: PictureError.self) { try PictureDecoder.decodeOnce(Array(file), pixelLimit: 32 * 24) }
    }

    /// Changed bytes give a picture or a typed error, never a trap or a hang.
    @Test(arguments: ["with EXIF", "progressive", "YCCK"])
    func survivesChangedBytes(kind: String) throws {
        let file =
            switch kind {
            case "progressive": Fixtures.progressive
            case "YCCK": Fixtures.adobeYCCK
            default:
                try scene().jpeg(exif: EXIFBlock(orientation: .left, dateTimeOriginal: "2018:02:13 12:00:00"))
            }
        var random = CounterRandom(2018, UInt64(file.count))
        var decoder = try PictureDecoder(pixelLimit: 1_000_000)
        var pixels = [UInt8](repeating: 0, count: 16 * 16 * 3)
        var outcomes: [PictureError.Reason?: Int] = [:]
        for _ in 0..<2_000 {
            var changed = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                var span = pixels.mutableSpan
                _ = try decoder.fit(changed.span, toWidth: 16, height: 16, by: .squash, into: &span)
                outcomes[nil, default: 0] += 1
            } catch {
                outcomes[error.reason, default: 0] += 1
            }
        }
        #expect(outcomes[nil, default: 0] > 100)
        #expect(outcomes[.corrupt, default: 0] > 20)
        // What came before leaves no trace in the decoder.
        var after = [UInt8](repeating: 0, count: 16 * 16 * 3)
        var span = after.mutableSpan
        _ = try decoder.fit(file.span, toWidth: 16, height: 16, by: .squash, into: &span)
        #expect(try after == prepare(file, width: 16, height: 16).pixels)
    }

    @Test(.enabled(if: hasSharedData, "needs ../shared/data"))
    func preparesRealPictures() throws {
        let folder = sharedData.appending(path: "clothing/test")
        let paths = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".jpg") }.sorted().prefix(40)
        #expect(paths.count == 40)
        for path in paths {
            let file = Array(try Data(contentsOf: folder.appending(path: path)))
            let (pixels, details) = try prepare(file, width: 150, height: 150)
            #expect(details.damage == nil)
            // Decoding to half the size first changes little.
            let whole = try PictureDecoder.decodeOnce(file)
            #expect((whole.width, whole.height) == (details.width, details.height))
            #expect(whole.resized(width: 150, height: 150).meanDifference(from: pixels) < 5, "\(path)")
        }
    }
}

extension PictureDecoder {
    fileprivate static func decodeOnce(_ file: [UInt8], pixelLimit: Int = 1_000_000) throws -> RGBImage {
        var decoder = try PictureDecoder(pixelLimit: pixelLimit)
        return try decoder.decode(file.span).image
    }
}

struct DamageTests {
    private static func whole() throws -> [UInt8] {
        let (width, height) = (200, 150)
        let pixels = Fixtures.noise(width: width, height: height)
        return try RGBImage(width: width, height: height, pixels: pixels).jpeg(quality: 70)
    }

    private static func damage(of file: [UInt8]) throws -> PictureDamage? { try prepare(file).details.damage }

    @Test func aBlockOverwrittenInMidScanIsDamage() throws {
        let file = try Self.whole()
        #expect(try Self.damage(of: file) == nil)
        for seed in 1...8 as ClosedRange<UInt64> {
            var random = CounterRandom(seed)
            var changed = file
            let middle = file.count / 2
            for index in middle..<middle + 600 { changed[index] = UInt8.random(in: 0...0xFE, using: &random) }
            #expect(try Self.damage(of: changed) == .damaged, "seed \(seed)")
        }
    }

    /// A harmless warning comes first, and TurboJPEG keeps that one alone.
    @Test func aHarmlessWarningHidesNone() throws {
        let file = try Self.whole()
        // Behind the first segment, before the next marker.
        let next = 4 + Int(file[4]) << 8 + Int(file[5])
        let stray = Array(file[..<next]) + [0x00, 0x01] + Array(file[next...])
        #expect(try Self.damage(of: stray) == nil)
        var changed = stray
        var random = CounterRandom(3)
        for index in stray.count / 2..<stray.count / 2 + 600 {
            changed[index] = UInt8.random(in: 0...0xFE, using: &random)
        }
        #expect(try Self.damage(of: changed) == .damaged)
    }

    @Test func strayBytesAndPaddingBeforeTheEndAreHarmless() throws {
        let file = try Self.whole()
        for padding in [[0x12, 0x34, 0x56], [UInt8](repeating: 0, count: 700)] as [[UInt8]] {
            #expect(try Self.damage(of: Array(file.dropLast(2)) + padding + [0xFF, 0xD9]) == nil)
        }
        #expect(try Self.damage(of: Array(file.dropLast(2))) == .truncated)
    }

    /// As FTP's text mode does it: every line feed gets a return before it.
    @Test func aFileSentAsTextIsDamaged() throws {
        let sent = try Self.whole().flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        // Where a segment's length is hit, it cannot be decoded at all.
        do { #expect(try Self.damage(of: sent) == .damaged) } catch let error as PictureError {
            #expect(error.reason == .corrupt)
        }
    }

    @Test(arguments: [(15, 40), (40, 15), (1, 1), (16, 16)])
    func tinyPicturesAreNotLookedAt(width: Int, height: Int) throws {
        let file = try RGBImage(
            width: width, height: height, pixels: [UInt8](repeating: 90, count: width * height * 3)
        ).jpeg()
        #expect(reason(of: file) == (min(width, height) < 16 ? .tooSmall : nil))
    }
}
