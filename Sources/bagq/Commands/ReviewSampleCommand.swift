import Intake
import Queue
import Report

enum ReviewSampleCommand: Command {
    static let spec = CommandSpec(
        "review-sample", summary: "Draws sightings for a person to check, and stores what the person says.",
        options: SightingWindow.options + [
            .init("--per-brand", "N", "so many of each brand, of other and of unsure (30)"),
            .init("--seed", "N", "draw the same ones again (else by chance)"),
            .init("--sheet", "FILE.html", "write the pictures to look at as one page, too"),
            .init("--apply", "FILE.csv", "store the answers in a sample that was filled in"),
        ],
        details: """
            1. bagq review-sample --since 7d --sheet sample.html > sample.csv
            2. Look at each picture and write into the column true_brand the brand that it really shows, or none
               for none of the model's brands; leave it empty where you cannot tell.
            3. bagq review-sample --apply sample.csv
            Answers can be applied again; the newest one counts. A file that does not fit is refused as a whole.
            """,
        example: "bagq review-sample --since 7d --per-brand 30 > sample.csv\nbagq review-sample --apply sample.csv")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        if let file = arguments.value("--apply") { return try apply(Path(argument: file), arguments) }
        let perBrand = try arguments.integer("--per-brand", in: 1...10_000) ?? 30
        let seed = try arguments.integer("--seed", in: 0...Int.max).map { UInt64($0) }
        let sheet = arguments.value("--sheet")
        if let sheet, !sheet.lowercased().hasSuffix(".html") {
            throw UsageError("--sheet: give a name that ends in .html", command: spec.name)
        }
        let window = try SightingWindow(arguments)
        let sample = try window.session.store.drawReview(
            of: window.model.version, window.query, perStratum: perBrand, seed: seed ?? .random(in: 0...UInt64.max))
        if let sheet {
            var thumbnails = try Thumbnails()
            let page = SightingSheet(
                title: "Review sample \(sample.number)",
                notes: [
                    "Write what each picture really shows into the column true_brand of its row: one of "
                        + window.model.brands.joined(separator: ", ") + ", or none.",
                    window.text,
                ],
                classes: window.model.classes,
                entries: try thumbnails.entries(of: sample.drawn.map(\.row)) { "picture \($0.number)" },
                timeZone: window.range.timeZone)
            try Path(argument: sheet).write(Array(page.html.utf8))
        }
        let lines = ReviewLines(classes: window.model.classes)
        Terminal.print(rows: [lines.header] + sample.drawn.map { lines.line($0, of: sample) })
        Terminal.note(
            "sample \(sample.number): \(Format.count(sample.drawn.count, "sighting")) of \(window.text); fill in the column "
                + "true_brand (a brand or none), then: bagq review-sample --apply FILE.csv")
        let lost = sample.drawn.count { $0.row.picture == nil }
        if lost > 0 {
            Terminal.note("\(Format.count(lost, "picture")) of unknown place: submit the folder again and draw anew")
        }
        return .done
    }

    private static func apply(_ path: Path, _ arguments: Arguments) throws -> ExitStatus {
        for option in arguments.spec.options.map(\.name) where option != "--apply" && arguments.has(option) {
            throw UsageError("--apply excludes \(option): the file says what it is about", command: spec.name)
        }
        let store = try Session(arguments).store
        let file = try ReviewFile(path)
        let sample = try store.reviewSample(file.sample)
        let model = try store.resolve(ModelSelector(sample.model))
        let answers = try file.answers(for: sample, classes: model.classes)
        try store.apply(answers, toReview: sample.number)
        let unanswered = try store.reviewSample(sample.number).drawn.count { $0.truth == nil }
        Terminal.note(
            "sample \(sample.number): \(Format.count(answers.count, "answer")) stored, \(Format.count(unanswered)) still without one"
        )
        let result = ReviewResult(
            try store.reviews(of: model.version, nil), classes: model.classes, threshold: sample.query.threshold)
        if result.reviewed > 0 {
            Terminal.note("all answers about \(model.version):")
            Terminal.print(result.text(width: Terminal.width), terminator: "")
        }
        return .done
    }
}

extension ModelRecord {
    /// The classes that are brands.
    var brands: [String] { classes.filter { $0 != otherClass } }
}
