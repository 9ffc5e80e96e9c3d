import Statistics

/// A bar for each value, scaled to the largest; a blank where there is none, a dot where a value tells nothing.
func sparkline(_ values: [SparkValue]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = values.compactMap(\.height).max() ?? 0
    return String(
        values.map { value in
            switch value {
            case .none: " "
            case .thin: "·"
            case .some(let height):
                largest > 0 ? bars[min(7, max(0, Int((height / largest * 7).rounded())))] : bars[0]
            }
        })
}

enum SparkValue: Equatable {
    case none, thin
    case some(Double)

    fileprivate var height: Double? { if case .some(let height) = self { height } else { nil } }
}

/// A window's buckets as bars of a table, taken together until most of them tell something.
struct TrendBars {
    /// How many buckets a bar spans, but for the first.
    let size: Int
    private let groups: [ArraySlice<TrendReport.Bucket>]

    /// Nil where no two bars would tell anything.
    init?(_ buckets: [TrendReport.Bucket], atMost most: Int) {
        guard buckets.count >= 3, most >= 3 else { return nil }
        var size = (buckets.count + most - 1) / most
        while true {
            // Counted from the end, so that the newest bar spans as much as the others.
            let ends = stride(from: buckets.count, to: 0, by: -size)
            let groups = ends.map { buckets[max(0, $0 - size)..<$0] }.reversed() as [ArraySlice<TrendReport.Bucket>]
            if groups.count < 3 { return nil }
            let filled = groups.filter { $0.recognised > 0 }.count
            let telling = groups.filter { $0.recognised >= fewestToCall }.count
            if telling >= 2, telling * 4 >= filled * 3 {
                self.size = size
                self.groups = groups
                return
            }
            size += 1
        }
    }

    /// - brand: a place in the report's brands.
    func text(of brand: Int) -> String {
        sparkline(
            groups.map { group in
                switch group.recognised {
                case 0: .none
                case ..<fewestToCall: .thin
                default: .some(Double(group.reduce(0) { $0 + $1.counts[brand] }) / Double(group.recognised))
                }
            })
    }
}

extension ArraySlice<TrendReport.Bucket> {
    fileprivate var recognised: Int { reduce(0) { $0 + $1.recognised } }
}
