import Intake
import Queue
import Statistics

extension TrendReport {
    /// A line for each brand: its share as it was counted and adjusted and, where people looked, how often the model is wrong about it. Nil
    /// where nothing is adjusted.
    var adjustedTable: Table? {
        let seen = brands.filter { $0.isSeen || ($0.adjusted?.value ?? 0) > 0 }
        guard seen.contains(where: { $0.adjusted != nil || $0.falsePositives != nil }) else { return nil }
        let isReviewed = adjustment.source == .reviewed
        var columns: [Table.Column] = [.flexible("BRAND"), .right("SHARE"), .right("ADJUSTED"), .right("95 %")]
        if isReviewed { columns += [.right("WRONG"), .right("95 %"), .right("REVIEWED")] }
        var table = Table(columns)
        for brand in seen {
            table.add(
                [
                    brand.name, TrendReport.shareText(brand.share, coverage),
                    TrendReport.shareText(brand.adjusted, coverage), TrendReport.intervalText(brand.adjusted?.interval),
                ]
                    + (isReviewed
                        ? [
                            Format.percent(brand.falsePositives?.value),
                            TrendReport.intervalText(brand.falsePositives?.interval), Format.count(brand.reviewed),
                        ] : []))
        }
        return table
    }

    /// What adjusts the shares, or why nothing does; safe for a terminal. Nothing where nothing was recognised.
    var adjustmentNotes: [String] { recognised == 0 ? [] : [adjustmentText] }

    /// The same, always one.
    var adjustmentText: String {
        let few = adjustment.reviewed.count
        let tooFew =
            few == 0 || few >= fewestToCall
            ? "" : " \(Format.count(few, "picture")) reviewed of these days: too few to adjust by."
        switch adjustment.source {
        case .reviewed: return reviewedText
        case .heldOut(let pictures):
            return
                "Adjusted: as if these pictures were like the model's \(pictures.text) (least squares over what it took these for); the 95 % holds their sampling error too.\(tooFew)"
        case .none(.otherUnit): return "No adjusted shares: they are of sightings, not of \(unit.rawValue)."
        case .none(.closedModel):
            return "No adjusted shares: the model does not know what is none of its brands.\(tooFew)\(reviewAdvice)"
        case .none(.nothingHeldOut):
            return "No adjusted shares: the model keeps no counts of held-out pictures.\(tooFew)\(reviewAdvice)"
        case .none(.untested(let classes)):
            let names = classes.map(Escaping.terminal).joined(separator: ", ")
            return "No adjusted shares: no picture of \(names) was held out.\(tooFew)\(reviewAdvice)"
        }
    }

    private var reviewAdvice: String { " What people see in a sample of these pictures would adjust them: bagq review-sample." }

    private var reviewedText: String {
        let pictures = adjustment.reviewed
        let parts = pictures.days(in: range.days)
        let days = parts.reduce(0) { $0 + $1.count }
        let whole = (parts.first ?? range.days).lowerBound..<(parts.last ?? range.days).upperBound
        var text =
            "Adjusted: by what \(Format.count(pictures.count, "reviewed picture")) of \(whole.text) really show, for each brand, other and unsure apart (post-stratified); the 95 % holds that sample's error too. Wrong: how many of those that the model took for the brand are not of it."
        if days < range.days.count {
            text +=
                " They were drawn from \(Format.count(days)) of the \(Format.count(range.days.count, "day")): as if the others were like these."
        }
        if !unreviewed.isEmpty {
            text +=
                " Of what it took for \(unreviewed.map(Escaping.terminal).joined(separator: ", ")) none was reviewed."
        }
        return text
    }
}
