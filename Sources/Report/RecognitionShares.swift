package import Intake
package import Queue

/// How many of a window's sightings were recognised, were of no brand of the model's, or were unsure, by bucket.
package struct RecognitionShares {
    package struct Bucket: Hashable, Sendable {
        package var start: CalendarDay
        package var recognised = 0
        package var other = 0
        package var unsure = 0

        package var total: Int { recognised + other + unsure }
    }

    private let range: TrendRange
    package private(set) var buckets: [Bucket]

    /// - sums: Of the window. - strengths: Of the dates that count. - classes: The model's.
    package init(
        range: TrendRange, sums: [TrendSum], strengths: Set<DateStrength>, classes: [String], threshold: Double
    ) {
        self.range = range
        buckets = range.bucketStarts.map { Bucket(start: $0) }
        let places = Dictionary(uniqueKeysWithValues: buckets.enumerated().map { ($1.start, $0) })
        for sum in sums where strengths.contains(sum.strength) && classes.indices.contains(sum.brand) {
            guard let day = sum.day, let place = places[range.unit.start(of: day)] else { continue }
            switch Recognition(brand: classes[sum.brand], confidenceStep: sum.confidenceStep, threshold: threshold) {
            case .recognised: buckets[place].recognised += sum.count
            case .other: buckets[place].other += sum.count
            case .unsure: buckets[place].unsure += sum.count
            }
        }
    }

    private static let fills = ["#0b5fa5", "#93a1ae", "#dfe4e9"]

    /// A bar for each bucket, from 0 to 100 %, dark below and light above, so that it reads in black and white too.
    var svg: String {
        let (left, top, plotHeight, bottom) = (58.0, 52.0, 160.0, 34.0)
        let plotWidth = max(520, min(900, Double(buckets.count) * 18))
        var svg = SVG(width: left + plotWidth + 20, height: top + plotHeight + bottom)
        func y(_ share: Double) -> Double { top + plotHeight * (1 - share) }
        var legend = left
        for (name, fill) in zip(["recognised", "other", "unsure"], Self.fills) {
            rect(&svg, x: legend, y: 18, width: 12, height: 12, fill)
            svg.label(name, x: legend + 18, y: 28.5, size: 13, fill: "#333")
            legend += 18 + SVG.textWidth(name, size: 13) + 28
        }
        for share in [0, 0.25, 0.5, 0.75, 1] {
            svg.line((left, y(share)), (left + plotWidth, y(share)), stroke: share == 0 ? "#888" : "#e4e4e4")
            svg.label(
                "\(Format.fixed(share * 100, decimals: 0)) %", x: left - 8, y: y(share) + 4, size: 12, fill: "#555",
                anchor: .end)
        }
        let slot = plotWidth / Double(max(1, buckets.count))
        let labelSpace = SVG.textWidth(range.unit.label(range.days.lowerBound), size: 12) + 16
        let every = max(1, Int((labelSpace / slot).rounded(.up)))
        for (index, bucket) in buckets.enumerated() {
            let x = left + slot * Double(index)
            var below = 0.0
            for (count, fill) in zip([bucket.recognised, bucket.other, bucket.unsure], Self.fills) where count > 0 {
                let share = Double(count) / Double(bucket.total)
                rect(
                    &svg, x: x + slot * 0.1, y: y(below + share), width: min(slot * 0.8, 60),
                    height: plotHeight * share,
                    fill)
                below += share
            }
            if index.isMultiple(of: every) {
                svg.label(
                    range.unit.label(bucket.start), x: x + min(slot * 0.5, 30 + slot * 0.1),
                    y: top + plotHeight + 20, size: 12, fill: "#555", anchor: .middle)
            }
        }
        return svg.text
    }

    private func rect(
        _ svg: inout SVG, x: Double, y: Double, width: Double, height: Double, _ fill: String
    ) {
        svg.element(
            "rect",
            [
                ("x", .number(x)), ("y", .number(y)), ("width", .number(width)), ("height", .number(height)),
                ("fill", .text(fill)), ("stroke", .text("#fff")), ("stroke-width", .number(0.5)),
            ])
    }
}
