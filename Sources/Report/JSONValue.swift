import Foundation
package import Intake

/// A JSON document that is written as it was built: keys keep their order, so the same values give the same bytes.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    /// Written with as few digits as give the same number back; null when it is not finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    package init(_ value: Int?) { self = value.map(JSONValue.int) ?? .null }
    /// Rounded to so many decimals.
    package init(_ value: Double?, decimals: Int) {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        self = value.map { .number(($0 * scale).rounded() / scale) } ?? .null
    }
    package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
    /// ISO 8601 in UTC with milliseconds.
    package init(_ value: Timestamp?) { self.init(value?.iso8601) }

    /// The members that name a path: `path`, and `path_base64` beside it when the path is not UTF-8.
    package static func path(_ path: Path, key: String = "path") -> [(key: String, value: JSONValue)] {
        if let text = path.string { return [(key, .string(text))] }
        return [(key, .string(path.description)), ("\(key)_base64", .string(Data(path.bytes).base64EncodedString()))]
    }

    /// In one line, without a line end.
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .number(let value): text += JSONValue.digits(value)
        case .string(let value): JSONValue.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                JSONValue.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func digits(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        let digits = value.description
        return digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.steersTerminals {
                    let hex = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
