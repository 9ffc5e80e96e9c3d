import Intake
import Queue
import Statistics

extension TrendReport {
    /// What stands below a table: what leads, what was counted and what not, how far it can be believed.
    func notes(_ rules: [String]) -> [String] {
        [leadText].compactMap(\.self) + [totals] + leftOut + rules + coverageNotes + statisticsNotes + adjustmentNotes

            + [hasOther ? nil : openSetText, todayText].compactMap(\.self)
    }

    /// Who leads; nil where too few were recognised to say.
    var leadText: String? {
        switch lead {
        case .none: nil
        case .leads(let brand):
            adjustedLeader(isStill: brand)
                ? "\(name(brand)) leads: its lead over the next is clear."
                : "\(name(brand)) leads as counted; without the model's mistakes, which brand leads cannot be told."
        case .tied(let first, let second):
            "\(name(first)) and \(name(second)) come first: which of them leads cannot be told."
        }
    }

    private func name(_ brand: Int) -> String { Escaping.terminal(brandNames[brand]) }

    /// What has to be so for a sighting to be recognised.
    var recognisedText: String {
        "recognised (familiar, confidence \(Format.fixed(threshold, decimals: 2)) or more)"
    }

    private var totals: String {
        let counted = recognised + other + unsure
        var text =
            "Share of the \(Format.count(recognised)) \(recognisedText)"
        text += " of \(Format.count(counted, unitNoun))"
        var beside: [String] = []
        if other > 0 { beside.append("\(Format.count(other)) other") }
        if unsure > 0 { beside.append("\(Format.count(unsure)) unsure") }
        return text + (beside.isEmpty ? "." : "; \(beside.joined(separator: ", ")).")
    }

    private var leftOut: [String] {
        var left: [String] = []
        if shown == .strong, weak > 0 { left.append("\(Format.count(weak)) dated only by file time (--dates any)") }
        if unclassified > 0 { left.append("\(Format.count(unclassified)) not classified by \(model)") }
        if undated > 0 { left.append("\(Format.count(undated)) undated") }
        return (left.isEmpty ? [] : ["Not counted: \(left.joined(separator: ", "))."])
            + [reclassifyText].compactMap(\.self)
    }

    /// What to type so that the model classifies what it has not; nil where it has all.
    var reclassifyText: String? {
        unclassified == 0
            ? nil
            : "To have them classified: bagq reclassify --since \(range.days.lowerBound.iso8601) --model \(model)"
    }

    /// What is wrong with the window, and with what it is compared with.
    var coverageNotes: [String] { coverageNotes(of: "The window", before: "The window before") }

    /// What is wrong with a season, and with the one that it is compared with.
    var seasonCoverageNotes: [String] {
        if range.before.isEmpty {
            return [note(coverage, "The season")].compactMap(\.self) + ["There is no such season a year before."]
        }
        return coverageNotes(of: "The season", before: "The one a year before")
    }

    private func coverageNotes(of window: String, before: String) -> [String] {
        [note(coverage, window), note(coverageBefore, "\(before), \(range.before.text),")].compactMap(\.self)
    }

    private func note(_ coverage: Coverage, _ name: String) -> String? {
        var said: [String] = []
        for remark in coverage.remarks {
            switch remark {
            case .beforeFirst:
                said.append("lies before the first sighting (\(firstDay?.longText ?? "none yet"))")
            case .empty: said.append("has no sighting")
            case .thin:
                said.append("is thin: \(Format.count(coverage.recognised)) recognised")
            case .partial:
                if let firstDay, coverage.days.lowerBound < firstDay, coverage.days.contains(firstDay) {
                    said.append("begins before the first sighting (\(firstDay.longText))")
                }
                if coverage.daysSeen < coverage.days.count {
                    said.append(
                        "has sightings on \(Format.count(coverage.daysSeen)) of its \(Format.count(coverage.days.count, "day"))"
                    )
                }
            }
        }
        if said.isEmpty { return nil }
        let advice = coverage.recognised == 0 ? "no change can be told" : "take its shares with care"
        return "\(name) \(said.joined(separator: ", and ")): \(advice)."
    }

    private var statisticsNotes: [String] {
        guard recognised > 0 else { return [] }
        let seen = brands.filter(\.isSeen)
        var notes = ["95 %: the share's interval, from the differences between 20 groups of authors."]
        let visible = seen.compactMap { brand in
            brand.smallestVisible.map { (name: brand.name, points: $0) }
        }
        let least = visible.min { $0.points < $1.points }
        guard let least, let most = visible.max(by: { $0.points < $1.points }) else { return notes }
        let (low, high) = (TrendReport.digits(least.points), TrendReport.digits(most.points))
        let range =
            low == high
            ? "\(low) points"
            : "\(low) (\(Escaping.terminal(least.name))) to \(high) points (\(Escaping.terminal(most.name)))"
        notes.append(
            "Rising or falling: the change's interval, corrected for \(Format.count(seen.count, "brand")) (Holm), excludes zero; the smallest that would: \(range)."
        )
        return notes
    }

    /// What a table's NAMED counts.
    var namesNotes: [String] {
        let texts = brands.reduce(0) { $0 + $1.texts }
        return texts == 0
            ? []
            : [
                "Named: how many say the brand's name in their text, which is known of \(Format.count(texts, unitNoun))."
            ]
    }

    private static func digits(_ fraction: Double) -> String { Format.fixed(fraction * 100, decimals: 1) }

    var todayText: String? {
        if range.days.contains(range.currentDay) { return "Today is not over." }
        guard let day = range.today, let today else { return nil }
        let seen = zip(brands, today.counts).filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
        let counts =
            seen.isEmpty
            ? "nothing yet" : seen.map { "\(Escaping.terminal($0.name)) \(Format.count($1))" }.joined(separator: ", ")
        let dates = today.dates == .weak ? ", by file times" : ""
        return "Today so far (\(day.longText)\(dates)), not in the table: \(counts)."
    }
}
