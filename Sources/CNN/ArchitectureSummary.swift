extension Architecture {
    /// A table for people: one line a layer with its output's shape, parameters and multiply-adds, and a line of
    /// totals.
    package var summary: String {
        var rows = [["layer", "output", "parameters", "multiply-adds"], ["input", "\(input)", "", ""]]
        for layer in resolved {
            rows.append([
                layer.name, "\(layer.output)", layer.parameterCount == 0 ? "" : grouped(layer.parameterCount),
                layer.kernelShape == nil ? "" : grouped(layer.multiplyAdds),
            ])
        }
        rows.append(["total", "", grouped(parameterCount), grouped(multiplyAdds)])
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 2 ? row[column] + padding : padding + row[column]
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

/// 2200421 as 2,200,421.
private func grouped(_ number: Int) -> String {
    var result = ""
    for (index, digit) in String(number).reversed().enumerated() {
        if index > 0, index % 3 == 0 { result.append(",") }
        result.append(digit)
    }
    return String(result.reversed())
}
