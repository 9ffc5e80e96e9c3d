/// How far something has come, in one line.
package struct ProgressLine: Hashable, Sendable {
    package var done: Int
    /// Nil while it is not known.
    package var total: Int?
    package var failed: Int
    package var ratePerSecond: Double?
    /// What goes on while there is no total yet, "listing" for instance; nil when nothing does.
    package var stage: String?

    /// - done: what is finished, failures included.
    package init(done: Int, total: Int?, failed: Int = 0, ratePerSecond: Double? = nil, stage: String? = nil) {
        self.done = done
        self.total = total
        self.failed = failed
        self.ratePerSecond = ratePerSecond
        self.stage = stage
    }

    package var fraction: Double? {
        guard let total else { return nil }
        return total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
    }

    /// Nil while it cannot be known.
    package var secondsLeft: Double? {
        guard let total, let ratePerSecond, ratePerSecond > 0 else { return nil }
        return Double(max(0, total - done)) / ratePerSecond
    }

    /// For pipes and logs: `52.1 %, 5,210 of 10,000, 131/s, 37 s left, 3 failed`.
    package var plainText: String {
        var parts: [String] = []
        if let fraction, let total {
            parts = [Format.percent(fraction), "\(Format.count(done)) of \(Format.count(total))"]
        } else {
            parts = ["\(Format.count(done)) done"] + (stage.map { ["still \($0)"] } ?? [])
        }
        return (parts + tail).joined(separator: ", ")
    }

    /// For a terminal, at most `width` columns: a bar, then the same in short.
    package func text(width: Int) -> String {
        var parts: [String] = []
        if let fraction, let total {
            let percent = Format.percent(fraction)
            let counted = Format.count(total)
            let done = Format.count(done)
            parts = [
                String(repeating: " ", count: max(0, 7 - percent.count)) + percent,
                String(repeating: " ", count: max(0, counted.count - done.count)) + "\(done)/\(counted)",
            ]
        } else {
            parts = ["\(Format.count(done)) done"] + (stage.map { ["still \($0)"] } ?? [])
        }
        let words = (parts + tail).joined(separator: "  ")
        let barWidth = min(40, width - words.count - 4)
        guard let fraction, barWidth >= 5 else { return String(words.prefix(max(0, width))) }
        let filled = Int((fraction * Double(barWidth)).rounded(.down))
        return "[\(String(repeating: "█", count: filled))\(String(repeating: "░", count: barWidth - filled))]  \(words)"
    }

    private var tail: [String] {
        var parts: [String] = []
        if let ratePerSecond, ratePerSecond > 0 { parts.append(Format.rate(ratePerSecond)) }
        if let secondsLeft { parts.append("\(Format.duration(seconds: secondsLeft)) left") }
        if failed > 0 { parts.append("\(Format.count(failed)) failed") }
        return parts
    }
}
