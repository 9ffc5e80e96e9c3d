/// How a model did on pictures that it was not trained on: counts by true class, predicted class and confidence step.
package struct HeldOut: Hashable, Sendable {
    /// Which pictures: those that chose the epoch flatter the model, those of the test do not.
    package enum Part: String, Codable, Sendable { case test, validation }

    package struct Cell: Hashable, Sendable {
        package var label: Int
        package var predicted: Int
        /// Whole 5 % steps in the confidence, 0 to 20.
        package var step: Int
    }

    package let part: Part
    /// Of the calibrated answers; nil in files of earlier versions.
    package var reliability: Reliability?
    /// Cells that are not there count 0.
    package private(set) var counts: [Cell: Int] = [:]

    package init(part: Part) {
        self.part = part
    }

    /// Counts one picture by its true class and what the model said, with which confidence.
    package mutating func add(label: Int, predicted: Int, step: Int) {
        counts[Cell(label: label, predicted: predicted, step: step), default: 0] += 1
    }

    /// Pictures.
    package var total: Int { counts.values.reduce(0, +) }
    /// Pictures whose true class was predicted.
    package var right: Int { counts.reduce(0) { $0 + ($1.key.label == $1.key.predicted ? $1.value : 0) } }

    /// Whether these can be a model's of so many classes: a file may say anything.
    func fits(classes: Int) -> Bool {
        counts.allSatisfy { cell, count in
            (0..<classes).contains(cell.label) && (0..<classes).contains(cell.predicted)
                && (0...20).contains(cell.step) && (1...1 << 32).contains(count)
        }
    }
}

/// As `{"part": "test", "counts": [[label, predicted, step, count], …], "reliability": {…}}`.
extension HeldOut: Codable {
    private enum CodingKeys: String, CodingKey { case part, counts, reliability }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        part = try container.decode(Part.self, forKey: .part)
        reliability = try container.decodeIfPresent(Reliability.self, forKey: .reliability)
        for row in try container.decode([[Int]].self, forKey: .counts) {
            guard row.count == 4 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .counts, in: container, debugDescription: "a row must have 4 numbers, not \(row.count)")
            }
            counts[Cell(label: row[0], predicted: row[1], step: row[2])] = row[3]
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(part, forKey: .part)
        try container.encodeIfPresent(reliability, forKey: .reliability)
        let rows = counts.map { [$0.key.label, $0.key.predicted, $0.key.step, $0.value] }
        try container.encode(rows.sorted { $0.lexicographicallyPrecedes($1) }, forKey: .counts)
    }
}
