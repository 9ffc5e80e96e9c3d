import Foundation
import Intake
import Queue
import Testing

@testable import Report

/// Tuesday 9 June 2026, 12:13 in Paris.
private let now = Timestamp(milliseconds: 1_781_000_000_123)

private func day(_ text: String) -> CalendarDay {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    return CalendarDay(CalendarDay.Date(year: parts[0], month: parts[1], day: parts[2]))
}

@Suite struct CalendarTests {
    @Test func daysAndDatesAgree() {
        #expect(day("1970-01-01").rawValue == 0)
        #expect(day("2000-03-01").rawValue == 11_017)
        #expect(day("1969-12-31").rawValue == -1)
        for raw in stride(from: -800_000, through: 800_000, by: 37) {
            let day = CalendarDay(rawValue: raw)
            #expect(CalendarDay(day.date) == day)
        }
        #expect(day("1970-01-01").weekday == 3)
        #expect(day("1969-12-29").weekday == 0)
        #expect(day("1234-05-06").iso8601 == "1234-05-06")
    }

    @Test func moments() {
        #expect(Timestamp(milliseconds: 0).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 1_543_453_444_007).iso8601 == "2018-11-29T01:04:04.007Z")
        #expect(!Timestamp(milliseconds: .min).iso8601.isEmpty)
        let late = Timestamp(milliseconds: 1_781_042_400_000 - 3_600_000)
        #expect(late.iso8601 == "2026-06-09T21:00:00.000Z")
        #expect(CalendarDay(late, in: .gmt) == day("2026-06-09"))
        #expect(CalendarDay(late, in: TimeZone(identifier: "Asia/Tokyo")!) == day("2026-06-10"))
    }

    @Test(arguments: [
        (TrendUnit.week, "2026-06-09", "2026-06-08", "2026-06-15", "2026-W24"),
        (.week, "2027-01-01", "2026-12-28", "2027-01-04", "2026-W53"),
        (.month, "2026-12-31", "2026-12-01", "2027-01-01", "2026-12"),
        (.season, "2026-01-15", "2025-12-01", "2026-03-01", "winter 2025/26"),
        (.season, "2026-12-01", "2026-12-01", "2027-03-01", "winter 2026/27"),
        (.season, "2026-08-31", "2026-06-01", "2026-09-01", "summer 2026"),
        (.day, "2026-02-28", "2026-02-28", "2026-03-01", "2026-02-28"),
    ])
    func buckets(unit: TrendUnit, of text: String, start: String, next: String, label: String) {
        #expect(unit.start(of: day(text)) == day(start))
        #expect(unit.next(after: day(start)) == day(next))
        #expect(unit.label(day(start)) == label)
    }
}

@Suite struct TrendRangeTests {
    private func range(
        _ since: String, _ until: String? = nil, by unit: TrendUnit? = nil, compare: TrendComparison = .previous
    ) throws -> TrendRange {
        try TrendRange(since: since, until: until, by: unit, compare: compare, now: now, timeZone: "Europe/Paris")
    }

    @Test(
        arguments: [
            ("7d", nil, "2026-06-02", "2026-06-08", true), ("4w", nil, "2026-05-12", "2026-06-08", true),
            ("3m", nil, "2026-03-09", "2026-06-08", true),
            ("1y", nil, "2025-06-09", "2026-06-08", true), ("yesterday", nil, "2026-06-08", "2026-06-08", true),
            ("today", nil, "2026-06-09", "2026-06-09", false),
            ("14d", "7d", "2026-05-26", "2026-06-01", false), ("2026-05", "2026-05", "2026-05-01", "2026-05-31", false),
            ("2024-02-01", "2024-02-29", "2024-02-01", "2024-02-29", false),
            ("2026-06-01", "2030-01-01", "2026-06-01", "2026-06-08", true),
            ("2026-06-01T10:00", "2026-06-03T00:00", "2026-06-01", "2026-06-02", false),
            ("2026-06-01T22:30:00.5Z", "2026-06-03 00:30+0200", "2026-06-02", "2026-06-03", false),
            ("2026-06-08", "today", "2026-06-08", "2026-06-08", true),
        ] as [(String, String?, String, String, Bool)])
    func windows(since: String, until: String?, first: String, last: String, showsToday: Bool) throws {
        let range = try range(since, until)
        #expect(range.days == day(first)..<day(last).advanced(by: 1))
        #expect(range.today == (showsToday ? day("2026-06-09") : nil))
        #expect(range.before == range.days.lowerBound.advanced(by: -range.days.count)..<range.days.lowerBound)
    }

    @Test func theYearBeforeHasTheSameWeekdays() throws {
        let range = try range("7d", compare: .year)
        #expect(range.before == day("2025-06-03")..<day("2025-06-10"))
        #expect(range.before.lowerBound.weekday == range.days.lowerBound.weekday)
    }

    @Test func monthsEndEarly() throws {
        let may31 = Timestamp(milliseconds: Int64(day("2026-05-31").rawValue) * 86_400_000)
        #expect(try TrendRange(since: "3m", now: may31, timeZone: "UTC").days.lowerBound == day("2026-02-28"))
    }

    @Test(arguments: [
        "", "7", "d", "7x", "-7d", "99999999999d", "2026-13-01", "2026-02-29", "2026-6-1", "2026-06-01T25:00",
        "2026-06-01T10", "2026-06-01X10:00", "2026-06-01T10:00+2", "\u{1B}", "字字字d",
    ])
    func whatIsNoTime(text: String) {
        #expect(throws: TrendRangeError.unreadable(option: "--since", text: text)) { try range(text) }
    }

    @Test func whatMakesNoWindow() {
        #expect(throws: TrendRangeError.inTheFuture(day("2026-06-10"))) { try range("2026-06-10") }
        #expect(throws: TrendRangeError.empty(since: day("2026-06-05"), until: day("2026-06-01"))) {
            try range("2026-06-05", "2026-06-01")
        }
        #expect(throws: TrendRangeError.tooFine(days: 735_758)) { try range("0012-01-01", by: .day) }
        #expect(throws: TrendRangeError.unknownTimeZone("Mars/Olympus")) {
            try TrendRange(now: now, timeZone: "Mars/Olympus")
        }
    }

    @Test func bucketsKnowWhetherTheyAreWhole() throws {
        let range = try range("2026-05-20", by: .week)
        #expect(range.bucketStarts.map(\.iso8601) == ["2026-05-18", "2026-05-25", "2026-06-01", "2026-06-08"])
        #expect(range.bucketStarts.map(range.isComplete) == [false, true, true, false])
        let today = try self.range("today")
        #expect(today.bucketStarts.map(today.isComplete) == [false])
        #expect(try [self.range("7d").unit, self.range("3m").unit, self.range("2y").unit] == [.day, .week, .month])
    }
}

@Suite struct TrendReportTests {
    private let classes = ["dior", "_other", "chanel", "gucci<"]
    private let model = ModelVersion(name: "luxe", number: 3)

    private func window(
        _ sums: [(String?, DateStrength, brand: Int, step: Int, count: Int)], sightings: [DateStrength: Int] = [:],
        newest: [DateStrength: CalendarDay] = [:]
    ) -> TrendWindow {
        TrendWindow(
            sums: sums.map {
                TrendSum(day: $0.0.map(day), strength: $0.1, brand: $0.brand, confidenceStep: $0.step, count: $0.count)
            },
            sightings: sightings, newestDay: newest)
    }

    private func report(
        _ window: TrendWindow, before: TrendWindow = TrendWindow(sums: [], sightings: [:], newestDay: [:]),
        today: TrendWindow? = nil,
        since: String = "3d", until: String? = nil, dates: TrendDates = .strong, brands: [String] = []
    ) throws -> TrendReport {
        let range = try TrendRange(since: since, until: until, now: now, timeZone: "Europe/Paris")
        return try TrendReport(
            range: range, model: model, classes: classes, threshold: 0.6, window: window, before: before, today: today,
            dates: dates, brands: brands)
    }

    private var usual: TrendWindow {
        window(
            [
                ("2026-06-06", .strong, 2, 20, 30), ("2026-06-07", .strong, 2, 12, 20),
                ("2026-06-08", .strong, 2, 12, 10),
                ("2026-06-06", .strong, 0, 15, 10), ("2026-06-08", .strong, 0, 15, 30),
                ("2026-06-08", .strong, 0, 11, 7),
                ("2026-06-07", .strong, 1, 20, 5), ("2026-06-08", .weak, 3, 20, 1000), (nil, .undated, 0, 20, 4),
            ], sightings: [.strong: 115, .weak: 1000])
    }
    private var before: TrendWindow {
        window([("2026-06-04", .strong, 2, 20, 30), ("2026-06-04", .strong, 0, 20, 70)])
    }
    private var today: TrendWindow { window([("2026-06-09", .strong, 3, 20, 2), ("2026-06-09", .strong, 0, 20, 5)]) }

    @Test func text() throws {
        #expect(
            try report(usual, before: before, today: today).text(width: nil) == """
                luxe@3, 6 June to 8 June 2026, Europe/Paris, strong dates; change against 3 June to 5 June 2026

                BRAND   COUNT   SHARE   CHANGE  BY DAY
                chanel     60  60.0 %  +30.0 ↑  ▆█▃
                dior       40  40.0 %  -30.0 ↓  ▃▁█

                Share of the 100 recognised (confidence 0.60 or more) of 112 sightings; 5 other, 7 unsure.
                Not counted: 1,000 dated only by file time (--dates any), 3 not classified by luxe@3, 4 undated.
                Today so far (9 June 2026), not in the table: dior 5, gucci< 2.

                """)
    }

    @Test func json() throws {
        #expect(
            try report(usual, before: before, brands: ["Dior"]).json.text
                == #"{"since":"2026-06-06","until":"2026-06-08","by":"day","unit":"sighting","model":"luxe@3","time_zone":"Europe/Paris","dates":"strong","other":5,"unsure":7,"undated":4,"weak":1000,"unclassified":3,"#
                + #""brands":[{"brand":"dior","count":40,"share":0.4,"share_low":null,"share_high":null,"share_adjusted":null,"change_points":-30,"verdict":null}],"#
                + #""buckets":[{"start":"2026-06-06","complete":true,"counts":{"dior":10}},{"start":"2026-06-07","complete":true,"counts":{"dior":0}},{"start":"2026-06-08","complete":true,"counts":{"dior":30}}]}"#
        )
    }

    @Test func csv() throws {
        #expect(
            try report(usual, brands: ["dior", "chanel", "DIOR"]).csv.joined() == """
                start,brand,count,share,dates
                2026-06-06,chanel,30,0.7500,strong
                2026-06-06,dior,10,0.2500,strong
                2026-06-07,chanel,20,1.0000,strong
                2026-06-07,dior,0,0.0000,strong
                2026-06-08,chanel,10,0.2500,strong
                2026-06-08,dior,30,0.7500,strong

                """)
    }

    @Test func weakDatesAloneAreShownAsWhatTheyAre() throws {
        let weak = window([("2026-06-07", .weak, 0, 20, 3)], sightings: [.weak: 3])
        let report = try report(weak)
        #expect(report.shown == .weak && report.weak == 0)
        #expect(report.brands[0].count == 3)
        #expect(report.text(width: 80).contains("\nThese dates are weak: file times, not post times"))
        #expect(try self.report(usual, dates: .any).brands.map(\.count) == [1000, 60, 40])
    }

    @Test func anEmptyWindowPointsToTheNewest() throws {
        let empty = window([(nil, .undated, 0, 20, 4)], sightings: [.strong: 1], newest: [.strong: day("2024-11-03")])
        #expect(
            try report(empty, today: window([])).text(width: nil) == """
                luxe@3 has classified no sighting of 6 June to 8 June 2026.
                1 sighting of these days waits for luxe@3.
                The newest is of 3 November 2024: bagq trends --since 2024-11-01 --until 2024-11-03
                Today so far (9 June 2026), not in the table: nothing yet.

                """)
        #expect(
            try report(window([], newest: [.weak: day("2026-06-09")])).text(width: nil).contains(
                ": bagq trends --since today\n"))
        #expect(
            try report(window([], newest: [.strong: day("2031-01-01")])).text(width: nil).contains(
                "which is in the future."))
        #expect(try report(window([])).text(width: nil).hasSuffix("There are none yet: bagq submit FOLDER\n"))
        #expect(try report(window([])).json.text.contains(#""share":null"#))
    }

    @Test func unknownBrands() {
        #expect(throws: TrendReportError.unknownBrand("prada", model: model, brands: ["dior", "chanel", "gucci<"])) {
            try report(usual, brands: ["prada"])
        }
    }

    @Test func sumsOfUnknownClassesDoNoHarm() throws {
        #expect(
            try report(window([("2026-06-07", .strong, 99, 20, 5), ("2026-06-07", .strong, -1, 20, 5)])).recognised == 0
        )
    }

    @Test(arguments: ["today", "7d", "3m", "2y"])
    func chart(since: String) throws {
        let days = try TrendRange(since: since, now: now, timeZone: "UTC").days
        let window = window(
            days.flatMap { day in [0, 2, 3].map { (day.iso8601, .strong, $0, 20, day.rawValue % (5 + $0)) } })
        let svg = try report(window, since: since).svg
        #expect(isWellFormed(svg))
        #expect(svg.contains("gucci&lt;") && svg.contains("luxe@3"))
        #expect(try isWellFormed(report(self.window([])).svg))
    }

    @Test func sparklines() {
        #expect(sparkline([0, 0.5, 1, nil, 1]) == "▁▅█ █")
        #expect(sparkline([0, 0]) == "▁▁")
        #expect(sparkline([]) == "")
    }
}
