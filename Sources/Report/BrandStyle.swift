/// How a brand is drawn: the same in every chart of a model, whatever its rank there.
struct BrandStyle: Hashable {
    enum Marker: CaseIterable { case circle, square, triangle, diamond, cross }

    let colour: String
    let marker: Marker
    /// For `stroke-dasharray`; nil for a full line. Tells lines apart without their colours.
    let dashes: String?

    /// A style for each of a model's brands, chosen by its name. No colour is given twice while there are enough of
    /// them, and no mark and no dashes either: in black and white these are all that tells two lines apart.
    static func styles(of brands: [String]) -> [String: BrandStyle] {
        var colours = [Int](repeating: 0, count: palette.count)
        var markers = [Int](repeating: 0, count: Marker.allCases.count)
        var dashes = [[Int]](repeating: [Int](repeating: 0, count: patterns.count), count: markers.count)
        var styles: [String: BrandStyle] = [:]
        for name in brands.sorted() {
            // FNV-1a: the same on every machine and in every run, which Swift's own hashes are not.
            let hash = name.lowercased().utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
            let colour = rarest(colours, from: Int(hash % UInt32(palette.count)))
            let marker = rarest(markers, from: colour)
            // Those that the mark had already come last.
            let uses = patterns.indices.map { pattern in
                dashes.reduce(0) { $0 + $1[pattern] } + brands.count * dashes[marker][pattern]
            }
            let pattern = rarest(uses, from: colour)
            colours[colour] += 1
            markers[marker] += 1
            dashes[marker][pattern] += 1
            styles[name] = BrandStyle(
                colour: palette[colour], marker: Marker.allCases[marker], dashes: patterns[pattern])
        }
        return styles
    }

    /// The first from `start` on, and round, of those that were used least.
    private static func rarest(_ uses: [Int], from start: Int) -> Int {
        let order = uses.indices.map { (start + $0) % uses.count }
        return order.min { uses[$0] < uses[$1] } ?? 0
    }

    private static let patterns = [nil, "7 3", "2 3", "9 3 2 3", "15 5"]

    /// Dark enough for text on white, and apart for most colour-blind readers (after Okabe and Ito, and Tableau).
    private static let palette = [
        "#0b5fa5", "#c8500a", "#0a7d55", "#a0307f", "#8a6100", "#3279b0", "#b02a30", "#5b4fa8", "#4d4d4d", "#587315",
    ]
}

extension SVG {
    /// A brand's mark around a point: filled, or hollow with a white middle.
    mutating func mark(
        _ style: BrandStyle, x: Double, y: Double, radius: Double, isHollow: Bool, opacity: Double = 1
    ) {
        var attributes: [(String, Attribute)] = [
            ("fill", .text(isHollow ? "#fff" : style.colour)), ("stroke", .text(style.colour)),
            ("stroke-width", .number(1.6)),
        ]
        if opacity < 1 { attributes.append(("opacity", .number(opacity))) }
        func polygon(_ corners: [(Double, Double)]) {
            element("polygon", [("points", .text(SVG.points(corners.map { (x + $0.0, y + $0.1) })))] + attributes)
        }
        let r = radius
        switch style.marker {
        case .circle: element("circle", [("cx", .number(x)), ("cy", .number(y)), ("r", .number(r))] + attributes)
        case .square: polygon([(-r, -r), (r, -r), (r, r), (-r, r)])
        case .triangle: polygon([(0, -1.25 * r), (1.2 * r, r), (-1.2 * r, r)])
        case .diamond: polygon([(0, -1.35 * r), (1.35 * r, 0), (0, 1.35 * r), (-1.35 * r, 0)])
        case .cross:
            let a = r / 2.4
            polygon([
                (-a, -r), (a, -r), (a, -a), (r, -a), (r, a), (a, a), (a, r), (-a, r), (-a, a), (-r, a), (-r, -a),
                (-a, -a),
            ])
        }
    }

    static func points(_ points: [(x: Double, y: Double)]) -> String {
        points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    }

    /// Words of a text in lines of at most that width, near enough.
    static func lines(_ text: String, size: Double, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, textWidth("\(last) \(word)", size: size) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
