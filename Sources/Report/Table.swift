import Intake

/// Columns of text, aligned. Cells are made safe for terminals here, so callers pass them as they are.
package struct Table {
    package struct Column: Sendable {
        package var title: String
        package var isRightAligned = false
        /// May be shortened in the middle where the terminal is too narrow: for paths and names.
        package var isFlexible = false
        /// Where the terminal is too narrow even so, columns that have a rank are left out, the highest first.
        package var dropRank: Int?

        package static func left(_ title: String) -> Column { Column(title: title) }
        package static func right(_ title: String) -> Column { Column(title: title, isRightAligned: true) }
        package static func flexible(_ title: String) -> Column { Column(title: title, isFlexible: true) }

        package func dropped(_ rank: Int) -> Column {
            var column = self
            column.dropRank = rank
            return column
        }
    }

    private let columns: [Column]
    private var rows: [[String]]

    package init(_ columns: [Column]) {
        self.columns = columns
        rows = [columns.map(\.title)]
    }

    /// Missing cells are empty.
    package mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? Escaping.terminal(cells[$0]) : "" })
    }

    /// The lines, each with its end. `width` is the terminal's; nil (piped) shortens nothing.
    package func text(width: Int?) -> String {
        var widths = columns.indices.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
        var kept = Array(columns.indices)
        if let width {
            drop(from: &kept, widths, to: width)
            shrink(&widths, kept, to: width)
        }
        var text = ""
        for row in rows {
            var line = ""
            for column in kept {
                let shown = row[column].shortenedInTheMiddle(to: widths[column])
                let space = String(repeating: " ", count: max(0, widths[column] - shown.displayWidth))
                if column > kept[0] { line += "  " }
                line += columns[column].isRightAligned ? space + shown : shown + space
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    /// What a flexible column keeps.
    private static let least = 10

    /// Leaves columns out until the line fits with all flexible columns at their least, or none is left that may go.
    private func drop(from kept: inout [Int], _ widths: [Int], to width: Int) {
        func leastWidth() -> Int {
            kept.reduce(2 * (kept.count - 1)) { sum, column in
                sum + (columns[column].isFlexible ? min(widths[column], Self.least) : widths[column])
            }
        }
        while leastWidth() > width {
            let ranked = kept.filter { columns[$0].dropRank != nil }
            guard let next = ranked.max(by: { (columns[$0].dropRank ?? 0) < (columns[$1].dropRank ?? 0) }) else {
                return
            }
            kept.removeAll { $0 == next }
        }
    }

    /// Takes from the widest flexible column until the line fits, or all are down to their least.
    private func shrink(_ widths: inout [Int], _ kept: [Int], to width: Int) {
        let least = Self.least
        var excess = kept.reduce(2 * (kept.count - 1)) { $0 + widths[$1] } - width
        while excess > 0 {
            let candidates = kept.filter { columns[$0].isFlexible && widths[$0] > least }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? least
            let step = min(excess, max(1, widths[widest] - max(next, least)))
            widths[widest] -= step
            excess -= step
        }
    }
}

extension String {
    /// Columns on a terminal, near enough: 2 for East Asian wide characters and emoji, 0 for marks that combine.
    package var displayWidth: Int {
        utf8.count == unicodeScalars.count ? utf8.count : unicodeScalars.reduce(0) { $0 + $1.displayWidth }
    }

    /// At most `width` columns wide, the middle replaced by an ellipsis: both ends of a path say more than its middle.
    package func shortenedInTheMiddle(to width: Int) -> String {
        if displayWidth <= width { return self }
        if width < 1 { return "" }
        let head = prefix(columns: (width - 1) / 2)
        let tail = String.UnicodeScalarView(unicodeScalars.reversed()).prefix(columns: width - 1 - (width - 1) / 2)
        return String(head) + "…" + String(String.UnicodeScalarView(tail.reversed()))
    }

    private func prefix(columns: Int) -> String { String(unicodeScalars.prefix(columns: columns)) }
}

extension String.UnicodeScalarView {
    fileprivate func prefix(columns: Int) -> String.UnicodeScalarView {
        var taken = String.UnicodeScalarView()
        var width = 0
        for scalar in self {
            width += scalar.displayWidth
            if width > columns { break }
            taken.append(scalar)
        }
        return taken
    }
}

extension Unicode.Scalar {
    fileprivate var displayWidth: Int {
        switch value {
        case ..<0x300: return 1
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default:
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format: return 0
            default: return 1
            }
        }
    }
}
