import Intake
import Statistics

extension ClassificationReport {
    /// Everything for people: scikit-learn's table, the intervals that it lacks, and the confusion matrix.
    package func text(width: Int?) -> String {
        let accuracy = "accuracy \(ClassificationReport.text(accuracy)), \(Format.count(n, "picture"))\n"
        return scikitLearnText + "\n" + accuracy + "\n" + intervalsText(width: width) + "\n"
            + confusionText(width: width)
    }

    /// Character for character what `sklearn.metrics.classification_report` prints since 0.21.
    package var scikitLearnText: String {
        let names = classes.map(Escaping.terminal)
        let width = max("weighted avg".count, names.map(\.unicodeScalars.count).max() ?? 0)
        func row(_ name: String, _ cells: [String]) -> String {
            padded(name, width) + " " + cells.map { " " + padded($0, 9) }.joined() + "\n"
        }
        func digits(_ value: Double) -> String { Format.fixed(value, decimals: 2) }

        var text = row("", ["precision", "recall", "f1-score", "support"]) + "\n"
        for index in classes.indices {
            let cells = [precision(index).value, recall(index).value, f1(index)].map(digits)
            text += row(names[index], cells + [String(support(index))])
        }
        text += "\n" + row("accuracy", ["", "", digits(accuracy.value), String(n)])
        let weights = classes.indices.map { Double(support($0)) }
        for (name, weights) in [("macro avg", classes.map { _ in 1 }), ("weighted avg", weights)] {
            let total = weights.reduce(0, +)
            let means = [{ precision($0).value }, { recall($0).value }, f1].map { (rate: (Int) -> Double) in
                total == 0 ? 0 : classes.indices.reduce(0) { $0 + rate($1) * weights[$1] } / total
            }
            text += row(name, means.map(digits) + [String(n)])
        }
        return text
    }

    /// Precision and recall of each class with their 95 % intervals.
    package func intervalsText(width: Int?) -> String {
        var table = Table([.flexible("95 % intervals"), .right("precision"), .right("recall"), .right("support")])
        for index in classes.indices {
            table.add([
                classes[index], ClassificationReport.text(precision(index)), ClassificationReport.text(recall(index)),
                Format.count(support(index)),
            ])
        }
        return table.text(width: width)
    }

    /// The counts: a row for each true class, a column for each predicted one.
    package func confusionText(width: Int?) -> String {
        var table = Table([.flexible("true \\ predicted")] + classes.map { .right(Escaping.terminal($0)) })
        for index in classes.indices { table.add([classes[index]] + confusion[index].map(Format.count)) }
        return table.text(width: width)
    }

    /// "0.96 (0.87 to 0.99)"
    static func text(_ rate: Rate) -> String {
        let interval = rate.interval
        return rate.n == 0
            ? "-"
            : "\(Format.fixed(rate.value, decimals: 2)) (\(Format.fixed(interval.low, decimals: 2)) to \(Format.fixed(interval.high, decimals: 2)))"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
    }
}
