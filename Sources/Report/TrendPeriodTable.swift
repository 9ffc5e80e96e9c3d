import Intake
import Statistics

extension TrendReport {
    /// A line for each bucket and brand. A share of few recognised is in brackets.
    var periodTable: Table {
        var table = Table([
            .left(range.unit.rawValue.uppercased()), .right("RECOGNISED"), .flexible("BRAND"), .right("COUNT"),
            .right("SHARE"), .right("95 %"), .left(""),
        ])
        for bucket in buckets {
            let shownBrands = brands.indices.filter { bucket.counts[$0] > 0 }
                .sorted { (bucket.counts[$1], $0) < (bucket.counts[$0], $1) }
            let said = bucket.remarkText
            if shownBrands.isEmpty {
                table.add([bucket.period.name, Format.count(bucket.recognised), "", "", "", "", said])
            }
            for (row, brand) in shownBrands.enumerated() {
                let share = bucket.shares[brand]
                table.add([
                    row == 0 ? bucket.period.name : "", row == 0 ? Format.count(bucket.recognised) : "",
                    brands[brand].name, Format.count(bucket.counts[brand]),
                    TrendReport.shareText(share, bucket.coverage), TrendReport.intervalText(share?.interval),
                    row == 0 ? said : "",
                ])
            }
        }
        return table
    }
}

extension TrendReport.Bucket {
    /// "thin", "partial: 5 of 31 days", "before the first sighting"
    var remarkText: String {
        coverage.remarks.map { remark in
            switch remark {
            case .beforeFirst: "before the first sighting"
            case .empty: "nothing"
            case .thin: "thin"
            case .partial:
                isComplete
                    ? "\(Format.count(coverage.daysSeen)) of \(Format.count(period.days.count)) days"
                    : "\(Format.count(coverage.days.count)) of \(Format.count(period.days.count)) days"
            }
        }.joined(separator: ", ")
    }
}
