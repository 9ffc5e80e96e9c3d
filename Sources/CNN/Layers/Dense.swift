/// y = activation(x x kernel + bias), the activation where it follows in the network, for a batch at once: the weights
/// pass through the cache once.
///
/// - x: N x I.
/// - kernel: I x O.
/// - bias: O.
/// - y: N x O.
struct Dense: Sendable {
    let inputs: Int
    let outputs: Int
    let activation: Activation
    let kernel: Range<Int>
    let bias: Range<Int>

    private static let forwardWidth = 32
    private static let backwardWidth = 64

    /// Units of work, each on its own columns of y.
    var forwardUnits: Int { (outputs + Self.forwardWidth - 1) / Self.forwardWidth }

    func forward(
        _ x: Buffer<Float>, count: Int, into y: Buffer<Float>, unit: Int, parameters: Buffer<Float>, _ kernels: Kernels
    ) {
        let first = unit * Self.forwardWidth
        kernels.multiply(
            count, inputs, min(Self.forwardWidth, outputs - first), a: x, .init(row: inputs),
            b: parameters[kernel][first...], bRow: outputs, into: y[first...], cRow: outputs,
            bias: parameters[bias][first...], clamp: activation.clamp)
    }

    /// Before the units of backward: dy = 0 where the activation cut, dbias = sum over N of dy.
    func prepareBackward(
        _ dy: Buffer<Float>, y: Buffer<Float>, count: Int, gradients: Buffer<Float>, _ kernels: Kernels
    ) {
        activation.maskGradient(dy[..<(count * outputs)], of: y[..<(count * outputs)], kernels)
        gradients[bias].fill(with: 0)
        kernels.addRows(count, stride: outputs, of: dy, to: gradients[bias])
    }

    /// Units of work, each on its own rows of dkernel and columns of dx.
    var backwardUnits: Int { (inputs + Self.backwardWidth - 1) / Self.backwardWidth }
    var scratchCount: Int { Self.backwardWidth * outputs }

    /// dkernel = transposed x x dy and dx = dy x transposed kernel, both overwritten.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, count: Int, unit: Int, parameters: Buffer<Float>,
        gradients: Buffer<Float>, into dx: Buffer<Float>?, scratch: Buffer<Float>, _ kernels: Kernels
    ) {
        let first = unit * Self.backwardWidth
        let width = min(Self.backwardWidth, inputs - first)
        let rows = first * outputs..<(first + width) * outputs
        kernels.multiply(
            width, count, outputs, a: x[first...], .init(row: 1, column: inputs), b: dy, bRow: outputs,
            into: gradients[kernel][rows], cRow: outputs)
        guard let dx else { return }
        let turned = scratch[..<(width * outputs)]
        kernels.transpose(rows: width, columns: outputs, parameters[kernel][rows], into: turned)
        kernels.multiply(
            count, outputs, width, a: dy, .init(row: outputs), b: turned, bRow: width, into: dx[first...], cRow: inputs)
    }
}
