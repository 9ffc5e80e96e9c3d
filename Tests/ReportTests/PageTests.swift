import Foundation
import Intake
import Queue
import Testing

@testable import Report

/// Tuesday 9 June 2026, 12:13 in Paris.
private let now = Timestamp(milliseconds: 1_781_000_000_123)
private let hostile = "\"><script>alert('x')</script>\u{1B}[2J\u{202E}&"
private let hostileClasses = [hostile, "dior", otherClass]
private let model = ModelVersion(name: "luxe", number: 3)

@Suite struct PageTests {
    private let range: TrendRange
    private let monday: CalendarDay

    init() throws {
        range = try TrendRange(since: "2w", by: .week, now: now, timeZone: "Europe/Paris")
        monday = try #require(CalendarDay.days(ofWeek: "2026-W23")).lowerBound
    }

    private func trends(_ sums: [(brand: Int, step: Int, count: Int)]) throws -> TrendReport {
        let sums = sums.map {
            TrendSum(day: monday, strength: .strong, brand: $0.brand, confidenceStep: $0.step, count: $0.count)
        }
        let count = sums.reduce(0) { $0 + $1.count }
        return try TrendReport(
            range: range, model: model, classes: hostileClasses, threshold: 0.5,
            window: TrendWindow(sums: sums, sightings: [.strong: count], daily: [.strong: [monday: count]]),
            before: TrendWindow(), today: nil)
    }

    private func row(_ number: Int, confidence: Float? = 0.875) -> SightingRow {
        SightingRow(
            number: number, brand: 0, confidenceStep: 17, confidence: confidence,
            time: PostTime(Timestamp(milliseconds: 1_780_351_200_000), .sidecar), day: monday,
            post: Post(platform: hostile, id: hostile, author: "somebody"),
            picture: SightingRow.Picture(
                job: JobID(rawValue: 1), root: Path("/dump"),
                place: PicturePlace(path: Path(bytes: Array("<img src=x onerror=y>\n".utf8) + [0xFF])),
                fingerprint: nil))
    }

    private func sheet(_ entries: [SightingSheet.Entry]) -> SightingSheet {
        SightingSheet(
            title: hostile, notes: [hostile], classes: hostileClasses, entries: entries, timeZone: "Europe/Paris")
    }

    private func page(_ trends: TrendReport, examples: [ReportPage.Examples] = []) throws -> String {
        let origins = Origins(
            sources: [
                Origins.Source(path: Path("/d/\(hostile)"), job: JobID(rawValue: 4), name: hostile, sightings: 1234)
            ], platforms: [hostile: 3, nil: 1], times: [.sidecar: 3, .mtime: 1])
        let review = ReviewResult(
            [ReviewSum(days: range.days, threshold: 0.5, stratum: .brand(0), truth: .brand(0), count: 7)],
            classes: hostileClasses, threshold: 0.5)
        let season = Period(name: hostile, days: range.days)
        return ReportPage(
            trends: trends, seasons: SeasonsReport([SeasonsReport.Entry(season: season, report: trends)]),
            origins: origins, failures: [FailureCount(reason: hostile, items: 5, jobs: 2)], review: review,
            modelFacts: [("Summary", hostile)], heldOut: nil, examples: examples, createdAt: now
        ).html
    }

    /// Nothing of a hostile name is markup, every element is closed, and nothing is fetched from anywhere.
    private func check(_ html: String, source: SourceLocation = #_sourceLocation) {
        #expect(!html.contains("<script") && !html.contains("onerror=y>"), sourceLocation: source)
        #expect(html.contains("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), sourceLocation: source)
        #expect(
            !html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202E}" }, sourceLocation: source)
        for name in [
            "div", "p", "h1", "h2", "h3", "table", "tr", "td", "th", "ul", "li", "dl", "svg", "figure", "body",
        ] {
            let opened = html.count(of: "<\(name)>") + html.count(of: "<\(name) ")
            #expect(opened == html.count(of: "</\(name)>"), "\(name)", sourceLocation: source)
        }
        let links = html.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(
            !links.contains("http") || links.count(of: "http") == links.count(of: "http-equiv"), sourceLocation: source)
        #expect(html.count(of: "src=\"") == html.count(of: "src=\"data:image/jpeg;base64,"), sourceLocation: source)
        #expect(!html.contains("href"), sourceLocation: source)
    }

    @Test func hostileNamesInAReport() throws {
        let trends = try trends([(0, 20, 60), (1, 20, 40), (1, 5, 9), (2, 20, 11)])
        let examples = ReportPage.Examples(brand: hostile, sheet: sheet([SightingSheet.Entry(row(1))]))
        let html = try page(trends, examples: [examples])
        check(html)
        #expect(html.contains("<title>Brands seen, 26 May to 8 June 2026</title>"))
        for figure in [">60<", ">60.0 %<", ">40.0 %<", ">11<", ">9<", ">1,234<"] {
            #expect(html.contains(figure), "\(figure)")
        }
        #expect(html.count(of: "<svg") == 4)
        #expect(!html.contains("somebody"))
        check(try page(trends))
    }

    @Test func aReportOfNothing() throws {
        let html = try page(trends([]))
        check(html)
        #expect(html.contains("has classified no sighting") && !html.contains("<svg"))
    }

    @Test(arguments: [0, 1, 60])
    func recognitionCharts(count: Int) throws {
        for width in [960.0, 430] {
            let svg = try trends([(0, 20, count), (1, 5, 9), (2, 20, count)]).recognitionChart(width: width)
            #expect(isWellFormed(svg))
            // A ground, three squares of the legend, and in one week a piece of a bar for each that there is.
            #expect(svg.count(of: "<rect") == 4 + (count == 0 ? 1 : 3))
        }
    }

    @Test func sheets() throws {
        let entries = [
            SightingSheet.Entry(row(1), thumbnail: .success([0xFF, 0xD8, 0xFF]), label: hostile),
            SightingSheet.Entry(row(2, confidence: nil), thumbnail: .failure(SightingSheet.Missing(why: hostile))),
        ]
        let sheet = sheet(entries)
        check(sheet.html)
        #expect(sheet.html.contains("src=\"data:image/jpeg;base64,/9j/\""))
        #expect(sheet.html.contains("87.5 %") && sheet.html.contains("from 85 %") && sheet.html.contains("2026-06-02"))
        #expect(sheet.html.contains(#"&lt;img src=x onerror=y&gt;\x0A\xFF"#))

        var unfamiliar = row(3, confidence: nil)
        unfamiliar.confidenceStep = 0
        #expect(self.sheet([SightingSheet.Entry(unfamiliar)]).html.contains("unfamiliar, or below 5 %"))

        let text = sheet.text(width: 80)
        #expect(text.split(separator: "\n").count == 3 && !text.contains("\u{1B}"))
        #expect(text.split(separator: "\n").allSatisfy { String($0).displayWidth <= 80 })
        let rows = try #require(
            try JSONSerialization.jsonObject(with: Data(sheet.json.text.utf8)) as? [[String: Any]])
        #expect(rows.map { $0["picture"] as? Int } == [1, 2] && rows[0]["brand"] as? String == hostile)
        #expect(rows[0]["confidence"] as? Double == 0.875 && rows[1]["confidence"] is NSNull)
        #expect(rows[1]["confidence_step"] as? Double == 0.85 && rows[0]["path_base64"] is String)
    }
}
