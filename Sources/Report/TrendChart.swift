import Intake
import Queue
import Statistics

extension TrendReport {
    /// `trends --chart`: each brand's share over the buckets, as lines in bands of their 95 % intervals, with names and
    /// the last point's share at their ends, and what they were in the window before. At most ten brands are drawn, the
    /// most frequent.
    /// - width: in pixels; 960 suits a desktop, 390 a phone.
    package func svg(width: Double = 960) throws(TrendReportError) -> String {
        guard buckets.contains(where: { $0.recognised > 0 }), brands.contains(where: { $0.count > 0 }) else {
            throw .nothingToDraw(model: model, days: range.days)
        }
        var chart = TrendChart(self, width: width)
        return chart.draw()
    }
}

/// The drawing of a trend report, from its title down.
private struct TrendChart {
    private let report: TrendReport
    /// Places in the report's brands.
    private let drawn: [Int]
    private let styles: [String: BrandStyle]
    private let width: Double
    private var svg: SVG
    private let title: [String]
    private let subtitle: [String]
    private let notes: [String]
    private let labels: [Int: String]
    private let scale: ShareScale
    private let left = 50.0
    private let right: Double
    private let top: Double
    private let bottom: Double
    /// Of the strip that shows the window before; 0 without one.
    private let stripWidth: Double

    init(_ report: TrendReport, width: Double) {
        self.report = report
        self.width = width
        let drawn = Array(report.brands.indices.filter { report.brands[$0].isSeen }.prefix(10))
        self.drawn = drawn
        styles = BrandStyle.styles(of: report.brandNames)
        let isNarrow = width < 600
        var labels: [Int: String] = [:]
        for brand in drawn {
            let share = report.lastPoint.flatMap { report.buckets[$0].shares[brand]?.value }
            let name = report.brands[brand].name.shortenedInTheMiddle(to: isNarrow ? 11 : 24)
            labels[brand] = report.hasTellingPoint ? "\(name) \(Format.percent(share))" : name
        }
        self.labels = labels
        let labelWidth = labels.values.map { SVG.textWidth($0, size: 13) }.max() ?? 0
        right = width - labelWidth - 42
        stripWidth = report.coverageBefore.recognised > 0 ? max(34, Double(drawn.count) * 7 + 14) : 0
        scale = ShareScale(report, drawn)

        let inner = width - 32
        title = SVG.lines(
            "Share of recognised \(report.unit.rawValue) by \(report.range.unit.rawValue)", size: 17, width: inner)
        let dates = report.shown == .weak ? "weak dates: file times, not post times" : "\(report.shown.rawValue) dates"
        subtitle = SVG.lines(
            "\(report.range.days.text), \(report.range.timeZone); \(report.model); \(dates)", size: 12, width: inner)
        notes = report.chartNotes(drawn: drawn).flatMap { SVG.lines($0, size: 11, width: inner) }
        top = 26 + Double(title.count) * 20 + Double(subtitle.count) * 16 + 22
        bottom = top + (isNarrow ? 260 : 320)
        svg = SVG(width: width, height: bottom + 58 + Double(notes.count) * 15)
    }

    mutating func draw() -> String {
        var y = 28.0
        for line in title {
            svg.label(line, x: 16, y: y, size: 17, isBold: true)
            y += 20
        }
        for line in subtitle {
            svg.label(line, x: 16, y: y, size: 12, fill: "#555")
            y += 16
        }
        drawAxes()
        for brand in drawn.reversed() { drawBand(brand) }
        for brand in drawn.reversed() { drawLine(brand) }
        if stripWidth > 0 { drawBefore() }
        drawLabels()
        for (index, line) in notes.enumerated() {
            svg.label(line, x: 16, y: bottom + 62 + Double(index) * 15, size: 11, fill: "#666")
        }
        return svg.text
    }

    private func y(_ share: Double) -> Double { bottom - (bottom - top) * min(1, share / scale.ceiling) }

    private func x(_ bucket: Int) -> Double {
        let start = left + stripWidth
        let count = Double(report.buckets.count)
        return start + (right - start) * (Double(bucket) + 0.5) / count
    }

    private mutating func drawAxes() {
        svg.label("Share of recognised, in %", x: 16, y: top - 12, size: 12, fill: "#555")
        for tick in scale.ticks {
            svg.line((left, y(tick)), (right, y(tick)), stroke: tick == 0 ? "#888" : "#e4e4e4")
            svg.label(
                Format.fixed(tick * 100, decimals: scale.step < 0.01 ? 1 : 0), x: left - 8, y: y(tick) + 4, size: 12,
                fill: "#555", anchor: .end)
        }
        let space = (report.buckets.map { SVG.textWidth($0.period.name, size: 12) }.max() ?? 0) + 14
        let start = left + stripWidth
        let every = max(1, Int((space * Double(report.buckets.count) / (right - start)).rounded(.up)))
        for (index, bucket) in report.buckets.enumerated() {
            // The last bucket always has its name.
            let isClear = stripWidth == 0 || x(index) - space / 2 > left + stripWidth / 2 + 20
            let isNamed = isClear && (report.buckets.count - 1 - index).isMultiple(of: every)
            svg.line((x(index), bottom), (x(index), bottom + (isNamed ? 6 : 3)), stroke: "#888")
            if isNamed {
                svg.label(
                    bucket.period.name, x: x(index), y: bottom + 20, size: 12, fill: "#555", anchor: .middle)
            }
        }
        svg.label(
            report.range.unit.axisTitle, x: (start + right) / 2, y: bottom + 38, size: 12, fill: "#555",
            anchor: .middle)
    }

    /// Buckets next to each other whose shares tell something.
    private var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        for (index, bucket) in report.buckets.enumerated() where !bucket.coverage.isThin {
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }

    private func style(_ brand: Int) -> BrandStyle? { styles[report.brands[brand].name] }

    private mutating func drawBand(_ brand: Int) {
        guard let style = style(brand) else { return }
        for run in runs {
            let points = run.compactMap { index in
                report.buckets[index].shares[brand]?.interval.map { (index, $0) }
            }
            if points.count == 1 {
                whisker(points[0].1, x: x(points[0].0), style)
            } else if !points.isEmpty {
                let outline =
                    points.map { (x: x($0.0), y: y($0.1.high)) }
                    + points.reversed().map { (x: x($0.0), y: y($0.1.low)) }
                svg.element(
                    "polygon",
                    [
                        ("points", .text(SVG.points(outline))), ("fill", .text(style.colour)),
                        ("fill-opacity", .number(0.13)),
                    ])
            }
        }
    }

    private mutating func whisker(_ interval: Interval, x: Double, _ style: BrandStyle) {
        svg.element(
            "line",
            [
                ("x1", .number(x)), ("y1", .number(y(interval.low))), ("x2", .number(x)),
                ("y2", .number(y(interval.high))), ("stroke", .text(style.colour)), ("stroke-width", .number(2)),
                ("stroke-opacity", .number(0.45)),
            ])
    }

    /// Lines join what tells something alone. A bucket that is not complete is hollow; a thin one a faint mark.
    private mutating func drawLine(_ brand: Int) {
        guard let style = style(brand) else { return }
        for run in runs {
            let points = run.compactMap { index in report.buckets[index].shares[brand].map { (x(index), y($0.value)) } }
            if points.count < 2 { continue }
            var attributes: [(String, SVG.Attribute)] = [
                ("points", .text(SVG.points(points))), ("fill", .text("none")), ("stroke", .text(style.colour)),
                ("stroke-width", .number(2.2)), ("stroke-linejoin", .text("round")),
            ]
            if let dashes = style.dashes { attributes.append(("stroke-dasharray", .text(dashes))) }
            svg.element("polyline", attributes)
        }
        let hasMarks = report.buckets.count <= 40
        for (index, bucket) in report.buckets.enumerated() {
            guard let share = bucket.shares[brand]?.value else { continue }
            if bucket.coverage.isThin {
                if share > scale.ceiling { continue }
                svg.mark(style, x: x(index), y: y(share), radius: 2.2, isHollow: true, opacity: 0.4)
            } else if hasMarks || !bucket.isComplete || index == report.lastPoint {
                svg.mark(style, x: x(index), y: y(share), radius: 3.6, isHollow: !bucket.isComplete)
            }
        }
    }

    /// The window before, left of the lines: a mark for each brand, with its interval.
    private mutating func drawBefore() {
        let isThin = report.coverageBefore.isThin
        for (place, brand) in drawn.enumerated() {
            guard let style = style(brand), let share = report.brands[brand].shareBefore else { continue }
            let x = left + 10 + (stripWidth - 20) * (Double(place) + 0.5) / Double(drawn.count)
            if let interval = share.interval, !isThin { whisker(interval, x: x, style) }
            if share.value > scale.ceiling { continue }
            svg.mark(
                style, x: x, y: y(share.value), radius: isThin ? 2.2 : 3, isHollow: isThin, opacity: isThin ? 0.4 : 1)
        }
        svg.line((left + stripWidth, top), (left + stripWidth, bottom), stroke: "#bbb")
        svg.label("before", x: left + stripWidth / 2, y: bottom + 20, size: 12, fill: "#555", anchor: .middle)
    }

    /// The names stand where the lines end, moved apart where they would touch, each joined to its last point.
    private mutating func drawLabels() {
        guard let last = report.lastPoint else { return }
        let spacing = 18.0
        var places = drawn.map { brand in
            (brand: brand, y: y(report.buckets[last].shares[brand]?.value ?? 0))
        }
        places.sort { ($0.y, $0.brand) < ($1.y, $1.brand) }
        let ends = places.map(\.y)
        for index in places.indices.dropFirst() {
            places[index].y = max(places[index].y, places[index - 1].y + spacing)
        }
        let excess = (places.last?.y ?? 0) - bottom
        if excess > 0, let lowest = places.indices.last {
            places[lowest].y = bottom
            for index in places.indices.dropLast().reversed() {
                places[index].y = min(places[index].y, places[index + 1].y - spacing)
            }
        }
        for (place, end) in zip(places, ends) {
            guard let style = style(place.brand), let text = labels[place.brand] else { continue }
            svg.line((x(last) + 5, end), (right + 8, place.y), stroke: "#bbb", width: 0.8)
            svg.mark(style, x: right + 15, y: place.y, radius: 3.6, isHollow: false)
            svg.label(text, x: right + 24, y: place.y + 4.5, size: 13, fill: style.colour, isBold: true)
        }
    }
}

/// From 0 up to a round share above all that is drawn.
private struct ShareScale {
    let step: Double
    let ceiling: Double

    init(_ report: TrendReport, _ drawn: [Int]) {
        let solid = report.buckets.filter { !$0.coverage.isThin }
        var shares = drawn.flatMap { brand in (solid.isEmpty ? report.buckets : solid).map { $0.shares[brand] } }
        if !report.coverageBefore.isThin { shares += drawn.map { report.brands[$0].shareBefore } }
        let largest =
            shares.compactMap { share in
                share.map { solid.isEmpty ? $0.value : max($0.value, $0.interval?.high ?? 0) }
            }.max() ?? 0
        // 1, 2 or 5 times a power of ten, for about five lines.
        let step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].first { largest / $0 <= 5.5 } ?? 0.2
        self.step = step
        ceiling = max(step, (largest / step).rounded(.up) * step)
    }

    var ticks: [Double] { (0...Int((ceiling / step).rounded())).map { Double($0) * step } }
}

extension TrendReport {
    /// The newest bucket whose shares tell something; else the newest with any.
    fileprivate var lastPoint: Int? {
        buckets.lastIndex { !$0.coverage.isThin } ?? buckets.lastIndex { $0.recognised > 0 }
    }

    fileprivate var hasTellingPoint: Bool { buckets.contains { !$0.coverage.isThin } }

    fileprivate func chartNotes(drawn: [Int]) -> [String] {
        let counted =
            "\(Format.count(recognised)) recognised, \(Format.count(other)) other, \(Format.count(unsure)) unsure."
        let point = lastPoint.map { buckets[$0].period.name } ?? ""
        var notes = [counted]
        if hasTellingPoint { notes = ["\(counted) Beside the names: the share of \(point). Bands: 95 % intervals."] }
        var marks: [String] = []
        if buckets.contains(where: { !$0.isComplete && !$0.coverage.isThin }) {
            marks.append("Hollow: \(range.unit.rawValue) not complete.")
        }
        if buckets.contains(where: { $0.recognised > 0 && $0.coverage.isThin }) {
            marks.append("Faint and not joined: fewer than \(fewestToCall) recognised.")
        }
        let seen = brands.filter(\.isSeen).count
        if seen > drawn.count { marks.append("Drawn are the \(drawn.count) most frequent of \(seen) brands.") }
        if !marks.isEmpty { notes.append(marks.joined(separator: " ")) }
        if coverageBefore.recognised > 0 {
            notes.append("Before: \(range.before.text), \(Format.count(coverageBefore.recognised)) recognised.")
        }
        return notes + weakLines + coverageNotes
    }
}

extension TrendUnit {
    fileprivate var axisTitle: String {
        switch self {
        case .day: "Day"
        case .week: "Week, Monday to Sunday"
        case .month: "Month"
        case .season: "Season"
        }
    }
}
