import Foundation
import TestSupport
import Testing

@testable import Intake

struct TimeTextTests {
    private static let tokyo = TimeZone(secondsFromGMT: 9 * 3600) ?? .gmt

    /// The forms that dumps hold, a clock without a zone taken to be in Tokyo.
    @Test(arguments: [
        ("2021-05-18T19:24:56.000Z", "2021-05-18T19:24:56.000Z"),
        ("2024-12-05T10:39:15Z", "2024-12-05T10:39:15.000Z"),
        ("2023-08-07T05:31:12.156888Z", "2023-08-07T05:31:12.156Z"),
        ("2023-08-07T05:31:12.156888123Z", "2023-08-07T05:31:12.156Z"),
        ("2023-08-07T05:31:12.5+02:00", "2023-08-07T03:31:12.500Z"),
        ("2022-01-01T00:00:00+00:00", "2022-01-01T00:00:00.000Z"),
        ("2026-04-17T12:00:00+0000", "2026-04-17T12:00:00.000Z"),
        ("2026-04-17T12:00:00-0330", "2026-04-17T15:30:00.000Z"),
        ("2026-04-17 12:00:00+02", "2026-04-17T10:00:00.000Z"),
        ("2026-04-17 12:00:00 +02:00", "2026-04-17T10:00:00.000Z"),
        ("2026-04-17 12:00:00 UTC", "2026-04-17T12:00:00.000Z"),
        ("2026-04-17T12:00:00+02:00[Europe/Berlin]", "2026-04-17T10:00:00.000Z"),
        ("2023-09-07 23:18:29", "2023-09-07T14:18:29.000Z"),
        ("2012-02-16 09:56:37.0", "2012-02-16T00:56:37.000Z"),
        ("2023-09-07T23:18:29.25", "2023-09-07T14:18:29.250Z"),
        ("2023-09-07T23:18", "2023-09-07T14:18:00.000Z"),
        ("2024:09:03 14:23:18", "2024-09-03T05:23:18.000Z"),
        ("2024:09:03 14:23:18+09:00", "2024-09-03T05:23:18.000Z"),
        ("2024/9/3 4:23", "2024-09-02T19:23:00.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("Tue Jan 24 15:09:43 +0000 2017", "2017-01-24T15:09:43.000Z"),
        ("Sat Sep 10 01:52:13 +0000 2022", "2022-09-10T01:52:13.000Z"),
        ("Sun Nov  1 15:09:43 2026", "2026-11-01T06:09:43.000Z"),
        ("Wed, 09 Feb 2022 20:32:10 +0000", "2022-02-09T20:32:10.000Z"),
        ("Wed, 09 Feb 2022 20:32:10 GMT", "2022-02-09T20:32:10.000Z"),
        ("Wed, 9 Feb 2022 20:32:10 -0500 (EST)", "2022-02-10T01:32:10.000Z"),
        ("09 Feb 2022 20:32:10 PST", "2022-02-10T04:32:10.000Z"),
        ("Wed May 01 2024 10:11:12 GMT+0200 (Central European Summer Time)", "2024-05-01T08:11:12.000Z"),
        ("Nov 2, 2026, 6:30:00 PM UTC", "2026-11-02T18:30:00.000Z"),
        ("Nov 2, 2026, 12:30:00\u{202F}AM UTC", "2026-11-02T00:30:00.000Z"),
        ("20240501T101112Z", "2024-05-01T10:11:12.000Z"), ("20240501101112", "2024-05-01T01:11:12.000Z"),
        ("1725373798", "2024-09-03T14:29:58.000Z"), (" 1725373798 ", "2024-09-03T14:29:58.000Z"),
        ("1725373798.5", "2024-09-03T14:29:58.500Z"), ("1780000000.0", "2026-05-28T20:26:40.000Z"),
        ("1725373798123", "2024-09-03T14:29:58.123Z"), ("1725373798123456", "2024-09-03T14:29:58.123Z"),
        ("1725373798123456789", "2024-09-03T14:29:58.123Z"), ("1.725373798E9", "2024-09-03T14:29:58.000Z"),
        ("1.725373798123e+12", "2024-09-03T14:29:58.123Z"),
        // A day is its noon.
        ("20240501", "2024-05-01T03:00:00.000Z"), ("2024-05-01", "2024-05-01T03:00:00.000Z"),
        ("2024/05/01", "2024-05-01T03:00:00.000Z"), ("1 May 2024", "2024-05-01T03:00:00.000Z"),
        ("May 1, 2024", "2024-05-01T03:00:00.000Z"), ("01-Sept-2024", "2024-09-01T03:00:00.000Z"),
    ])
    func understood(text: String, moment: String) {
        #expect(TimeText(text)?.timestamp(in: Self.tokyo).iso8601 == moment)
    }

    @Test(arguments: [
        "", " ", "0", "-1", "1", "null", "NaN", "[Invalid DateTime]", "0000:00:00 00:00:00", "0000-00-00",
        "    :  :     :  :  ",
        "2024", "2024-05", "12345678", "123456789", "20240501123456789", "99999999999999999999",
        "999999999999999999999999",
        "20241301", "2024-13-01", "2024-02-30", "2024-05-01T24:00:00", "2024-05-01T10:60:00", "2024-05-01T10:11:61Z",
        "2024-05-01T10:11:12+15:00", "2024-05-01 10:11:12 XYZ", "2024-05-01 10:11:12 UTCX", "2024-05-01 nonsense",
        "2024-05-01T", "2024-05/01", "Wed, 09 Foo 2022 20:32:10 +0000", "Tue Jan 24 15:09:43 +0000", "May",
        "Nov 2, 2026, 13:30 PM",
        "01/05/2024", "13.5.2024", "5/1/24", "1e99", "1e", "1.2.3", "2024-05-01T10:11:12 2024", "+1725373798",
        "Infinity",
    ])
    func noTime(text: String) {
        #expect(TimeText(text) == nil)
    }

    @Test func clocksOfToolsThatWriteUTC() {
        let clock = TimeText("2023-09-07 23:18:29")
        #expect(clock?.timestamp(in: Self.tokyo, clocksAreUTC: true).iso8601 == "2023-09-07T23:18:29.000Z")
        #expect(TimeText("2023-09-07".utf8.map { $0 }[...]) == .day(CalendarDay(rawValue: 19_607)))
    }

    @Test(arguments: [
        "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "Europe/Berlin", "Asia/Kathmandu",
    ])
    func dayStaysThatDay(zone: String) throws {
        let zone = try #require(TimeZone(identifier: zone))
        for clocksAreUTC in [false, true] {
            let moment = try #require(TimeText("20181104")).timestamp(in: zone, clocksAreUTC: clocksAreUTC)
            #expect(CalendarDay(moment, in: zone).iso8601 == "2018-11-04")
        }
    }

    @Test func orderOfDayAndMonth() {
        func order(_ values: String...) -> DayOrder? {
            var evidence = DayOrderEvidence()
            for value in values { evidence.add(value.utf8.span) }
            return evidence.order
        }
        #expect(order("01/05/2024", "13/05/2024 10:11", "") == .dayFirst)
        #expect(order("1.5.24", "31.12.24") == .dayFirst)
        #expect(order("01/05/2024", "5/31/2024") == .monthFirst)
        #expect(order("01/05/2024", "12/12/2024", "2024-05-31", "31") == nil)
        #expect(order("13/05/2024", "05/13/2024") == nil)

        func moment(_ text: String, _ order: DayOrder) -> String? {
            TimeText(text, dayOrder: order)?.timestamp(in: .gmt).iso8601
        }
        #expect(moment("01/05/2024", .dayFirst) == "2024-05-01T12:00:00.000Z")
        #expect(moment("01/05/2024", .monthFirst) == "2024-01-05T12:00:00.000Z")
        #expect(moment("13.5.2024 10:11", .dayFirst) == "2024-05-13T10:11:00.000Z")
        #expect(moment("5/1/24 6:30 PM", .monthFirst) == "2024-05-01T18:30:00.000Z")
        #expect(moment("13/05/2024", .monthFirst) == nil)
        #expect(moment("2024-05-01", .dayFirst) == "2024-05-01T12:00:00.000Z")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -1, 0, 1e300, 5e9])
    func noMoment(number: Double) {
        #expect(TimeText(number: number) == nil)
    }

    @Test func damagedText() {
        var mutator = Mutator(seed: 1)
        let samples = [
            "2023-08-07T05:31:12.156888+02:00", "Tue Jan 24 15:09:43 +0000 2017", "Wed, 09 Feb 2022 20:32:10 GMT",
            "1725373798123456789", "1.725373798E9", "20240501T101112Z", "13/05/2024 6:30 PM",
            "Nov 2, 2026, 6:30:00 PM UTC",
        ]
        var found = 0
        for sample in samples {
            for _ in 0..<Mutator.count {
                let text = mutator.mutate(sample)
                var evidence = DayOrderEvidence()
                evidence.add(text.span)
                if let time = TimeText(text.span, dayOrder: .dayFirst) {
                    found += 1
                    // Not beyond what a calendar holds.
                    #expect(abs(time.timestamp(in: .gmt, clocksAreUTC: true).milliseconds) < 300_000_000_000_000)
                }
            }
        }
        // The changes neither miss nor destroy all.
        #expect(found > samples.count * Mutator.count / 50 && found < samples.count * Mutator.count)
    }
}

/// Damages text, the same way in every run.
struct Mutator {
    private var generator: Generator

    init(seed: UInt64) {
        generator = Generator(state: seed)
    }

    /// How many a sample gets: few, unless BAGQ_MUTATIONS asks for more.
    static let count = ProcessInfo.processInfo.environment["BAGQ_MUTATIONS"].flatMap(Int.init) ?? 250

    /// One to three changes: a byte changed, removed, doubled or put in, the end cut off, a part written twice.
    mutating func mutate(_ sample: String) -> [UInt8] {
        var bytes = Array(sample.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[at] = "0123456789-_:./TZ+ []@".utf8.randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(UInt8.random(in: 0x30...0x39, using: &generator), at: at)
            case 4: bytes.removeSubrange(at...)
            default: bytes.insert(contentsOf: bytes[at...].prefix(20), at: at)
            }
        }
        return bytes
    }
}
