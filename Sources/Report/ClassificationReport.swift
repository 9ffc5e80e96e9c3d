package import Statistics

/// How well a model did on labelled pictures, from its confusion matrix.
package struct ClassificationReport: Hashable, Sendable {
    package let classes: [String]
    /// Rows are true classes, columns predicted ones.
    package let confusion: [[Int]]

    /// - confusion: as many rows and columns as there are classes.
    package init(classes: [String], confusion: [[Int]]) {
        precondition(confusion.count == classes.count && confusion.allSatisfy { $0.count == classes.count })
        self.classes = classes
        self.confusion = confusion
    }

    /// A share of pictures with its 95 % interval (Wilson's).
    package struct Rate: Hashable, Sendable {
        package var successes: Int
        package var n: Int

        /// 0 without pictures, as in scikit-learn.
        package var value: Double { n == 0 ? 0 : Double(successes) / Double(n) }
        package var interval: Interval { wilson(successes, of: n) }
    }

    package var n: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
    package var accuracy: Rate { Rate(successes: classes.indices.reduce(0) { $0 + confusion[$1][$1] }, n: n) }

    /// Of the pictures predicted as the class, those that are.
    package func precision(_ index: Int) -> Rate {
        Rate(successes: confusion[index][index], n: confusion.reduce(0) { $0 + $1[index] })
    }

    /// Of the class's pictures, those predicted as such.
    package func recall(_ index: Int) -> Rate {
        Rate(successes: confusion[index][index], n: support(index))
    }

    package func f1(_ index: Int) -> Double {
        let pictures = precision(index).n + support(index)
        return pictures == 0 ? 0 : Double(2 * confusion[index][index]) / Double(pictures)
    }

    /// How many pictures of the class there are.
    package func support(_ index: Int) -> Int { confusion[index].reduce(0, +) }

    /// `evaluate --json`, but for what it was measured on.
    package var members: [(key: String, value: JSONValue)] {
        [
            ("n", .int(n)), ("accuracy", .number(accuracy.value)), ("accuracy_low", .number(accuracy.interval.low)),
            ("accuracy_high", .number(accuracy.interval.high)), ("classes", .array(classes.map(JSONValue.string))),
            ("confusion", .array(confusion.map { .array($0.map(JSONValue.int)) })),
            ("per_class", .array(classes.indices.map(json(of:)))),
        ]
    }

    private func json(of index: Int) -> JSONValue {
        let (precision, recall) = (precision(index), recall(index))
        return .object([
            ("class", .string(classes[index])), ("precision", .number(precision.value)),
            ("precision_low", .number(precision.interval.low)),
            ("precision_high", .number(precision.interval.high)), ("recall", .number(recall.value)),
            ("recall_low", .number(recall.interval.low)), ("recall_high", .number(recall.interval.high)),
            ("f1", .number(f1(index))),
            ("support", .int(support(index))),
        ])
    }
}
