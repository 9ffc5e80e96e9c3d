import Foundation
import Intake
import Testing

@testable import Imaging

struct EXIFTests {
    private static let now: Int64 = 1_700_000_000_000

    /// A TIFF structure as a camera writes it: orientation, and a second directory with texts by tag; before it, where
    /// given, the first directory's own texts.
    private static func tiff(
        isBigEndian: Bool = false, orientation: Int = 1, _ texts: [(tag: Int, text: String)] = [],
        first: [(tag: Int, text: String)] = []
    ) -> [UInt8] {
        func integer(_ value: Int, _ count: Int) -> [UInt8] {
            let little = (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) }
            return isBigEndian ? little.reversed() : little
        }
        let camera = 8 + 2 + (2 + first.count) * 12 + 4
        var at = camera + 2 + texts.count * 12 + 4
        func entries(_ texts: [(tag: Int, text: String)]) -> [UInt8] {
            texts.flatMap { tag, text in
                defer { at += text.utf8.count + 1 }
                return integer(tag, 2) + integer(2, 2) + integer(text.utf8.count + 1, 4) + integer(at, 4)
            }
        }
        var bytes = Array((isBigEndian ? "MM" : "II").utf8) + integer(42, 2) + integer(8, 4)
        bytes += integer(2 + first.count, 2) + entries(first)
        bytes += integer(0x0112, 2) + integer(3, 2) + integer(1, 4) + integer(orientation, 2) + [0, 0]
        bytes += integer(0x8769, 2) + integer(4, 2) + integer(1, 4) + integer(camera, 4) + integer(0, 4)
        bytes += integer(texts.count, 2) + entries(texts) + integer(0, 4)
        for (_, text) in first + texts { bytes += Array(text.utf8) + [0] }
        return bytes
    }

    @Test(arguments: [false, true])
    func readsBothByteOrders(isBigEndian: Bool) {
        let bytes = Self.tiff(
            isBigEndian: isBigEndian, orientation: 6,
            [(0x9003, "2018:02:13 12:34:56"), (0x9010, "+01:00"), (0x9011, "-05:30")])
        let exif = EXIF(parsing: bytes.span)
        #expect(exif.orientation == .right)
        #expect(exif.plausibleTime(now: Self.now) == 1_518_545_096_000)  // 18:04:56 UTC
    }

    @Test(arguments: [
        ("2018:02:13 12:34:56", 1_518_525_296_000), ("2016:02:29 00:00:00", 1_456_704_000_000),
        ("2000:12:31 23:59:59", 978_307_199_000), ("2008-10-22 16:28:39", 1_224_692_919_000),
    ])
    func readsTimesWithoutZoneAsUTC(text: String, milliseconds: Int64) {
        #expect(EXIF(parsing: Self.tiff([(0x9003, text)]).span).plausibleTime(now: Self.now) == milliseconds)
    }

    /// A wall clock is in the zone that is given, unless it says its own.
    @Test func aWallClockIsInTheGivenZone() throws {
        let tokyo = try #require(TimeZone(identifier: "Asia/Tokyo"))
        let exif = EXIF(parsing: Self.tiff([(0x9003, "2018:02:13 21:34:56")]).span)
        #expect(exif.captureTimes(in: tokyo).first?.milliseconds == 1_518_525_296_000)
        let own = EXIF(parsing: Self.tiff([(0x9003, "2018:02:13 12:34:56"), (0x9011, "+00:00")]).span)
        #expect(own.captureTimes(in: tokyo).first?.milliseconds == 1_518_525_296_000)
        // The hour that Berlin skipped counts on from the one before.
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let skipped = EXIF(parsing: Self.tiff([(0x9003, "2018:03:25 02:30:00")]).span)
        #expect(skipped.captureTimes(in: berlin).first?.milliseconds == 1_521_941_400_000)
        // Midnight was skipped: still the same day, 01:30 there.
        let santiago = try #require(TimeZone(identifier: "America/Santiago"))
        let midnight = EXIF(parsing: Self.tiff([(0x9003, "2026:09:06 00:30:00")]).span)
        #expect(midnight.captureTimes(in: santiago).first?.milliseconds == 1_788_669_000_000)
    }

    @Test func theSecondBestTimes() {
        let blank = "    :  :     :  :  "
        let digitized = Self.tiff([(0x9003, blank), (0x9004, "2018:02:13 12:34:56"), (0x9012, "+01:00")])
        #expect(EXIF(parsing: digitized.span).plausibleTime(now: Self.now) == 1_518_521_696_000)
        let implausible = Self.tiff([(0x9003, "2071:02:13 12:34:56"), (0x9004, "2018:02:13 12:34:56")])
        #expect(EXIF(parsing: implausible.span).plausibleTime(now: Self.now) == 1_518_525_296_000)
    }

    /// The first directory's time is the picture's only where a camera wrote it: its make or model stands beside.
    @Test(arguments: [(0x010F, true), (0x0110, true), (0x0131, false)])
    func theFirstDirectorysTimeIsTheCameras(beside tag: Int, counts: Bool) {
        let first = [(tag: tag, text: "Some name"), (tag: 0x0132, text: "2018:02:13 12:34:56")]
        let bare = EXIF(parsing: Self.tiff(first: first).span)
        #expect(bare.plausibleTime(now: Self.now) == (counts ? 1_518_525_296_000 : nil))
        let beside = EXIF(parsing: Self.tiff([(0x9003, "2017:03:04 05:06:07")], first: first).span)
        #expect(beside.plausibleTime(now: Self.now) == 1_488_603_967_000)
    }

    @Test func usesTheGeneralOffsetWhereThereIsNoOther() {
        let exif = EXIF(parsing: Self.tiff([(0x9003, "2018:02:13 12:34:56"), (0x9010, "+09:00")]).span)
        #expect(exif.plausibleTime(now: Self.now) == 1_518_492_896_000)
    }

    @Test(arguments: [
        "0000:00:00 00:00:00", "    :  :     :  :  ", "1970:01:01 00:00:00", "1970:01:01 10:30:00",
        "1980:01:01 00:12:00",
        "1998:01:01 00:00:00", "2018:01:01 00:00:00", "2017:02:29 10:00:00", "2018:13:01 10:00:00",
        "2018:00:10 10:00:00",
        "2018:06:31 10:00:00", "2018:06:01 24:00:00", "2018:06:01 10:60:00", "2018:06:01", "2023:11:16 10:00:00",
        "9999:12:31 23:59:59", "+018:02:13 12:34:56", "",
    ])
    func refusesImplausibleTimes(text: String) {
        #expect(EXIF(parsing: Self.tiff([(0x9003, text)]).span).plausibleTime(now: Self.now) == nil)
    }

    @Test func allowsADayOfClockError() {
        let exif = EXIF(parsing: Self.tiff([(0x9003, "2023:11:15 20:00:00")]).span)
        #expect(exif.plausibleTime(now: Self.now) != nil)
        #expect(exif.plausibleTime(now: Self.now - 86_400_000) == nil)
        #expect(exif.plausibleTime(now: .min) == nil)
    }

    @Test(arguments: [0, 9, 0xFFFF])
    func takesUnknownOrientationsAsUpright(number: Int) {
        #expect(EXIF(parsing: Self.tiff(orientation: number).span).orientation == .up)
    }

    @Test func survivesLoopsCutsAndNoise() {
        let whole = Self.tiff(orientation: 3, [(0x9003, "2018:02:13 12:34:56"), (0x9011, "+01:00")])
        for count in whole.indices {
            let exif = EXIF(parsing: whole.span.extracting(0..<count))
            #expect(exif.plausibleTime(now: Self.now) == nil || count > 80)
        }
        var loop = whole
        loop.replaceSubrange(30..<34, with: [8, 0, 0, 0])  // the camera's directory is the first one
        #expect(EXIF(parsing: loop.span).orientation == .down)
        #expect(EXIF(parsing: loop.span).plausibleTime(now: Self.now) == nil)
        var random = CounterRandom(7)
        for _ in 0..<5_000 {
            var noisy = whole
            for _ in 0..<3 {
                noisy[Int.random(in: noisy.indices, using: &random)] =
                    [0, 1, 0x7F, 0xFF].randomElement(using: &random) ?? 0
            }
            _ = EXIF(parsing: noisy.span).plausibleTime(now: Self.now)
        }
    }

    @Test func comesBackFromAFile() throws {
        let file = try scene().jpeg(exif: EXIFBlock(orientation: .down, dateTimeOriginal: "2018:02:13 12:34:56"))
        let exif = try prepare(file).details.exif
        #expect(exif.orientation == .down)
        #expect(exif.plausibleTime(now: Self.now) == 1_518_525_296_000)
        #expect(try prepare(scene().jpeg()).details.exif == EXIF())
    }
}

extension EXIF {
    /// In UTC, as a worker with a database in UTC takes it.
    fileprivate func plausibleTime(now: Int64) -> Int64? {
        captureTimes(in: .gmt).first { $0.isPlausible(now: Timestamp(milliseconds: now)) }?.milliseconds
    }
}
