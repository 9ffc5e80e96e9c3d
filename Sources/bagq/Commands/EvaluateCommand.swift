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
            .init("--json", nil, "as JSON"),
            .init("--chart", "FILE.svg", "write a picture of the confusion matrix"),
            .init("--precision", "P", "auto, fp32 or int8 (auto: what the model says)"),
            .init("--threads", "N", "compute threads (else BAGQ_THREADS, else all cores)"),
        ],
        details: """
            MODEL is a model's name or a safetensors file. DATA has a folder of pictures for each class; where
            it has test or validation folders, those are used. Intervals are Wilson's, at 95 %.
            """,
        example: "bagq evaluate luxe ~/bags --chart matrix.svg")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let threads = try arguments.integer("--threads", in: 1...256)
        let asked = try arguments.choice("--precision", Precision.self) ?? .auto
        let settings = try Settings()
        let (model, name) = try ModelFile.load(arguments.operands[0], arguments)
        let (part, pictures) = try LabelledFolder.held(
            Path(existing: arguments.operands[1]), classes: model.classes)
        guard
            let evaluation = try Evaluation(
                of: model, precision: try model.precision(asked), on: pictures, level: try settings.kernelLevel,
                threads: try threads ?? settings.threads)
        else { return .interrupted }
        for bad in evaluation.bad {
            Terminal.complain("\(bad.path): left out: \(Escaping.terminal(bad.message))")
        }
        let report = ClassificationReport(classes: model.classes, confusion: evaluation.confusion)
        if let file = arguments.value("--chart") {
            try Path(argument: file).write(Array(report.svg(title: name).utf8))
        }
        if arguments.has("--json") {
            Terminal.print(report.json.text)
        } else {
            Terminal.note("\(name) on \(pictures.count) pictures of the \(part?.rawValue ?? "given") folder")
            Terminal.print(report.text(width: Terminal.width), terminator: "")
        }
        return .done
    }
}
