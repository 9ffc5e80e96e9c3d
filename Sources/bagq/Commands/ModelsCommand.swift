import CNN
import Foundation
import Intake
import Queue
import Report
import Worker

enum ModelsCommand: Command {
    enum Verb: String, CaseIterable {
        case list, show, use, export, `import`, remove

        var operands: [String] {
            switch self {
            case .list: []
            case .show, .use: ["NAME[@N]"]
            case .export: ["NAME[@N]", "FILE"]
            case .import: ["FILE"]
            case .remove: ["NAME@N"]
            }
        }
    }

    static let spec = CommandSpec(
        "models", "[show|use|export|import|remove …]", 0...3, summary: "Lists models, or does something with one.",
        options: [
            .init("--name", "NAME", "for import: the model's name (else the file's)"),
            .init("--yes", nil, "for remove: do not ask, also where trends go with it"),
            .init("--history", nil, "for show: what each epoch of the training came to"),
            .init("--json", nil, "for the list and show: as JSON"),
        ],
        details: """
            models                          lists them; * marks the active one
            models show NAME[@N]            its network, classes and held-out accuracy
            models use NAME[@N]             makes it the active one, which submit, trends and classify use
            models export NAME[@N] FILE     writes it as a safetensors file
            models import FILE              adds such a file under its name's next number
            models remove NAME@N            removes it, and the trends that it counted
            """,
        example: "bagq models export luxe@3 luxe.safetensors")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let word = arguments.operands.first ?? "list"
        guard let verb = Verb(rawValue: word) else {
            throw UsageError(
                "models cannot \(word)\(didYouMean(word, among: Verb.allCases.map(\.rawValue)))", command: spec.name)
        }
        let words = Array(arguments.operands.dropFirst())
        guard words.count == verb.operands.count else {
            let usage = (["bagq models", word] + verb.operands).joined(separator: " ")
            throw UsageError("write `\(usage)`", command: spec.name)
        }
        if verb == .remove, ModelSelector(words[0])?.number == nil {
            throw UsageError("say which \(words[0]) to remove: NAME@N", command: spec.name)
        }
        let session = try Session(arguments, creating: verb == .import)
        let store = session.store
        switch verb {
        case .list:
            try list(store.models(), asJSON: arguments.has("--json"))
        case .show:
            let record = try session.model(words[0], command: spec.name)
            let description = ModelDescription(
                record: record, model: try Model(safetensors: store.modelFile(record.version)))
            Terminal.print(
                arguments.has("--json")
                    ? description.json.text
                    : arguments.has("--history") ? try description.historyText() : description.text)
        case .use:
            let record = try session.model(words[0], command: spec.name)
            try store.activate(record.version)
            Terminal.note("\(record.version) is the active model")
        case .export:
            let record = try session.model(words[0], command: spec.name)
            try Path(argument: words[1]).write(store.modelFile(record.version))
        case .import:
            let file = Path(argument: words[0])
            let bytes = try file.contents()
            let model = try checked(bytes, file: file)
            let name = arguments.value("--name") ?? URL(filePath: file.label).deletingPathExtension().lastPathComponent
            guard ModelSelector.isName(name) else {
                throw UsageError("\(name) is no name for a model; give one with --name", command: spec.name)
            }
            let version = try store.add(
                NewModel(
                    classes: model.classes, threshold: model.threshold, precision: model.storedPrecision,
                    summary: "imported: \(model.summary)", file: bytes),
                named: name)
            Terminal.print("\(version)")
        case .remove:
            let record = try session.model(words[0], command: spec.name)
            if !arguments.has("--yes") { try confirmRemoval(of: record.version, in: store) }
            try store.remove(record.version)
            Terminal.note("\(record.version) is removed")
        }
        return .done
    }

    /// Throws unless nothing is lost, or whoever sits at the terminal says yes.
    private static func confirmRemoval(of version: ModelVersion, in store: any JobStore) throws {
        let count = try store.sightingCount(of: version)
        guard count > 0 else { return }
        let loss = "the trends of \(Format.count(count, "sighting")) go with \(version)"
        guard Terminal.isInput else { throw CommandError("\(loss); say --yes if that is meant") }
        Terminal.note("\(loss); remove it? [y/N] ", terminator: "")
        guard ["y", "yes"].contains(readLine()?.lowercased()) else { throw CommandError("\(version) is kept") }
    }

    private static func checked(_ bytes: [UInt8], file: Path) throws -> Model {
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
