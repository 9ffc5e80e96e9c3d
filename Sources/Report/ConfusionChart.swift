import Statistics

extension ClassificationReport {
    /// The confusion matrix as a picture: true classes down, predicted across, blue by the share of the row; in each
    /// cell the count and, where there is room, the share with its 95 % interval.
    package func svg(title: String) -> String {
        let cell = classes.count <= 8 ? 92.0 : classes.count <= 16 ? 56.0 : classes.count <= 40 ? 28.0 : 12.0
        let labelSize = cell < 20 ? 9.0 : 13.0
        let names = classes.map { $0.shortenedInTheMiddle(to: 24) }
        let longest = names.map { SVG.textWidth($0, size: labelSize) }.max() ?? 0
        let left = longest + 50
        let top = 66.0
        let side = cell * Double(classes.count)
        // Labels below are turned by 45 degrees, and stick out to the left.
        let bottom = top + side + longest * 0.71 + 50
        var svg = SVG(width: max(left + side + 30, 440), height: bottom)
        svg.label(title, x: 20, y: 28, size: 17, isBold: true)
        let interval = accuracy.interval
        svg.label(
            "accuracy \(Format.percent(accuracy.value)) (95 % interval \(Format.percent(interval.low)) to \(Format.percent(interval.high))), \(Format.count(n, "picture"))",
            x: 20, y: 48, size: 12, fill: "#555")

        for (row, counts) in confusion.enumerated() {
            let support = support(row)
            for (column, count) in counts.enumerated() {
                let rate = Rate(successes: count, n: support)
                let (x, y) = (left + cell * Double(column), top + cell * Double(row))
                svg.element(
                    "rect",
                    [
                        ("x", .number(x)), ("y", .number(y)), ("width", .number(cell)), ("height", .number(cell)),
                        ("fill", .text(blue(rate.value))), ("stroke", .text("#fff")),
                        ("stroke-width", .number(cell < 20 ? 0.5 : 1.5)),
                    ])
                if cell < 20 || (cell < 40 && count == 0) { continue }
                let ink = rate.value > 0.5 ? "#fff" : count == 0 ? "#9aa5b1" : "#08306b"
                let middle = x + cell / 2
                let isWide = cell >= 90 && count > 0
                let countSize = cell < 40 ? 10.0 : 17.0
                svg.label(
                    Format.count(count), x: middle, y: y + cell / 2 + (isWide ? -8 : countSize * 0.35), size: countSize,
                    fill: ink, anchor: .middle,
                    isBold: row == column)
                guard isWide else { continue }
                let interval = rate.interval
                svg.label(
                    Format.percent(rate.value), x: middle, y: y + cell / 2 + 11, size: 12, fill: ink, anchor: .middle)
                svg.label(
                    "\(Format.fixed(interval.low * 100, decimals: 0))–\(Format.fixed(interval.high * 100, decimals: 0)) %",
                    x: middle,
                    y: y + cell / 2 + 27, size: 11, fill: ink, anchor: .middle)
            }
        }
        for (index, name) in names.enumerated() {
            let middle = cell * (Double(index) + 0.5)
            svg.label(name, x: left - 8, y: top + middle + labelSize * 0.35, size: labelSize, anchor: .end)
            svg.label(name, x: left + middle + 4, y: top + side + 14, size: labelSize, anchor: .end, rotate: -45)
        }
        svg.label("true", x: 22, y: top + side / 2, size: 13, fill: "#555", anchor: .middle, rotate: -90)
        svg.label("predicted", x: left + side / 2, y: bottom - 14, size: 13, fill: "#555", anchor: .middle)
        return svg.text
    }
}

/// ColorBrewer's sequential "Blues", 9 classes, interpolated.
private func blue(_ fraction: Double) -> String {
    let stops: [(Double, Double, Double)] = [
        (247, 251, 255), (222, 235, 247), (198, 219, 239), (158, 202, 225), (107, 174, 214), (66, 146, 198),
        (33, 113, 181), (8, 81, 156),
        (8, 48, 107),
    ]
    let place = min(1, max(0, fraction)) * 8
    let index = min(7, Int(place))
    let (from, to, part) = (stops[index], stops[index + 1], place - Double(index))
    let channels = [from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part, from.2 + (to.2 - from.2) * part]
    return "rgb(" + channels.map { String(Int($0.rounded())) }.joined(separator: ",") + ")"
}
