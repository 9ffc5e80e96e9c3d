/// Where training stands, apart from the weights: what a checkpoint keeps as JSON.
struct TrainingProgress: Codable, Equatable {
    /// Epochs done.
    var epochs = 0
    /// Pictures trained on in the epoch under way.
    var position = 0
    /// Adam's steps.
    var steps = 0
    var training = Tally()
    var history: [EpochReport] = []
    /// Index in the history.
    var best: Int?

    /// Sums over pictures, in the order they came.
    struct Tally: Codable, Equatable {
        var loss = 0.0
        var right = 0
        var count = 0

        mutating func add(_ outcome: [(loss: Double, isRight: Bool)]) {
            for picture in outcome {
                loss += picture.loss
                right += picture.isRight ? 1 : 0
                count += 1
            }
        }

        var meanLoss: Double { loss / Double(count) }
        var accuracy: Double { Double(right) / Double(count) }
    }

    func isFinished(_ options: TrainingOptions) -> Bool {
        if epochs >= options.epochs { return true }
        guard let patience = options.patience, let best else { return false }
        return epochs - 1 - best >= patience
    }

    /// Ends the epoch; returns its report.
    mutating func endEpoch(validation: Tally) -> EpochReport {
        var report = EpochReport(
            epoch: epochs + 1, trainingLoss: training.meanLoss, trainingAccuracy: training.accuracy,
            validationLoss: nil, validationAccuracy: nil, isBest: false)
        if validation.count > 0 {
            report.validationLoss = validation.meanLoss
            report.validationAccuracy = validation.accuracy
            report.isBest = best.map { report.isBetter(than: history[$0]) } ?? true
        }
        if report.isBest { best = history.count }
        history.append(report)
        epochs += 1
        position = 0
        training = Tally()
        return report
    }
}

extension EpochReport {
    fileprivate func isBetter(than other: EpochReport) -> Bool {
        guard let loss = validationLoss, let otherLoss = other.validationLoss else { return false }
        return loss < otherLoss
    }
}
