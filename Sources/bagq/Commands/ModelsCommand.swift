import CNN
import Foundation
import Intake
import Queue
import Report

enum ModelsCommand: Command {
    enum Verb: String, CaseIterable { case list, show, use, export, `import`, remove }

    static let spec = CommandSpec(
        "models", "[show|use|export|import|remove …]", 0...3, summary: "Lists models, or does something with one.",
        options: [
            .init("--name", "NAME", "for import: the model's name (else the file's)"),
            .init("--json", nil, "as JSON"),
        ],
        details: """
            models                          lists them; * marks the active one
            models show NAME[@N]            its network, classes and held-out accuracy
            models use NAME[@N]             makes it the active one, which submit, trends and classify use
            models export NAME[@N] FILE     writes it as a safetensors file
            models import FILE              adds such a file under its name's next number
            models remove NAME@N            removes it
            """,
        example: "bagq models export luxe@3 luxe.safetensors")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let word = arguments.operands.first ?? "list"
        guard let verb = Verb(rawValue: word) else {
            throw UsageError(
                "models cannot \(word)\(didYouMean(word, among: Verb.allCases.map(\.rawValue)))", command: spec.name)
        }
        let words = Array(arguments.operands.dropFirst())
        let wanted = verb == .list ? 0 : verb == .export ? 2 : 1
        guard words.count == wanted else {
            throw UsageError("models \(word) takes \(wanted) more words, not \(words.count)", command: spec.name)
        }
        let session = try Session(arguments, creating: verb == .import)
        let store = session.store
        switch verb {
        case .list:
            try list(store.models(), asJSON: arguments.has("--json"))
        case .show:
            let record = try session.model(words[0], command: spec.name)
            let model = try Model(safetensors: store.modelFile(record.version))
            show(record, model)
        case .use:
            let record = try session.model(words[0], command: spec.name)
            try store.activate(record.version)
            Terminal.note("\(record.version) is the active model")
        case .export:
            let record = try session.model(words[0], command: spec.name)
            try Data(store.modelFile(record.version)).write(to: URL(filePath: words[1]), options: .atomic)
        case .import:
            let file = URL(filePath: words[0])
            let bytes = [UInt8](try Data(contentsOf: file))
            let model = try checked(bytes, file: words[0])
            let name = arguments.value("--name") ?? file.deletingPathExtension().lastPathComponent
            guard ModelSelector.isName(name) else {
                throw UsageError("\(name) is no name for a model; give one with --name", command: spec.name)
            }
            let version = try store.add(
                NewModel(
                    classes: model.classes, threshold: model.threshold, summary: "imported", file: bytes),
                named: name)
            Terminal.print("\(version)")
        case .remove:
            let record = try session.model(words[0], command: spec.name)
            try store.remove(record.version)
            Terminal.note("\(record.version) is removed")
        }
        return .done
    }

    private static func show(_ record: ModelRecord, _ model: Model) {
        var lines = [
            "\(record.version)\(record.isActive ? ", active" : ""): \(Escaping.terminal(record.summary))",
            "classes: \(model.classes.map(Escaping.terminal).joined(separator: ", "))",
            "recognised from confidence \(Format.percent(model.threshold)), temperature \(model.temperature), "
                + "\(Format.bytes(record.byteCount))",
        ]
        if let training = model.training {
            lines.append(
                "trained with recipe \(training.options.recipe), seed \(training.options.seed), "
                    + "\(training.history.count) epochs, kernels \(training.kernelLevel.rawValue) \(training.precision)"
            )
        }
        if let heldOut = model.heldOut {
            let interval = wilson(heldOut.right, of: heldOut.total)
            lines.append(
                "right on \(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures: 95 % interval "
                    + "\(Format.percent(interval.low)) to \(Format.percent(interval.high))")
        }
        Terminal.print(lines.joined(separator: "\n") + "\n\n" + model.network.architecture.summary)
    }

    private static func checked(_ bytes: [UInt8], file: String) throws -> Model {
        do {
            return try Model(safetensors: bytes)
        } catch {
            throw CommandError("\(file): \(error)")
        }
    }

    private static func list(_ models: [ModelRecord], asJSON: Bool) throws {
        if asJSON { return Terminal.print(ModelReport(models).json.text) }
        if models.isEmpty { return Terminal.note("no models yet: `bagq train DATA` makes one") }
        Terminal.print(ModelReport(models).text(width: Terminal.width), terminator: "")
    }
}
