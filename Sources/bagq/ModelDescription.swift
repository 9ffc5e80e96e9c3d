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

    var text: String {
        var lines = [
            "\(record.version)\(record.isActive ? ", active" : ""): \(Escaping.terminal(record.summary))",
            "classes: \(model.classes.joined(separator: ", "))",
            "recognised from confidence \(Format.percent(model.threshold)), temperature \(model.temperature), "
                + "\(Format.bytes(record.byteCount))",
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
                    + ", \(model.preprocessing.resize.text)"
                    + (options.minutes.map { ", epochs chosen for \($0) min" } ?? ""))
        }
        if let pretrained = model.training?.options.pretrained {
            lines.append(
                "started from \(pretrained.name), weights \(pretrained.fingerprint), "
                    + (pretrained.license.map { "licence \($0)" } ?? "which do not name a licence"))
        }
        lines.append("predicts in \(record.precision.rawValue)" + (agreement.map { "; " + $0 } ?? ""))
        lines.append(model.accuracyText ?? "no accuracy: no picture was held out")
        return lines.map(Escaping.terminal).joined(separator: "\n") + "\n\n" + model.network.architecture.summary
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

    /// The members of `bagq models --json`, and what only the file knows: `temperature`, `training`, `held_out`,
    /// `int8`.
    var json: JSONValue {
        .object(
            ModelReport.members(of: record) + [
                ("temperature", .number(model.temperature)), ("training", model.training.map(json(of:)) ?? .null),
                ("held_out", model.heldOut.map(json(of:)) ?? .null),
                ("int8", model.quantization.map(json(of:)) ?? .null),
            ])
    }

    private func json(of training: Model.TrainingRecord) -> JSONValue {
        .object([
            ("recipe", .string(training.options.recipe)), ("seed", .int(Int(clamping: training.options.seed))),
            ("pretrained", training.options.pretrained.map(json(of:)) ?? .null),
            ("rate", .number(training.options.learningRate)), ("balance", .number(training.options.balance)),
            ("augment", training.options.augment.map { .string($0.rawValue) } ?? .null),
            ("resize", .string(model.preprocessing.resize.kind.rawValue)), ("freeze", .bool(training.options.freeze)),
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
