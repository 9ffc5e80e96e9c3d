import Threads

/// The mean of a training's weights over its steps, running statistics included. Step t, from 1, weighs about t^power,
/// so what counts is the same share of a training of any length: with 9, mostly its last tenth (Karras et al. 2024,
/// "Analyzing and Improving the Training Dynamics of Diffusion Models", 3.1).
struct WeightAverage: Sendable {
    private let power: Int
    let parameters: Parameters
    private let pool: ThreadPool

    private static let unitSize = 65_536

    init(power: Int, count: Int, pool: ThreadPool) {
        (self.power, self.pool) = (power, pool)
        parameters = Parameters(Buffer(count: count))
    }

    /// What the weights of a step weigh in the mean of all up to it.
    /// - step: From 1.
    private func share(ofStep step: Int) -> Double { 1 - CNN.power(1 - 1 / Double(step), power + 1) }

    /// Takes the weights after a step into the mean.
    /// - step: From 1.
    func add(_ weights: Parameters, step: Int) throws {
        let share = Float(share(ofStep: step))
        let count = weights.count
        try parameters.change { mean in
            try pool.forEach((count + Self.unitSize - 1) / Self.unitSize) { _, unit in
                let range = unit * Self.unitSize..<min(count, (unit + 1) * Self.unitSize)
                let weights = weights.values[range].span
                mean[range].withMutableSpan { mean in
                    for index in mean.indices { mean[index] += share * (weights[index] - mean[index]) }
                }
            }
        }
    }
}
