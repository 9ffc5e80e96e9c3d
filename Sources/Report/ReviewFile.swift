package import Intake
package import Queue

/// A review sample as a table that a person fills in.
package struct ReviewLines {
    private let classes: [String]

    /// - classes: The model's.
    package init(classes: [String]) { self.classes = classes }

    /// With its line end.
    package var header: String {
        "sample,picture,predicted,true_brand,confidence,posted_at,platform,post,path\n"
    }

    /// The column to fill in holds an answer that was given before.
    package func line(_ drawn: ReviewSample.Drawn, of sample: ReviewSample) -> String {
        let row = drawn.row
        return [
            String(sample.number), String(row.number), Escaping.csv(drawn.stratum.name(in: classes)),
            Escaping.csv(drawn.truth?.name(in: classes) ?? ""), Format.fixed(row.knownConfidence, decimals: 4),
            row.time?.timestamp.iso8601 ?? "", Escaping.csv(row.post.platform ?? ""),
            Escaping.csv(row.post.id ?? ""), row.picture?.file.shown.csv ?? "",
        ].joined(separator: ",") + "\n"
    }
}

extension Truth {
    /// As it is written and read in a sample's table.
    package func name(in classes: [String]) -> String {
        if case .brand(let index) = self { classes[index] } else { "none" }
    }

    /// Nil for a text that names no brand of these and is not `none` or `other`.
    init?(_ text: String, classes: [String]) {
        let brands = classes.indices.filter { classes[$0] != otherClass }
        let exact = brands.first { classes[$0] == text }
        if let index = exact ?? brands.first(where: { classes[$0].lowercased() == text.lowercased() }) {
            self = .brand(index)
        } else if ["none", "other", otherClass].contains(text.lowercased()) {
            self = .noneOfThem
        } else {
            return nil
        }
    }
}

/// Such a table filled in. Rows may be in any order, columns too, and others beside them.
package struct ReviewFile {
    private struct Row {
        var line: Int
        var picture: Int
        var predicted: String
        var truth: String
    }

    private let path: Path
    /// The sample that all rows name.
    package let sample: Int
    private var rows: [Row] = []

    package init(_ path: Path) throws(ReviewFileError) {
        self.path = path
        do {
            var table = try CSVReader(at: path)
            func column(_ name: String) throws(ReviewFileError) -> Int {
                guard let index = table.header.firstIndex(where: { $0.trimmed.lowercased() == name }) else {
                    throw ReviewFileError(
                        path, 1, "there is no column \(name); the header of `bagq review-sample` has it")
                }
                return index
            }
            let columns = try (column("sample"), column("picture"), column("predicted"), column("true_brand"))
            var sample: Int?
            while let found = try table.next() {
                switch found {
                case .failure(let problem): throw ReviewFileError(path, problem.line, "\(problem)")
                case .success(let row):
                    let text = row[columns.0].trimmed
                    guard let number = Int(text), number > 0 else {
                        throw ReviewFileError(path, row.line, "\(text) is no sample's number")
                    }
                    guard sample ?? number == number else {
                        throw ReviewFileError(
                            path, row.line,
                            "it is of sample \(number), those before of \(sample ?? 0); one file a sample")
                    }
                    sample = number
                    guard let picture = Int(row[columns.1].trimmed) else {
                        throw ReviewFileError(path, row.line, "\(row[columns.1].trimmed) is no picture's number")
                    }
                    rows.append(
                        Row(
                            line: row.line, picture: picture, predicted: row[columns.2].trimmed,
                            truth: row[columns.3].trimmed))
                }
            }
            guard let sample else { throw ReviewFileError(path, 1, "there is no row below the header") }
            self.sample = sample
        } catch let error as SystemError {
            throw ReviewFileError(path, nil, "\(error)")
        } catch let error as ReviewFileError {
            throw error
        } catch {
            throw ReviewFileError(path, nil, "\(error)")
        }
    }

    /// The answers by the pictures' numbers. Rows that are empty or say `?` have none.
    /// - sample: The one whose number is `self.sample`.
    /// - classes: Its model's.
    package func answers(for sample: ReviewSample, classes: [String]) throws(ReviewFileError) -> [Int: Truth] {
        let drawn = Dictionary(sample.drawn.map { ($0.row.number, $0.stratum) }) { first, _ in first }
        var answers: [Int: Truth] = [:]
        for row in rows {
            guard let stratum = drawn[row.picture] else {
                throw ReviewFileError(path, row.line, "picture \(row.picture) is not in sample \(sample.number)")
            }
            let predicted = stratum.name(in: classes)
            guard row.predicted.isField(predicted) else {
                throw ReviewFileError(
                    path, row.line,
                    "picture \(row.picture) was predicted as \(predicted), not \(row.predicted); was one column sorted without the others?"
                )
            }
            if row.truth.isEmpty || row.truth == "?" { continue }
            guard let truth = Truth(row.truth, classes: classes) ?? Truth(row.truth.unquoted, classes: classes) else {
                let known = (classes.filter { $0 != otherClass } + ["none"]).joined(separator: ", ")
                throw ReviewFileError(
                    path, row.line, "\(sample.model) knows no brand \(row.truth); write one of \(known), or nothing")
            }
            guard answers[row.picture] ?? truth == truth else {
                throw ReviewFileError(path, row.line, "picture \(row.picture) has another answer further up")
            }
            answers[row.picture] = truth
        }
        return answers
    }
}

/// Why a sample's table cannot be stored, and where.
package struct ReviewFileError: Error, Hashable, CustomStringConvertible {
    package let description: String

    /// - line: Nil for the file as a whole.
    fileprivate init(_ path: Path, _ line: Int?, _ what: String) {
        description = "\(path)\(line.map { ", line \($0)" } ?? ""): \(Escaping.terminal(what))"
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }

    /// Without the apostrophe that keeps spreadsheets from running a field.
    fileprivate var unquoted: String { hasPrefix("'") ? String(dropFirst()) : self }

    /// Whether a field read back can be that text.
    fileprivate func isField(_ text: String) -> Bool { [self, unquoted].contains(text.trimmed) }
}
