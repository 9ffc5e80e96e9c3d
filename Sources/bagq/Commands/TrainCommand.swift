import CNN
import Foundation
import Imaging
import Intake
import Queue
import Worker

enum TrainCommand: Command {
    private enum Kept: String, CaseIterable { case best, last }
    private enum Precision: String, CaseIterable { case auto, bf16, fp32 }

    static let spec = CommandSpec(
        "train", "DATA", 1...1,
        summary: "Queues the training of a model and prints the job's number and the model's name.",
        options: [
            .init("--name", "NAME", "the model's name (else the folder's)"),
            .init(
                "--recipe", "R",
                "the network and how it is trained: \(Recipe.Name.allCases.map(\.rawValue).joined(separator: ", ")) (slim)"
            ),
            .init(
                "--from", "WEIGHTS",
                "fine-tune timm's model.safetensors, the folder that has it, or an earlier model"),
            .init("--freeze", nil, "with --from: train the last layer alone, in about a minute"),
            .init("--epochs", "N", "passes over the training pictures (60; blog 20; --from 8, --freeze 20)"),
            .init("--minutes", "N", "as many epochs as fit into N minutes on the machine that trains"),
            .init("--rate", "X", "the highest learning rate (0.004; blog, --freeze 0.001; --from 0.0005)"),
            .init("--balance", "B", "0 to 1: how far rare brands weigh more in the loss (0)"),
            .init("--augment", "HOW", "vary pictures: none, light or strong (as the recipe does)"),
            .init("--resize", "HOW", "squash, crop (the middle) or letterbox pictures to the network's size (squash)"),
            .init("--seed", "N", "equal seeds give equal models (0)"),
            .init("--keep", "WHICH", "best (lowest validation loss) or last epoch (blog: best, else last)"),
            .init("--patience", "N", "stop after N epochs without a better validation loss (never)"),
            .init("--precision", "P", "auto, bf16 or fp32 (auto: whichever is faster here; slim, --freeze: fp32)"),
            .init("--cache-mb", "N", "memory for decoded pictures in MiB, whoever trains (else the worker's)"),
            .init("--priority", "N", "higher goes first, -1000 to 1000 (0)"),
            .init("--preview", "FILE", "only write a JPEG of eight pictures as seven epochs see them"),
            .init("--wait", nil, "wait for the end, with progress; does the work itself if no worker is alive"),
        ],
        details: """
            DATA holds train, validation and test (in their usual spellings), each with a folder of pictures for
            every brand; or just one folder for every brand, of which about 15 % choose the epoch and 15 % are
            quoted, by the pictures' bytes. A folder `_other` teaches what is no brand.
            """,
        example: "bagq train ~/bags --name luxe --epochs 30")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let origin = try arguments.value("--from").map { try trainingOrigin($0, arguments) }
        let recipeName = try recipeName(arguments, startsFromOthers: origin != nil)
        let options = try options(arguments, recipeName)
        let cache = try arguments.integer("--cache-mb", in: Settings.cacheMegabytes)
        let priority = try arguments.integer("--priority", in: -1000...1000) ?? 0
        let data = try Path(existing: arguments.operands[0])
        let folder = try LabelledFolder(data)
        var recipe: Recipe =
            if let origin {
                .fineTuning(
                    try TrainingStart(origin) { try Session(arguments, creating: false).store.modelFile($0) })
            } else {
                Recipe(recipeName ?? .slim)
            }
        recipe.augment = options.augment
        let resize = try arguments.choice("--resize", Preprocessing.Resize.Kind.self)
        if let resize { recipe.prepare(by: resize) }
        if let file = arguments.value("--preview") {
            try writePreview(of: folder, recipe, options, to: file)
            return .done
        }
        let name = arguments.value("--name") ?? modelName(data.label)
        guard ModelSelector.isName(name) else {
            throw UsageError(
                "\(name) is no name for a model: use letters, digits, `.`, `_` and `-`", command: spec.name)
        }
        let session = try Session(arguments, creating: true)
        let jobOptions = TrainingJobOptions(training: options, cacheMegabytes: cache, origin: origin, resize: resize)
        let json = String(decoding: try JSONEncoder().encode(jobOptions), as: UTF8.self)
        let job = try session.store.submit(
            .train(TrainRequest(data: data, modelName: name, priority: priority, options: json)))
        let architecture = try recipe.architecture(classes: folder.classes.count)
        Terminal.note(architecture.summary)
        Terminal.print(Terminal.isOutput ? "\(job.id) \(job.model)" : "\(job.id)")
        if folder.missing == [.validation] {
            Terminal.note("there is no validation folder: some of the training pictures are held out")
        }
        if !folder.classes.contains(otherClass) {
            Terminal.note(
                "there is no folder \(otherClass), of other bags and other things: much of what is shown will be taken for one of the brands"
            )
        }
        if origin == nil {
            Terminal.note(
                "from scratch; a pretrained network errs far less where pictures are few: --from, see the README")
        }
        let status = try JobWait.afterSubmit(job, waiting: arguments.has("--wait"), in: session)
        if arguments.has("--wait"), status == .done { try TrainingResult(job.model, in: session.store).show() }
        return status
    }

    /// A file or folder of weights, else a model of the store.
    private static func trainingOrigin(_ text: String, _ arguments: Arguments) throws -> TrainingOrigin {
        let file = URL(filePath: text)
        if let isFolder = try? file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory {
            return .file((isFolder ? file.appending(path: "model.safetensors") : file).path(percentEncoded: false))
        }
        guard let selector = ModelSelector(text) else {
            throw UsageError("--from \(text): there is no such file, and it is no model's name", command: spec.name)
        }
        let version = try Session(arguments, creating: false).store.resolve(selector).version
        return .model(name: version.name, number: version.number)
    }

    /// Nil where a training starts from others.
    private static func recipeName(_ arguments: Arguments, startsFromOthers: Bool) throws -> Recipe.Name? {
        let name = try arguments.choice("--recipe", Recipe.Name.self)
        guard startsFromOthers else { return name ?? .slim }
        guard name == nil else { throw UsageError("--recipe and --from exclude each other", command: spec.name) }
        return nil
    }

    private static func options(_ arguments: Arguments, _ recipe: Recipe.Name?) throws -> TrainingOptions {
        let freezes = arguments.has("--freeze")
        var options = Recipe.options(recipe, freezes: freezes)
        if freezes {
            guard recipe == nil else { throw UsageError("--freeze needs --from", command: spec.name) }
            if let other = ["--augment", "--preview"].first(where: arguments.has) {
                throw UsageError(
                    "\(other) and --freeze exclude each other: each picture is looked at once, as it is and mirrored",
                    command: spec.name)
            }
        }
        if let epochs = try arguments.integer("--epochs", in: 1...100_000) { options.epochs = epochs }
        options.minutes = try arguments.integer("--minutes", in: 1...100_000)
        if options.minutes != nil, arguments.has("--epochs") {
            throw UsageError("--minutes and --epochs exclude each other", command: spec.name)
        }
        if let rate = try arguments.number("--rate", in: 0.000_01...1) { options.learningRate = rate }
        if let balance = try arguments.number("--balance", in: 0...1) { options.balance = balance }
        options.augment = try arguments.choice("--augment", TrainingOptions.Augment.self)
        if let seed = try arguments.integer("--seed", in: 0...Int.max) { options.seed = UInt64(seed) }
        if let keep = try arguments.choice("--keep", Kept.self) { options.keep = keep == .best ? .best : .last }
        if let precision = try arguments.choice("--precision", Precision.self), precision != .auto {
            options.precision = TrainingPrecision(rawValue: precision.rawValue)
        }
        options.patience = try arguments.integer("--patience", in: 1...100_000)
        return options
    }

    /// A folder's name as a model's: what a name may not have becomes `-`.
    private static func modelName(_ folder: String) -> String {
        String(folder.map { ModelSelector.isName(String($0)) ? $0 : "-" })
    }

    /// Eight training pictures, each as it is and as seven epochs see it.
    private static func writePreview(
        of folder: LabelledFolder, _ recipe: Recipe, _ options: TrainingOptions, to file: String
    ) throws {
        let preprocessing = recipe.preprocessing
        let threads = try Settings().threads
        let all = try DataSplit(folder, seed: options.seed, threads: threads)?[.training] ?? []
        let chosen = stride(from: 0, to: all.count, by: max(1, all.count / 8)).prefix(8).map { all[$0] }
        guard
            let set = try PictureSet(
                chosen, for: recipe, threads: threads, cacheBytes: .max / 2),
            !set.labels.isEmpty
        else { throw CommandError("none of the pictures can be decoded; `bagq classify` on one of them says why") }
        let shape = Shape(height: preprocessing.height, width: preprocessing.width, channels: 3)
        let varied = VariedPictures(set, options, shape: shape)
        var images: [RGBImage] = []
        for index in set.labels.indices {
            var original = [Float](repeating: 0, count: shape.count)
            var span = original.mutableSpan
            try set.load(index, augmentation: nil, into: &span)
            for picture in [original] + (try (0..<7).map { try varied.picture(index, epoch: $0) }) {
                images.append(
                    RGBImage(
                        width: shape.width, height: shape.height,
                        pixels: picture.map { UInt8(min(max($0 * 255, 0), 255).rounded()) }))
            }
        }
        let sheet = contactSheet(of: images, columns: 8)
        try Path(argument: file).write(sheet.jpeg(quality: 90))
    }
}
