import Intake
import Queue
import Statistics

extension TrendReport {
    /// A line for each brand: its share as it was counted and adjusted and, where people looked, how often the model is
    /// wrong about it. Nil where nothing is adjusted.
    var adjustedTable: Table? {
        let seen = adjustedBrands
        if seen.isEmpty { return nil }
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

    /// Those with a line in a table of adjusted shares; none where nothing is adjusted.
    var adjustedBrands: [Brand] {
        let shown = brands.filter { $0.isSeen || ($0.adjusted?.value ?? 0) > 0 }
        return shown.contains { $0.adjusted != nil || $0.falsePositives != nil } ? shown : []
    }

    /// Whether a brand's adjusted share is clearly above all others', too; true where nothing is adjusted. All brands
    /// must be shown.
    func adjustedLeader(isStill leader: Int) -> Bool {
        guard adjustment.method != nil else { return true }
        let name = brandNames[leader]
        let others = brands.filter { $0.name != name }.map { $0.adjusted?.interval?.high ?? 1 }
        let low = brands.first { $0.name == name }?.adjusted?.interval?.low ?? 0
        return others.allSatisfy { $0 < low }
    }

    /// What adjusts the shares, or why nothing does; safe for a terminal. Nothing where nothing was recognised.
    var adjustmentNotes: [String] {
        // What a closed model's line says of itself is said already.
        recognised == 0 || adjustment.source == .none(.closedModel) ? [] : [adjustmentText]
    }

    /// The same, always one.
    var adjustmentText: String {
        switch adjustment.source {
        case .reviewed: reviewedText
        case .heldOut(let pictures):
            "Adjusted: as if these pictures were like the model's \(pictures.text) (least squares over what it took those for); its 95 % holds their sampling error too. \(countedText)\(reviewedInVain)"
        case .none(.otherUnit): "No adjusted shares: they are of sightings, not of \(unit.rawValue)."
        case .none(.closedModel): openSetText
        case .none(.nothingHeldOut):
            "No adjusted shares: the model keeps no counts of held-out pictures.\(reviewedInVain)\(reviewAdvice)"
        case .none(.untested(let classes)):
            "No adjusted shares: no picture of \(classes.map(Escaping.terminal).joined(separator: ", ")) was held out.\(reviewedInVain)\(reviewAdvice)"
        }
    }

    /// What a model that knows nothing else makes of the rest of the world.
    var openSetText: String {
        let text =
            "\(model) has seen nothing but its brands: a bag of any other, or no bag at all, counts as one of them where it looks sure."
        guard adjustment.source == .none(.closedModel) else { return text }
        return "\(text) So its own test cannot adjust these shares.\(reviewedInVain)\(reviewAdvice)"
    }

    private var reviewAdvice: String {
        // Fewer cannot be enough.
        recognised + other + unsure < fewestToCall
            ? ""
            : " What people see in a sample of these pictures would: bagq review-sample --since \(range.days.lowerBound.iso8601)"
    }

    private var countedText: String { "Leads and changes are of the shares as counted." }

    /// Why answers that there are do not adjust the shares; empty where there are none.
    private var reviewedInVain: String {
        let reviewed = adjustment.reviewed
        guard reviewed.count > 0, let days = reviewed.days else { return "" }
        let pictures =
            " \(Format.count(reviewed.count, "picture")) of \(days.text) \(reviewed.count == 1 ? "was" : "were") reviewed"
        return reviewed.isOfMost
            ? "\(pictures), too few to adjust by (\(fewestToCall))."
            : "\(pictures): days with \(Format.percent(reviewed.coverage)) of these sightings do not speak for the rest."
    }

    private var reviewedText: String {
        let reviewed = adjustment.reviewed
        var text =
            "Adjusted: by what \(Format.count(reviewed.count, "reviewed picture")) of \((reviewed.days ?? range.days).text) really show, post-stratified by what the model took them for; its 95 % holds that sample's error too. Wrong: how many that it took for the brand are not of it. \(countedText)"
        if reviewed.coverage < 1 {
            text +=
                " The days that they were drawn from have \(Format.percent(reviewed.coverage)) of these sightings: as if the others were like those."
        }
        if !unreviewed.isEmpty {
            text +=
                " None was reviewed of what it took for \(unreviewed.map(Escaping.terminal).joined(separator: ", "))."
        }
        return text
    }
}
