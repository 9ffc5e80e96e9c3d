import CNN
import Foundation
import Intake
import Queue
import Report
import Worker

enum ModelsCommand: Command {
    enum Verb: String, CaseIterable {
        case list, show, use, export, `import`, rename, remove

        var operands: [String] {
            switch self {
            case .list: []
            case .show, .use: ["NAME[@N]"]
            case .export: ["NAME[@N]", "FILE"]
            case .import: ["FILE"]
            case .rename: ["OLD", "NEW"]
            case .remove: ["NAME@N"]
            }
        }
    }

    static let spec = CommandSpec(
        "models", "[show|use|export|import|rename|remove …]", 0...3,
        summary: "Lists models, or does something with one.",
        options: [
            .init("--name", "NAME", "for import: the model's name (else the file's)"),
            .init("--threshold", "P", "for use: recognise from this confidence on, a multiple of 0.05"),
            .init("--yes", nil, "for remove: do not ask, also where trends go with it"),
            .init("--history", nil, "for show: what each epoch of the training came to"),
            .init("--json", nil, "for the list and show: as JSON"),
        ],
        details: """
            models                          lists them; * marks the active one
            models show NAME[@N]            what it knows, from what, how well, and how far it can be believed
            models use NAME[@N]             makes it the active one, which submit, trends and classify use
            models export NAME[@N] FILE     writes it as a safetensors file
            models import FILE              adds such a file under its name's next number
            models rename OLD NEW           gives all its numbers a name that no other model has had
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
        let threshold = try arguments.threshold()
        guard threshold == nil || verb == .use else {
            throw UsageError("--threshold goes with `bagq models use`", command: spec.name)
        }
        let session = try Session(arguments, creating: verb == .import)
        let store = session.store
        switch verb {
        case .list:
            try list(store.models(), asJSON: arguments.has("--json"))
        case .show:
            let record = try session.model(words[0], command: spec.name)
            let description = ModelDescription(
                record: record, model: try Model(safetensors: store.modelFile(record.version)),
                job: try store.trainingJob(of: record.version))
            Terminal.print(
                arguments.has("--json")
                    ? description.json.text
                    : arguments.has("--history") ? try description.historyText() : description.text)
        case .use:
            let record = try session.model(words[0], command: spec.name)
            try store.activate(record.version, threshold: threshold)
            Terminal.note("\(record.version) is the active model")
            if let threshold {
                let model = try Model(safetensors: store.modelFile(record.version))
                Terminal.note(model.thresholdChangeText(from: record.threshold, to: threshold))
                if let caution = model.thresholdCaution(at: threshold) { Terminal.note(caution) }
            }
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
        case .rename:
            try rename(words[0], to: words[1], in: store)
        case .remove:
            let record = try session.model(words[0], command: spec.name)
            if !arguments.has("--yes") { try confirmRemoval(of: record.version, in: store) }
            try store.remove(record.version)
            Terminal.note("\(record.version) is removed")
        }
        return .done
    }

    /// A training job that is to start from one of the models knows it by its name.
    private static func rename(_ name: String, to newName: String, in store: any JobStore) throws {
        guard let selector = ModelSelector(name), selector.number == nil else {
            throw UsageError("a name is renamed with all its numbers: write NAME, not \(name)", command: spec.name)
        }
        guard ModelSelector.isName(newName) else {
            throw UsageError(
                "\(newName) is no name for a model: use letters, digits, `.`, `_` and `-`", command: spec.name)
        }
        for job in try store.jobs(limit: Int(Int32.max)).prefix(while: { !$0.state.isFinal }) {
            guard case .train(let request) = job.request,
                let options = try? JSONDecoder().decode(TrainingJobOptions.self, from: Data(request.options.utf8)),
                case .model(name, let number) = options.origin
            else { continue }
            throw CommandError("job \(job.id) starts from \(name)@\(number); wait for it or cancel it first")
        }
        try store.rename(name, to: newName)
        Terminal.note("\(name) is now \(newName)")
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
