import CNN
import Foundation
import Intake
import Queue
import Report
import Statistics
import Worker

/// What `bagq models show` says of a model.
struct ModelDescription {
    let record: ModelRecord
    let model: Model
    /// The training that made it; nil where that is not known.
    var job: Job?

    var text: String {
        var lines = [
            "\(record.version)\(record.isActive ? ", active" : ""): \(record.summary)",
            "classes: \(model.classes.joined(separator: ", "))",
            "made at \((job?.finishedAt ?? record.createdAt).iso8601), \(duration.map { "in \(Format.duration(seconds: $0)), " } ?? "")"
                + Format.bytes(record.byteCount),
        ]
        if let training = model.training {
            lines.append(
                "trained with recipe \(training.options.recipe), seed \(training.options.seed), "
                    + "\(training.epochsText), kernels \(training.kernelLevel.rawValue) \(training.precision)")
        }
        if let options = model.training?.options {
            let varied = options.augment.map { "varied by --augment \($0.rawValue)" } ?? "varied as the recipe does"
            lines.append(
                "learning rate \(options.learningRate), balance \(options.balance), pictures "
                    + (options.freeze ? "mirrored, the last layer alone" : varied)
                    + ", \(model.preprocessing.resize.text), \(model.preprocessing.interpolation.rawValue)"
                    + (options.minutes.map { ", epochs chosen for \($0) min" } ?? ""))
        }
        if let pretrained = model.training?.options.pretrained {
            lines.append(
                "started from \(pretrained.name), weights \(pretrained.fingerprint), "
                    + (pretrained.license.map { "licence \($0)" } ?? "which do not name a licence"))
        }
        lines.append("predicts in \(record.precision.rawValue)" + (agreement.map { "; " + $0 } ?? ""))
        lines.append(model.accuracyText ?? "no accuracy: no picture was held out")
        if let reliability = model.heldOut?.reliability {
            lines.append(
                "on these the calibration error (ECE) is \(CalibrationText.text(reliability.error)): \(reliability.verdict); "
                    + "log loss (NLL) \(CalibrationText.text(reliability.loss))")
        }
        let smoothing = model.calibration.labelSmoothing
        lines.append(
            "temperature \(Format.fixed(model.calibration.temperature, decimals: 3))"
                + (smoothing > 0 ? ", after the label smoothing of \(smoothing) is taken back" : ""))
        let own = record.threshold == model.threshold ? "" : " (the model's own: \(Self.text(model.threshold)))"
        lines.append(
            "recognised from confidence \(Self.text(record.threshold))\(own)"
                + (model.coverageText(at: record.threshold).map { ": \($0)" } ?? ""))
        if let caution = model.thresholdCaution(at: record.threshold) { lines.append(caution) }
        lines.append(
            model.familiarity == nil
                ? "cannot tell what is unlike all that it was trained on"
                : "what is less like its training pictures than 95 % of the validation pictures is unfamiliar, and not recognised"
        )
        if let data = model.data { lines.append("data set \(data.fingerprint)") }
        return lines.map(Escaping.terminal).joined(separator: "\n") + "\n\n"
            + (classTable.map { $0 + "\n" } ?? "") + model.network.architecture.summary
    }

    private static func text(_ threshold: Double) -> String { Format.fixed(threshold, decimals: 2) }

    /// Seconds from the training's start to its end, its pauses included.
    private var duration: Double? {
        guard let start = job?.startedAt, let end = job?.finishedAt else { return nil }
        return Double(end.milliseconds - start.milliseconds) / 1000
    }

    /// How many pictures of each class there were of each part, and how many of those that chose the threshold are
    /// recognised.
    private var classTable: String? {
        guard model.data != nil || model.thresholdCounts != nil else { return nil }
        let coverage = model.coverage(at: record.threshold)
        var table = Table([
            .flexible("CLASS"), .right("TRAINING"), .right("VALIDATION"), .right("TEST"), .right("RECOGNISED"),
        ])
        for (index, name) in model.classes.enumerated() {
            let counts = [model.data?.training[index], pictures(.validation, index), pictures(.test, index)]
            let recognised = coverage.map { coverage in
                let share = coverage.classes[index]
                return "\(Format.count(share.recognised)) of \(Format.count(share.pictures))"
            }
            table.add([name] + counts.map { $0.map(Format.count) ?? "-" } + [recognised ?? "-"])
        }
        return table.text(width: Terminal.width)
    }

    /// Of a class; nil where there were none of that part.
    private func pictures(_ part: HeldOut.Part, _ label: Int) -> Int? {
        guard let counts = [model.validation, model.heldOut].compactMap(\.self).first(where: { $0.part == part })
        else { return nil }
        return counts.counts.reduce(0) { $0 + ($1.key.label == label ? $1.value : 0) }
    }

    private var agreement: String? {
        guard let quantization = model.quantization else { return "it has no ranges for int8" }
        guard let agreement = quantization.agreement else {
            return "no validation pictures to compare int8 with fp32 on"
        }
        return
            "int8 and fp32 agree on \(agreement.agreeing) of \(agreement.pictures) validation pictures"
            + (agreement.isGuess ? " (so few that the choice is a guess)" : "") + ", mean difference of "
            + "probabilities \(String(format: "%.4f", agreement.meanDifference)), ranges at "
            + "\(quantization.percentile) % of the activations"
    }

    /// `models show --history`: a line for each epoch.
    func historyText() throws(CommandError) -> String {
        guard let training = model.training else {
            throw CommandError("\(record.version) does not say how it was trained")
        }
        var table = Table([
            .right("EPOCH"), .right("LOSS"), .right("ACCURACY"), .right("VALIDATION LOSS"),
            .right("VALIDATION ACCURACY"), .left(""),
        ])
        let kept = training.options.keep == .best ? training.history.lastIndex(where: \.isBest) : nil
        for (index, report) in training.history.enumerated() {
            table.add([
                "\(report.epoch)", Format.fixed(report.trainingLoss, decimals: 4),
                Format.percent(report.trainingAccuracy),
                report.validationLoss.map { Format.fixed($0, decimals: 4) } ?? "-",
                Format.percent(report.validationAccuracy),
                index == kept ?? training.history.count - 1 ? "kept" : "",
            ])
        }
        let text = table.text(width: nil)
        return String(text.dropLast())
    }

    /// The members of `bagq models --json`, and what only the file and the training job know.
    var json: JSONValue {
        let answers: [(key: String, value: JSONValue)] = [
            ("temperature", .number(model.calibration.temperature)),
            ("label_smoothing", .number(model.calibration.labelSmoothing)), ("own_threshold", .number(model.threshold)),
            ("coverage", model.coverage(at: record.threshold).map(json(of:)) ?? .null),
            ("tells_unfamiliar", .bool(model.familiarity != nil)),
        ]
        let making: [(key: String, value: JSONValue)] = [
            ("training", model.training.map(json(of:)) ?? .null), ("held_out", model.heldOut.map(json(of:)) ?? .null),
            ("int8", model.quantization.map(json(of:)) ?? .null),
            ("data_fingerprint", JSONValue(model.data?.fingerprint)), ("pictures", .array(pictures)),
            ("made_at", JSONValue(job?.finishedAt ?? record.createdAt)), ("seconds", JSONValue(duration, decimals: 3)),
        ]
        return .object(ModelReport.members(of: record) + answers + making)
    }

    private var pictures: [JSONValue] {
        model.classes.enumerated().map { index, name in
            .object([
                ("class", .string(name)), ("training", JSONValue(model.data?.training[index])),
                ("validation", JSONValue(pictures(.validation, index))), ("test", JSONValue(pictures(.test, index))),
            ])
        }
    }

    private func json(of coverage: ThresholdCoverage) -> JSONValue {
        .object([
            ("part", JSONValue(model.thresholdCounts?.part.rawValue)), ("n", .int(coverage.brands.pictures)),
            ("n_recognised", .int(coverage.brands.recognised)), ("rate", JSONValue(coverage.rate, decimals: 6)),
            ("recognised", .int(coverage.recognised)), ("right", .int(coverage.right)),
            ("precision", JSONValue(coverage.precision, decimals: 6)),
            (
                "per_class",
                .array(
                    zip(model.classes, coverage.classes).map { name, share in
                        .object([
                            ("class", .string(name)), ("n", .int(share.pictures)),
                            ("recognised", .int(share.recognised)),
                        ])
                    })
            ),
        ])
    }

    private func json(of training: Model.TrainingRecord) -> JSONValue {
        .object([
            ("recipe", .string(training.options.recipe)), ("seed", .int(Int(clamping: training.options.seed))),
            ("pretrained", training.options.pretrained.map(json(of:)) ?? .null),
            ("rate", .number(training.options.learningRate)), ("balance", .number(training.options.balance)),
            ("augment", training.options.augment.map { .string($0.rawValue) } ?? .null),
            ("resize", .string(model.preprocessing.resize.kind.rawValue)),
            ("interpolation", .string(model.preprocessing.interpolation.rawValue)),
            ("freeze", .bool(training.options.freeze)),
            ("minutes", training.options.minutes.map(JSONValue.int) ?? .null),
            ("epochs", .int(training.history.count)), ("kernels", .string(training.kernelLevel.rawValue)),
            ("precision", .string(training.precision)), ("history", .array(training.history.map(json(of:)))),
        ])
    }

    private func json(of pretrained: TrainingOptions.Pretrained) -> JSONValue {
        .object([
            ("name", .string(pretrained.name)), ("fingerprint", .string(pretrained.fingerprint)),
            ("license", pretrained.license.map(JSONValue.string) ?? .null),
        ])
    }

    private func json(of epoch: EpochReport) -> JSONValue {
        .object([
            ("epoch", .int(epoch.epoch)), ("loss", .number(epoch.trainingLoss)),
            ("accuracy", .number(epoch.trainingAccuracy)),
            ("validation_loss", epoch.validationLoss.map(JSONValue.number) ?? .null),
            ("validation_accuracy", epoch.validationAccuracy.map(JSONValue.number) ?? .null),
        ])
    }

    private func json(of quantization: Quantization) -> JSONValue {
        .object([
            ("percentile", .number(quantization.percentile)),
            ("n", .int(quantization.agreement?.pictures ?? 0)),
            ("agreeing", .int(quantization.agreement?.agreeing ?? 0)),
            ("guess", .bool(quantization.agreement?.isGuess ?? true)),
            ("mean_difference", .number(quantization.agreement?.meanDifference ?? 0)),
        ])
    }

    private func json(of heldOut: HeldOut) -> JSONValue {
        let interval = wilson(heldOut.right, of: heldOut.total)
        return .object([
            ("part", .string(heldOut.part.rawValue)), ("n", .int(heldOut.total)), ("right", .int(heldOut.right)),
            ("accuracy_low", .number(interval.low)), ("accuracy_high", .number(interval.high)),
            ("ece", JSONValue(heldOut.reliability?.error, decimals: 6)),
            ("ece_expected", JSONValue(heldOut.reliability?.expectedError, decimals: 6)),
            ("ece_expected_95", JSONValue(heldOut.reliability?.expectedErrorLimit, decimals: 6)),
            ("nll", JSONValue(heldOut.reliability?.loss, decimals: 6)),
        ])
    }
}

extension Preprocessing.Resize {
    fileprivate var text: String {
        switch self {
        case .squash: "squashed"
        case .crop(let fraction): "cropped to \(Format.percent(fraction)) of the middle"
        case .letterbox: "letterboxed"
        }
    }
}
