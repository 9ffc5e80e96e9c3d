import Intake
import Queue
import Statistics

extension TrendReport {
    /// For people: what was counted, a line for each brand, and what stands beside. `width` is the terminal's; nil when
    /// piped.
    /// - options: Words that another window must be asked for with, `--job 3` for instance.
    /// - rules: What else was left out or counted otherwise, a sentence each.
    package func text(width: Int?, options: [String] = [], rules: [String] = []) -> String {
        text(width: width, options: options, rules: rules, body: brandTable(width: width))
    }

    /// The same with a line for each bucket and brand.
    package func periodText(width: Int?, options: [String] = [], rules: [String] = []) -> String {
        text(width: width, options: options, rules: rules, body: (periodTable.text(width: width), nil))
    }

    private func text(
        width: Int?, options: [String], rules: [String], body: (table: String, note: String?)
    ) -> String {
        if isEmpty { return wrapped(emptyLines(options) + rules, width: width) }
        var text = wrapped([heading] + weakLines, width: width)
        if brands.contains(where: \.isSeen) { text += "\n" + body.table }
        if let adjustedTable { text += "\n" + adjustedTable.text(width: width) }
        return text + "\n" + wrapped(notes(rules) + namesNotes + [body.note].compactMap(\.self), width: width)
    }

    /// "luxe@3, 1 June to 7 June 2026, Europe/Paris, strong dates; change against 25 May to 31 May 2026"
    private var heading: String {
        let against = range.comparison == .year ? " (a year earlier, by weekday)" : ""
        let before = range.before.isEmpty ? "" : "; change against \(range.before.text)\(against)"
        return "\(model), \(range.days.text), \(range.timeZone), \(shown.rawValue) dates\(before)"
    }

    /// What a reader must know where not all dates are strong.
    var weakLines: [String] {
        switch shown {
        case .strong: []
        case .weak:
            [
                "These dates are weak: file times, not post times, and copying a folder changes them. No sighting of these days has a better one."
            ]
        case .any:
            weak == 0
                ? []
                : [
                    "\(Format.count(weak)) of these \(Format.count(coverage.recognised + other + unsure, unitNoun)) \(weak == 1 ? "has a weak date" : "have weak dates"): file times, not post times, and copying a folder changes them."
                ]
        }
    }

    /// "sighting", "post", "author"
    var unitNoun: String { String(unit.rawValue.dropLast()) }

    /// A line for each brand, and what its bars mean.
    func brandTable(width: Int?) -> (table: String, note: String?) {
        let plain = brandTable(bars: nil, title: "").text(width: width)
        let used = plain.split(separator: "\n").map { String($0).displayWidth }.max() ?? 0
        let left = (width ?? 80) - used - 2
        guard let bars = TrendBars(buckets, atMost: min(31, left)) else { return (plain, nil) }
        let title = bars.size == 1 ? range.unit.rawValue : "\(bars.size) \(range.unit.plural)"
        if "BY \(title)".count > left { return (plain, nil) }
        return (
            brandTable(bars: bars, title: "BY \(title.uppercased())").text(width: width),
            "Bars: \(bars.size == 1 ? "a \(range.unit.rawValue)" : title) each up to \(range.days.last.longText), scaled to the brand's largest; · is fewer than \(fewestToCall) recognised."
        )
    }

    private func brandTable(bars: TrendBars?, title: String) -> Table {
        let hasTexts = brands.contains { $0.texts > 0 }
        // Why there is none stands below.
        let hasBase = coverageBefore.recognised > 0
        var columns: [Table.Column] = [.flexible("BRAND"), .right("COUNT"), .right("SHARE"), .right("95 %")]
        if hasBase { columns += [.right("BEFORE"), .right("CHANGE"), .left("")] }
        if hasTexts { columns.append(.right("NAMED")) }
        if bars != nil { columns.append(.left(title)) }
        var table = Table(columns)
        for (index, brand) in brands.enumerated() where brand.isSeen {
            var row = [
                brand.name, Format.count(brand.count), TrendReport.shareText(brand.share, coverage),
                TrendReport.intervalText(brand.share?.interval),
            ]
            if hasBase {
                row += [
                    TrendReport.shareText(brand.shareBefore, coverageBefore),
                    brand.changeText,
                    brand.change?.verdict.text ?? "",
                ]
            }
            if hasTexts { row.append(brand.texts == 0 ? "-" : Format.count(brand.named)) }
            if let bars { row.append(bars.text(of: index)) }
            table.add(row)
        }
        return table
    }

    /// "41.2 %", in brackets where too few were recognised for it to tell anything.
    static func shareText(_ share: Estimate?, _ coverage: Coverage) -> String {
        let text = Format.percent(share?.value)
        return share != nil && coverage.isThin ? "(\(text))" : text
    }

    /// "12.9–23.6", in per cent.
    static func intervalText(_ interval: Interval?) -> String {
        guard let interval else { return "-" }
        return "\(Format.fixed(interval.low * 100, decimals: 1))–\(Format.fixed(interval.high * 100, decimals: 1))"
    }

    /// "+3.2", "-1.0", "0.0", in percentage points of a fraction.
    static func pointsText(_ difference: Double?) -> String {
        guard let difference else { return "-" }
        let digits = Format.fixed(difference.magnitude * 100, decimals: 1)
        if digits == "0.0" { return digits }
        return (difference > 0 ? "+" : "-") + digits
    }

    private func emptyLines(_ options: [String]) -> [String] {
        var lines = [
            "\(model) has classified no \(shown == .any ? "dated " : "")sighting of \(range.days.text)."
        ]
        if unclassified > 0 {
            lines.append(
                "\(Format.count(unclassified, "sighting")) of these days \(unclassified == 1 ? "waits" : "wait") for \(model)."
            )
        }
        if let reclassifyText { lines.append(reclassifyText) }
        if let newestDay {
            lines.append("The newest is of \(newestDay.longText)\(command(for: newestDay, options))")
        } else if undated > 0 {
            lines.append("\(Format.count(undated, "sighting")) \(undated == 1 ? "has" : "have") no date at all.")
        } else {
            lines.append("There are none yet: bagq submit FOLDER")
        }
        if let todayText { lines.append(todayText) }
        return lines
    }

    /// What to type to see a day that is not in the window, with as many days before it.
    private func command(for day: CalendarDay, _ options: [String]) -> String {
        let trends = (["bagq trends"] + options).joined(separator: " ")
        if day > range.currentDay { return ", which is in the future." }
        if day == range.currentDay { return ": \(trends) --since today" }
        return ": \(trends) --since \(day.advanced(by: 1 - range.days.count).iso8601) --until \(day.iso8601)"
    }
}

extension TrendReport.Brand {
    /// In percentage points, in brackets where too few were recognised for it to tell anything.
    var changeText: String {
        let text = TrendReport.pointsText(change?.difference?.value)
        return change?.difference != nil && change?.verdict == .tooFew ? "(\(text))" : text
    }
}

extension Verdict {
    /// With an arrow where there is something to point at.
    var text: String {
        switch self {
        case .rising: "↑ rising"
        case .falling: "↓ falling"
        case .noClearChange, .tooFew: rawValue
        }
    }
}

/// Lines with their ends, broken between words where they are wider than `width`, or than 100 columns when piped.
func wrapped(_ lines: [String], width: Int?) -> String {
    let most = max(20, width ?? 100)
    var text = ""
    for line in lines {
        var column = 0
        for word in line.split(separator: " ") {
            let length = String(word).displayWidth
            if column > 0 && column + 1 + length > most {
                text += "\n"
                column = 0
            }
            text += column > 0 ? " \(word)" : String(word)
            column += length + (column > 0 ? 1 : 0)
        }
        text += "\n"
    }
    return text
}
