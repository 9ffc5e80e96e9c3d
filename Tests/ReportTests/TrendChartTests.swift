import Foundation
import Intake
import Queue
import Testing

@testable import Report

@Suite struct TrendChartTests {
    private func sightings(_ days: Range<CalendarDay>, perDay: Int) -> [Sighting] {
        days.flatMap { day in
            (0..<perDay).map { number in
                Sighting(
                    day: day, strength: .strong, brand: [0, 2, 3, 3][(number + day.rawValue / 3) % 4],
                    group: number % 20)
            }
        }
    }

    @Test(arguments: ["today", "7d", "3m", "2y"], [960, 390] as [Double])
    func charts(since: String, width: Double) throws {
        let days = try TrendRange(since: since, now: tuesday, timeZone: "Europe/Paris").days
        let svg = try report(sightings(days, perDay: 2), since: since).svg(width: width)
        #expect(isWellFormed(svg))
        #expect(svg.contains("gucci&lt;") && svg.contains("luxe@3") && svg.contains("Share of recognised, in %"))
        #expect(svg.contains("width=\"\(Int(width))\""))
        // Nothing leaves the picture.
        for place in svg.matches(of: /(?:cx|x1|x2| x)="(-?[0-9.]+)"/).compactMap({ Double($0.1) }) {
            #expect(place >= 0 && place <= width)
        }
    }

    @Test func nothingIsNotDrawn() {
        let days = day("2026-06-06")..<day("2026-06-09")
        #expect(throws: TrendReportError.nothingToDraw(model: luxe, days: days)) { try report([]).svg() }
        #expect(throws: TrendReportError.nothingToDraw(model: luxe, days: days)) {
            try report(.some(40, of: 0, on: "2026-06-07"), brands: ["chanel"]).svg()
        }
        #expect(throws: TrendReportError.nothingToDraw(model: luxe, days: days)) {
            try report(.some(40, of: 0, on: "2026-06-07", step: 3)).svg()
        }
    }

    /// Each line's label is the last point's own share, and a colour belongs to a name.
    @Test func labelsAndColours() throws {
        let days: [Sighting] =
            all(
                .some(60, of: 0, on: "2026-06-06"), .some(20, of: 2, on: "2026-06-06"),
                .some(10, of: 0, on: "2026-06-08"), .some(30, of: 2, on: "2026-06-08"))
        let svg = try report(days).svg()
        #expect(svg.contains(">chanel 75.0 %<") && svg.contains(">dior 25.0 %<"))
        #expect(svg.contains("Beside the names: the share of 2026-06-08."))
        func colour(_ brand: String, in svg: String) -> Substring? {
            svg.split(separator: "\n").first { $0.contains(">\(brand) ") }?.firstMatch(of: /fill="(#[0-9a-f]+)"/)?.1
        }
        let fewer = try report(Array(days.dropFirst(45)), brands: ["dior"]).svg()
        #expect(colour("dior", in: svg) != nil && colour("dior", in: svg) == colour("dior", in: fewer))
        #expect(colour("dior", in: svg) != colour("chanel", in: svg))
        let styles = BrandStyle.styles(of: (0..<10).map { "brand \($0)" })
        #expect(Set(styles.values.map(\.colour)).count == 10)
        for count in 1...25 {
            let styles = BrandStyle.styles(of: (0..<count).map { "brand \($0)" }).values
            // Without colours, too.
            #expect(Set(styles.map { "\($0.marker) \($0.dashes ?? "")" }).count == count)
            if count > 5 { continue }
            #expect(Set(styles.map(\.marker)).count == count && Set(styles.map(\.dashes)).count == count)
        }
        #expect(BrandStyle.styles(of: (0..<30).map { "brand \($0)" }).count == 30)
    }

    /// A day of few is no peak, and no line leads to it.
    @Test func thinPointsAreNotJoined() throws {
        let days: [Sighting] =
            all(
                .some(20, of: 0, on: "2026-06-05"), .some(20, of: 2, on: "2026-06-05"),
                .some(20, of: 0, on: "2026-06-06"), .some(20, of: 2, on: "2026-06-06"),
                .some(1, of: 0, on: "2026-06-07"), .some(20, of: 0, on: "2026-06-08"),
                .some(20, of: 2, on: "2026-06-08"))
        let svg = try report(days, since: "4d").svg()
        #expect(svg.count(of: "<polyline") == 2, "one line a brand, of two points")
        for line in svg.matches(of: /<polyline points="([^"]*)"/) { #expect(line.1.split(separator: " ").count == 2) }
        #expect(svg.contains("Faint and not joined: fewer than 30 recognised."))
        let all = try report(.some(5, of: 0, on: "2026-06-07")).svg()
        #expect(!all.contains("<polyline") && !all.contains("100.0 %"))
        // Unless a unit was asked for, longer buckets are offered.
        let month = day("2026-05-10")..<day("2026-06-09")
        #expect(try report(sightings(month, perDay: 7), since: "30d").legibleRange?.unit == .week)
        #expect(try report(sightings(month, perDay: 7), since: "30d", by: .day).legibleRange == nil)
        #expect(try report(sightings(month, perDay: 31), since: "30d").legibleRange == nil)
        #expect(try report(sightings(month, perDay: 7), since: "4d").legibleRange?.unit == .week)
    }

    @Test func theWindowBeforeIsDrawn() throws {
        let days = sightings(day("2026-06-03")..<day("2026-06-09"), perDay: 40)
        let svg = try report(days).svg()
        #expect(svg.contains(">before<") && svg.contains("Before: 3 June to 5 June 2026, 120 recognised."))
        #expect(try !report(days, since: "6d").svg().contains(">before<"))
    }
}
