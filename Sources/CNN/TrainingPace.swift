/// How fast a training goes on this machine: see `Trainer.measurePace`.
package struct TrainingPace: Hashable, Sendable {
    /// Its validation included.
    package var secondsPerEpoch: Double

    package init(secondsPerEpoch: Double) { self.secondsPerEpoch = secondsPerEpoch }

    /// A budget is no reason to look at each picture more often than this.
    package static let mostEpochs = 100

    /// How many whole epochs fit into so many seconds; at least 1, at most `mostEpochs`.
    package func epochs(within seconds: Double) -> Int {
        let fitting = seconds / secondsPerEpoch
        return fitting < Double(Self.mostEpochs) ? max(1, Int(fitting)) : Self.mostEpochs
    }

    package func seconds(of epochs: Int) -> Double { Double(epochs) * secondsPerEpoch }
}
