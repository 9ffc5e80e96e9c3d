import Foundation
import Intake

/// A page that is written element by element. All text and attributes are escaped here, so callers pass them as they
/// are.
struct HTML {
    private(set) var body = ""

    /// An element that holds text.
    mutating func element(_ name: String, _ text: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        body += "<\(name)\(HTML.written(attributes))>\(Escaping.markup(text))</\(name)>\n"
    }

    /// An element without an end.
    mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        body += "<\(name)\(HTML.written(attributes))>\n"
    }

    /// An element around what `content` writes.
    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], content: (inout HTML) -> Void
    ) {
        body += "<\(name)\(HTML.written(attributes))>\n"
        content(&self)
        body += "</\(name)>\n"
    }

    /// How wide drawings come out on a desktop and on a phone, where a wide one would have letters too small to read.
    static let drawingWidths = (wide: 960.0, narrow: 430.0)

    /// A drawing of this target's, which has escaped its own text, made for both of `drawingWidths`.
    /// - description: Of what it shows, for who cannot see it.
    mutating func drawing(wide: String, narrow: String, description: String) {
        for (kind, svg) in [("desktop", wide), ("phone", narrow)] {
            element("div", ["class": kind, "role": "img", "aria-label": description]) { $0.body += svg }
        }
    }

    /// The same for one that is as wide as it is.
    mutating func drawing(_ svg: String, description: String) {
        element("div", ["class": "drawing", "role": "img", "aria-label": description]) { $0.body += svg }
    }

    /// A JPEG file, written into the page.
    mutating func picture(jpeg: [UInt8], description: String) {
        empty(
            "img",
            [
                "src": "data:image/jpeg;base64,\(Data(jpeg).base64EncodedString())", "alt": description,
                "loading": "lazy",
            ])
    }

    struct Column {
        var title: String
        var isNumber = false
    }

    /// A table that scrolls by itself where the screen is too narrow.
    mutating func table(_ columns: [Column], _ rows: [[String]]) {
        element("div", ["class": "wide"]) { html in
            html.element("table") { html in
                html.element("thead") { $0.row("th", columns, columns.map(\.title)) }
                html.element("tbody") { html in
                    for row in rows { html.row("td", columns, row) }
                }
            }
        }
    }

    private mutating func row(_ cell: String, _ columns: [Column], _ texts: [String]) {
        element("tr") { html in
            for (column, text) in zip(columns, texts) {
                html.element(cell, text, column.isNumber ? ["class": "number"] : [:])
            }
        }
    }

    private static func written(_ attributes: KeyValuePairs<String, String>) -> String {
        attributes.map { " \($0)=\"\(Escaping.markup($1))\"" }.joined()
    }

    /// The whole document. It needs nothing from elsewhere, and may fetch nothing.
    func document(title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">
        <title>\(Escaping.markup(title))</title>
        <style>
        \(HTML.style)
        </style>
        </head>
        <body>
        \(body)</body>
        </html>

        """
    }

    private static let style = """
        :root { color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 24px 20px 64px; max-width: 1080px; background: #fff; color: #222;
          font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; }
        h1 { font-size: 28px; line-height: 1.2; margin: 8px 0; overflow-wrap: anywhere; }
        h2 { font-size: 20px; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid #ddd; }
        h3 { font-size: 16px; margin: 24px 0 8px; overflow-wrap: anywhere; }
        p, li { max-width: 75ch; overflow-wrap: anywhere; }
        .quiet { color: #555; }
        .caution { border-left: 4px solid #c8500a; padding: 4px 12px; background: #fdf3ec; }
        .wide { overflow-x: auto; margin: 12px 0; }
        svg { display: block; max-width: 100%; height: auto; margin: 12px 0; }
        .phone { display: none; }
        table { border-collapse: collapse; font-size: 15px; }
        th, td { padding: 6px 18px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e6e6e6;
          overflow-wrap: break-word; max-width: 420px; }
        th { color: #555; font-weight: 600; white-space: nowrap; border-bottom-color: #888; }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 12px 0; }
        dt { color: #555; }
        dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
        .sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 16px 12px; }
        figure { margin: 0; min-width: 0; font-size: 13px; line-height: 1.35; }
        figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #f2f2f2; }
        .gone { display: flex; align-items: center; justify-content: center; aspect-ratio: 1; padding: 8px;
          background: #f2f2f2; color: #555; text-align: center; overflow: hidden; overflow-wrap: anywhere; }
        figcaption { padding-top: 4px; overflow-wrap: anywhere; }
        figcaption span { display: block; }
        @media (max-width: 680px) { .phone { display: block; } .desktop { display: none; } }
        @media (max-width: 480px) {
          body { padding: 12px 12px 48px; }
          h1 { font-size: 23px; }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: 8px; }
          ul { padding-left: 20px; }
          .sheet { grid-template-columns: repeat(2, 1fr); }
          table { font-size: 14px; }
          th, td { padding-right: 10px; }
        }
        @media print { h2 { break-after: avoid; } figure { break-inside: avoid; } }
        """
}
