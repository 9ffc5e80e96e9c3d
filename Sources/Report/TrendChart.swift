import Intake
import Queue

extension TrendReport {
    /// `trends --chart`: each brand's share over the buckets, as lines with their names at the end. Buckets that are not
    /// complete are hollow. At most ten brands are drawn, the most frequent.
    package var svg: String {
        let drawn = Array(brands.filter(\.isSeen).prefix(10))
        let (left, top, plotHeight, bottom) = (58.0, 76.0, 300.0, 66.0)
        let labelWidth =
            drawn.map { SVG.textWidth("\($0.name.shortenedInTheMiddle(to: 24)) 100.0 %", size: 13) }.max() ?? 0
        let plotWidth = max(520, min(900, Double(buckets.count) * 18))
        let width = left + plotWidth + 24 + labelWidth + 16
        var svg = SVG(width: width, height: top + plotHeight + bottom)

        let span = "\(range.days.lowerBound.longText) to \(range.days.upperBound.advanced(by: -1).longText)"
        svg.label("Share of recognised sightings by \(range.unit.rawValue)", x: 20, y: 30, size: 17, isBold: true)
        let weakNote =
            shown == .weak ? "; weak dates: file times, not post times" : "; \(shown.rawValue) dates"
        svg.label("\(span), \(range.timeZone); \(model)\(weakNote)", x: 20, y: 50, size: 12, fill: "#555")
        var notes = [
            "\(Format.count(recognised)) recognised, \(Format.count(other)) other, \(Format.count(unsure)) unsure",
            "beside the names: share of the whole window",
        ]
        if buckets.contains(where: { !$0.isComplete }) { notes.append("hollow: \(range.unit.rawValue) not complete") }
        if brands.filter(\.isSeen).count > drawn.count { notes.append("the \(drawn.count) most frequent brands") }
        svg.label(notes.joined(separator: "; "), x: 20, y: top + plotHeight + 50, size: 11, fill: "#777")

        let largest = drawn.indices.flatMap { brand in buckets.compactMap { $0.share(of: brand) } }.max() ?? 0
        let step = tickStep(for: largest)
        let ceiling = max(step, (largest / step).rounded(.up) * step)
        func y(_ share: Double) -> Double { top + plotHeight * (1 - share / ceiling) }
        func x(_ bucket: Int) -> Double {
            buckets.count < 2
                ? left + plotWidth / 2 : left + 10 + (plotWidth - 20) * Double(bucket) / Double(buckets.count - 1)
        }

        var tick = 0.0
        while tick <= ceiling + step / 2 {
            svg.line((left, y(tick)), (left + plotWidth, y(tick)), stroke: tick == 0 ? "#888" : "#e4e4e4")
            svg.label(
                "\(Format.fixed(tick * 100, decimals: step < 0.01 ? 1 : 0)) %", x: left - 8, y: y(tick) + 4, size: 12,
                fill: "#555", anchor: .end)
            tick += step
        }
        let labelSpace = SVG.textWidth(range.unit.label(range.days.lowerBound), size: 12) + 16
        let every = max(1, Int((labelSpace * Double(max(1, buckets.count)) / plotWidth).rounded(.up)))
        for (index, bucket) in buckets.enumerated() where index.isMultiple(of: every) {
            svg.line((x(index), top + plotHeight), (x(index), top + plotHeight + 5), stroke: "#888")
            svg.label(
                range.unit.label(bucket.start), x: x(index), y: top + plotHeight + 20, size: 12, fill: "#555",
                anchor: .middle)
        }

        for (brand, _) in drawn.enumerated().reversed() {
            draw(
                brand,
                at: buckets.enumerated().map { index, bucket in
                    bucket.share(of: brand).map { (x(index), y($0), bucket.isComplete) }
                }, in: &svg)
        }
        drawNames(drawn, right: left + plotWidth, top: top, bottom: top + plotHeight, y: y, in: &svg)
        return svg.text
    }

    /// A line, broken where nothing was recognised, and a dot for each bucket where there are few.
    private func draw(_ brand: Int, at points: [(x: Double, y: Double, isComplete: Bool)?], in svg: inout SVG) {
        let colour = palette[brand % palette.count]
        for run in points.split(whereSeparator: { $0 == nil }) {
            let path = run.compactMap { $0 }.map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }.joined(separator: " ")
            svg.element(
                "polyline",
                [
                    ("points", .text(path)), ("fill", .text("none")), ("stroke", .text(colour)),
                    ("stroke-width", .number(2.2)),
                    ("stroke-linejoin", .text("round")),
                ])
        }
        for point in points.compactMap({ $0 }) where points.count <= 40 || !point.isComplete {
            svg.element(
                "circle",
                [
                    ("cx", .number(point.x)), ("cy", .number(point.y)), ("r", .number(3.4)),
                    ("fill", .text(point.isComplete ? colour : "#fff")),
                    ("stroke", .text(colour)), ("stroke-width", .number(1.6)),
                ])
        }
    }

    /// The names stand where the lines end, moved apart where they would touch; the share is the whole window's.
    private func drawNames(
        _ drawn: [Brand], right: Double, top: Double, bottom: Double, y: (Double) -> Double, in svg: inout SVG
    ) {
        let spacing = 18.0
        var places = drawn.indices.map { brand in
            (brand: brand, y: y(buckets.last { $0.recognised > 0 }?.share(of: brand) ?? 0))
        }
        places.sort { ($0.y, $0.brand) < ($1.y, $1.brand) }
        for index in places.indices.dropFirst() {
            places[index].y = max(places[index].y, places[index - 1].y + spacing)
        }
        let excess = (places.last?.y ?? 0) - bottom
        if excess > 0, let last = places.indices.last {
            places[last].y = bottom
            for index in places.indices.dropLast().reversed() {
                places[index].y = min(places[index].y, places[index + 1].y - spacing)
            }
        }
        for place in places {
            let brand = drawn[place.brand]
            let colour = palette[place.brand % palette.count]
            svg.label(
                "\(brand.name.shortenedInTheMiddle(to: 24)) \(Format.percent(brand.share))", x: right + 14,
                y: place.y + 4.5, size: 13, fill: colour,
                isBold: true)
        }
    }
}

/// 1, 2 or 5 times a power of ten, for about five lines.
private func tickStep(for largest: Double) -> Double {
    for step in [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] where largest / step <= 5.5 { return step }
    return 0.2
}

/// Dark enough for text on white, and apart for most colour-blind readers (after Okabe and Ito, and Tableau).
private let palette = [
    "#0b5fa5", "#c8500a", "#0a7d55", "#a0307f", "#8a6100", "#3f8fc4", "#b02a30", "#5b4fa8", "#4d4d4d", "#6f8f1f",
]
