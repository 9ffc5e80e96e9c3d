import Testing

@testable import Imaging

/// What no build reads is named by its content.
struct FileFormatTests {
    @Test(arguments: [
        ("GIF89a", "GIF"),
        ("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic", "HEIC"), ("\0\0\0\u{18}ftypmif1\0\0\0\0mif1heic", "HEIC"),
        ("\0\0\0\u{1C}ftypavif\0\0\0\0avifmif1", "AVIF"), ("II*\0\u{8}\0\0\0", "TIFF"), ("MM\0*\0\0\0\u{8}", "TIFF"),
        ("BM\u{46}\0\0\0\0\0\0\0\u{36}\0\0\0\u{28}\0\0\0", "BMP"), ("\u{FF}\u{0A}\u{FA}", "JPEG XL"),
        ("\0\0\0\u{0C}JXL \r\n\u{87}\n", "JPEG XL"), ("\0\0\0\u{0C}jP  \r\n\u{87}\n", "JPEG 2000"),
        ("\u{FF}\u{4F}\u{FF}\u{51}\0", "JPEG 2000"), ("<?xml version='1.0'?><svg/>", "SVG"),
        ("8BPS\0\u{1}", "Photoshop"),
    ])
    func namesOtherPictures(head: String, name: String) throws {
        let error = try #require(throws: PictureError.self) { try prepare(latin1(head)) }
        #expect(error.reason == .unsupportedFormat && error.message.contains(name), "\(error)")
    }

    @Test(arguments: [
        ("<!DOCTYPE html><html>", "HTML"), ("\n  <HTML>", "HTML"), ("<?xml version='1.0'?><Error>", "XML"),
        (#"{"error": "not found"}"#, "JSON"), ("[]", "JSON"), ("\u{EF}\u{BB}\u{BF}{}", "JSON"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS"), ("Not found\n", "text"),
        ("PK\u{3}\u{4}\u{14}\0", "ZIP"), ("%PDF-1.7", "PDF"), ("\u{1F}\u{8B}\u{8}", "gzip"),
        ("\0\0\0\u{18}ftypmp42\0\0\0\0mp42isom", "MP4"), ("\0\0\0\u{14}ftypqt  \0\0\0\0qt  ", "QuickTime"),
        ("\u{1A}\u{45}\u{DF}\u{A3}", "WebM"), ("\0\0\0\0\0\0", "zeros"), ("\u{1}\u{2}\u{3}\u{80}", "unknown"),
        (" ", "text"),
        ("\0\0\0\u{8}ftyp", "ISO"), ("\0\0\0\0ftyp", "ISO"), ("\u{FF}\u{FF}\u{FF}\u{FF}ftyp", "ISO"),
    ])
    func namesOtherFiles(head: String, name: String) throws {
        let error = try #require(throws: PictureError.self) { try prepare(latin1(head)) }
        #expect(error.reason == .notAnImage && error.message.contains(name), "\(error)")
    }

    @Test func knowsEmptyFiles() {
        #expect(reason(of: []) == .empty)
    }

    @Test(arguments: [
        [0xFF], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], [0xFF, 0xD8, 0xFF, 0xD9],
    ])
    func callsBareHeadersCorrupt(head: [UInt8]) {
        #expect(reason(of: head) == .corrupt)
    }

    @Test func hasTheCodesThatFailuresAreRecordedUnder() {
        #expect(
            PictureError.Reason.allCases.map(\.rawValue)
                == ["empty", "not_an_image", "unsupported_format", "corrupt", "too_large", "too_small", "unreadable"])
    }

    private func latin1(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }
}
