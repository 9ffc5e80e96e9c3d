import Foundation
import Intake
import Queue
import Statistics
import Testing

@testable import Report

@Suite struct TrendReportTests {
    /// Three days, those before, and today.
    private let usual: [Sighting] = all(
        .some(30, of: 2, on: "2026-06-06"), .some(20, of: 2, on: "2026-06-07", step: 12),
        .some(10, of: 2, on: "2026-06-08", step: 12), .some(10, of: 0, on: "2026-06-06", step: 15),
        .some(30, of: 0, on: "2026-06-08", step: 15), .some(7, of: 0, on: "2026-06-08", step: 11),
        .some(5, of: 1, on: "2026-06-07"), .some(3, of: nil, on: "2026-06-08"),
        .some(1000, of: 3, on: "2026-06-08", .weak), .some(4, of: 0, on: nil, .undated),
        .some(30, of: 2, on: "2026-06-04"), .some(70, of: 0, on: "2026-06-03"), .some(2, of: 3, on: "2026-06-09"),
        .some(5, of: 0, on: "2026-06-09"))

    @Test func text() throws {
        let usual = try report(usual)
        let intervals = usual.brands.map { TrendReport.intervalText($0.share?.interval) }
        let visible = Format.fixed((usual.brands[0].smallestVisible ?? 0) * 100, decimals: 1)
        #expect(
            usual.text(width: nil) == """
                luxe@3, 6 June to 8 June 2026, Europe/Paris, strong dates; change against 3 June to 5 June 2026

                BRAND   COUNT   SHARE       95 %  BEFORE  CHANGE
                chanel     60  60.0 %  \(intervals[0])  30.0 %   +30.0  ↑ rising
                dior       40  40.0 %  \(intervals[1])  70.0 %   -30.0  ↓ falling

                chanel leads: its lead over the next is clear.
                Share of the 100 recognised (familiar, confidence 0.60 or more) of 112 sightings; 5 other, 7 unsure.
                Not counted: 1,000 dated only by file time (--dates any), 3 not classified by luxe@3, 4 undated.
                To have them classified: bagq reclassify --since 2026-06-06 --model luxe@3
                The window before, 3 June to 5 June 2026, has sightings on 2 of its 3 days: take its shares with
                care.
                95 %: the share's interval, from the differences between 20 groups of authors.
                Rising or falling: the change's interval, corrected for 2 brands (Holm), excludes zero; the smallest
                that would: \(visible) points.
                No adjusted shares: the model keeps no counts of held-out pictures. What people see in a sample of
                these pictures would: bagq review-sample --since 2026-06-06
                Today so far (9 June 2026), not in the table: dior 5, gucci< 2.

                """)
        #expect(
            usual.text(width: 120, rules: ["Only one author is left out."]).contains(
                "--model luxe@3\nOnly one author is left out.\nThe window before"))
    }

    @Test func json() throws {
        let text = try report(usual, brands: ["Dior"]).json.text
        #expect(
            text.hasPrefix(
                #"{"since":"2026-06-06","until":"2026-06-08","by":"day","unit":"sighting","model":"luxe@3","time_zone":"Europe/Paris","dates":"strong","threshold":0.6,"has_other":true,"recognised":100,"other":5,"unsure":7,"undated":4,"weak":1000,"unclassified":3,"#
                    + #""window":{"since":"2026-06-06","until":"2026-06-08","days":3,"days_seen":3,"recognised":100,"remarks":[]},"before":{"since":"2026-06-03","until":"2026-06-05","days":3,"days_seen":2,"recognised":100,"remarks":["partial"]},"leader":"chanel","tied":null,"share_adjusted_method":null,"share_adjusted_note":"No adjusted shares: "#
            ))
        #expect(
            text.contains(
                #"bagq review-sample --since 2026-06-06","reviewed":0,"brands":[{"brand":"dior","count":40,"share":0.4,"share_low":0."#
            ))
        #expect(text.contains(#""reviewed":0,"share_before":0.7,"change_points":-30,"change_low_points":-"#))
        #expect(text.contains(#""verdict":"falling","smallest_visible_points":"#))
        #expect(
            text.contains(
                #"{"name":"2026-06-07","start":"2026-06-07","end":"2026-06-07","complete":true,"days":1,"days_seen":1,"recognised":20,"other":5,"unsure":0,"remarks":["thin"],"counts":{"dior":0},"shares":{"dior":{"share":0,"share_low":0,"share_high":0."#
            ))
    }

    @Test func csv() throws {
        let report = try report(usual, brands: ["dior", "chanel", "DIOR"])
        func ends(_ bucket: Int, _ brand: Int) -> String {
            let interval = report.buckets[bucket].shares[brand]?.interval
            return "\(TrendReport.csv(interval?.low)),\(TrendReport.csv(interval?.high))"
        }
        #expect(
            report.csv.joined() == """
                start,brand,count,share,dates,name,end,complete,days,days_seen,recognised,other,unsure,weak,share_low,share_high,remarks,window_share,window_share_adjusted,window_share_adjusted_low,window_share_adjusted_high,false_positive_rate,adjusted_by
                2026-06-06,chanel,30,0.7500,strong,2026-06-06,2026-06-06,true,1,1,40,0,0,0,\(ends(0, 0)),,0.6000,,,,,
                2026-06-06,dior,10,0.2500,strong,2026-06-06,2026-06-06,true,1,1,40,0,0,0,\(ends(0, 1)),,0.4000,,,,,
                2026-06-07,chanel,20,1.0000,strong,2026-06-07,2026-06-07,true,1,1,20,5,0,0,\(ends(1, 0)),thin,0.6000,,,,,
                2026-06-07,dior,0,0.0000,strong,2026-06-07,2026-06-07,true,1,1,20,5,0,0,\(ends(1, 1)),thin,0.4000,,,,,
                2026-06-08,chanel,10,0.2500,strong,2026-06-08,2026-06-08,true,1,1,40,0,7,0,\(ends(2, 0)),,0.6000,,,,,
                2026-06-08,dior,30,0.7500,strong,2026-06-08,2026-06-08,true,1,1,40,0,7,0,\(ends(2, 1)),,0.4000,,,,,

                """)
    }

    @Test func windowsSayWhatIsWrongWithThem() throws {
        let thin = try report(.some(23, of: 0, on: "2026-06-07"))
        #expect(thin.coverage.remarks == [.thin, .partial] && thin.coverageBefore.remarks == [.beforeFirst])
        #expect(thin.lead == .none && thin.brands[0].change?.verdict == .tooFew)
        #expect(thin.text(width: 200).contains(/\ndior +23  \(100.0 %\) +[0-9.]+–100.0\n/))
        #expect(
            thin.text(width: 200).contains("The window is thin: 23 recognised, and begins before the first sighting"))
        // A base with sightings on few of its days.
        let base: [Sighting] = all(.some(40, of: 0, on: "2026-04-20"), .some(40, of: 2, on: "2026-03-01"))
        let days = (1...31).flatMap { [Sighting].some(20, of: 2, on: "2026-05-\($0 < 10 ? "0" : "")\($0)") }
        let partial = try report(all(base, days), since: "2026-05-01", until: "2026-05-31")
        #expect(partial.coverage.remarks.isEmpty && partial.coverageBefore.remarks == [.partial])
        #expect(partial.coverageBefore.daysSeen == 1 && partial.coverageBefore.days.count == 31)
        #expect(
            partial.text(width: nil).contains(
                "The window before, 31 March to 30 April 2026, has sightings on 1 of its 31 days: take its"))
        let first = try report(days, since: "2026-04-25", until: "2026-05-10")
        #expect(first.coverage.remarks == [.partial] && first.coverageBefore.remarks == [.beforeFirst])
        let text = first.text(width: nil)
        #expect(!text.contains("CHANGE") && text.contains("lies before the first sighting (1 May 2026)"))
    }

    @Test func weakDatesAreSaidToBeSo() throws {
        let weak: [Sighting] = all(.some(3, of: 0, on: "2026-06-07", .weak), .some(40, of: 0, on: "2026-06-09", .weak))
        let report = try report(weak)
        #expect(report.shown == .weak && report.weak == 3)
        #expect(report.brands[0].count == 3)
        let text = report.text(width: 200)
        #expect(text.contains("\nThese dates are weak: file times, not post times"))
        #expect(text.contains("Today so far (9 June 2026, by file times), not in the table: dior 40."))
        #expect(report.json.text.contains(#""weak":3"#) && report.json.text.contains(#""dates":"weak""#))

        let any = try ReportTests.report(usual, dates: .any)
        #expect(any.brands.map(\.count) == [1000, 60, 40] && any.weak == 1000)
        #expect(any.text(width: 200).contains("1,000 of these 1,112 sightings have weak dates: file times"))
        #expect(any.csv.filter { $0.hasPrefix("2026-06-08") }.allSatisfy { $0.contains(",1000,") })
        // Weak ones of today are not denied where the window has none at all.
        let later = try ReportTests.report(.some(2, of: 0, on: "2026-06-09", .weak)).text(width: 200)
        #expect(later.contains("The newest is of 9 June 2026: bagq trends --since today\n"))
        #expect(later.contains("Today so far (9 June 2026, by file times), not in the table: dior 2."))
    }

    @Test func anEmptyWindowPointsToTheNewest() throws {
        let old: [Sighting] = all(.some(1, of: 0, on: "2024-11-03"), .some(4, of: 0, on: nil, .undated))
        #expect(
            try report(all(old, .some(1, of: nil, on: "2026-06-07"))).text(width: nil) == """
                luxe@3 has classified no sighting of 6 June to 8 June 2026.
                1 sighting of these days waits for luxe@3.
                To have them classified: bagq reclassify --since 2026-06-06 --model luxe@3
                The newest is of 3 November 2024: bagq trends --since 2024-11-01 --until 2024-11-03
                Today so far (9 June 2026), not in the table: nothing yet.

                """)
        #expect(
            try report(.some(1, of: 0, on: "2031-01-01")).text(width: nil).contains("which is in the future."))
        #expect(
            try report([], since: "2026-06-01", until: "2026-06-02").text(width: nil).hasSuffix(
                "There are none yet: bagq submit FOLDER\n"))
        #expect(
            try report(.some(1, of: 0, on: nil, .undated), until: "2026-06-07").text(width: nil).hasSuffix(
                "1 sighting has no date at all.\n"))
        #expect(try report([]).json.text.contains(#""share":null"#))
        #expect(try report(old).text(width: nil, options: ["--job", "3"]).contains("bagq trends --job 3 --since"))
    }

    @Test func aModelThatKnowsNothingElseSaysSo() throws {
        let closed = try report(.some(40, of: 0, on: "2026-06-07"), classes: ["dior", "chanel"])
        #expect(!closed.hasOther && closed.text(width: nil).contains("luxe@3 has seen nothing but its brands"))
        #expect(try !report(usual).text(width: nil).contains("nothing but its brands"))
        #expect(closed.json.text.contains(#""has_other":false"#))
    }

    @Test func namesInTextsStandBesideTheBrands() throws {
        var sightings: [Sighting] = all(.some(40, of: 0, on: "2026-06-07"), .some(40, of: 2, on: "2026-06-07"))
        #expect(try !report(sightings).text(width: nil).contains("NAMED"))
        for index in 0..<10 {
            sightings[index].hasText = true
            sightings[index].isNamed = index < 3
        }
        let named = try report(sightings)
        #expect(named.brands.map(\.named) == [0, 3, 0] && named.brands.map(\.texts) == [0, 10, 0])
        let lines = named.text(width: 200).split(separator: "\n")
        #expect(
            lines.contains("Named: how many say the brand's name in their text, which is known of 10 sightings."))
        #expect(lines[1].hasSuffix("NAMED") && lines.contains { $0.hasPrefix("dior") && $0.hasSuffix(" 3") })
        #expect(lines.contains { $0.hasPrefix("chanel") && $0.hasSuffix(" -") })
    }

    @Test func thresholdsMoveTheUnsure() throws {
        #expect(try report(usual, threshold: 0.75).recognised == 70)
        #expect(try report(usual, threshold: 0.75).unsure == 37)
        #expect(try report(usual, threshold: 0).unsure == 0)
    }

    @Test func unknownBrands() {
        #expect(throws: TrendReportError.unknownBrand("prada", model: luxe, brands: ["dior", "chanel", "gucci<"])) {
            try report(usual, brands: ["prada"])
        }
    }

    @Test func sumsOfUnknownClassesDoNoHarm() throws {
        let strange: [Sighting] = all(.some(5, of: 99, on: "2026-06-07"), .some(5, of: -1, on: "2026-06-07"))
        #expect(try report(strange).recognised == 0)
    }

    @Test func aTableOfPeriods() throws {
        let weeks = try report(usual, since: "2026-06-03", by: .week)
        let text = weeks.periodText(width: nil)
        func of(_ bucket: Int, _ brand: Int) -> String {
            TrendReport.intervalText(weeks.buckets[bucket].shares[brand]?.interval)
        }
        #expect(
            text.contains(
                """

                WEEK      RECOGNISED  BRAND   COUNT   SHARE       95 %
                2026-W23         160  dior       80  50.0 %  \(of(0, 0))  5 of 7 days
                                      chanel     80  50.0 %  \(of(0, 1))
                2026-W24          40  dior       30  75.0 %  \(of(1, 0))  1 of 7 days
                                      chanel     10  25.0 %  \(of(1, 1))

                """))
        let days = try report(usual, since: "2026-06-02", until: "2026-06-08", by: .day).periodText(width: nil)
        #expect(days.contains(/2026-06-02 +0 +before the first sighting\n/))
        #expect(days.contains(/2026-06-05 +0 +nothing\n/))
        #expect(days.contains(/2026-06-07 +20  chanel +20  \(100.0 %\)  [0-9.]+–100.0  thin\n/))
    }

    /// Days that tell nothing alone are taken together, up to the newest.
    @Test func barsSpanWhatTellsSomething() throws {
        func bars(_ perDay: [Int], atMost most: Int = 31) throws -> TrendBars? {
            let sightings = perDay.enumerated().flatMap { index, count in
                [Sighting].some(count, of: 0, on: day("2026-05-01").advanced(by: index).iso8601)
            }
            let range = try report(
                sightings, since: "2026-05-01", until: day("2026-05-01").advanced(by: perDay.count - 1).iso8601,
                by: .day)
            return TrendBars(range.buckets, atMost: most)
        }
        #expect(try bars([40, 40, 40])?.size == 1)
        #expect(try bars([40, 40, 40])?.text(of: 0) == "███")
        #expect(try bars([5, 40, 0, 40, 40])?.text(of: 0) == "·█ ██")
        #expect(try bars(Array(repeating: 20, count: 14))?.size == 2)
        #expect(try bars(Array(repeating: 40, count: 31))?.text(of: 0).count == 31)
        #expect(try bars(Array(repeating: 40, count: 31), atMost: 16)?.text(of: 0).count == 16)
        #expect(try bars(Array(repeating: 1, count: 31)) == nil)
        #expect(try bars([40, 40]) == nil)
    }

    @Test func sparklines() {
        #expect(sparkline([.some(0), .some(0.5), .some(1), .none, .thin, .some(1)]) == "▁▅█ ·█")
        #expect(sparkline([.some(0), .some(0)]) == "▁▁")
        #expect(sparkline([]) == "")
    }

    @Test func linesAreBrokenBetweenWords() {
        #expect(wrapped(["one two three"], width: 20) == "one two three\n")
        #expect(wrapped(["one two three four five"], width: 20) == "one two three four\nfive\n")
        #expect(
            wrapped([String(repeating: "x", count: 30), "字字字字字 字字字字字"], width: 20) == String(repeating: "x", count: 30)
                + "\n字字字字字\n字字字字字\n")
    }
}
