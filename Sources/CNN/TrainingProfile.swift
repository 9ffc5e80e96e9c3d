extension Model {
    /// Profiles what training calls for each layer. What bf16 does not change (dense layers, max-pooling) is part of
    /// fp32 alone. There is no gradient of the network's input.
    /// - throws: `KernelLevelError`, `TrainingPrecisionError`.
    package func profile(
        training precision: TrainingPrecision, batch: Int, level: KernelLevel, clock: @escaping LayerProfile.Clock
    ) throws -> [LayerProfile] {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let precision = try TrainingPrecision.chosen(precision, at: level)
        var profiler = Profiler(clock: clock)
        let bf16 = precision == .bf16 ? BF16Kernels() : nil
        let use = DerivedWeights.Use.training(bf16)
        let pass = LayerPass(
            kernels: kernels,
            weights: DerivedWeights(network.convolutions, parameters, kernels: kernels, for: use).current(),
            scratch: LayerScratch(.most(of: network.pictureLayers), for: use))
        for layer in network.convolutions { profile(layer, pass, &profiler) }
        if let bf16 {
            profileRounding(bf16, &profiler)
        } else {
            profilePools(kernels, &profiler)
            for dense in network.dense { profile(dense, batch: batch, kernels, &profiler) }
        }
        return profiler.profiles
    }

    private func profile(_ layer: Convolution, _ pass: LayerPass, _ profiler: inout Profiler) {
        let name = network.name(of: layer.kernel)
        let work = LayerProfile.Work.operations(2 * layer.multiplyAdds)
        let (x, y) = (Buffer<Float>(count: layer.padded.count), Buffer<Float>(count: layer.output.count))
        let dy = Buffer<Float>(count: layer.height * layer.width * layer.output.channels)
        let (gradients, dx) = (Buffer<Float>(count: layer.kernel.count), Buffer<Float>(count: x.count))
        x.fill(with: 0.5)
        dy.fill(with: 0.5)
        let places = Buffer<UInt8>(count: layer.placeCount)
        profiler.note("\(name).forward", work) {
            layer.forward(x[..<layer.input.count], into: y, places: places, pass)
        }
        let rowCount = dy.count / layer.height
        func band(_ rows: Range<Int>) -> Buffer<Float> {
            dy[rows.lowerBound * rowCount..<rows.upperBound * rowCount]
        }
        profiler.note("\(name).weight_gradient", work) {
            for rows in layer.bands { layer.addWeightGradient(rows, x, dOutput: band(rows), to: gradients, pass) }
        }
        guard layer.kernel != network.convolutions.first?.kernel else { return }
        profiler.note("\(name).input_gradient", work) {
            if let transformed = pass.weights[layer].turnedTransformed {
                layer.makeInputGradient(dOutput: dy, transformed, into: dx[..<layer.input.count], pass)
            } else {
                for rows in layer.bands { layer.addInputGradient(rows, dOutput: band(rows), to: dx, pass) }
            }
        }
    }

    /// What bf16 needs besides the products, which the convolutions' figures include.
    private func profileRounding(_ kernels: BF16Kernels, _ profiler: inout Profiler) {
        let half = ((network.convolutions.map(\.input.count).max() ?? 0) + 1) / 2
        let (x, rounded) = (Buffer<Float>(count: 2 * half), Buffer<UInt16>(count: 2 * half))
        let work = LayerProfile.Work.bytes(x.count * MemoryLayout<Float>.size)
        profiler.note("round", work) { kernels.round(x, into: rounded) }
        profiler.note("interleave", work) {
            kernels.interleave(x[..<half], x[half...], into: rounded)
        }
    }

    private func profilePools(_ kernels: Kernels, _ profiler: inout Profiler) {
        for (name, pool) in network.pools {
            let places = Buffer<UInt8>(count: pool.output.width * pool.output.channels)
            profiler.note("\(name).forward", pool, of: Float(0.5)) {
                kernels.maxPool($0, $1, into: $2, places: places)
            }
            profiler.note("\(name).backward", pool, of: Float(0.5)) {
                kernels.addMaxPoolGradient($0, dOutput: $2, places: places, to: $1)
            }
        }
    }

    /// Backward is both gradients.
    private func profile(_ dense: Dense, batch: Int, _ kernels: Kernels, _ profiler: inout Profiler) {
        let name = network.name(of: dense.kernel)
        profiler.note("\(name).forward", dense, batch, parameters.values, kernels)
        let (x, dx) = (Buffer<Float>(count: batch * dense.inputs), Buffer<Float>(count: batch * dense.inputs))
        let (y, dy) = (Buffer<Float>(count: batch * dense.outputs), Buffer<Float>(count: batch * dense.outputs))
        let gradients = Buffer<Float>(count: parameters.count)
        let scratch = Buffer<Float>(count: dense.scratchCount)
        for values in [x, y, dy] { values.fill(with: 0.5) }
        profiler.note("\(name).backward", batch: batch, .operations(4 * batch * dense.kernel.count)) {
            dense.prepareBackward(dy, y: y, count: batch, gradients: gradients, kernels)
            for unit in 0..<dense.backwardUnits {
                dense.backward(
                    dy, x: x, count: batch, unit: unit, parameters: parameters.values, gradients: gradients, into: dx,
                    scratch: scratch, kernels)
            }
        }
    }

    /// Operations of a loop of independent multiply-adds: the most that a core can make in this precision.
    package static func multiplyAdds(training precision: TrainingPrecision, level: KernelLevel, repeats: Int) -> Int {
        switch precision {
        case .fp32: Kernels(level)?.multiplyAdds(repeats: repeats) ?? 0
        case .bf16: BF16Kernels()?.multiplyAdds(repeats: repeats) ?? 0
        }
    }
}
