import Foundation

/// A subcommand's words, taken apart by its table.
struct Arguments {
    let spec: CommandSpec
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]

    /// Takes `--name value`, `--name=value`, switches, and operands in any order; `--` ends the options.
    init(_ words: [String], for spec: CommandSpec) throws(UsageError) {
        self.spec = spec
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0] == "-h" ? "--help" : parts[0]
            guard let option = spec.allOptions.first(where: { $0.name == name }) else {
                throw UsageError(
                    "unknown option \(name)\(didYouMean(name, among: spec.allOptions.map(\.name)))", command: spec.name)
            }
            guard let placeholder = option.value else {
                guard parts.count == 1 else { throw UsageError("\(name) takes no value", command: spec.name) }
                values[name, default: []].append("")
                continue
            }
            let next = rest.first.flatMap { word in spec.allOptions.contains { $0.name == word } ? nil : word }
            guard let value = parts.count == 2 ? parts[1] : next, !value.isEmpty else {
                throw UsageError("\(name) needs a value: \(name) \(placeholder)", command: spec.name)
            }
            if parts.count == 1 { rest.removeFirst() }
            values[name, default: []].append(value)
        }
        guard !wantsHelp, !spec.operandCount.contains(operands.count) else { return }
        let missing = spec.operands.split(separator: " ").dropFirst(operands.count).first
        throw UsageError(
            operands.count < spec.operandCount.lowerBound
                ? "\(missing ?? "a word") is missing"
                : "\(operands[spec.operandCount.upperBound]) is one word too many", command: spec.name)
    }

    var wantsHelp: Bool { has("--help") }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// The last value given.
    func value(_ name: String) -> String? { values[name]?.last }

    func values(_ name: String) -> [String] { values[name] ?? [] }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)",
                command: spec.name)
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = value(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw UsageError(
                String(format: "%@ takes a number from %g to %g, not ", name, range.lowerBound, range.upperBound)
                    + text,
                command: spec.name)
        }
        return number
    }

    /// One of the choices' raw values.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _: Choice.Type) throws(UsageError) -> Choice?
    where Choice.RawValue == String {
        guard let text = value(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue)
            throw UsageError(
                "\(name) takes \(words.joined(separator: ", ")), not \(text)\(didYouMean(text, among: words))",
                command: spec.name)
        }
        return choice
    }
}

/// Words that make no sense to a subcommand, or to bagq itself (`command` nil).
struct UsageError: Error, CustomStringConvertible {
    let message: String
    let command: String?

    init(_ message: String, command: String?) {
        self.message = message
        self.command = command
    }

    var description: String { "\(message); see `bagq help\(command.map { " \($0)" } ?? "")`" }
}

/// " (did you mean X?)" for the nearest word within two edits, else nothing.
func didYouMean(_ word: String, among words: [String]) -> String {
    let near = words.map { ($0, editDistance(word, $0)) }.filter { $0.1 <= 2 }.min { $0.1 < $1.1 }
    return near.map { " (did you mean \($0.0)?)" } ?? ""
}

/// Levenshtein's distance.
private func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var row = Array(0...right.count)
    for (i, l) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, r) in right.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (l == r ? 0 : 1))
            diagonal = above
        }
    }
    return row[right.count]
}
