package import Intake
import Queue
import Statistics

/// `bagq seasons`: what each season's brands were, which of them led, and how that differs from the same season a year
/// before.
package struct SeasonsReport {
    package struct Entry {
        package let season: Period
        /// Of the season's days up to yesterday.
        package let report: TrendReport

        package init(season: Period, report: TrendReport) {
            self.season = season
            self.report = report
        }

        package var isOver: Bool { season.days.upperBound <= report.range.days.upperBound }
    }

    /// The newest first.
    package let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    /// The seasons of the last two years, the newest first.
    /// - throws: where the calendar names none of them.
    package static func seasons(of calendar: SeasonCalendar, upTo today: CalendarDay) throws(TrendRangeError)
        -> [Period]
    {
        var start = today.date
        start.year -= 2
        let seasons = calendar.seasons(from: CalendarDay(start), upTo: today)
        if seasons.isEmpty { throw .noSeason(today) }
        return seasons
    }

    private var seen: [Entry] { entries.filter { !$0.report.isEmpty } }

    /// For people. `width` is the terminal's; nil when piped.
    package func text(width: Int?, options: [String] = [], rules: [String] = []) -> String {
        guard let newest = seen.first?.report, let last = entries.last else {
            guard let report = entries.first?.report else { return "" }
            return report.text(width: width, options: options, rules: rules)
        }
        let days = last.season.days.lowerBound..<newest.range.days.upperBound
        var text = wrapped(
            ["\(newest.model), the seasons of \(days.text), \(newest.range.timeZone)"], width: width)
        for entry in seen {
            text += "\n" + wrapped(entry.lines, width: width)
            if entry.report.brands.contains(where: \.isSeen) {
                text += entry.report.brandTable(width: width).table
                text += entry.report.adjustedTable.map { "\n" + $0.text(width: width) } ?? ""
            }
            text += wrapped(entry.report.seasonNotes, width: width)
        }
        return text + "\n" + wrapped(rulesText(newest) + rules, width: width)
    }

    private func rulesText(_ newest: TrendReport) -> [String] {
        var lines: [String] = []
        let empty = entries.filter(\.report.isEmpty).map(\.season.name)
        if !empty.isEmpty {
            lines.append("No sighting that counts: \(empty.map(Escaping.terminal).joined(separator: ", ")).")
        }
        lines.append(
            "Shares are of the \(newest.recognisedText); 95 % is their interval, from the differences between 20 groups of authors. Before and change: the same season a year earlier, or as many days of it. Rising, falling and leads are said only where the interval (for changes: corrected for the brands of the table, after Holm) excludes zero."
        )
        let isCommon = newest.adjustment.source != .reviewed
        lines += isCommon ? newest.adjustmentNotes : []
        if !newest.hasOther { lines.append(newest.openSetText) }
        if entries.contains(where: { !$0.report.namesNotes.isEmpty }) {
            lines.append("Named: how many say the brand's name in their text, where one is known.")
        }
        return lines
    }

    /// `seasons --json`: an array, the newest season first, of what `trends --json` says of each.
    package var json: JSONValue {
        .array(
            entries.map { entry in
                let report = entry.report
                return .object([
                    ("season", .string(entry.season.name)),
                    ("start", .string(entry.season.days.lowerBound.iso8601)),
                    ("end", .string(entry.season.days.last.iso8601)), ("complete", .bool(entry.isOver)),
                    ("model", .string(report.model.description)), ("time_zone", .string(report.range.timeZone)),
                    ("dates", .string(report.shown.rawValue)), ("threshold", JSONValue(report.threshold, decimals: 2)),
                    ("recognised", .int(report.recognised)), ("other", .int(report.other)),
                    ("unsure", .int(report.unsure)), ("weak", .int(report.weak)),
                    ("unclassified", .int(report.unclassified)), ("window", report.json(of: report.coverage)),
                    ("before", report.range.before.isEmpty ? .null : report.json(of: report.coverageBefore)),
                    ("leader", report.leader), ("tied", report.tied),
                    ("share_adjusted_method", JSONValue(report.adjustment.method)),
                    ("share_adjusted_note", JSONValue(report.adjustmentText)),
                    ("reviewed", .int(report.adjustment.reviewed.count)),
                    ("brands", .array(report.brands.map(report.json(of:)))),
                ])
            })
    }

    /// `seasons --csv`: its lines with their ends, one for each season and brand after the header. Shares are
    /// fractions, the change in percentage points.
    package var csv: [String] {
        var lines = [
            "season,start,end,complete,brand,count,share,share_low,share_high,share_before,change_points,verdict,leads,recognised,other,unsure,weak,days,days_seen,dates,remarks,share_adjusted,share_adjusted_low,share_adjusted_high,false_positive_rate,adjusted_by\n"
        ]
        for entry in entries {
            let report = entry.report
            for brand in report.brands {
                let leads =
                    if case .leads(let first) = report.lead { report.brandNames[first] == brand.name } else { false }
                let change = brand.change?.difference.map { Format.fixed($0.value * 100, decimals: 2) } ?? ""
                let fields = [
                    Escaping.csv(entry.season.name), entry.season.days.lowerBound.iso8601,
                    entry.season.days.last.iso8601, String(entry.isOver), Escaping.csv(brand.name),
                    String(brand.count), TrendReport.csv(brand.share?.value),
                    TrendReport.csv(brand.share?.interval?.low), TrendReport.csv(brand.share?.interval?.high),
                    TrendReport.csv(brand.shareBefore?.value), change,
                    report.range.before.isEmpty ? "" : brand.change?.verdict.rawValue ?? "", String(leads),
                    String(report.recognised), String(report.other), String(report.unsure), String(report.weak),
                    String(report.coverage.days.count), String(report.coverage.daysSeen), report.shown.rawValue,
                    report.coverage.remarks.map(\.rawValue).joined(separator: " "),
                    TrendReport.csv(brand.adjusted?.value), TrendReport.csv(brand.adjusted?.interval?.low),
                    TrendReport.csv(brand.adjusted?.interval?.high), TrendReport.csv(brand.falsePositives?.value),
                    report.adjustment.method ?? "",
                ]
                lines.append(fields.joined(separator: ",") + "\n")
            }
        }
        return lines
    }
}

extension SeasonsReport.Entry {
    /// "autumn 2026 (1 September to 27 November 2026, 88 of 91 days): Vespardi leads: …"
    fileprivate var lines: [String] {
        let days = report.range.days
        let part = isOver ? "" : ", \(days.count) of \(season.days.count) days"
        let dates = report.shown == .strong ? "" : ", \(report.shown.rawValue) dates"
        let lead = report.leadText ?? "too few are recognised to say which brand leads."
        return ["\(Escaping.terminal(season.name)) (\(days.text)\(part)\(dates)): \(lead)"] + report.weakLines
    }
}

extension TrendReport {
    /// What stands below a season's table.
    fileprivate var seasonNotes: [String] {
        var beside = ["\(Format.count(recognised)) recognised"]
        if other > 0 { beside.append("\(Format.count(other)) other") }
        if unsure > 0 { beside.append("\(Format.count(unsure)) unsure") }
        if shown == .strong, weak > 0 { beside.append("not counted: \(Format.count(weak)) dated only by file time") }
        if unclassified > 0 { beside.append("\(Format.count(unclassified)) not classified by \(model)") }
        return [beside.joined(separator: ", ") + "."] + seasonCoverageNotes
            + (adjustment.source == .reviewed ? adjustmentNotes : [])
    }
}
