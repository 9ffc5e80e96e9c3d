import Foundation
import TestSupport
import Testing

@testable import Intake

struct NameTimeTests {
    private static let tokyo = TimeZone(secondsFromGMT: 9 * 3600) ?? .gmt

    private static func moment(_ name: String) -> String? {
        TimeText(fileName: name.utf8.span)?.timestamp(in: tokyo).iso8601
    }

    /// Clocks are in Tokyo where the name's maker does not write UTC, and a day is its noon.
    @Test(arguments: [
        ("WhatsApp Image 2026-11-04 at 15.41.14.jpeg", "2026-11-04T06:41:14.000Z"),
        ("2026-11-06_10-11-12_UTC.jpg", "2026-11-06T10:11:12.000Z"),
        ("IMG_20261102_101112.jpg", "2026-11-02T01:11:12.000Z"),
        ("IMG-20261101-WA0001.jpg", "2026-11-01T03:00:00.000Z"),

        ("2024-05-01_12-00-00_UTC_2.jpg", "2024-05-01T12:00:00.000Z"),
        ("2024-05-01_12-00-00_UTC_profile_pic.jpg", "2024-05-01T12:00:00.000Z"),
        ("2025-05-06T17:24:41_3lojfm7aaqk26_1.jpg", "2025-05-06T17:24:41.000Z"),
        ("2025-05-06T17_24_41_3lojfm7aaqk26_1.jpg", "2025-05-06T17:24:41.000Z"),
        ("2025-05-06T17：24：41_3lojfm7aaqk26_1.jpg", "2025-05-06T17:24:41.000Z"),
        ("PXL_20240501_101112345.jpg", "2024-05-01T10:11:12.345Z"),
        ("PXL_20240501_101112345.PORTRAIT~2.jpg", "2024-05-01T10:11:12.345Z"),
        ("VID_20240501_101112.mp4", "2024-05-01T01:11:12.000Z"),
        ("MVIMG_20240501_101112~3.jpg", "2024-05-01T01:11:12.000Z"),
        ("IMG20240501101112.jpg", "2024-05-01T01:11:12.000Z"),
        ("IMG_20240501_101112_345_HDR.jpg", "2024-05-01T01:11:12.000Z"),
        ("20240501_101112.jpg", "2024-05-01T01:11:12.000Z"),
        ("20240501_101112(0).jpg", "2024-05-01T01:11:12.000Z"),
        ("20240501T101112Z.jpg", "2024-05-01T01:11:12.000Z"),
        ("WP_20140501_10_11_12_Pro.jpg", "2014-05-01T01:11:12.000Z"),
        ("Screenshot_20240501-101112_Instagram.jpg", "2024-05-01T01:11:12.000Z"),
        ("Screenshot_2024-05-01-10-11-12-345_com.instagram.android.png", "2024-05-01T01:11:12.000Z"),
        ("Screenshot 2024-05-01 at 10.11.12.png", "2024-05-01T01:11:12.000Z"),
        ("Screenshot 2024-05-01 at 1.11.12\u{202F}PM.png", "2024-05-01T04:11:12.000Z"),
        ("Screen Shot 2024-05-01 at 12.11.12 AM (2).png", "2024-04-30T15:11:12.000Z"),
        ("Bildschirmfoto 2024-05-01 um 10.11.12.png", "2024-05-01T01:11:12.000Z"),
        ("Capture d’écran 2024-05-01 à 10.11.12.png", "2024-05-01T01:11:12.000Z"),
        ("WhatsApp Image 2019-05-01 at 1.11.12 PM.jpeg", "2019-05-01T04:11:12.000Z"),
        ("WhatsApp Image 2019-05-01 at 10.11.jpeg", "2019-05-01T01:11:00.000Z"),
        ("2013-10-01 10.11.12-1.jpg", "2013-10-01T01:11:12.000Z"),
        ("signal-2024-05-01-101112.jpg", "2024-05-01T01:11:12.000Z"),
        ("signal-2024-05-01-10-11-12-345-1.jpg", "2024-05-01T01:11:12.000Z"),
        ("photo_2024-05-01_10-11-12 (2).jpg", "2024-05-01T01:11:12.000Z"),
        ("photo_1@01-05-2024_10-11-12.jpg", "2024-05-01T01:11:12.000Z"),
        ("Photo 2024-05-01 10 bags.jpg", "2024-05-01T03:00:00.000Z"),
        ("bags 2024_05_01 b.jpg", "2024-05-01T03:00:00.000Z"),
        ("1920x1080_2024-05-01.jpg", "2024-05-01T03:00:00.000Z"),
        ("IMG_20240501.jpg", "2024-05-01T03:00:00.000Z"),
        ("Photo-20240501-3.jpg", "2024-05-01T03:00:00.000Z"),
        // A time that is none leaves the day.
        ("2024-05-01_25-61-61.jpg", "2024-05-01T03:00:00.000Z"),
        // The time, wherever it stands.
        ("2024-05-01 copy of 20230405_101112.jpg", "2023-04-05T01:11:12.000Z"),
    ])
    func found(name: String, moment: String) {
        #expect(Self.moment(name) == moment)
    }

    /// Ids, products, sizes, telephones, versions, hashes, and dates that do not exist or that nobody posted on.
    @Test(arguments: [
        "", ".jpg", "a.jpg", "20240501123456789.jpg", "20240501.jpg", "bag_20240501.jpg", "20240501101112.jpg",
        "1920x1080_20240101.jpg", "20240101x1080.jpg", "20240501_123456789.jpg", "20240501_1.jpg",
        "20240501_01_02_03.jpg",
        "+4915120240501.jpg", "015120240501-1.jpg", "120240501_101112.jpg", "20240501_1011123.jpg", "12024-05-01.jpg",
        "2024-05-012.jpg", "2024-05-01234.jpg", "2024-13-01.jpg", "2024-02-30.jpg", "0000-00-00.jpg", "1889-05-01.jpg",
        "2100-05-01.jpg", "2024-5-1.jpg", "2024-05_01.jpg", "2024-05.jpg", "2024.05.01.jpg", "v2024.05.01-2.jpg",
        "photo_1@31-02-2024_10-11-12.jpg", "01-05-2024_10-11-12.jpg", "user@01-05-2024.jpg", "IMG_20241301_101112.jpg",
        "IMG_2024.jpg", "IMG_0001.jpg", "DSC00123.jpg", "GUCCI-443497-DTD1T-1000.jpg", "M45831_PM2_Front view.jpg",
        "1266756183920046080_3.jpg", "3955281333542808561_3955281333542808571.jpg", "FB_IMG_1588345678901.jpg",
        "17904019260137620.jpg", "226622_10150123456789_20120304_n.jpg", "550e8400-e29b-41d4-a716-446655440000.jpg",
        "d41d8cd98f00b204e9800998ecf8427e.jpg", "pinterest_672584525610478245.jpg", "000000012.jpg", "20240501",
        "tumblr_blogname_654953419288821760_01.jpg", "Ex5ldKwXEAEnEnI.jpg", "imgs20240501.jpg", "1024x768-2.jpg",
    ])
    func none(name: String) {
        #expect(Self.moment(name) == nil)
    }

    /// Hashes, keys, and numbers in groups hold next to no dates.
    @Test func falseHits() {
        var generator = Generator(state: 10)
        func hits(_ letters: String, _ lengths: [Int], count: Int) -> Int {
            let letters = Array(letters.utf8)
            return (0..<count).count { _ in
                var name: [UInt8] = []
                for length in lengths {
                    if !name.isEmpty { name.append(UInt8(ascii: "_")) }
                    for _ in 0..<length { name.append(letters[Int.random(in: 0..<letters.count, using: &generator)]) }
                }
                return TimeText(fileName: name.span) != nil
            }
        }
        let count = Mutator.count * 5
        let digits = "0123456789"
        let base64 = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
        #expect(hits(digits + "abcdef", [32], count: count) == 0)
        #expect(hits(digits + "abcdef", [64], count: count) == 0)
        #expect(hits(base64, [11], count: count) == 0)
        #expect(hits(base64, [43], count: count) == 0)
        #expect(hits(digits, [17], count: count) == 0)
        #expect(hits(digits, [19, 1], count: count) == 0)
        #expect(hits(digits, [8, 6, 1], count: count) <= count / 10_000)
        #expect(hits(digits, [9, 15, 19], count: count) == 0)
    }

    @Test func damagedNames() {
        var mutator = Mutator(seed: 2)
        let samples = [
            "WhatsApp Image 2026-11-04 at 3.41.14 PM.jpeg", "2026-11-06_10-11-12_UTC.jpg", "IMG_20261102_101112345.jpg",
            "IMG-20261101-WA0001.jpg", "photo_1@01-05-2024_10-11-12.jpg", "2025-05-06T17：24：41_3lojfm7aaqk26_1.jpg",
            "IMG20240501101112.jpg",
        ]
        var found = 0
        for sample in samples {
            for _ in 0..<Mutator.count {
                let name = mutator.mutate(sample)
                guard let time = TimeText(fileName: name.span) else { continue }
                found += 1
                let year = CalendarDay(time.timestamp(in: .gmt, clocksAreUTC: true), in: .gmt).date.year
                #expect((1990...2099).contains(year))
            }
        }
        #expect(found > samples.count * Mutator.count / 10 && found < samples.count * Mutator.count)
    }
}
