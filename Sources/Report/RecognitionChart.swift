import Intake

extension TrendReport {
    private static let fills = ["#0b5fa5", "#93a1ae", "#dfe4e9"]

    /// How many were recognised, of no brand of the model's, or unsure: a bar for each bucket, from 0 to 100 %, dark
    /// below and light above, so that it reads in black and white too.
    func recognitionChart(width: Double) -> String {
        let (left, top, plotHeight, bottom) = (52.0, 52.0, 160.0, 34.0)
        let plotWidth = width - left - 12
        var svg = SVG(width: width, height: top + plotHeight + bottom)
        func y(_ share: Double) -> Double { top + plotHeight * (1 - share) }
        var legend = left
        for (name, fill) in zip(["recognised", "other", "unsure"], Self.fills) {
            rect(&svg, x: legend, y: 18, width: 12, height: 12, fill)
            svg.label(name, x: legend + 18, y: 28.5, size: 13, fill: "#333")
            legend += 18 + SVG.textWidth(name, size: 13) + 24
        }
        for share in [0, 0.25, 0.5, 0.75, 1] {
            svg.line((left, y(share)), (left + plotWidth, y(share)), stroke: share == 0 ? "#888" : "#e4e4e4")
            svg.label(
                "\(Format.fixed(share * 100, decimals: 0)) %", x: left - 8, y: y(share) + 4, size: 12, fill: "#555",
                anchor: .end)
        }
        let slot = plotWidth / Double(max(1, buckets.count))
        let barWidth = min(slot * 0.8, 60)
        let labelSpace = (buckets.map { SVG.textWidth($0.period.name, size: 12) }.max() ?? 0) + 16
        let every = max(1, Int((labelSpace / slot).rounded(.up)))
        for (index, bucket) in buckets.enumerated() {
            let x = left + slot * Double(index) + slot * 0.1
            let total = bucket.recognised + bucket.other + bucket.unsure
            var below = 0.0
            for (count, fill) in zip([bucket.recognised, bucket.other, bucket.unsure], Self.fills) where count > 0 {
                let share = Double(count) / Double(total)
                rect(&svg, x: x, y: y(below + share), width: barWidth, height: plotHeight * share, fill)
                below += share
            }
            if index.isMultiple(of: every) {
                // Below its bar, but not over the edge.
                let half = SVG.textWidth(bucket.period.name, size: 12) / 2
                svg.label(
                    bucket.period.name, x: min(max(x + barWidth / 2, half + 4), width - half - 4),
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
