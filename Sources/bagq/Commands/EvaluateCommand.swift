import CNN
import Foundation
import Intake
import Queue
import Report
import Worker

enum EvaluateCommand: Command {
    static let spec = CommandSpec(
        "evaluate", "MODEL DATA", 2...2, summary: "Says how well a model does on labelled pictures.",
        options: [
            .init("--all", nil, "count also the pictures that the model was made from"),
            .init("--json", nil, "as JSON"),
            .init("--chart", "FILE.svg", "write a picture of the confusion matrix"),
            .init("--precision", "P", "auto, fp32 or int8 (auto: what the model says)"),
            .init("--threads", "N", "compute threads (else BAGQ_THREADS, else all cores)"),
        ],
        details: """
            MODEL is a model's name or a safetensors file. DATA has a folder of pictures for each class; where
            it has a test or a validation folder, that is used. Pictures that the model was trained on or
            chosen by are left out, for they flatter it. Intervals are Wilson's, at 95 %.
            """,
        example: "bagq evaluate luxe ~/bags-of-another-month --chart matrix.svg")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let threads = try arguments.integer("--threads", in: 1...256)
        let asked = try arguments.choice("--precision", Precision.self) ?? .auto
        let chart = try arguments.chart(spec.name)
        let settings = try Settings()
        let (model, name) = try ModelFile.load(arguments.operands[0], arguments)
        let data = try Path(existing: arguments.operands[1])
        let (part, pictures) = try LabelledFolder.held(data, classes: model.classes)
        guard
            var evaluation = try Evaluation(
                of: model, precision: try model.precision(asked), on: pictures, level: try settings.kernelLevel,
                threads: try threads ?? settings.threads)
        else { return .interrupted }
        for bad in evaluation.bad {
            Terminal.complain("\(bad.path): left out: \(Escaping.terminal(bad.message))")
        }
        var leftOut: [SeenPictures.Use: Int] = [:]
        if let seen = model.seen, !arguments.has("--all") { leftOut = evaluation.leaveOut(seen) }
        let measured = Measured(
            model: name, part: part, count: evaluation.count, leftOut: leftOut,
            included: model.seen.map { evaluation.count(of: $0) })
        guard let calibration = CalibrationText(evaluation, of: model) else {
            throw CommandError(measured.nothing(in: data))
        }
        let report = ClassificationReport(classes: model.classes, confusion: evaluation.confusion)
        if let chart { try chart.write(Array(report.svg(title: measured.text).utf8)) }
        if arguments.has("--json") {
            let unfamiliar = (key: "unfamiliar", value: JSONValue(model.familiarity.map { _ in evaluation.unfamiliar }))
            Terminal.print(
                JSONValue.object(report.members + measured.members + calibration.members + [unfamiliar]).text)
        } else {
            Terminal.note(measured.text)
            if let caution = measured.caution { Terminal.note(caution) }
            Terminal.print(report.text(width: Terminal.width), terminator: "")
            Terminal.print("\n\(calibration.text)")
            if model.familiarity != nil {
                Terminal.print(
                    "unfamiliar, and so not recognised: \(Format.count(evaluation.unfamiliar)) of \(Format.count(evaluation.count))"
                )
            }
        }
        return .done
    }
}

/// What an accuracy was measured on.
private struct Measured {
    let model: String
    let part: DataPart?
    let count: Int
    /// Pictures that the model was made from, and that are not counted.
    let leftOut: [SeenPictures.Use: Int]
    /// The same that are counted; nil where the model does not say what it was made from.
    let included: Int?

    private var place: String { part?.rawValue ?? "given" }

    private var leftOutText: String? {
        let parts = [("trained on", leftOut[.training]), ("chosen by", leftOut[.validation])]
            .compactMap { words, count in count.map { "\(Format.count($0)) that it was \(words)" } }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }

    var text: String {
        "\(model) on \(Format.count(count, "picture")) of the \(place) folder"
            + (leftOutText.map { "; left out: \($0) (--all counts them)" } ?? "")
    }

    var caution: String? {
        guard let included else {
            return "this model does not say what it was trained on: it may know some of these pictures"
        }
        return included > 0
            ? "\(Format.count(included)) of them were used to make the model: this accuracy flatters it" : nil
    }

    func nothing(in data: Path) -> String {
        leftOutText.map {
            "\(data): there are only pictures that \(model) was made from, \($0); give others, or count them with --all"
        }
            ?? "\(data): none of the pictures can be read"
    }

    var members: [(key: String, value: JSONValue)] {
        [
            ("measured_on", .string(place)), ("left_out_training", .int(leftOut[.training] ?? 0)),
            ("left_out_validation", .int(leftOut[.validation] ?? 0)), ("included_seen", JSONValue(included)),
        ]
    }
}
