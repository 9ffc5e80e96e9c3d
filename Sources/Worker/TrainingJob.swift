import CNN
import Foundation
import Imaging
import Intake
import Queue
import Synchronization

/// A claimed training job, from the folder to the model, or to the batch at which it was stopped.
struct TrainingJob {
    let claim: Claim
    let work: TrainWork
    let store: any JobStore
    let abilities: WorkerAbilities
    let threads: Int
    let level: KernelLevel
    let cacheBytes: Int
    /// The least time between two checkpoints.
    let checkpointSeconds: Double
    let solo: Solo
    let stop: StopRequest

    /// Throws only what the store says; everything else fails the job with a sentence.
    func run() throws(StoreError) {
        do {
            try train()
        } catch let error as StoreError {
            throw error
        } catch {
            Log.failed(claim, because: "\(error)")
            _ = try persistently { () throws(StoreError) in try store.fail(claim, because: "\(error)") }
        }
    }

    private func train() throws {
        let options = try JSONDecoder().decode(TrainingOptions.self, from: Data(work.request.options.utf8))
        let folder = try LabelledFolder(work.request.data)
        guard let recipe = Recipe(rawValue: options.recipe) else {
            throw TrainingJobError.unknownRecipe(options.recipe)
        }
        let architecture = try recipe.architecture(classes: folder.classes.count)
        guard let training = pictures(folder, .training, recipe), let validation = pictures(folder, .validation, recipe)
        else { return try giveBack() }
        let bad = training.bad + validation.bad
        for picture in bad { Log.badPicture(claim, picture) }
        if let empty = folder.classes.indices.first(where: { !training.labels.contains($0) }) {
            throw TrainingJobError.noReadablePicture(folder.classes[empty])
        }

        let trainer = try trainer(options, architecture, training, validation)
        Log.trainingStarted(
            claim,
            summary: "\(training.labels.count) training and \(validation.labels.count) validation pictures, "
                + "\(folder.classes.count) classes, \(trainer.level.rawValue) \(trainer.precision.rawValue)")
        guard try turn(trainer) else { return }

        var model = try Model(trainedBy: trainer, classes: folder.classes, preprocessing: recipe.preprocessing)
        guard try quantize(&model, folder, recipe, training, validation, trainer.level) else {
            try save(trainer)
            return try giveBack()
        }
        let quoted = folder.pictures(.test).isEmpty ? HeldOut.Part.validation : .test
        let held = folder.pictures(quoted == .test ? .test : .validation)
        guard
            let evaluation = try Evaluation(
                of: model, on: held, level: trainer.level, threads: threads, isStopped: isStopped)
        else {
            try save(trainer)
            return try giveBack()
        }
        let heldOut = evaluation.heldOut(part: quoted)
        model.heldOut = heldOut
        let new = NewModel(
            classes: model.classes, threshold: model.threshold, precision: model.storedPrecision,
            summary: summary(options, heldOut),
            file: model.safetensors())
        let note = bad.isEmpty ? nil : note(on: bad)
        // What the last heartbeat said may be a few batches old.
        _ = try persistently { () throws(StoreError) in
            try store.renew(claim, itemsDone: trainer.picturesDone, itemsTotal: trainer.picturesTotal)
        }
        if try persistently({ () throws(StoreError) in try store.finish(claim, with: new, note: note) }) == .lost {
            Log.lost(claim)
        }
    }

    /// Whether to stop, or to drop the work. Asked again and again while something long goes on, which thus shows life.
    private var isStopped: @Sendable () -> Bool {
        { [stop, solo] in
            solo.signsOfLife.add(1, ordering: .relaxed)
            return stop.isMade || solo.isLost
        }
    }

    /// Nil when asked to stop.
    private func pictures(
        _ folder: LabelledFolder, _ part: LabelledFolder.Part, _ recipe: Recipe
    ) -> PictureSet? {
        PictureSet(
            folder.pictures(part), for: recipe, threads: threads, cacheBytes: cacheBytes, isStopped: isStopped)
    }

    /// Goes on from the checkpoint where there is one that fits the data.
    private func trainer(
        _ options: TrainingOptions, _ architecture: Architecture, _ training: PictureSet, _ validation: PictureSet
    ) throws -> Trainer {
        if let checkpoint = work.checkpoint, let level = KernelLevel(rawValue: checkpoint.kernelLevel),
            let precision = TrainingPrecision(rawValue: checkpoint.precision)
        {
            do {
                return try Trainer(
                    options: options, architecture: architecture, training: training, validation: validation,
                    level: level, precision: precision, threads: threads, resuming: checkpoint.bytes)
            } catch let error as TrainingError {
                guard case .checkpoint = error else { throw error }
                Log.restartedTraining(claim, because: "\(error)")
            }
        }
        return try Trainer(
            options: options, architecture: architecture, training: training, validation: validation, level: level,
            precision: .chosen(options.precision, at: level), threads: threads)
    }

    /// Batch after batch. False when the claim was lost or given back before the end.
    private func turn(_ trainer: Trainer) throws -> Bool {
        var lastSave = Date()
        var lastDone = trainer.picturesDone
        while true {
            let step = try trainer.step()
            solo.pictures.add(trainer.picturesDone - lastDone, ordering: .relaxed)
            lastDone = trainer.picturesDone
            solo.signsOfLife.add(1, ordering: .relaxed)
            solo.note(done: trainer.picturesDone, total: trainer.picturesTotal)
            if case .finished = step { return true }

            var mustYield = false
            if case .epoch(let report) = step {
                Log.epoch(claim, report, of: trainer.options.epochs)
                mustYield = try persistently { () throws(StoreError) in
                    try store.isOutranked(claim, abilities: abilities)
                }
            }
            let standing = try persistently { () throws(StoreError) in try store.standing(of: claim) }
            if standing == .lost {
                Log.lost(claim)
                return false
            }
            if stop.isMade || mustYield || standing == .paused {
                try save(trainer)
                try giveBack()
                return false
            }
            if -lastSave.timeIntervalSinceNow >= checkpointSeconds {
                try save(trainer)
                lastSave = Date()
            }
        }
    }

    /// Enough to tell 98 % from less, and to find the largest activations.
    private static let sampleSize = 300

    /// Finds what int8 needs on pictures trained on, and its agreement with fp32 on the test's; where these are few, on the validation's
    /// too. False when asked to stop.
    private func quantize(
        _ model: inout Model, _ folder: LabelledFolder, _ recipe: Recipe, _ training: PictureSet,
        _ validation: PictureSet, _ level: KernelLevel
    ) throws -> Bool {
        var held = folder.pictures(.test)
        if held.count < Self.sampleSize { held += folder.pictures(.validation) }
        let most = 4 * Self.sampleSize
        let spread = (0..<min(held.count, most)).map { held[$0 * held.count / min(held.count, most)] }
        guard
            let comparison = PictureSet(
                spread, for: recipe, threads: threads, cacheBytes: cacheBytes, isStopped: isStopped)
        else { return false }
        let calibration = PictureSample(training, most: Self.sampleSize)
        try model.quantize(
            calibration: calibration,
            choice: validation.count > 0 ? PictureSample(validation, most: Self.sampleSize) : calibration,
            comparison: comparison, level: level, threads: threads)
        return true
    }

    private func save(_ trainer: Trainer) throws {
        let checkpoint = Checkpoint(
            kernelLevel: trainer.level.rawValue, precision: trainer.precision.rawValue,
            itemsDone: trainer.picturesDone, bytes: trainer.checkpoint())
        _ = try persistently { () throws(StoreError) in try store.save(checkpoint, for: claim) }
    }

    private func giveBack() throws {
        _ = try persistently { () throws(StoreError) in try store.release(claim) }
    }

    private func summary(_ options: TrainingOptions, _ heldOut: HeldOut) -> String {
        let recipe = "\(options.recipe), \(options.epochs) epoch\(options.epochs == 1 ? "" : "s")"
        guard heldOut.total > 0 else { return "\(recipe), no held-out pictures" }
        let warning = heldOut.part == .validation && options.keep == .best ? ", which also chose the epoch" : ""
        return "\(recipe), \(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures right\(warning)"
    }

    private func note(on bad: [BadPicture]) -> String {
        let shown = bad.prefix(20).map { "\(String(decoding: $0.path.bytes, as: UTF8.self)) (\($0.reason))" }
        let rest = bad.count > shown.count ? " and \(bad.count - shown.count) more" : ""
        return "left out \(bad.count) bad pictures: \(shown.joined(separator: ", "))\(rest)"
    }
}

enum TrainingJobError: Error, CustomStringConvertible {
    case noReadablePicture(String)
    case unknownRecipe(String)

    var description: String {
        switch self {
        case .unknownRecipe(let name): "this bagq has no recipe \(name); a newer one may"
        case .noReadablePicture(let brand):
            "none of the training pictures of \(brand) can be decoded; `bagq classify` on one of them says why"
        }
    }
}
