import CNN
import Foundation
import Intake
import Queue
import Report

/// What `bagq models show` says of a model.
struct ModelDescription {
    let record: ModelRecord
    let model: Model

    var text: String {
        var lines = [
            "\(record.version)\(record.isActive ? ", active" : ""): \(Escaping.terminal(record.summary))",
            "classes: \(model.classes.map(Escaping.terminal).joined(separator: ", "))",
            "recognised from confidence \(Format.percent(model.threshold)), temperature \(model.temperature), "
                + "\(Format.bytes(record.byteCount))",
        ]
        if let training = model.training {
            lines.append(
                "trained with recipe \(training.options.recipe), seed \(training.options.seed), "
                    + "\(Format.count(training.history.count, "epoch")), kernels \(training.kernelLevel.rawValue) "
                    + training.precision)
        }
        lines.append("predicts in \(record.precision.rawValue)" + (agreement.map { "; " + $0 } ?? ""))
        if let heldOut = model.heldOut {
            let interval = wilson(heldOut.right, of: heldOut.total)
            lines.append(
                "right on \(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures: 95 % interval "
                    + "\(Format.percent(interval.low)) to \(Format.percent(interval.high))")
        }
        return lines.joined(separator: "\n") + "\n\n" + model.network.architecture.summary
    }

    private var agreement: String? {
        guard let quantization = model.quantization else { return "it has no ranges for int8" }
        guard let agreement = quantization.agreement else { return "no held-out pictures to compare int8 with fp32 on" }
        return
            "int8 and fp32 agree on \(agreement.agreeing) of \(agreement.pictures) held-out pictures, mean difference of "
            + "probabilities \(String(format: "%.4f", agreement.meanDifference)), ranges at "
            + "\(quantization.percentile) % of the activations"
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
            ("epochs", .int(training.history.count)), ("kernels", .string(training.kernelLevel.rawValue)),
            ("precision", .string(training.precision)),
        ])
    }

    private func json(of quantization: Quantization) -> JSONValue {
        .object([
            ("percentile", .number(quantization.percentile)),
            ("n", .int(quantization.agreement?.pictures ?? 0)),
            ("agreeing", .int(quantization.agreement?.agreeing ?? 0)),
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
