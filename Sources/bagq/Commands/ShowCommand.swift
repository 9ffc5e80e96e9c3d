import Imaging
import Intake
import Queue
import Report

enum ShowCommand: Command {
    static let spec = CommandSpec(
        "show", summary: "Shows the pictures behind a number of the trends, the surest first.",
        options: [
            .init("--brand", "B", "the brand, or other, or unsure"),
            .init("--week", "W", "a week such as 2026-W23, in place of --since and --until"),
        ] + SightingWindow.options + [
            .init("--most", nil, "the most confident first (this is the default)"),
            .init("--least", nil, "the least confident first"),
            .init("--limit", "N", "how many (24)"),
            .init("--sheet", "FILE", "write the pictures as one page (.html) or one picture (.jpg)"),
            .init("--json", nil, "as JSON"),
        ],
        details: """
            Without --sheet it lists where the pictures lie. A page holds small copies of the pictures, so that
            it can be passed on as it is. Pictures that have gone or changed since are named as such.
            """,
        example: "bagq show --brand gucci --since 4w --least --sheet gucci.html")

    private enum SheetFormat { case html, jpg }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        guard let name = arguments.value("--brand") else {
            throw UsageError("--brand is missing: say which, or other, or unsure", command: spec.name)
        }
        if arguments.has("--most"), arguments.has("--least") {
            throw UsageError("--most and --least exclude each other", command: spec.name)
        }
        let order: SightingOrder = arguments.has("--least") ? .leastConfident : .mostConfident
        let limit = try arguments.integer("--limit", in: 1...5000) ?? 24
        let sheet = try arguments.value("--sheet").map { (file: Path(argument: $0), format: try format(of: $0)) }
        let window = try SightingWindow(arguments, week: arguments.value("--week"))
        let stratum = try Stratum(named: name, of: window.model)
        let rows = try window.session.store.sightings(
            of: window.model.version, in: stratum, window.query, order: order, limit: limit)
        let called = stratum.name(in: window.model.classes)
        if rows.isEmpty {
            Terminal.note("\(window.text): no sighting is \(called)")
        } else {
            let which = order == .mostConfident ? "the most confident" : "the least confident"
            Terminal.note("\(window.text): \(which) of \(called)")
        }

        var entries = rows.map { SightingSheet.Entry($0) }
        var images: [RGBImage] = []
        if let sheet {
            var thumbnails = try Thumbnails()
            switch sheet.format {
            case .html: entries = try thumbnails.entries(of: rows)
            case .jpg: images = rows.map { thumbnails.square(of: $0) }
            }
        }
        let report = SightingSheet(
            title: "\(called), \(window.range.days.text)",
            notes: [
                "\(Format.count(rows.count, "sighting")) that \(window.model.version) predicts as \(called), "
                    + (order == .mostConfident ? "the most confident first" : "the least confident first")
                    + ", \(window.shown.rawValue) dates."
            ],
            classes: window.model.classes, entries: entries, timeZone: window.range.timeZone)
        switch sheet?.format {
        case .html?: try sheet?.file.write(Array(report.html.utf8))
        case .jpg? where !images.isEmpty:
            try sheet?.file.write(contactSheet(of: images, columns: 6, gap: 6).jpeg(quality: 85))
        case .jpg?: throw CommandError("there is no picture to show; no file was written")
        case nil: break
        }
        if arguments.has("--json") {
            Terminal.print(report.json.text)
        } else if sheet?.format != .html, !rows.isEmpty {
            Terminal.print(report.text(width: Terminal.width), terminator: "")
        }
        return .done
    }

    private static func format(of name: String) throws(UsageError) -> SheetFormat {
        let name = name.lowercased()
        if name.hasSuffix(".html") || name.hasSuffix(".htm") { return .html }
        if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") { return .jpg }
        throw UsageError(
            "--sheet writes pages and JPEG pictures; give a name that ends in .html or .jpg", command: spec.name)
    }
}

extension Stratum {
    /// What a user calls it: a brand of the model's, in any case of letters, `other` or `unsure`.
    init(named name: String, of model: ModelRecord) throws(CommandError) {
        let strata = Stratum.all(of: model.classes)
        let names = strata.map { $0.name(in: model.classes) }
        let found =
            names.firstIndex(of: name) ?? names.firstIndex { $0.lowercased() == name.lowercased() }
        guard let found else {
            throw CommandError(
                "\(model.version) knows no brand \(name)\(didYouMean(name, among: names)); it knows \(names.joined(separator: ", "))"
            )
        }
        self = strata[found]
    }
}

extension Thumbnails {
    /// For a contact sheet: grey where the picture cannot be shown.
    fileprivate mutating func square(of row: SightingRow) -> RGBImage {
        switch image(of: row) {
        case .success(let image): image
        case .failure: RGBImage(width: 200, height: 200, pixels: [UInt8](repeating: 224, count: 200 * 200 * 3))
        }
    }
}
