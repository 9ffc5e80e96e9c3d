import CKernels
import Threads

/// Adam (Kingma and Ba 2014) as Keras 2.1 writes it, with what `TrainingOptions` add to it: a schedule, clipping,
/// decay, a rate for the head.
final class Optimizer: Sendable {
    /// Running means of the gradient and its square.
    let m: Buffer<Float>
    let v: Buffer<Float>
    private let options: TrainingOptions
    private let kernels: Kernels
    private let pool: ThreadPool
    private let units: [Unit]

    /// Parameters that are changed alike.
    private struct Unit: Sendable {
        var range: Range<Int>
        /// In learning rates.
        var rate: Double
        var decays: Bool
    }

    private static let unitSize = 65_536

    init(_ options: TrainingOptions, _ network: Network, kernels: Kernels, pool: ThreadPool) {
        (self.options, self.kernels, self.pool) = (options, kernels, pool)
        m = Buffer(count: network.parameterCount)
        v = Buffer(count: network.parameterCount)
        let head = network.architecture.resolved.last?.name ?? ""
        units = network.tensors.filter(\.isLearnt).flatMap { tensor in
            stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: Self.unitSize).map { start in
                Unit(
                    range: start..<min(start + Self.unitSize, tensor.range.upperBound),
                    rate: tensor.name.hasPrefix("\(head).") ? options.headRate : 1, decays: tensor.shape.count > 1)
            }
        }
    }

    /// - step: From 0.
    /// - steps: Of the whole training.
    func update(_ parameters: Parameters, by gradients: Buffer<Float>, step: Int, of steps: Int) throws {
        if let clipping = options.clipping { try clip(gradients, to: clipping) }
        let (beta1, beta2) = (0.9, 0.999)
        let rate = options.learningRate * options.schedule.factor(step: step, of: steps)
        let correction = (1 - power(beta2, step + 1)).squareRoot() / (1 - power(beta1, step + 1))
        try parameters.change { values in
            try pool.forEach(units.count) { [options, units, kernels, m, v] _, index in
                let unit = units[index]
                if options.weightDecay > 0, unit.decays {
                    kernels.scale(values[unit.range], by: Float(1 - rate * unit.rate * options.weightDecay))
                }
                let step = bagq_adam(
                    rate: Float(rate * unit.rate * correction), beta1: Float(beta1), beta2: Float(beta2), epsilon: 1e-7)
                kernels.adam(
                    step, gradients: gradients[unit.range], m: m[unit.range], v: v[unit.range],
                    parameters: values[unit.range])
            }
        }
    }

    /// Shortens all gradients together to this length (Pascanu et al. 2012, "On the Difficulty of Training Recurrent
    /// Neural Networks").
    private func clip(_ gradients: Buffer<Float>, to length: Double) throws {
        let squares = Buffer<Double>(count: units.count)
        try pool.forEach(units.count) { [units] _, index in
            let span = gradients[units[index].range]
            squares.slice(index, of: 1).fill(with: sumOfSquares(span.span))
        }
        let found = squares.array.reduce(0, +).squareRoot()
        guard found > length else { return }
        try pool.forEach(units.count) { [units, kernels] _, index in
            kernels.scale(gradients[units[index].range], by: Float(length / found))
        }
    }
}

/// In eight sums at a time, so that none waits for the one before.
private func sumOfSquares(_ values: Span<Float>) -> Double {
    var sums = SIMD8<Double>()
    let whole = values.count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
        var lanes = SIMD8<Double>()
        for lane in 0..<8 { lanes[lane] = Double(values[start + lane]) }
        sums += lanes * lanes
    }
    var rest = 0.0
    for index in whole..<values.count { rest += Double(values[index]) * Double(values[index]) }
    return sums.sum() + rest
}

/// base^exponent by squaring: the system's pow differs from machine to machine.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}
