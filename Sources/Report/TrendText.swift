import Intake
import Queue

extension TrendReport {
    /// For people: what was counted, a line for each brand, and what stands beside. `width` is the terminal's; nil when piped.
    /// - options: Words that another window must be asked for with, `--job 3` for instance.
    package func text(width: Int?, options: [String] = []) -> String {
        if isEmpty { return emptyText(options) }
        var text = heading + "\n"
        if shown == .weak {
            text += """

                These dates are weak: file times, not post times, and copying a folder changes them.
                No sighting of these days has a better one.

                """
        }
        if brands.contains(where: \.isSeen) { text += "\n" + table.text(width: width) }
        text += "\n" + totals + "\n"
        if let todayText { text += todayText + "\n" }
        return text
    }

    /// "luxe@3, 1 June to 7 June 2026, Europe/Paris, strong dates; change against 25 May to 31 May 2026"
    private var heading: String {
        let against = range.comparison == .year ? " (a year earlier, by weekday)" : ""
        return
            "\(model), \(spanText(range.days)), \(range.timeZone), \(shown.rawValue) dates; change against \(spanText(range.before))\(against)"
    }

    private func spanText(_ days: Range<CalendarDay>) -> String {
        let last = days.upperBound.advanced(by: -1)
        if days.count == 1 { return last.longText }
        let first = days.lowerBound
        return "\(first.date.year == last.date.year ? first.shortText : first.longText) to \(last.longText)"
    }

    private var table: Table {
        let columns = sparklineGroups
        var table = Table([
            .flexible("BRAND"), .right("COUNT"), .right("SHARE"), .right("CHANGE"),
            .left("BY \(range.unit.rawValue.uppercased())"),
        ])
        for (index, brand) in brands.enumerated() where brand.isSeen {
            let shares = columns.map { group -> Double? in
                let recognised = group.reduce(0) { $0 + $1.recognised }
                return recognised == 0 ? nil : Double(group.reduce(0) { $0 + $1.counts[index] }) / Double(recognised)
            }
            table.add([
                brand.name, Format.count(brand.count), Format.percent(brand.share),
                TrendReport.changeText(brand.changePoints), sparkline(shares),
            ])
        }
        return table
    }

    /// "+3.2 ↑", "-1.0 ↓", "0.0 →", in percentage points.
    static func changeText(_ points: Double?) -> String {
        guard let points else { return "-" }
        let digits = Format.fixed(points.magnitude, decimals: 1)
        if digits == "0.0" { return "0.0 →" }
        return points > 0 ? "+\(digits) ↑" : "-\(digits) ↓"
    }

    /// The buckets, taken together where they are more than a line holds.
    private var sparklineGroups: [ArraySlice<Bucket>] {
        let size = (buckets.count + 29) / 30
        return stride(from: 0, to: buckets.count, by: max(1, size)).map { buckets[$0..<min(buckets.count, $0 + size)] }
    }

    private var totals: String {
        let sightings = recognised + other + unsure
        var text =
            "Share of the \(Format.count(recognised)) recognised (confidence \(Format.fixed(threshold, decimals: 2)) or more) "
        text +=
            "of \(Format.count(sightings, "sighting")); \(Format.count(other)) other, \(Format.count(unsure)) unsure."
        var left: [String] = []
        if weak > 0 { left.append("\(Format.count(weak)) dated only by file time (--dates any)") }
        if unclassified > 0 { left.append("\(Format.count(unclassified)) not classified by \(model)") }
        if undated > 0 { left.append("\(Format.count(undated)) undated") }
        if !left.isEmpty { text += "\nNot counted: \(left.joined(separator: ", "))." }
        return text
    }

    private var todayText: String? {
        if range.days.contains(range.currentDay) { return "Today is not over." }
        guard let day = range.today, let today else { return nil }
        let seen = zip(brands, today).filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
        let counts =
            seen.isEmpty
            ? "nothing yet" : seen.map { "\(Escaping.terminal($0.name)) \(Format.count($1))" }.joined(separator: ", ")
        return "Today so far (\(day.longText)), not in the table: \(counts)."
    }

    private func emptyText(_ options: [String]) -> String {
        var text = "\(model) has classified no \(shown == .any ? "dated " : "")sighting of \(spanText(range.days)).\n"
        if unclassified > 0 {
            text +=
                "\(Format.count(unclassified, "sighting")) of these days \(unclassified == 1 ? "waits" : "wait") for \(model).\n"
        }
        if let newestDay {
            text += "The newest is of \(newestDay.longText)\(command(for: newestDay, options))\n"
        } else if undated > 0 {
            text += "\(Format.count(undated, "sighting")) \(undated == 1 ? "has" : "have") no date at all.\n"
        } else {
            text += "There are none yet: bagq submit FOLDER\n"
        }
        if let todayText { text += todayText + "\n" }
        return text
    }

    /// What to type to see a day that is not in the window, with as many days before it.
    private func command(for day: CalendarDay, _ options: [String]) -> String {
        let trends = (["bagq trends"] + options).joined(separator: " ")
        if day > range.currentDay { return ", which is in the future." }
        if day == range.currentDay { return ": \(trends) --since today" }
        return ": \(trends) --since \(day.advanced(by: 1 - range.days.count).iso8601) --until \(day.iso8601)"
    }
}

/// A bar for each value, scaled to the largest; a blank where there is none.
func sparkline(_ values: [Double?]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = values.compactMap { $0 }.max() ?? 0
    return String(
        values.map { value in
            guard let value else { return " " }
            return largest > 0 ? bars[min(7, max(0, Int((value / largest * 7).rounded())))] : bars[0]
        })
}
