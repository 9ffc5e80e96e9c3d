import Intake
package import Queue

/// How rows are written: `csv` has a header and one record a line, `jsonl` one object a line.
package enum RowFormat: String, CaseIterable, Sendable {
    case csv, jsonl
}

/// The rows of `bagq results`.
package struct ResultLines {
    private let format: RowFormat

    package init(format: RowFormat) {
        self.format = format
    }

    /// Goes before the first row, with its line end; empty for JSON lines.
    package var header: String {
        format == .csv ? "item,path,brand,confidence,recognised,posted_at,author,flags,time_source\n" : ""
    }

    /// One row, with its line end.
    package func line(_ row: ResultRow) -> String {
        let reference = row.item.reference
        let confidence = Double(row.prediction.confidence)
        let postedAt = row.prediction.postTime?.timestamp
        switch format {
        case .csv:
            return [
                String(row.item.number), reference.place.shown.csv, Escaping.csv(row.brand),
                Format.fixed(confidence, decimals: 4),
                row.recognition.rawValue, postedAt?.iso8601 ?? "", Escaping.csv(reference.post.author ?? ""),
                row.prediction.flags.names.joined(separator: "|"),
                row.prediction.postTime?.source.rawValue ?? "",
            ].joined(separator: ",") + "\n"
        case .jsonl:
            return JSONValue.object(
                [("item", .int(row.item.number))] + JSONValue.path(reference.place.shown) + [
                    ("brand", .string(row.brand)), ("confidence", JSONValue(confidence, decimals: 4)),
                    ("recognised", .string(row.recognition.rawValue)), ("posted_at", JSONValue(postedAt)),
                    ("time_source", JSONValue(row.prediction.postTime?.source.rawValue)),
                    ("author", JSONValue(reference.post.author)),
                    ("flags", .array(row.prediction.flags.names.map(JSONValue.string))),
                ]
            ).text + "\n"
        }
    }
}

/// The rows of `bagq failures`.
package struct FailureLines {
    private let format: RowFormat

    package init(format: RowFormat) {
        self.format = format
    }

    /// Goes before the first row, with its line end; empty for JSON lines.
    package var header: String { format == .csv ? "item,path,reason,message\n" : "" }

    /// One row, with its line end.
    package func line(_ row: FailureRow) -> String {
        let path = row.item.reference.place.shown
        switch format {
        case .csv:
            return
                "\(row.item.number),\(path.csv),\(Escaping.csv(row.failure.reason)),\(Escaping.csv(row.failure.message))\n"
        case .jsonl:
            return JSONValue.object(
                [("item", .int(row.item.number))] + JSONValue.path(path) + [
                    ("reason", .string(row.failure.reason)), ("message", .string(row.failure.message)),
                ]
            ).text + "\n"
        }
    }
}
