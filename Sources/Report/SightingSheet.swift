import Foundation
import Intake
package import Queue

/// The sightings behind a number, as `show` and the report page put them before people.
package struct SightingSheet {
    package struct Entry: Sendable {
        package var row: SightingRow
        /// A small JPEG file, or why there is none; nil where none was made.
        package var thumbnail: Result<[UInt8], Missing>?
        /// What the entry is called on a review's sheet.
        package var label: String?

        package init(_ row: SightingRow, thumbnail: Result<[UInt8], Missing>? = nil, label: String? = nil) {
            self.row = row
            self.thumbnail = thumbnail
            self.label = label
        }
    }

    /// Why a picture is not shown: a few words.
    package struct Missing: Error, Hashable {
        package var why: String

        package init(why: String) { self.why = why }
    }

    private let title: String
    private let notes: [String]
    private let classes: [String]
    private let entries: [Entry]
    private let zone: TimeZone

    /// - notes: Lines below the title.
    /// - classes: The model's.
    /// - timeZone: The store's, an IANA name.
    package init(title: String, notes: [String], classes: [String], entries: [Entry], timeZone: String) {
        self.title = title
        self.notes = notes
        self.classes = classes
        self.entries = entries
        zone = TimeZone(identifier: timeZone) ?? .gmt
    }

    /// A page that needs nothing beside it.
    package var html: String {
        var html = HTML()
        html.element("h1", title)
        for note in notes { html.element("p", note, ["class": "quiet"]) }
        figures(in: &html)
        return html.document(title: title)
    }

    func figures(in html: inout HTML) {
        html.element("div", ["class": "sheet"]) { html in
            for entry in entries { figure(entry, in: &html) }
        }
    }

    private func figure(_ entry: Entry, in html: inout HTML) {
        html.element("figure") { html in
            switch entry.thumbnail {
            case .success(let jpeg)?: html.picture(jpeg: jpeg, description: brand(of: entry.row))
            case .failure(let missing)?: html.element("div", missing.why, ["class": "gone"])
            case nil: break
            }
            html.element("figcaption") { html in
                if let label = entry.label { html.element("strong", label) }
                html.element("span", "\(brand(of: entry.row)) \(confidence(of: entry.row))")
                let post = [date(of: entry.row), platform(of: entry.row)].filter { !$0.isEmpty }
                if !post.isEmpty { html.element("span", post.joined(separator: ", ")) }
                if let place = entry.row.picture?.place {
                    html.element("span", place.shown.description, ["class": "quiet"])
                }
            }
        }
    }

    /// A line for each sighting, numbered as a contact sheet shows them. `width` is the terminal's; nil when piped.
    package func text(width: Int?) -> String {
        var table = Table([
            .right("#"), .right("CONFIDENCE"), .left("PREDICTED").dropped(1), .left("POSTED"),
            .flexible("POST").dropped(2), .flexible("PICTURE"),
        ])
        for (index, entry) in entries.enumerated() {
            table.add([
                "\(index + 1)", confidence(of: entry.row), brand(of: entry.row), date(of: entry.row),
                platform(of: entry.row), entry.row.picture?.file.shown.description ?? "-",
            ])
        }
        return table.text(width: width)
    }

    /// `show --json`: an array of objects.
    package var json: JSONValue {
        .array(
            entries.map { entry in
                let row = entry.row
                return .object(
                    [
                        ("picture", .int(row.number)), ("brand", .string(brand(of: row))),
                        ("confidence", JSONValue(row.confidence.map(Double.init), decimals: 6)),
                        ("confidence_step", .number(Double(row.confidenceStep * 5) / 100)),
                        ("posted_at", JSONValue(row.time?.timestamp)),
                        ("time_source", JSONValue(row.time?.source.rawValue)),
                        ("platform", JSONValue(row.post.platform)), ("post", JSONValue(row.post.id)),
                        ("place", JSONValue(row.post.place)), ("author", JSONValue(row.post.author)),
                        ("job", JSONValue(row.picture.map { Int($0.job.rawValue) })),
                    ] + (row.picture.map { JSONValue.path($0.file.shown) } ?? [("path", .null)]))
            })
    }

    private func brand(of row: SightingRow) -> String {
        classes.indices.contains(row.brand) ? classes[row.brand] : "class \(row.brand)"
    }

    private func confidence(of row: SightingRow) -> String {
        if let confidence = row.confidence { return Format.percent(Double(confidence)) }
        return switch row.confidenceStep {
        case 0: "unfamiliar, or below 5 %"
        case 20: "100.0 %"
        case let step: "from \(step * 5) %"
        }
    }

    private func date(of row: SightingRow) -> String {
        guard let time = row.time else { return "" }
        return CalendarDay(time.timestamp, in: zone).iso8601 + (time.source == .mtime ? " (file time)" : "")
    }

    private func platform(of row: SightingRow) -> String {
        [row.post.platform, row.post.id].compactMap(\.self).joined(separator: " ")
    }
}
