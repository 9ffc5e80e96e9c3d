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
    let patience: StorePatience
    let abilities: WorkerAbilities
    let threads: Int
    let level: KernelLevel
    /// Unless the job says otherwise.
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
        } catch let error as PictureError {
            // Of a picture that was read before: see `PictureSet.load`.
            if let trouble = error.trouble(at: work.request.data, under: work.request.data) {
                try giveBack(because: trouble)
            } else {
                try fail(because: "\(error)")
            }
        } catch {
            try fail(because: "\(error)")
        }
    }

    private func fail(because reason: String) throws(StoreError) {
        Log.failed(claim, because: reason)
        _ = try patience { () throws(StoreError) in try store.fail(claim, because: reason) }
    }

    private func train() throws {
        let beginning = ContinuousClock.now
        let jobOptions = try JSONDecoder().decode(TrainingJobOptions.self, from: Data(work.request.options.utf8))
        var options = jobOptions.training
        var cacheBytes = jobOptions.cacheMegabytes.map { $0 << 20 } ?? cacheBytes
        if work.checkpoint != nil, let trouble = SourceLister.absence(of: work.request.data) {
            return try giveBack(because: trouble)
        }
        let folder = try LabelledFolder(work.request.data)
        var recipe = try recipe(jobOptions)
        recipe.augment = options.augment
        if let resize = jobOptions.resize { recipe.prepare(by: resize) }
        options.pretrained = recipe.pretrained
        let architecture = try recipe.architecture(classes: folder.classes.count)
        let start = try recipe.parameters(of: architecture, seed: options.seed)
        /// Nil when asked to stop.
        func decoded(_ pictures: [DataSplit.Picture]) throws -> PictureSet? {
            let set = try PictureSet(
                pictures, for: recipe, threads: threads, cacheBytes: cacheBytes, isStopped: isStopped)
            cacheBytes -= set?.cachedBytes ?? 0
            return set
        }
        let body = try options.freeze ? frozen(architecture, start) : nil
        guard let split = try DataSplit(folder, seed: options.seed, threads: threads, isStopped: isStopped) else {
            return try giveBack()
        }
        if let body {
            let needed = body.byteCount(training: split[.training].count, validation: split[.validation].count)
            guard needed <= cacheBytes else { throw TrainingJobError.noRoom(for: needed, in: cacheBytes) }
            cacheBytes -= needed
        }
        guard let training = try decoded(split[.training]), let validation = try decoded(split[.validation])
        else { return try giveBack() }
        let bad = split.leftOut + training.bad + validation.bad
        if let trouble = bad.lazy.compactMap({ $0.trouble(under: work.request.data) }).first {
            return try giveBack(because: trouble)
        }
        try refuseUnreadable(bad)
        for picture in bad { Log.badPicture(claim, picture) }
        for remark in split.remarks { Log.remark(claim, remark) }
        if let empty = folder.classes.indices.first(where: { !training.labels.contains($0) }) {
            throw TrainingJobError.noReadablePicture(folder.classes[empty])
        }

        guard
            let trainer = try body.map({ try trainer(options, $0, training, validation) })
                ?? trainer(options, architecture, start, training, validation)
        else { return try giveBack() }
        Log.trainingStarted(
            claim,
            summary: "\(training.labels.count) training and \(validation.labels.count) validation pictures, "
                + "\(folder.classes.count) classes, \(options.pretrained.map { "from \($0.name), " } ?? "")\(trainer.level.rawValue) \(trainer.precision.rawValue)"
                + Self.cacheNote([training, validation]))
        if work.checkpoint == nil { try plan(trainer, of: training.count, since: beginning) }
        guard try turn(trainer, since: beginning) else { return }

        var model = try Model(
            trainedBy: trainer, body: body, classes: folder.classes, preprocessing: recipe.preprocessing)
        model.seen = SeenPictures(training: training.identities, validation: validation.identities)
        model.data = Model.DataRecord(
            fingerprint: split.fingerprint(classes: folder.classes).hexadecimal,
            training: folder.classes.indices.map { label in training.labels.count { $0 == label } })
        try quantize(&model, training, validation, trainer.level)
        try model.learnFamiliarity(
            from: PictureSample(training, most: Self.familiaritySampleSize), level: trainer.level, threads: threads)
        let logits = try model.logits(
            for: validation, labels: validation.labels, level: trainer.level, threads: threads)
        model.calibration.temperature = logits.bestTemperature
        model.limitFamiliarity(by: logits, exceptOf: model.classes.firstIndex(of: otherClass))
        let validationCounts = HeldOut(of: logits, by: model)
        model.threshold = validationCounts.lowestGoodThreshold(classes: model.classes)
        let quoted = split[.test].isEmpty ? HeldOut.Part.validation : .test
        guard
            let evaluation = try Evaluation(
                of: model, on: split[quoted == .test ? .test : .validation].map(\.picture), level: trainer.level,
                threads: threads, isStopped: isStopped)
        else {
            try patience { () throws(StoreError) in try save(trainer) }
            return try giveBack()
        }
        model.heldOut = evaluation.heldOut(part: quoted)
        if quoted == .test, validationCounts.total > 0 { model.validation = validationCounts }
        let caution = model.thresholdCaution(at: model.threshold)
        if let caution { Log.remark(claim, caution) }
        let new = NewModel(
            classes: model.classes, threshold: model.threshold, precision: model.storedPrecision,
            summary: model.summary, file: model.safetensors())
        let notes = split.remarks + [caution].compactMap(\.self) + (bad.isEmpty ? [] : [note(on: bad)])
        // What the last heartbeat said may be a few batches old.
        _ = try patience { () throws(StoreError) in
            try store.renew(claim, itemsDone: trainer.picturesDone, itemsTotal: trainer.picturesTotal)
        }
        let note = notes.isEmpty ? nil : notes.joined(separator: "; ")
        if try patience({ () throws(StoreError) in try store.finish(claim, with: new, note: note) }) == .lost {
            Log.lost(claim)
        }
    }

    /// An earlier model may have been removed since the job was submitted: that fails the job, not the worker.
    private func modelFile(_ version: ModelVersion) throws -> [UInt8] {
        do {
            return try patience { () throws(StoreError) in try store.modelFile(version) }
        } catch StoreError.notFound(let what) {
            throw TrainingJobError.nothingToStartFrom(what)
        } catch StoreError.refused(let why) {
            throw TrainingJobError.nothingToStartFrom(why)
        }
    }

    private func recipe(_ options: TrainingJobOptions) throws -> Recipe {
        if let origin = options.origin { return .fineTuning(try TrainingStart(origin, modelFile: modelFile)) }
        guard let name = Recipe.Name(rawValue: options.training.recipe) else {
            throw TrainingJobError.unknownRecipe(options.training.recipe)
        }
        return Recipe(name)
    }

    /// Going on from a checkpoint needs the pictures that it was made with: one that cannot be read just now is no
    /// reason to go on without it.
    private func refuseUnreadable(_ bad: [BadPicture]) throws {
        guard work.checkpoint != nil,
            let picture = bad.first(where: { $0.reason == PictureError.Reason.unreadable.rawValue })
        else { return }
        throw TrainingJobError.cannotGoOn(claim.job, because: "\(picture.path): \(picture.message)")
    }

    /// Whether to stop, or to drop the work. Asked again and again while something long goes on, which thus shows life.
    private var isStopped: @Sendable () -> Bool {
        { [stop, solo] in
            solo.signsOfLife.add(1, ordering: .relaxed)
            return stop.isMade || solo.isLost
        }
    }

    private func frozen(_ architecture: Architecture, _ start: Parameters?) throws -> FrozenBody {
        guard let start else { throw TrainingJobError.nothingToStartFrom("--freeze needs --from") }
        return try FrozenBody(architecture, start)
    }

    /// Of the head alone, on what the body makes of the pictures. Nil when asked to stop.
    private func trainer(
        _ options: TrainingOptions, _ body: FrozenBody, _ training: PictureSet, _ validation: PictureSet
    ) throws -> Trainer? {
        Log.remark(claim, "running the network once over each picture; then its last layer alone is trained")
        let level = work.checkpoint.flatMap { KernelLevel(rawValue: $0.kernelLevel) } ?? level
        func features(_ pictures: PictureSet, forTraining: Bool) throws -> FrozenFeatures? {
            try body.features(
                of: pictures, forTraining: forTraining, level: level, threads: threads, isStopped: isStopped)
        }
        guard let training = try features(training, forTraining: true),
            let validation = try features(validation, forTraining: false)
        else { return nil }
        return try trainer(options, body.head, body.headStart, training, validation)
    }

    /// Goes on from the checkpoint where there is one. It is never given up without the user's word.
    private func trainer(
        _ options: TrainingOptions, _ architecture: Architecture, _ start: Parameters?,
        _ training: any TrainingPictures, _ validation: any TrainingPictures
    ) throws -> Trainer {
        if let checkpoint = work.checkpoint, let level = KernelLevel(rawValue: checkpoint.kernelLevel),
            let precision = TrainingPrecision(rawValue: checkpoint.precision)
        {
            do {
                return try Trainer(
                    options: options, architecture: architecture, start: start, training: training,
                    validation: validation, level: level, precision: precision, threads: threads,
                    resuming: checkpoint.bytes)
            } catch let error as TrainingError {
                guard case .checkpoint(let problem) = error else { throw error }
                throw TrainingJobError.cannotGoOn(claim.job, because: "its checkpoint cannot be used: \(problem)")
            }
        }
        return try Trainer(
            options: options, architecture: architecture, start: start, training: training, validation: validation,
            level: level, precision: .chosen(options.precision, at: level), threads: threads)
    }

    /// Says how long the training will take, and chooses the epochs where they follow from the time.
    private func plan(_ trainer: Trainer, of pictures: Int, since beginning: ContinuousClock.Instant) throws {
        let pace = try trainer.measurePace()
        if let minutes = trainer.options.minutes {
            let spent = (ContinuousClock.now - beginning) / .seconds(1)
            let predictions = Self.predictionsOfTheEnd + min(pictures, Self.familiaritySampleSize)
            trainer.choose(epochs: pace.epochs(within: 60 * Double(minutes) - spent, predictions: predictions))
            // Before the first step: whoever goes on after a kill must not choose again.
            try patience { () throws(StoreError) in try save(trainer) }
        }
        Log.expected(claim, pace, trainer.options)
    }

    /// Batch after batch. False when the claim was lost or given back before the end.
    private func turn(_ trainer: Trainer, since beginning: ContinuousClock.Instant) throws -> Bool {
        var lastSave = Date()
        var latest = trainer.options.minutes.map { beginning + .seconds(60 * $0) }
        var lastDone = trainer.picturesDone
        while true {
            let step = try trainer.step()
            solo.pictures.add(trainer.picturesDone - lastDone, ordering: .relaxed)
            lastDone = trainer.picturesDone
            solo.signsOfLife.add(1, ordering: .relaxed)
            solo.note(done: trainer.picturesDone, total: trainer.picturesTotal)
            if case .finished = step {
                noteStop(trainer)
                return true
            }

            var mustYield = false
            if case .epoch(let report) = step {
                Log.epoch(claim, report, of: trainer.options)
                if let end = latest, ContinuousClock.now > end, !trainer.isFinished {
                    Log.remark(
                        claim, "takes longer than its --minutes: the machine is slower than when it was measured")
                    latest = nil
                }
                mustYield = try patience { () throws(StoreError) in
                    try store.isOutranked(claim, abilities: abilities)
                }
            }
            let standing = try patience { () throws(StoreError) in try store.standing(of: claim) }
            if standing == .lost {
                Log.lost(claim)
                return false
            }
            if stop.isMade || mustYield || standing == .paused {
                try patience { () throws(StoreError) in try save(trainer) }
                try giveBack()
                return false
            }
            if -lastSave.timeIntervalSinceNow >= checkpointSeconds {
                try saveIfPossible(trainer)
                lastSave = Date()
            }
        }
    }

    /// Enough to tell 98 % from less, and to find the largest activations.
    private static let sampleSize = 300
    /// Of as many as this the features take 20 to 30 MB.
    private static let familiaritySampleSize = 4_096
    /// What is left to do when the epochs are done, beside familiarity: ranges, int8 against fp32, temperature,
    /// accuracy; those in int8 count for less.
    private static let predictionsOfTheEnd = 6 * sampleSize

    private func noteStop(_ trainer: Trainer) {
        let (done, options) = (trainer.history.count, trainer.options)
        guard done < options.epochs, let patience = options.patience else { return }
        Log.remark(
            claim,
            "stopped after \(done) of \(options.epochs) epochs: \(patience) in a row without a better validation loss")
    }

    /// Finds what int8 needs on pictures trained on, and its agreement with fp32 on those that choose.
    private func quantize(
        _ model: inout Model, _ training: PictureSet, _ validation: PictureSet, _ level: KernelLevel
    ) throws {
        let calibration = PictureSample(training, most: Self.sampleSize)
        do {
            try model.quantize(
                calibration: calibration,
                choice: validation.count > 0 ? PictureSample(validation, most: Self.sampleSize) : calibration,
                comparison: PictureSample(validation, most: 4 * Self.sampleSize), level: level, threads: threads)
        } catch let error as QuantizationError {
            Log.remark(claim, "predicts in fp32 alone: \(error)")
        }
    }

    private func save(_ trainer: Trainer) throws(StoreError) {
        let checkpoint = Checkpoint(
            kernelLevel: trainer.level.rawValue, precision: trainer.precision.rawValue,
            itemsDone: trainer.picturesDone, bytes: trainer.checkpoint())
        _ = try store.save(checkpoint, for: claim)
    }

    /// Training goes on without a checkpoint: only one that dies would miss it.
    private func saveIfPossible(_ trainer: Trainer) throws(StoreError) {
        do {
            try save(trainer)
        } catch {
            guard error.mayPass else { throw error }
            Log.checkpointNotSaved(claim, error)
        }
    }

    private func giveBack(because trouble: String? = nil) throws(StoreError) {
        if let trouble { Log.postponed(claim, because: trouble) }
        _ = try patience { () throws(StoreError) in try store.release(claim, because: trouble) }
    }

    /// Says where pictures are decoded again and again.
    private static func cacheNote(_ sets: [PictureSet]) -> String {
        let (kept, count) = (sets.reduce(0) { $0 + $1.cachedCount }, sets.reduce(0) { $0 + $1.count })
        return kept < count ? ", \(kept) of \(count) kept decoded (see --cache-mb)" : ""
    }

    private func note(on bad: [BadPicture]) -> String {
        let shown = bad.prefix(20).map { "\($0.path) (\($0.reason))" }
        let rest = bad.count > shown.count ? " and \(bad.count - shown.count) more" : ""
        return "left out \(bad.count) bad pictures: \(shown.joined(separator: ", "))\(rest)"
    }
}

enum TrainingJobError: Error, CustomStringConvertible {
    case noReadablePicture(String)
    case unknownRecipe(String)
    case nothingToStartFrom(String)
    /// Bytes of features, bytes that there are.
    case noRoom(for: Int, in: Int)
    case cannotGoOn(JobID, because: String)

    var description: String {
        switch self {
        case .nothingToStartFrom(let why): "training has nothing to start from: \(why)"
        case .noRoom(let needed, let given):
            "--freeze keeps \((needed >> 20) + 1) MiB of the pictures' features in memory, and may have \(given >> 20); train again "
                + "with a larger --cache-mb"
        case .unknownRecipe(let name): "this bagq has no recipe \(name); a newer one may"
        case .cannotGoOn(let job, let why):
            "training cannot go on: \(why); mend that and `bagq retry \(job)`, or give up what was learnt with "
                + "`bagq retry \(job) --restart`"
        case .noReadablePicture(let brand):
            "none of the training pictures of \(brand) can be decoded; `bagq classify` on one of them says why"
        }
    }
}
