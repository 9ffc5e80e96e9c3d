import Intake
package import Queue
import Statistics

/// What people's answers say of a model: for each thing that it predicts, how often it was right.
package struct ReviewResult {
    /// A stratum, as categories of `Statistics` go: the brands in their order in the model without `_other`, then
    /// other, then unsure.
    package struct Row: Hashable, Sendable {
        package var name: String
        /// Answers by what the pictures really show: the brands in the same order, then none of them.
        package var truths: [Int]

        package var reviewed: Int { truths.reduce(0, +) }
        /// For other, those that show none of the brands; nil for unsure, which claims nothing.
        package var right: Int?
    }

    package let rows: [Row]

    /// - threshold: The one that is counted by. Answers about samples that were drawn with another one are left out: of
    ///   these strata they are no random sample.
    package init(_ sums: [ReviewSum], classes: [String], threshold: Double) {
        let brands = classes.indices.filter { classes[$0] != otherClass }
        let step = ConfidenceStep.reaching(threshold)
        let strata = brands.map(Stratum.brand) + [.other, .unsure]
        rows = strata.map { stratum in
            var truths = [Int](repeating: 0, count: brands.count + 1)
            for sum in sums where sum.stratum == stratum && ConfidenceStep.reaching(sum.threshold) == step {
                if case .brand(let index) = sum.truth {
                    if let place = brands.firstIndex(of: index) { truths[place] += sum.count }
                } else {
                    truths[brands.count] += sum.count
                }
            }
            var right: Int?
            switch stratum {
            case .brand(let index):
                right = brands.firstIndex(of: index).map { truths[$0] }
            case .other: right = truths[brands.count]
            case .unsure: break
            }
            return Row(name: stratum.name(in: classes), truths: truths, right: right)
        }
    }

    /// As `AdjustedShares` takes it: a row for each category, a column for each brand and one for none of them.
    package var matrix: [[Int]] { rows.map(\.truths) }

    package var reviewed: Int { rows.reduce(0) { $0 + $1.reviewed } }

    /// A line for each stratum that was reviewed. `width` is the terminal's; nil when piped.
    package func text(width: Int?) -> String {
        var table = Table([
            .flexible("PREDICTED"), .right("REVIEWED"), .right("RIGHT"), .right("WRONG"), .left("95 % INTERVAL"),
        ])
        for cells in cells { table.add(cells) }
        return table.text(width: width)
    }

    /// For each stratum that was reviewed its name, how many were, how many were right, the share that was wrong and
    /// its interval.
    var cells: [[String]] {
        rows.filter { $0.reviewed > 0 }.map { row in
            guard let right = row.right else { return [row.name, Format.count(row.reviewed), "-", "-", ""] }
            let interval = wilson(row.reviewed - right, of: row.reviewed)
            return [
                row.name, Format.count(row.reviewed), Format.count(right),
                Format.percent(Double(row.reviewed - right) / Double(row.reviewed)),
                "\(Format.percent(interval.low)) to \(Format.percent(interval.high))",
            ]
        }
    }
}
