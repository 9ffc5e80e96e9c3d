import Intake

/// A drawing that is written element by element. All text and attributes are escaped here.
struct SVG {
    enum Anchor: String { case start, middle, end }

    private let width: Double
    private let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    var text: String {
        let size =
            "width=\"\(SVG.number(width))\" height=\"\(SVG.number(height))\" viewBox=\"0 0 \(SVG.number(width)) \(SVG.number(height))\""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" \(size) font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">
            <rect width="100%" height="100%" fill="#fff"/>
            \(body)</svg>

            """
    }

    mutating func element(_ name: String, _ attributes: [(String, Attribute)]) {
        body += "<\(name)\(SVG.written(attributes))/>\n"
    }

    mutating func label(
        _ text: String, x: Double, y: Double, size: Double, fill: String = "#222", anchor: Anchor = .start,
        isBold: Bool = false, rotate: Double? = nil
    ) {
        var attributes: [(String, Attribute)] = [
            ("x", .number(x)), ("y", .number(y)), ("font-size", .number(size)), ("fill", .text(fill)),
        ]
        if anchor != .start { attributes.append(("text-anchor", .text(anchor.rawValue))) }
        if isBold { attributes.append(("font-weight", .text("bold"))) }
        if let rotate {
            attributes.append(("transform", .text("rotate(\(SVG.number(rotate)) \(SVG.number(x)) \(SVG.number(y)))")))
        }
        body += "<text\(SVG.written(attributes))>\(Escaping.markup(text))</text>\n"
    }

    mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), stroke: String, width: Double = 1)
    {
        element(
            "line",
            [
                ("x1", .number(from.x)), ("y1", .number(from.y)), ("x2", .number(to.x)), ("y2", .number(to.y)),
                ("stroke", .text(stroke)),
                ("stroke-width", .number(width)),
            ])
    }

    enum Attribute {
        case number(Double)
        case text(String)
    }

    private static func written(_ attributes: [(String, Attribute)]) -> String {
        attributes.map { name, value in
            switch value {
            case .number(let value): " \(name)=\"\(number(value))\""
            case .text(let value): " \(name)=\"\(Escaping.markup(value))\""
            }
        }.joined()
    }

    /// Two decimals are enough for a screen.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && rounded.magnitude < 1e9 ? String(Int(rounded)) : "\(rounded)"
    }

    /// About how wide a text comes out in Helvetica.
    static func textWidth(_ text: String, size: Double) -> Double {
        Double(text.displayWidth) * size * 0.56
    }
}
