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
        format == .csv
            ? "item,path,brand,confidence,recognised,posted_at,author,flags,time_source,platform,post,place,hashtags,"
                + "likes,comments,shares,views,repost,mentions\n"
            : ""
    }

    /// One row, with its line end.
    package func line(_ row: ResultRow) -> String {
        let reference = row.item.reference
        let (post, engagement) = (reference.post, reference.post.engagement)
        let confidence = Double(row.prediction.confidence)
        let postedAt = row.prediction.postTime?.timestamp
        switch format {
        case .csv:
            return [
                String(row.item.number), reference.place.shown.csv, Escaping.csv(row.brand),
                Format.fixed(confidence, decimals: 4),
                row.recognition.rawValue, postedAt?.iso8601 ?? "", Escaping.csv(reference.post.author ?? ""),
                row.flagNames.joined(separator: "|"),
                row.prediction.postTime?.source.rawValue ?? "", Escaping.csv(post.platform ?? ""),
                Escaping.csv(post.id ?? ""), number(post.place), Escaping.csv(post.hashtags.joined(separator: " ")),
                number(engagement.likes), number(engagement.comments), number(engagement.shares),
                number(engagement.views), post.isRepost ? "true" : "false",
                Escaping.csv(post.mentions.joined(separator: "|")),
            ].joined(separator: ",") + "\n"
        case .jsonl:
            return JSONValue.object(
                [("item", .int(row.item.number))] + JSONValue.path(reference.place.shown)
                    + (reference.place.slice.map { [("offset", .int($0.offset)), ("length", .int($0.length))] } ?? [])
                    + [
                        ("brand", .string(row.brand)), ("confidence", JSONValue(confidence, decimals: 4)),
                        ("recognised", .string(row.recognition.rawValue)), ("posted_at", JSONValue(postedAt)),
                        ("time_source", JSONValue(row.prediction.postTime?.source.rawValue)),
                        ("author", JSONValue(reference.post.author)),
                        ("flags", .array(row.flagNames.map(JSONValue.string))),
                        ("platform", JSONValue(post.platform)), ("post", JSONValue(post.id)),
                        ("place", JSONValue(post.place)), ("hashtags", .array(post.hashtags.map(JSONValue.string))),
                        ("likes", JSONValue(engagement.likes)), ("comments", JSONValue(engagement.comments)),
                        ("shares", JSONValue(engagement.shares)), ("views", JSONValue(engagement.views)),
                        ("repost", .bool(post.isRepost)),
                        ("mentions", .array(post.mentions.map(JSONValue.string))),
                    ]
            ).text + "\n"
        }
    }

    private func number(_ number: Int?) -> String { number.map(String.init) ?? "" }
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
