import Foundation
import Intake
import Testing

@testable import Imaging

struct PictureFormatTests {
    private static let starts: [(start: String, format: PictureFormat?)] = [
        ("\u{FF}\u{D8}\u{FF}\u{E0}", .jpeg), ("\r\n \u{FF}\u{D8}\u{FF}", .jpeg), ("\u{FF}", .jpeg),
        ("\u{89}PNG\r\n\u{1A}\n", .png), ("\u{89}PNG\n", .png), ("RIFF\u{10}\0\0\0WEBPVP8 ", .webp),
        ("RIFF\u{10}\0\0\0AVI ", nil), ("RIFF\u{10}\0\0\0WEB", nil), ("\u{89}PN", nil), (" ", nil), ("", nil),
        ("GIF89a", nil),
    ]

    @Test(arguments: starts)
    func knowsFormatsByTheirFirstBytes(start: String, format: PictureFormat?) {
        let bytes = start.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(PictureFormat(sniffing: bytes.span) == format)
    }

    /// What the traits of this build say, and nothing else.
    @Test func readsWhatItWasBuiltFor() {
        var expected = ["JPEG"]
        #if PNG
        expected.append("PNG")
        #endif
        #if WebP
        expected.append("WebP")
        #endif
        #expect(PictureFormat.readable.map(\.rawValue) == expected)
    }

    @Test(arguments: [(PictureFormat.png, "\u{89}PNG\r\n\u{1A}\n\0\0\0\rIHDR"), (.webp, "RIFF\u{10}\0\0\0WEBPVP8 ")])
    func saysHowToGetTheBuildThatReadsIt(format: PictureFormat, start: String) throws {
        let bytes = start.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        let error = try #require(throws: PictureError.self) { try prepare(bytes) }
        if PictureFormat.readable.contains(format) {
            #expect(error.reason == .corrupt && format.remedy == nil)
        } else {
            let name = format.rawValue
            #expect(
                error.description
                    == "this is a \(name) picture, which this build does not read; build with --traits \(name) (README, Install) or convert it to JPEG"
            )
            #expect(error.reason == .unsupportedFormat)
        }
    }
}

#if PNG || WebP
/// What holds for each format's decoder. The arguments are whole files.
enum DecoderChecks {
    private static func picture(
        of file: [UInt8], atLeast: (width: Int, height: Int)? = nil, _ decoder: inout PictureDecoder
    ) -> Result<(RGBImage, PictureDamage?), PictureError> {
        do {
            let (image, details) = try decoder.decode(file.span, atLeast: atLeast)
            return .success((image, details.damage))
        } catch {
            return .failure(error)
        }
    }

    /// However the file is cut: a flagged picture or a typed error; once a picture, always a picture; nothing of what
    /// the decoder had before.
    static func survivesCuts(_ file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        var fresh = try PictureDecoder()
        var used = try PictureDecoder()
        let other = try RGBImage(width: 200, height: 200, pixels: [UInt8](repeating: 3, count: 120_000)).jpeg()
        _ = try used.decode(other.span)
        var isPicture = false
        for count in file.indices where count >= 12 {
            let cut = Array(file[..<count])
            switch picture(of: cut, &fresh) {
            case .success(let (image, damage)):
                #expect(damage == .truncated, "\(count)", sourceLocation: sourceLocation)
                guard case .success(let (again, _)) = picture(of: cut, &used) else {
                    Issue.record("\(count)", sourceLocation: sourceLocation)
                    continue
                }
                #expect(again == image, "\(count)", sourceLocation: sourceLocation)
                isPicture = true
            case .failure(let error):
                #expect(error.reason == .corrupt && !isPicture, "\(count): \(error)", sourceLocation: sourceLocation)
            }
        }
        #expect(isPicture, sourceLocation: sourceLocation)
        #expect(try prepare(file).details.damage == nil, sourceLocation: sourceLocation)
    }

    /// Changed bytes give a picture or a typed error, never a trap or a hang, and leave no trace in the decoder.
    static func survivesChanges(_ file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        var random = CounterRandom(2018, UInt64(file.count))
        var decoder = try PictureDecoder(pixelLimit: 100_000)
        var outcomes: [PictureError.Reason?: Int] = [:]
        for _ in 0..<1_000 {
            var changed = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            switch picture(of: changed, atLeast: (16, 16), &decoder) {
            case .success: outcomes[nil, default: 0] += 1
            case .failure(let error): outcomes[error.reason, default: 0] += 1
            }
        }
        #expect(outcomes[nil, default: 0] > 10, "\(outcomes)", sourceLocation: sourceLocation)
        #expect(outcomes[.corrupt, default: 0] > 20, "\(outcomes)", sourceLocation: sourceLocation)
        var fresh = try PictureDecoder()
        let (after, alone) = (try decoder.decode(file.span).image, try fresh.decode(file.span).image)
        #expect(after == alone, sourceLocation: sourceLocation)
    }

    /// - file: of an upright picture of 48x32 as stored, with EXIF data.
    static func turnsUpright(
        _ file: (_ stored: RGBImage, _ exif: [UInt8]) throws -> [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var decoder = try PictureDecoder()
        for orientation in Orientation.allCases {
            let exif = EXIFBlock(orientation: orientation, dateTimeOriginal: "2018:02:13 12:34:56").segment
            // Behind the segment's marker and length, with and without the name.
            for data in [exif[4...], exif[10...]] {
                let bytes = try file(scene().stored(as: orientation), Array(data))
                let (image, details) = try decoder.decode(bytes.span)
                #expect(details.exif.orientation == orientation, sourceLocation: sourceLocation)
                #expect((details.width, details.height) == (48, 32), sourceLocation: sourceLocation)
                #expect(image == scene(), sourceLocation: sourceLocation)
                let times = details.exif.captureTimes(in: .gmt).map(\.milliseconds)
                #expect(times == [1_518_525_296_000], sourceLocation: sourceLocation)
            }
        }
    }
}

/// On white, rounded.
func onWhite(_ colour: [Int], alpha: Int) -> [UInt8] {
    colour.map { UInt8((Double($0 * alpha + 255 * (255 - alpha)) / 255).rounded()) }
}
#endif
