import CNN
import Intake
import Queue
import Report

enum ReportCommand: Command {
    static let spec = CommandSpec(
        "report", "FILE.html", 1...1, summary: "Writes one page with charts, tables and how they were counted.",
        options: [
            .init("--since", "T", "7d, 4w, 3m, 1y, or a date (3m)"),
            .init("--until", "T", "the last day that counts, or so long ago (now)"),
            .init("--by", "UNIT", "day, week, month or season (what fits the window)"),
            .init("--model", "M", "the model whose sightings are counted (the active one)"),
            .init("--compare", "WITH", "previous (the window before) or year (364 days earlier)"),
            .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
            TrendOptions.threshold, TrendOptions.seasonStart,
            .init("--thumbnails", nil, "with small pictures of each brand"),
        ],
        details: """
            The page needs nothing beside it and fetches nothing. Without --thumbnails no picture is in it, and
            it names no author.
            """,
        example: "bagq report june.html --since 2026-06 --until 2026-06")

    /// Of each brand, with `--thumbnails`.
    private static let examples = 12

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let name = arguments.operands[0]
        guard name.lowercased().hasSuffix(".html") || name.lowercased().hasSuffix(".htm") else {
            throw UsageError("reports are pages; give a name that ends in .html", command: spec.name)
        }
        let unit = try arguments.choice("--by", TrendUnit.self)
        let comparison = try arguments.choice("--compare", TrendComparison.self) ?? .previous
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        let chosen = try arguments.threshold()
        let calendar = try arguments.seasonCalendar()
        let session = try Session(arguments)
        let store = session.store
        let range: TrendRange
        let zone = try store.timeZone
        do {
            range = try TrendRange(
                since: arguments.value("--since") ?? "3m", until: arguments.value("--until"), by: unit,
                compare: comparison, seasons: calendar, now: .now, timeZone: zone)
        } catch {
            throw UsageError("\(error)", command: spec.name)
        }
        let record = try session.model(arguments.value("--model"), command: spec.name)
        let counts = SeenBrands(
            store: store, model: record, threshold: chosen ?? record.threshold, dates: dates, brands: [])
        var trends = try counts.report(range)
        while let longer = trends.legibleRange { trends = try counts.report(longer) }
        let strengths = trends.shown.strengths
        let description = ModelDescription(
            record: record, model: try Model(safetensors: store.modelFile(record.version)))
        let page = ReportPage(
            trends: trends,
            seasons: try counts.seasons(of: calendar, timeZone: zone),
            origins: try store.origins(days: range.days, strengths: strengths), failures: try store.failureCounts(),
            review: ReviewResult(
                try store.reviews(of: record.version, nil), classes: record.classes, threshold: counts.threshold),
            modelFacts: description.facts, heldOut: description.heldOutChart,
            examples: arguments.has("--thumbnails")
                ? try examples(
                    of: trends, record,
                    SightingQuery(days: range.days, strengths: strengths, threshold: counts.threshold), store) : [],
            createdAt: .now)
        try Path(argument: name).write(Array(page.html.utf8))
        Terminal.note("\(name): \(range.days.text), \(Format.count(trends.recognised, "recognised sighting"))")
        return .done
    }

    private static func examples(
        of trends: TrendReport, _ model: ModelRecord, _ query: SightingQuery, _ store: any JobStore
    ) throws -> [ReportPage.Examples] {
        var thumbnails = try Thumbnails(side: 240)
        return try trends.brands.filter { $0.count > 0 }.compactMap { brand in
            guard let index = model.classes.firstIndex(of: brand.name) else { return nil }
            let rows = try store.sightings(
                of: model.version, in: .brand(index), query, order: .mostConfident, limit: examples)
            return ReportPage.Examples(
                brand: brand.name,
                sheet: SightingSheet(
                    title: brand.name, notes: [], classes: model.classes, entries: try thumbnails.entries(of: rows),
                    timeZone: trends.range.timeZone))
        }
    }
}

extension ModelDescription {
    /// What a report says of the model.
    fileprivate var facts: [ReportPage.Fact] {
        var facts: [ReportPage.Fact] = [
            ("Name", record.version.description), ("Made", String(record.createdAt.iso8601.prefix(10))),
            ("Summary", record.summary), ("Brands", record.brands.joined(separator: ", ")),
        ]
        if !record.classes.contains(otherClass) {
            facts.append(
                (
                    "Other things",
                    "it has seen nothing but its brands in training, so that a bag of another brand looks like one of them"
                ))
        }
        facts += [
            ("Recognises from", "confidence \(Format.fixed(record.threshold, decimals: 2))"),
            ("Held-out pictures", model.accuracyText ?? "none: nobody knows how good it is"),
            ("Predicts in", record.precision.rawValue),
        ]
        return facts
    }

    /// The confusion matrix of the pictures that were held out; nil where there were none.
    fileprivate var heldOutChart: String? {
        guard let heldOut = model.heldOut, heldOut.total > 0 else { return nil }
        var confusion = model.classes.map { _ in [Int](repeating: 0, count: model.classes.count) }
        for (cell, count) in heldOut.counts { confusion[cell.label][cell.predicted] += count }
        return ClassificationReport(classes: model.classes, confusion: confusion)
            .svg(title: "\(record.version) on its \(heldOut.part.rawValue) pictures")
    }
}
