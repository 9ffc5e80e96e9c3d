/// How a brand is drawn: the same in every chart of a model, whatever its rank there.
struct BrandStyle: Hashable {
    enum Marker: CaseIterable { case circle, square, triangle, diamond, cross }

    let colour: String
    let marker: Marker
    /// For `stroke-dasharray`; nil for a full line. Tells lines apart without their colours.
    let dashes: String?

    private init(place: Int) {
        colour = Self.palette[place]
        marker = Marker.allCases[place % Marker.allCases.count]
        dashes = [nil, "7 3", "2 3", "9 3 2 3"][place % 4]
    }

    /// A style for each of a model's brands, chosen by its name: none is given twice while there are enough of them.
    static func styles(of brands: [String]) -> [String: BrandStyle] {
        var taken: Set<Int> = []
        var styles: [String: BrandStyle] = [:]
        for name in brands.sorted() {
            if taken.count == palette.count { taken.removeAll() }
            // FNV-1a: the same on every machine and in every run, which Swift's own hashes are not.
            let hash = name.lowercased().utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
            var place = Int(hash % UInt32(palette.count))
            while taken.contains(place) { place = (place + 1) % palette.count }
            taken.insert(place)
            styles[name] = BrandStyle(place: place)
        }
        return styles
    }

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
