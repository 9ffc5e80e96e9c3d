import Foundation
import Intake
import Queue
import Statistics
import Testing

@testable import Report

@Suite struct SeasonsReportTests {
    private func seasons(
        _ sightings: [Sighting], in calendar: SeasonCalendar = .north, dates: TrendDates = .strong,
        classes: [String] = classes
    ) throws -> SeasonsReport {
        let today = day("2026-06-09")
        return try SeasonsReport(
            SeasonsReport.seasons(of: calendar, upTo: today).map { season in
                let range = TrendRange(season: season, in: calendar, today: today, timeZone: "UTC")
                return try SeasonsReport.Entry(
                    season: season,
                    report: TrendReport(
                        range: range, model: luxe, classes: classes, threshold: 0.6,
                        window: sightings.window(range.days), before: sightings.window(range.before), today: nil,
                        dates: dates))
            })
    }

    private let usual: [Sighting] = all(
        .some(60, of: 0, on: "2025-04-03"), .some(60, of: 2, on: "2025-04-04"), .some(20, of: 3, on: "2025-05-30"),
        .some(20, of: 0, on: "2026-03-01"), .some(90, of: 2, on: "2026-05-31"), .some(20, of: 3, on: "2026-05-31"),
        .some(5, of: 1, on: "2026-04-01"), .some(2, of: 0, on: "2026-06-08"), .some(7, of: 0, on: "2026-04-01", .weak),
        .some(9, of: 2, on: "2025-12-24", .weak))

    @Test func text() throws {
        let text = try seasons(usual).text(width: 80)
        #expect(
            text.hasPrefix(
                "luxe@3, the seasons of 1 June 2024 to 8 June 2026, UTC\n\nsummer 2026 (1 June to 8 June 2026, 8 of 92")
        )
        #expect(
            text.contains(
                """

                spring 2026 (1 March to 31 May 2026): chanel leads: its lead over the next is
                clear.
                BRAND   COUNT   SHARE       95 %  BEFORE  CHANGE
                chanel     90  69.2 %  64.8–73.3  42.9 %   +26.4  ↑ rising
                dior       20  15.4 %  12.4–19.0  42.9 %   -27.5  ↓ falling
                gucci<     20  15.4 %  12.4–19.0  14.3 %    +1.1  no clear change
                130 recognised, 5 other, not counted: 7 dated only by file time.
                The season has sightings on 3 of its 92 days: take its shares with care.

                """))
        #expect(text.split(separator: "\n").allSatisfy { String($0).displayWidth <= 80 })
    }

    @Test func theLeaderIsNamedWhereItsLeadIsClear() throws {
        let entries = try seasons(usual).entries
        #expect(
            entries.map(\.season.name) == [
                "summer 2026", "spring 2026", "winter 2025/26", "autumn 2025", "summer 2025", "spring 2025",
                "winter 2024/25", "autumn 2024", "summer 2024",
            ])
        #expect(entries[1].report.lead == .leads(1) && entries[5].report.lead == .tied(0, 1))
        #expect(entries[0].report.lead == .none)
        let json = try seasons(usual).json.text
        #expect(
            json.contains(#""leader":"chanel","tied":null"#)
                && json.contains(#""leader":null,"tied":["dior","chanel"]"#))
        #expect(entries[1].report.brands.map { $0.change?.verdict } == [.rising, .falling, .noClearChange])
    }

    @Test func emptyOnesAreNamedTogether() throws {
        let text = try seasons([]).text(width: nil)
        #expect(text.contains("luxe@3 has classified no sighting of 1 June to 8 June 2026."))
        #expect(
            try seasons(usual).text(width: 200).contains(
                "No sighting that counts: autumn 2025, summer 2025, winter 2024/25, autumn 2024, summer 2024."))
    }

    /// Text, JSON and CSV say the same of each season.
    @Test(arguments: [SeasonCalendar.north, .fashion]) func formatsAgree(calendar: SeasonCalendar) throws {
        let seasons = try seasons(usual, in: calendar)
        let rows = seasons.csv.dropFirst().map { $0.dropLast().split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows.count == seasons.entries.count * 3)
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(seasons.json.text.utf8)) as? [[String: Any]])
        let text = seasons.text(width: nil)
        for (place, row) in rows.enumerated() {
            let entry = parsed[place / 3]
            let brand = try #require((entry["brands"] as? [[String: Any]])?[place % 3])
            #expect(entry["season"] as? String == String(row[0]) && brand["brand"] as? String == String(row[4]))
            let strength: [DateStrength] = entry["dates"] as? String == "weak" ? [.weak] : [.strong]
            let days = day(String(row[1]))...day(String(row[2]))
            let counted = usual.filter { sighting in
                guard let day = sighting.day, let class_ = sighting.brand else { return false }
                return days.contains(day) && strength.contains(sighting.strength) && classes[class_] == String(row[4])
            }.count
            #expect(Int(row[5]) == counted && brand["count"] as? Int == counted)
            if let share = brand["share"] as? Double {
                #expect(String(row[6]) == String(format: "%.4f", share))
            } else {
                #expect(row[6] == "")
            }
            #expect((brand["verdict"] as? String ?? "") == String(row[11]))
            if counted > 0 { #expect(text.contains("\(row[4]) ")) }
        }
    }
}
