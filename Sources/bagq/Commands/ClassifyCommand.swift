import CNN
import Foundation
import Imaging
import Intake
import Queue
import Report
import Worker

enum ClassifyCommand: Command {
    static let spec = CommandSpec(
        "classify", "FILE…", 1...1_000_000, summary: "Prints brand and confidence of each file, without a job.",
        options: [
            .init("--model", "M", "a model's name, or a safetensors file (else the active model)"),
            .init("--precision", "P", "auto, fp32 or int8 (auto: what the model says)"),
            .init("--threads", "N", "compute threads (else BAGQ_THREADS, else all cores)"),
            .init("--json", nil, "one JSON object a line"),
        ],
        details: """
            An unsure picture is less confident than the model's threshold, or unfamiliar: unlike all that the
            model learnt from. JSON has the familiarity, below 0 for unfamiliar.
            """,
        example: "bagq classify bag.jpg other.jpg")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let threads = try arguments.integer("--threads", in: 1...256)
        let asked = try arguments.choice("--precision", Precision.self) ?? .auto
        let settings = try Settings()
        let (model, _) = try ModelFile.load(arguments.value("--model"), arguments)
        let paths = arguments.operands.map { Path(argument: $0) }
        // Links in a source are not followed; one named here is meant.
        let files = arguments.operands.enumerated().map { (try? Path(existing: $1)) ?? paths[$0] }
        let asJSON = arguments.has("--json")
        var failed = 0
        try classifyInOrder(
            files, with: model, precision: try model.precision(asked), level: try settings.kernelLevel,
            threads: try threads ?? settings.threads
        ) {
            index, result in
            switch result {
            case .success(let classified):
                let row = ClassifiedRow(path: paths[index], classified: classified, model: model)
                Terminal.print(asJSON ? row.json.text : row.text)
            case .failure(let error):
                failed += 1
                if asJSON {
                    let facts = [("reason", error.reason.rawValue), ("message", error.message)]
                    Terminal.print(
                        JSONValue.object(JSONValue.path(paths[index]) + facts.map { ($0, .string($1)) }).text)
                } else {
                    Terminal.complain("\(paths[index]): \(Escaping.terminal(error.message))")
                }
            }
        }
        return failed == 0 ? .done : .doneWithFailedItems
    }
}

/// A line of `bagq classify`.
private struct ClassifiedRow {
    let path: Path
    let classified: PictureClassifier.Classified
    let model: Model

    private var prediction: Prediction { classified.prediction(at: nil) }

    private var recognition: Recognition {
        Recognition(
            brand: model.classes[classified.brand], confidenceStep: prediction.confidenceStep,
            threshold: model.threshold)
    }

    var text: String {
        let note = ([recognition == .recognised ? nil : recognition.rawValue] + prediction.flags.names)
            .compactMap(\.self).joined(separator: " ")
        return [
            path.description, Escaping.terminal(model.classes[classified.brand]),
            String(format: "%.4f", prediction.confidence), note,
        ].joined(separator: "\t").trimmingCharacters(in: .whitespaces)
    }

    var json: JSONValue {
        .object(
            JSONValue.path(path) + [
                ("brand", .string(model.classes[classified.brand])),
                ("confidence", JSONValue(Double(prediction.confidence), decimals: 6)),
                ("recognised", .string(recognition.rawValue)),
                ("familiarity", classified.familiarity.map { JSONValue($0, decimals: 4) } ?? .null),
                (
                    "probabilities",
                    .object(
                        zip(model.classes, classified.probabilities).map { ($0, JSONValue(Double($1), decimals: 6)) })
                ),
                ("flags", .array(prediction.flags.names.map { .string($0) })),
            ])
    }
}

/// A model as `classify` and `evaluate` take it: by name from the store, or straight from a file.
enum ModelFile {
    static func load(_ text: String?, _ arguments: Arguments) throws -> (model: Model, name: String) {
        if let text, text.hasSuffix(".safetensors") {
            do {
                return (try Model(safetensors: Path(argument: text).contents()), text)
            } catch let error as ModelFileError {
                throw CommandError("\(text): \(error)")
            }
        }
        let session = try Session(arguments)
        let record = try session.model(text, command: arguments.spec.name)
        var model = try Model(safetensors: session.store.modelFile(record.version))
        model.threshold = record.threshold
        return (model, "\(record.version)")
    }
}
