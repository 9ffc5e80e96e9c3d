/// What one layer of a network costs for one picture on one thread, for benchmarks.
package struct LayerProfile: Sendable {
    /// As in `Architecture`: `conv2d_1` (with what is fused into it), `dense_1`.
    package var name: String
    /// Of which a multiply-add has two. As many as the sums have, also where Winograd's convolution makes fewer.
    package var operations: Double
    package var seconds: Double
}

extension Model {
    /// Profiles each convolution and dense layer.
    /// - time: Runs what it is given as often as it sees fit, and tells the seconds of one run.
    /// - throws: See `Predictor`.
    package func profile(
        _ precision: PredictionPrecision, level: KernelLevel, time: (@escaping () -> Void) -> Double
    ) throws -> [LayerProfile] {
        var profiles: [LayerProfile] = []
        var costly = network.architecture.resolved.filter { $0.kernelShape != nil }[...]
        func note(_ run: @escaping () -> Void) {
            guard let layer = costly.popFirst() else { return }
            profiles.append(
                LayerProfile(name: layer.name, operations: 2 * Double(layer.multiplyAdds), seconds: time(run)))
        }
        switch precision {
        case .fp32: try profileFP32(level, note)
        case .int8: try profileInt8(level, note)
        }
        return profiles
    }

    private func profileFP32(_ level: KernelLevel, _ note: (@escaping () -> Void) -> Void) throws {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let pass = LayerPass(predicting: network, parameters: parameters, kernels: kernels)
        for stage in network.stages {
            switch stage {
            case .pictures(let layers):
                for layer in layers where layer is Convolution {
                    let (x, y) = (Buffer<Float>(count: layer.input.count), Buffer<Float>(count: layer.output.count))
                    x.fill(with: 0.5)
                    note { layer.forward(x, into: y, places: nil, pass) }
                }
            case .dense(let dense):
                let (x, y) = (Buffer<Float>(count: dense.inputs), Buffer<Float>(count: dense.outputs))
                x.fill(with: 0.5)
                note {
                    for unit in 0..<dense.forwardUnits {
                        dense.forward(x, count: 1, into: y, unit: unit, parameters: parameters, kernels)
                    }
                }
            }
        }
    }

    private func profileInt8(_ level: KernelLevel, _ note: (@escaping () -> Void) -> Void) throws {
        guard let kernels = Int8Kernels(level) else { throw KernelLevelError.unsupported(level) }
        guard let int8 else { throw ModelFileError.invalid("it has no activation ranges for int8") }
        func bytes(_ count: Int) -> Buffer<UInt8> {
            let bytes = Buffer<UInt8>(count: count + Int8Kernels.slack)
            bytes.fill(with: 99)
            return bytes
        }
        for stage in int8.stages {
            switch stage {
            case .pictures(let layers):
                for case .convolution(let layer) in layers {
                    let count = layer.convolution.output.count
                    let (x, y) = (bytes(layer.convolution.input.count), bytes(count)[..<count])
                    let scratch = Buffer<UInt8>(count: layer.scratchCount)
                    note { layer.forward(x, into: y, scratch: scratch, kernels) }
                }
            case .dense(let weights):
                let (x, y) = (bytes(weights.groups * 4), bytes(weights.outputs))
                note { kernels.multiply(.init(count: 1, stride: 0), of: x, by: weights, into: y, targetRow: 0) }
            }
        }
        let (x, sums) = (bytes(int8.last.groups * 4), Buffer<Int32>(count: int8.last.outputs))
        note { kernels.sum(.init(count: 1, stride: 0), of: x, by: int8.last, into: sums) }
    }

    /// Operations of a loop of independent multiply-adds: the most that a core can make in this precision.
    package static func multiplyAdds(_ precision: PredictionPrecision, level: KernelLevel, repeats: Int) -> Int {
        switch precision {
        case .fp32: Kernels(level)?.multiplyAdds(repeats: repeats) ?? 0
        case .int8: Int8Kernels(level)?.multiplyAdds(repeats: repeats) ?? 0
        }
    }
}
