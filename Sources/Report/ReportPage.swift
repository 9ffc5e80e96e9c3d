package import Intake
package import Queue
import Statistics

/// `bagq report`: one page that needs nothing beside it, for people who have no bagq.
package struct ReportPage {
    /// A fact and its value, as they are to be read.
    package typealias Fact = (name: String, value: String)

    /// The sightings that the model was surest of, for a brand.
    package struct Examples {
        package var brand: String
        package var sheet: SightingSheet

        package init(brand: String, sheet: SightingSheet) {
            self.brand = brand
            self.sheet = sheet
        }
    }

    package var trends: TrendReport
    package var seasons: SeasonsReport
    package var origins: Origins
    package var failures: [FailureCount]
    package var review: ReviewResult
    package var modelFacts: [Fact]
    /// A drawing of how the model did on pictures that were held out; nil where there were none.
    package var heldOut: String?
    /// Empty where no pictures are to be shown.
    package var examples: [Examples]
    package var createdAt: Timestamp

    package init(
        trends: TrendReport, seasons: SeasonsReport, origins: Origins, failures: [FailureCount],
        review: ReviewResult, modelFacts: [Fact], heldOut: String?, examples: [Examples], createdAt: Timestamp
    ) {
        self.trends = trends
        self.seasons = seasons
        self.origins = origins
        self.failures = failures
        self.review = review
        self.modelFacts = modelFacts
        self.heldOut = heldOut
        self.examples = examples
        self.createdAt = createdAt
    }

    package var html: String {
        let title = "Brands seen, \(trends.range.days.text)"
        var html = HTML()
        html.element("h1", title)
        html.element(
            "p",
            "Counted by \(trends.model) in the time zone \(trends.range.timeZone); made \(createdAt.iso8601.prefix(10)) "
                + "at \(createdAt.iso8601.dropFirst(11).prefix(5)) UTC.", ["class": "quiet"])
        brands(&html)
        recognised(&html)
        seasons(&html)
        pictures(&html)
        sources(&html)
        failed(&html)
        model(&html)
        method(&html)
        return html.document(title: title)
    }

    private func brands(_ html: inout HTML) {
        html.element("h2", "Brands")
        if trends.isEmpty {
            html.element(
                "p", "The model has classified no sighting that is dated in these days.", ["class": "caution"])
            return
        }
        for line in trends.weakLines { html.element("p", line, ["class": "caution"]) }
        if let wide = try? trends.svg(width: HTML.drawingWidths.wide),
            let narrow = try? trends.svg(width: HTML.drawingWidths.narrow)
        {
            html.drawing(
                wide: wide, narrow: narrow,
                description: "Share of each brand over time; the table below has the numbers of the whole window.")
        }
        table(of: trends, in: &html)
        html.element("ul") { html in
            for line in trends.notes([]) { html.element("li", line) }
        }
    }

    private func table(of report: TrendReport, in html: inout HTML) {
        let seen = report.brands.filter(\.isSeen)
        guard !seen.isEmpty else { return }
        var columns = [
            HTML.Column(title: "Brand"), HTML.Column(title: "Share", isNumber: true),
            HTML.Column(title: "95 %", isNumber: true),
        ]
        let hasBefore = seen.contains { $0.shareBefore != nil }
        if hasBefore {
            columns += [
                HTML.Column(title: "Change"), HTML.Column(title: "Points", isNumber: true),
                HTML.Column(title: "Before", isNumber: true),
            ]
        }
        let rows = seen.map { brand in
            var cells = [
                brand.name, TrendReport.shareText(brand.share, report.coverage),
                TrendReport.intervalText(brand.share?.interval),
            ]
            if hasBefore {
                cells += [
                    brand.change?.verdict.text ?? "", brand.changeText,
                    TrendReport.shareText(brand.shareBefore, report.coverageBefore),
                ]
            }
            return cells + [Format.count(brand.count)]
        }
        html.table(columns + [HTML.Column(title: "Sightings", isNumber: true)], rows)
        adjustedTable(of: report, in: &html)
    }

    /// Apart from the shares as counted: both together are too wide for a phone.
    private func adjustedTable(of report: TrendReport, in html: inout HTML) {
        let shown = report.adjustedBrands
        if shown.isEmpty { return }
        let isReviewed = report.adjustment.source == .reviewed
        var columns = [
            HTML.Column(title: "Brand"), HTML.Column(title: "Adjusted", isNumber: true),
            HTML.Column(title: "95 %", isNumber: true),
        ]
        if isReviewed {
            columns += [HTML.Column(title: "Wrong", isNumber: true), HTML.Column(title: "95 %", isNumber: true)]
        }
        html.table(
            columns,
            shown.map { brand in
                [
                    brand.name, TrendReport.shareText(brand.adjusted, report.coverage),
                    TrendReport.intervalText(brand.adjusted?.interval),
                    Format.percent(brand.falsePositives?.value),
                    TrendReport.intervalText(brand.falsePositives?.interval),
                ]
            })
    }

    private func seasons(_ html: inout HTML) {
        let seen = seasons.entries.filter { !$0.report.isEmpty }
        guard !seen.isEmpty else { return }
        html.element("h2", "Seasons")
        html.element(
            "p", "Changes are against the same season a year earlier, or as many days of it.", ["class": "quiet"])
        for entry in seen {
            html.element(
                "h3", entry.season.name + (entry.isOver ? "" : ", up to \(entry.report.range.days.last.longText)"))
            if let lead = entry.report.leadText { html.element("p", lead) }
            let adjusted = entry.report.adjustment.source == .reviewed ? entry.report.adjustmentNotes : []
            for line in entry.report.weakLines + entry.report.seasonCoverageNotes + adjusted {
                html.element("p", line, ["class": "quiet"])
            }
            table(of: entry.report, in: &html)
        }
    }

    private func recognised(_ html: inout HTML) {
        let counted = trends.recognised + trends.other + trends.unsure
        guard counted > 0 else { return }
        html.element("h2", "Recognised, other and unsure")
        html.drawing(
            wide: trends.recognitionChart(width: HTML.drawingWidths.wide),
            narrow: trends.recognitionChart(width: HTML.drawingWidths.narrow),
            description: "Shares of recognised, other and unsure sightings over time.")
        html.table(
            [
                HTML.Column(title: ""), HTML.Column(title: "Sightings", isNumber: true),
                HTML.Column(title: "Share of all", isNumber: true),
            ],
            [
                ("Recognised: a brand, with confidence \(threshold) or more", trends.recognised),
                ("Other: none of its brands, says the model", trends.other),
                ("Unsure: below confidence \(threshold)", trends.unsure),
            ].map { [$0, Format.count($1), Format.percent(Double($1) / Double(counted))] })
    }

    private var threshold: String { Format.fixed(trends.threshold, decimals: 2) }

    private func pictures(_ html: inout HTML) {
        guard !examples.isEmpty else { return }
        html.element("h2", "Examples")
        html.element("p", "Of each brand the pictures that the model is surest of.", ["class": "quiet"])
        for example in examples {
            html.element("h3", example.brand)
            example.sheet.figures(in: &html)
        }
    }

    private func sources(_ html: inout HTML) {
        html.element("h2", "Where the data came from")
        guard !origins.sources.isEmpty else {
            html.element("p", "No source shows a sighting of these days.")
            return
        }
        let shown = origins.sources.prefix(30)
        html.table(
            [
                HTML.Column(title: "Source"), HTML.Column(title: "Job"),
                HTML.Column(title: "Sightings", isNumber: true),
            ], shown.map { [$0.path.description, "\($0.job) \($0.name)", Format.count($0.sightings)] })
        if shown.count < origins.sources.count {
            html.element("p", "And \(Format.count(origins.sources.count - shown.count, "smaller source")).")
        }
        let platforms = origins.platforms.sorted { ($1.value, $0.key ?? "") < ($0.value, $1.key ?? "") }
            .map { "\($0.key ?? "not named") \(Format.count($0.value))" }
        let times = origins.times.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { "\(ReportPage.meaning(of: $0.key)) \(Format.count($0.value))" }
        html.element("dl") { html in
            html.element("dt", "Platforms")
            html.element("dd", platforms.joined(separator: ", "))
            html.element("dt", "Dates from")
            html.element("dd", times.joined(separator: ", "))
        }
        html.element(
            "p", "A picture that several sources show counts once in the shares, and here for each of them.",
            ["class": "quiet"])
    }

    private static func meaning(of source: TimeSource) -> String {
        switch source {
        case .sidecar: "files beside the pictures"
        case .manifest: "the dump's tables"
        case .id: "post ids"
        case .name: "file names"
        case .exif: "cameras"
        case .mtime: "file times"
        case .none: "nothing"
        }
    }

    private func failed(_ html: inout HTML) {
        html.element("h2", "Pictures without a prediction")
        guard !failures.isEmpty else {
            html.element("p", "Every picture of every job could be read.")
            return
        }
        html.table(
            [
                HTML.Column(title: "Reason"), HTML.Column(title: "Pictures", isNumber: true),
                HTML.Column(title: "Jobs", isNumber: true),
            ], failures.map { [$0.reason, Format.count($0.items), Format.count($0.jobs)] })
        html.element(
            "p",
            "Of all jobs, whatever their dates, for such pictures have none; one that was submitted twice counts twice.",
            ["class": "quiet"])
    }

    private func model(_ html: inout HTML) {
        html.element("h2", "The model")
        html.element("dl") { html in
            for (name, value) in modelFacts {
                html.element("dt", name)
                html.element("dd", value)
            }
        }
        if let heldOut {
            html.drawing(heldOut, description: "True and predicted classes of the pictures that were held out.")
        }
        guard review.reviewed > 0 else { return }
        html.element("h3", "What people found")
        html.table(
            [
                HTML.Column(title: "Predicted"), HTML.Column(title: "Reviewed", isNumber: true),
                HTML.Column(title: "Right", isNumber: true), HTML.Column(title: "Wrong", isNumber: true),
                HTML.Column(title: "95 % interval"),
            ], review.cells)
    }

    private func method(_ html: inout HTML) {
        html.element("h2", "How it was counted")
        html.element("ul") { html in
            for line in trends.methodLines { html.element("li", line) }
        }
    }
}

extension TrendReport {
    /// What a reader must know to judge the numbers, a sentence or two each.
    var methodLines: [String] {
        [
            "A sighting is one picture in one post. The same picture in the same post counts once, however often it was "
                + "submitted; where no post is known, the same picture by the same author counts once.",
            "A sighting is recognised where the model's confidence in its brand reaches "
                + "\(Format.fixed(threshold, decimals: 2)). Shares are of the recognised. Pictures that are cut off or damaged, "
                + "thumbnails and profile pictures are not counted.",
            shown == .strong
                ? "Only sightings with a date from their post, their id, their name or a camera are counted here."
                : shown == .weak
                    ? "Only file times are known for these days."
                    : "Sightings dated only by a file's time are counted too.",
            "Days begin at midnight in \(range.timeZone); weeks on Monday. A day that is not over is left out of windows that "
                + "reach up to it.",
        ]
    }
}
