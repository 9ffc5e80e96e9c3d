import Foundation
import Intake
import Report

/// What the commands about trends take alike.
enum TrendOptions {
    static let threshold = CommandSpec.Option(
        "--threshold", "P", "recognised from this confidence on, a multiple of 0.05 (the model's)")
    static let seasonStart = CommandSpec.Option(
        "--season-start", "WHICH", "north, south, fashion or a file of NAME,FIRST DAY,LAST DAY (north)")
}

extension Arguments {
    /// The confidence that `--threshold` gives.
    func threshold() throws(UsageError) -> Double? {
        guard let text = value("--threshold") else { return nil }
        // Sums keep confidences in steps of a twentieth.
        let value = Double(text).flatMap { $0.isFinite ? $0 : nil }
        let nearest = value.map { min(max(($0 * 20).rounded(), 0), 20) / 20 }
        guard let value, let nearest, (value - nearest).magnitude < 1e-9 else {
            let hint = nearest.map { "; the nearest is \(Format.fixed($0, decimals: 2))" } ?? ""
            throw UsageError("--threshold takes a multiple of 0.05 from 0 to 1, not \(text)\(hint)", command: spec.name)
        }
        return nearest
    }

    /// The seasons that `--season-start` means.
    func seasonCalendar() throws -> SeasonCalendar {
        guard let word = value("--season-start") else { return .north }
        let known: [String: SeasonCalendar] = ["north": .north, "south": .south, "fashion": .fashion]
        if let calendar = known[word] { return calendar }
        let path = Path(argument: word)
        guard path.exists else {
            throw UsageError(
                "--season-start takes north, south, fashion or a file, not \(word)\(didYouMean(word, among: known.keys.sorted()))",
                command: spec.name)
        }
        let list = String(decoding: try path.contents(), as: UTF8.self)
        do throws(SeasonListError) {
            return try SeasonCalendar(list: list)
        } catch {
            throw CommandError("\(path): \(error)")
        }
    }
}
