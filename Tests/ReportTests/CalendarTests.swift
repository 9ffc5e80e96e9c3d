import Foundation
import Intake
import Testing

@testable import Report

@Suite struct CalendarTests {
    @Test func daysAndDatesAgree() {
        #expect(day("1970-01-01").rawValue == 0)
        #expect(day("2000-03-01").rawValue == 11_017)
        #expect(day("1969-12-31").rawValue == -1)
        for raw in stride(from: -700_000, through: 800_000, by: 37) {
            let day = CalendarDay(rawValue: raw)
            #expect(CalendarDay(day.date) == day)
            #expect(CalendarDay(iso8601: day.iso8601) == day)
        }
        #expect(day("1970-01-01").weekday == 3)
        #expect(day("1969-12-29").weekday == 0)
        #expect(day("1234-05-06").iso8601 == "1234-05-06")
        for text in ["2026-02-29", "2026-00-01", "2026-1-01", "2026-01-32", "2026/01/01", "", "0000-01-01"] {
            #expect(CalendarDay(iso8601: text) == nil, "\(text)")
        }
    }

    @Test func moments() throws {
        #expect(Timestamp(milliseconds: 0).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 1_543_453_444_007).iso8601 == "2018-11-29T01:04:04.007Z")
        #expect(!Timestamp(milliseconds: .min).iso8601.isEmpty)
        let late = Timestamp(milliseconds: 1_781_042_400_000 - 3_600_000)
        #expect(late.iso8601 == "2026-06-09T21:00:00.000Z")
        #expect(CalendarDay(late, in: .gmt) == day("2026-06-09"))
        #expect(CalendarDay(late, in: try #require(TimeZone(identifier: "Asia/Tokyo"))) == day("2026-06-10"))
    }

    @Test(arguments: [
        (TrendUnit.week, "2026-06-09", "2026-06-08", "2026-06-14", "2026-W24"),
        (.week, "2027-01-01", "2026-12-28", "2027-01-03", "2026-W53"),
        (.week, "2024-12-31", "2024-12-30", "2025-01-05", "2025-W01"),
        (.month, "2026-12-31", "2026-12-01", "2026-12-31", "2026-12"),
        (.season, "2026-01-15", "2025-12-01", "2026-02-28", "winter 2025/26"),
        (.season, "2026-12-01", "2026-12-01", "2027-02-28", "winter 2026/27"),
        (.season, "2026-08-31", "2026-06-01", "2026-08-31", "summer 2026"),
        (.day, "2026-02-28", "2026-02-28", "2026-02-28", "2026-02-28"),
    ])
    func buckets(unit: TrendUnit, of text: String, first: String, last: String, name: String) {
        #expect(unit.period(of: day(text)) == Period(name: name, days: day(first)..<day(last).advanced(by: 1)))
    }

    /// Against what Foundation's ISO calendar says.
    @Test func weeksAreThoseOfISO8601() {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        for raw in stride(from: 10_000, through: 30_000, by: 11) {
            let date = Date(timeIntervalSince1970: Double(raw) * 86_400)
            let parts = calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
            let name = "\(parts.yearForWeekOfYear ?? 0)-W\(twoDigits(parts.weekOfYear ?? 0))"
            let period = TrendUnit.week.period(of: CalendarDay(rawValue: raw))
            #expect(period.name == name && period.days.count == 7)
            #expect(CalendarDay.days(ofWeek: name) == period.days)
        }
        for text in ["2026-W54", "2026-W00", "2026-W5", "26-W05", "2026-X05", "2026-W+1", "2025-W53"] {
            #expect(CalendarDay.days(ofWeek: text) == nil, "\(text)")
        }
    }
}

@Suite struct SeasonTests {
    @Test(arguments: [
        (SeasonCalendar.south, "2026-01-15", "summer 2025/26", "2025-12-01", 90),
        (.south, "2026-07-01", "winter 2026", "2026-06-01", 92),
        (.north, "2024-02-29", "winter 2023/24", "2023-12-01", 91),
        (.fashion, "2026-06-30", "SS26", "2026-01-01", 181), (.fashion, "2026-12-31", "AW26", "2026-07-01", 184),
        (.fashion, "2005-01-01", "SS05", "2005-01-01", 181),
    ])
    func seasons(calendar: SeasonCalendar, of text: String, name: String, first: String, days: Int) {
        #expect(
            calendar.season(of: day(text))
                == Period(name: name, days: day(first)..<day(first).advanced(by: days)))
    }

    /// Every day is in one season, and a season's year before has its name but for the year.
    @Test(arguments: [SeasonCalendar.north, .south, .fashion])
    func seasonsFollowEachOther(calendar: SeasonCalendar) throws {
        var season = try #require(calendar.season(of: day("1999-12-31")))
        for _ in 0..<200 {
            let next = try #require(calendar.season(of: season.days.upperBound))
            #expect(next.days.lowerBound == season.days.upperBound && next != season)
            #expect(calendar.season(of: next.days.last) == next)
            let before = try #require(calendar.yearBefore(next))
            let (one, other) = (next.days.lowerBound.date, before.days.lowerBound.date)
            #expect(one.year == other.year + 1 && one.month == other.month && one.day == 1 && other.day == 1)
            #expect(calendar.season(named: next.name.uppercased(), upTo: next.days.lowerBound) == next)
            season = next
        }
        #expect(calendar.season(named: "nothing", upTo: day("2026-01-01")) == nil)
        #expect(
            calendar.seasons(from: day("2024-06-09"), upTo: day("2026-06-09")).count == (calendar == .fashion ? 5 : 9))
    }

    @Test func aListNamesItsOwn() throws {
        let list =
            "\u{FEFF}# drops\r\nresort 25,2024-11-01,2024-12-31\r\n\r\nspring 25, 2025-02-01\r\nresort 26,2025-11-01,2025-12-31\r\n"
        let calendar = try SeasonCalendar(list: list)
        #expect(calendar.season(of: day("2025-01-15")) == nil)
        #expect(calendar.season(of: day("2025-10-31"))?.name == "spring 25")
        let resort = try #require(calendar.season(of: day("2025-11-15")))
        #expect(resort == Period(name: "resort 26", days: day("2025-11-01")..<day("2026-01-01")))
        #expect(calendar.yearBefore(resort)?.name == "resort 25")
        #expect(
            calendar.seasons(from: day("2025-01-01"), upTo: day("2026-05-01")).map(\.name) == [
                "resort 26", "spring 25",
            ])
        let range = try TrendRange(
            since: "2024-12-30", until: "2025-02-03", by: .season, seasons: calendar, now: tuesday, timeZone: "UTC")
        #expect(range.buckets.map(\.name) == ["resort 25", "after resort 25", "spring 25"])
        #expect(range.buckets[1].days == day("2025-01-01")..<day("2025-02-01"))
        #expect(
            try TrendRange(since: "Resort 26", until: "resort 26", seasons: calendar, now: tuesday, timeZone: "UTC")
                .days
                == resort.days)
        #expect(throws: TrendRangeError.noSeason(day("2026-06-09"))) {
            try TrendRange(since: "season", seasons: calendar, now: tuesday, timeZone: "Europe/Paris")
        }
    }

    @Test(arguments: [
        ("", SeasonListError.empty), ("# nothing\n", .empty), ("spring", .unreadable(line: 1)),
        ("\n,2026-01-01,2026-02-01", .unreadable(line: 2)), ("a,b,c,d", .unreadable(line: 1)),
        ("a,2026-1-1,2026-02-01", .noDay(line: 1, text: "2026-1-1")),
        ("a,2026-01-01,\u{1B}[0m", .noDay(line: 1, text: "\u{1B}[0m")),
        ("a,2026-03-01,2026-02-01", .notInOrder(line: 1)),
        ("a,2026-01-01,2026-02-01\nb,2026-02-01,2026-03-01", .notInOrder(line: 2)),
        ("a,2026-01-01\nb,2026-01-01,2026-03-01", .notInOrder(line: 2)),
        ("a,2026-01-01\na,2026-02-01,2026-03-01", .repeated(line: 2, name: "a")), ("a,2026-01-01", .open(line: 1)),
    ])
    func whatIsNoList(list: String, error: SeasonListError) {
        #expect(throws: error) { try SeasonCalendar(list: list) }
        #expect(!error.description.contains("\u{1B}"))
    }
}

@Suite struct TrendRangeTests {
    private func range(
        _ since: String, _ until: String? = nil, by unit: TrendUnit? = nil, compare: TrendComparison = .previous
    ) throws -> TrendRange {
        try TrendRange(since: since, until: until, by: unit, compare: compare, now: tuesday, timeZone: "Europe/Paris")
    }

    @Test(
        arguments: [
            ("7d", nil, "2026-06-02", "2026-06-08", true), ("4w", nil, "2026-05-12", "2026-06-08", true),
            ("3m", nil, "2026-03-09", "2026-06-08", true),
            ("1y", nil, "2025-06-09", "2026-06-08", true), ("yesterday", nil, "2026-06-08", "2026-06-08", true),
            ("today", nil, "2026-06-09", "2026-06-09", false), ("week", nil, "2026-06-08", "2026-06-08", true),
            ("month", nil, "2026-06-01", "2026-06-08", true), ("season", nil, "2026-06-01", "2026-06-08", true),
            ("12w", "week", "2026-03-17", "2026-06-07", false), ("2m", "month", "2026-04-09", "2026-05-31", false),
            ("spring 2026", "Spring 2026", "2026-03-01", "2026-05-31", false),
            ("winter 2024/25", "winter 2024/25", "2024-12-01", "2025-02-28", false),
            ("2026-W22", "2026-w22", "2026-05-25", "2026-05-31", false),
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

    /// A season is compared with as many days of the same one a year before; one that is over with all of it.
    @Test(arguments: [
        (SeasonCalendar.north, "2026-06-08", "2026-06-01", "2026-06-08", "2025-06-01", "2025-06-08"),
        (.north, "2024-01-15", "2023-12-01", "2024-02-29", "2022-12-01", "2023-02-28"),
        (.south, "2026-05-31", "2026-03-01", "2026-05-31", "2025-03-01", "2025-05-31"),
        (.fashion, "2025-09-09", "2025-07-01", "2025-12-31", "2024-07-01", "2024-12-31"),
    ])
    func seasons(
        calendar: SeasonCalendar, holding text: String, first: String, last: String, firstBefore: String,
        lastBefore: String
    ) throws {
        let season = try #require(calendar.season(of: day(text)))
        let range = TrendRange(season: season, in: calendar, today: day("2026-06-09"), timeZone: "UTC")
        #expect(range.days == day(first)..<day(last).advanced(by: 1))
        #expect(range.before == day(firstBefore)..<day(lastBefore).advanced(by: 1))
        #expect(range.buckets == [season])
        let onItsFirstDay = TrendRange(season: season, in: calendar, today: season.days.lowerBound, timeZone: "UTC")
        #expect(onItsFirstDay.days.count == 1 && onItsFirstDay.before.count == 1)
    }

    @Test(arguments: [
        "", "7", "d", "7x", "-7d", "99999999999d", "2026-13-01", "2026-02-29", "2026-6-1", "2026-06-01T25:00",
        "2026-06-01T10", "2026-06-01X10:00", "2026-06-01T10:00+2", "\u{1B}", "字字字d", "2026-W60", "summer",
        "spring 3026", "2026-0a",
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
            try TrendRange(now: tuesday, timeZone: "Mars/Olympus")
        }
    }

    @Test func bucketsKnowWhetherTheyAreWhole() throws {
        let range = try range("2026-05-20", by: .week)
        #expect(
            range.buckets.map(\.days.lowerBound.iso8601) == ["2026-05-18", "2026-05-25", "2026-06-01", "2026-06-08"])
        #expect(range.buckets.map(range.isComplete) == [false, true, true, false])
        let today = try self.range("today")
        #expect(today.buckets.map(today.isComplete) == [false])
        #expect(
            try [self.range("1m").unit, self.range("3m").unit, self.range("2y").unit] == [.day, .week, .month])
    }
}
