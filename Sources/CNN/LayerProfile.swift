import CKernels

/// What one kernel of a network costs on one thread, for benchmarks.
package struct LayerProfile: Sendable {
    package enum Work: Hashable, Sendable {
        /// Of which a multiply-add has two. As many as the sums have, also where Winograd's convolution makes fewer.
        case operations(Int)
        /// Of input, for kernels that compute little.
        case bytes(Int)
    }

    /// As in `Architecture`: `conv2d_1` (with what is fused into it), `dense_1`; in training with the kernel behind it:
    /// `conv2d_1.weight_gradient`.
    package var name: String
    /// Pictures at a time.
    package var batch: Int
    package var work: Work
    package var seconds: Double

    /// Runs what it is given as often as it sees fit, and tells the seconds of one run.
    package typealias Clock = (() -> Void) -> Double
}

extension Model {
    /// Profiles each convolution and dense layer, and max-pooling where it is a kernel of its own.
    /// - throws: See `Predictor`.
    package func profile(
        _ precision: PredictionPrecision, level: KernelLevel, clock: @escaping LayerProfile.Clock
    ) throws -> [LayerProfile] {
        var profiler = Profiler(clock: clock)
        switch precision {
        case .fp32: try profileFP32(level, &profiler)
        case .int8: try profileInt8(level, &profiler)
        }
        return profiler.profiles
    }

    private func profileFP32(_ level: KernelLevel, _ profiler: inout Profiler) throws {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let weights = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
        let pass = LayerPass(
            kernels: kernels, weights: weights.current(),
            scratch: LayerScratch(.most(of: network.pictureLayers), for: .prediction))
        for layer in network.convolutions {
            let (x, y) = (Buffer<Float>(count: layer.input.count), Buffer<Float>(count: layer.output.count))
            x.fill(with: 0.5)
            profiler.note(network.name(of: layer.kernel), .operations(2 * layer.multiplyAdds)) {
                layer.forward(x, into: y, places: nil, pass)
            }
        }
        for (name, pool) in network.pools {
            profiler.note(name, pool, of: Float(0.5)) { kernels.maxPool($0, $1, into: $2, places: nil) }
        }
        for dense in network.dense {
            profiler.note(network.name(of: dense.kernel), dense, 1, parameters.values, kernels)
        }
    }

    private func profileInt8(_ level: KernelLevel, _ profiler: inout Profiler) throws {
        guard let kernels = Int8Kernels(level) else { throw KernelLevelError.unsupported(level) }
        guard let int8 else { throw ModelFileError.invalid("it has no activation ranges for int8") }
        func bytes(_ count: Int) -> Buffer<UInt8> {
            let bytes = Buffer<UInt8>(count: count + Int8Kernels.slack)
            bytes.fill(with: 99)
            return bytes
        }
        for case .convolution(let layer, _) in int8.stages.flatMap(\.steps).map(\.operation) {
            let convolution = layer.convolution
            let (x, y) = (bytes(convolution.input.count), Buffer<UInt8>(count: convolution.output.count))
            let scratch = Buffer<UInt8>(count: layer.scratchCount)
            profiler.note(network.name(of: convolution.kernel), .operations(2 * convolution.multiplyAdds)) {
                layer.forward(x, into: y, scratch: scratch, kernels)
            }
        }
        // 2 x 2 windows are taken from the sums, within the convolution.
        for (name, pool) in network.pools where pool.size != 2 || pool.stride != 2 {
            profiler.note(name, pool, of: UInt8(99)) { kernels.maxPool($0, $1, into: $2) }
        }
        let hidden = int8.stages.compactMap { if case .dense(let weights, _, _) = $0 { weights } else { nil } }
        let dense = network.architecture.resolved.filter(\.isDense).suffix(hidden.count + 1)
        for (index, (layer, weights)) in zip(dense, hidden + [int8.last]).enumerated() {
            let (x, y) = (bytes(weights.groups * 4), Buffer<UInt8>(count: weights.outputs))
            let sums = Buffer<Int32>(count: weights.outputs)
            profiler.note(layer.name, .operations(2 * layer.multiplyAdds)) {
                if index < hidden.count {
                    kernels.multiply(.init(count: 1, stride: 0), of: x, by: weights, into: y, targetRow: 0)
                } else {
                    kernels.sum(.init(count: 1, stride: 0), of: x, by: weights, into: sums)
                }
            }
        }
    }

    /// Operations of a loop of independent multiply-adds: the most that a core can make in this precision.
    package static func multiplyAdds(_ precision: PredictionPrecision, level: KernelLevel, repeats: Int) -> Int {
        switch precision {
        case .fp32: Kernels(level)?.multiplyAdds(repeats: repeats) ?? 0
        case .int8: Int8Kernels(level)?.multiplyAdds(repeats: repeats) ?? 0
        }
    }
}

/// Collects profiles.
struct Profiler {
    let clock: LayerProfile.Clock
    private(set) var profiles: [LayerProfile] = []

    init(clock: @escaping LayerProfile.Clock) { self.clock = clock }

    mutating func note(_ name: String, batch: Int = 1, _ work: LayerProfile.Work, run: () -> Void) {
        profiles.append(LayerProfile(name: name, batch: batch, work: work, seconds: clock(run)))
    }

    /// A dense layer's forward.
    mutating func note(_ name: String, _ dense: Dense, _ batch: Int, _ parameters: Buffer<Float>, _ kernels: Kernels) {
        let (x, y) = (Buffer<Float>(count: batch * dense.inputs), Buffer<Float>(count: batch * dense.outputs))
        x.fill(with: 0.5)
        note(name, batch: batch, .operations(2 * batch * dense.kernel.count)) {
            for unit in 0..<dense.forwardUnits {
                dense.forward(x, count: batch, into: y, unit: unit, parameters: parameters, kernels)
            }
        }
    }

    /// Max-pooling row by row, in memory that stays in the cache, as convolutions do it.
    mutating func note<Value: BitwiseCopyable>(
        _ name: String, _ pool: MaxPool, of value: Value,
        run: (bagq_pooling, _ rows: Buffer<Value>, _ pooled: Buffer<Value>) -> Void
    ) {
        let rows = Buffer<Value>(count: pool.size * pool.input.width * pool.input.channels)
        let pooled = Buffer<Value>(count: pool.output.width * pool.output.channels)
        rows.fill(with: value)
        let bytes = pool.output.height * rows.count * MemoryLayout<Value>.size
        note(name, .bytes(bytes)) {
            for _ in 0..<pool.output.height { run(pool.shape(rows: 1, inputWidth: pool.input.width), rows, pooled) }
        }
    }
}

extension Network {
    /// Also those that are fused into convolutions.
    var pools: [(name: String, pool: MaxPool)] {
        architecture.resolved.compactMap { layer in
            layer.pool.map { (layer.name, $0) }
        }
    }

    /// Of the layer that has this kernel.
    func name(of kernel: Range<Int>) -> String {
        let tensor = tensors.first { $0.range == kernel }
        return String(tensor?.name.prefix { $0 != "." } ?? "")
    }
}
