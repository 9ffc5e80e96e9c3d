import CNN
import Intake
import Queue
import Report
import Statistics
import Worker

/// What `train --wait` says at its end: how good the model is, measured on what, and what to do next.
struct TrainingResult {
    let record: ModelRecord
    let model: Model

    init(_ version: ModelVersion, in store: any JobStore) throws {
        record = try store.resolve(ModelSelector(version))
        model = try Model(safetensors: store.modelFile(version))
    }

    func show() {
        Terminal.note("\(record.version): \(text)")
        if let agreement = model.quantization?.agreement, agreement.isGuess {
            Terminal.note(
                "it predicts in \(record.precision.rawValue): a guess, from \(Format.count(agreement.pictures, "validation picture"))"
            )
        }
        if let coverage = model.coverageText(at: record.threshold) {
            Terminal.note("recognised from confidence \(Format.fixed(record.threshold, decimals: 2)): \(coverage)")
        }
        if let caution = model.thresholdCaution(at: record.threshold) { Terminal.note(caution) }
        Terminal.note(
            record.isActive
                ? "it is the active model: bagq submit FOLDER uses it"
                : "it is not the active model: bagq models use \(record.version)")
    }

    private var text: String {
        let epochs = model.training.map { "\($0.epochsText), " } ?? ""
        return epochs + (model.accuracyText ?? "no accuracy, for no picture was held out")
    }
}

extension Model {
    /// "right on 20 of 24 validation pictures (83.3 %, 95 % interval 64.1 % to 93.3 %), which also chose the epoch, the
    /// precision, the temperature and the threshold"; nil where no picture was held out.
    var accuracyText: String? {
        guard let heldOut else { return nil }
        let interval = wilson(heldOut.right, of: heldOut.total)
        return "right on \(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures "
            + "(\(Format.percent(Double(heldOut.right) / Double(heldOut.total))), 95 % interval "
            + "\(Format.percent(interval.low)) to \(Format.percent(interval.high)))\(heldOutCaution)"
    }
}
