/// Makes hostile text harmless where it is shown, in one place for each way out. Names, authors and messages come from
/// dumps, file names and imported models.
package enum Escaping {
    /// For terminals and journals: control characters and marks that reorder text come out as `\x1B` or `\u{202E}`;
    /// everything else stays.
    package static func terminal(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.steersTerminals) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if scalar.steersTerminals {
                let hex = String(scalar.value, radix: 16, uppercase: true)
                safe += scalar.value < 0x80 ? "\\x\(scalar.value < 16 ? "0" : "")\(hex)" : "\\u{\(hex)}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// A CSV field (RFC 4180). A leading `=`, `+`, `-`, `@`, tab or return, which spreadsheets would run as a formula,
    /// gets an apostrophe before it.
    package static func csv(_ text: String) -> String {
        let bytes = text.utf8
        var field = text
        if let first = bytes.first,
            [0x09, 0x0D, UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@")].contains(first)
        {
            field = "'" + text
        }
        guard bytes.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D })
        else { return field }
        var quoted = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// For text and attributes of HTML and SVG. Control characters, which XML does not allow, come out as U+FFFD.
    package static func markup(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            case "\u{FFFE}", "\u{FFFF}": safe += "\u{FFFD}"
            default:
                if scalar.steersTerminals { safe += "\u{FFFD}" } else { safe.unicodeScalars.append(scalar) }
            }
        }
        return safe
    }
}

extension Path {
    /// As a CSV field: exact when it is UTF-8, else as it is shown.
    package var csv: String { Escaping.csv(string ?? description) }
}
