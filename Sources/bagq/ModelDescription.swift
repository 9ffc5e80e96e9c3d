import CNN
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
        if let heldOut = model.heldOut {
            let interval = wilson(heldOut.right, of: heldOut.total)
            lines.append(
                "right on \(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures: 95 % interval "
                    + "\(Format.percent(interval.low)) to \(Format.percent(interval.high))")
        }
        return lines.joined(separator: "\n") + "\n\n" + model.network.architecture.summary
    }

    /// The members of `bagq models --json`, and what only the file knows: `temperature`, `training`, `held_out`.
    var json: JSONValue {
        .object(
            ModelReport.members(of: record) + [
                ("temperature", .number(model.temperature)), ("training", model.training.map(json(of:)) ?? .null),
                ("held_out", model.heldOut.map(json(of:)) ?? .null),
            ])
    }

    private func json(of training: Model.TrainingRecord) -> JSONValue {
        .object([
            ("recipe", .string(training.options.recipe)), ("seed", .int(Int(clamping: training.options.seed))),
            ("epochs", .int(training.history.count)), ("kernels", .string(training.kernelLevel.rawValue)),
            ("precision", .string(training.precision)),
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
