import Synchronization

/// A network's learnt values, flat, as `Network.tensors` says. Training changes them in place, through one door that
/// counts the changes, so that nothing derived from them can be used once they are others (DESIGN.md, invariant 13).
///
/// Nobody may read them while they change.
package final class Parameters: Sendable {
    /// To read only: `change` is the way to write.
    let values: Buffer<Float>
    private let changes = Atomic(0)

    init(_ values: Buffer<Float>) {
        self.values = values
    }

    /// How often they have changed.
    var version: Int { changes.load(ordering: .acquiring) }

    package var count: Int { values.count }
    package var array: [Float] { values.array }

    /// The only way to change them: what was derived before is stale from here on.
    func change<Failure>(_ body: (Buffer<Float>) throws(Failure) -> Void) throws(Failure) {
        defer { changes.add(1, ordering: .releasing) }
        try body(values)
    }
}

/// What a network's layers derive from its parameters (weights transformed, turned, rounded, packed) for one use, in
/// memory allocated once. Shared by threads: whoever comes first after a change derives it anew, the others wait.
final class DerivedWeights: Sendable {
    /// What the weights are derived for.
    enum Use: Sendable {
        case prediction
        /// Where bf16 is given, convolutions multiply its numbers.
        case training(BF16Kernels?)
    }

    let parameters: Parameters
    let kernels: Kernels
    let use: Use
    private let convolutions: [ConvolutionWeights]
    private let derived = Mutex<Int?>(nil)

    init(_ convolutions: [Convolution], _ parameters: Parameters, kernels: Kernels, for use: Use) {
        self.parameters = parameters
        self.kernels = kernels
        self.use = use
        self.convolutions = convolutions.map { ConvolutionWeights($0, for: use) }
    }

    /// The weights as of now, good until the parameters change.
    func current() -> CurrentWeights {
        let version = parameters.version
        derived.withLock { derived in
            if derived == version { return }
            for convolution in convolutions { convolution.derive(parameters.values, kernels) }
            derived = version
        }
        return CurrentWeights(parameters: parameters, convolutions: convolutions, version: version)
    }
}

/// Parameters and what is derived from them, of one moment: to use them after a change is a fault that stops the
/// program.
struct CurrentWeights: Sendable {
    fileprivate let parameters: Parameters
    fileprivate let convolutions: [ConvolutionWeights]
    fileprivate let version: Int

    var values: Buffer<Float> {
        check()
        return parameters.values
    }

    subscript(convolution: Convolution) -> ConvolutionWeights {
        check()
        return convolutions[convolution.number]
    }

    private func check() {
        precondition(version == parameters.version, "weights derived from parameters that have changed since")
    }
}
