/// How fast a training goes on this machine: see `Trainer.measurePace`.
package struct TrainingPace: Hashable, Sendable {
    /// Its validation included.
    package var secondsPerEpoch: Double
    /// Of one picture, in fp32.
    package var secondsPerPrediction: Double

    package init(secondsPerEpoch: Double, secondsPerPrediction: Double) {
        (self.secondsPerEpoch, self.secondsPerPrediction) = (secondsPerEpoch, secondsPerPrediction)
    }

    /// A budget is no reason to look at each picture more often than this.
    package static let mostEpochs = 100

    /// Machines that others share do not keep their pace to better than this share of it.
    package static let reserve = 0.1

    /// How many whole epochs fit into so many seconds with so many predictions after them; at least 1, at most
    /// `mostEpochs`.
    package func epochs(within seconds: Double, predictions: Int = 0) -> Int {
        let fitting = (seconds * (1 - Self.reserve) - Double(predictions) * secondsPerPrediction) / secondsPerEpoch
        return fitting < Double(Self.mostEpochs) ? max(1, Int(fitting)) : Self.mostEpochs
    }

    package func seconds(of epochs: Int) -> Double { Double(epochs) * secondsPerEpoch }
}
