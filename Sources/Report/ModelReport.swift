import Intake
package import Queue

/// What `bagq models` shows.
package struct ModelReport {
    private let models: [ModelRecord]

    package init(_ models: [ModelRecord]) {
        self.models = models.sorted { $0.version < $1.version }
    }

    /// A table, the active model marked with `*`.
    package func text(width: Int?) -> String {
        var table = Table([
            .left(""), .left("MODEL"), .left("STATE"), .right("SIZE"), .left("CREATED"), .flexible("CLASSES"),
            .flexible("SUMMARY"),
        ])
        for model in models {
            table.add([
                model.isActive ? "*" : "", model.version.description, model.state.rawValue,
                Format.bytes(model.byteCount), String(model.createdAt.iso8601.prefix(10)),
                model.classes.joined(separator: ", "), model.summary,
            ])
        }
        return table.text(width: width)
    }

    /// `models --json`: an array of objects.
    package var json: JSONValue {
        .array(models.map { .object(ModelReport.members(of: $0)) })
    }

    package static func members(of model: ModelRecord) -> [(key: String, value: JSONValue)] {
        [
            ("name", .string(model.version.name)), ("number", .int(model.version.number)),
            ("state", .string(model.state.rawValue)), ("active", .bool(model.isActive)),
            ("classes", .array(model.classes.map(JSONValue.string))),
            ("threshold", .number(model.threshold)), ("precision", .string(model.precision.rawValue)),
            ("byte_count", .int(model.byteCount)),
            ("created_at", JSONValue(model.createdAt)), ("summary", .string(model.summary)),
        ]
    }
}
