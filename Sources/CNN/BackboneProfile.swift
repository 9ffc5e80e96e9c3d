import CKernels

/// The kernels of a pretrained backbone on the shapes that EfficientNet-Lite0 has at 224 x 224, one picture on one
/// thread.
extension LayerProfile {
    /// Input sides, channels, kernel and stride of every depthwise convolution.
    private static let depthwise = [
        (112, 32, 3, 1), (112, 96, 3, 2), (56, 144, 3, 1), (56, 144, 5, 2), (28, 240, 5, 1), (28, 240, 3, 2),
        (14, 480, 3, 1), (14, 480, 5, 1), (14, 672, 5, 1), (14, 672, 5, 2), (7, 1152, 5, 1), (7, 1152, 3, 1),
    ]
    /// Sides, channels and filters of every 1 x 1 convolution; those with fewer filters than channels have no
    /// activation.
    private static let pointwise = [
        (112, 32, 16), (112, 16, 96), (56, 96, 24), (56, 24, 144), (56, 144, 24), (28, 144, 40), (28, 40, 240),
        (28, 240, 40), (14, 240, 80), (14, 80, 480), (14, 480, 80), (14, 480, 112), (14, 112, 672), (14, 672, 112),
        (7, 672, 192), (7, 192, 1_152), (7, 1_152, 192), (7, 1_152, 320), (7, 320, 1_280),
    ]

    /// - throws: `KernelLevelError`.
    package static func backbone(
        _ precision: PredictionPrecision, level: KernelLevel, clock: @escaping Clock
    ) throws -> [LayerProfile] {
        var profiler = Profiler(clock: clock)
        switch precision {
        case .fp32:
            guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
            for shape in depthwise { profile(shape, kernels, &profiler) }
            for shape in pointwise { profile(shape, kernels, &profiler) }
        case .int8:
            guard let kernels = Int8Kernels(level) else { throw KernelLevelError.unsupported(level) }
            for shape in depthwise { profile(shape, kernels, &profiler) }
            for shape in pointwise { profile(shape, kernels, &profiler) }
        }
        return profiler.profiles
    }

    /// What training calls besides. The depthwise convolutions are part of fp32 alone: two factors at a time would not
    /// serve them, for a sum has few.
    package static func backboneGradients(
        _ precision: TrainingPrecision, level: KernelLevel, clock: @escaping Clock
    ) throws -> [LayerProfile] {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        var profiler = Profiler(clock: clock)
        if try TrainingPrecision.chosen(precision, at: level) == .bf16, let bf16 = BF16Kernels() {
            for shape in pointwise { profileTraining(shape, bf16, &profiler) }
        } else {
            for shape in depthwise { profileGradients(shape, kernels, &profiler) }
            for shape in pointwise { profileGradients(shape, kernels, &profiler) }
        }
        return profiler.profiles
    }

    private static func profileGradients(
        _ shape: (side: Int, channels: Int, size: Int, stride: Int), _ kernels: Kernels, _ profiler: inout Profiler
    ) {
        let (name, s, work) = windows(shape)
        let (x, y) = (ones(s.input_height * s.input_width * s.channels), ones(outputs(s)))
        let weights = ones(s.size * s.size * s.channels)
        profiler.note("\(name).weight_gradient", work) {
            kernels.addDepthwiseWeightGradient(s, x, dOutput: y, to: weights)
        }
        profiler.note("\(name).input_gradient", work) {
            kernels.depthwiseInputGradient(s, dOutput: y, weights: weights, into: x)
        }
    }

    private static func convolution(_ shape: (side: Int, channels: Int, filters: Int)) -> (
        name: String, shape: bagq_convolution, work: Work
    ) {
        let convolution = bagq_convolution(
            channels: shape.channels, filters: shape.filters, kernel_height: 1, kernel_width: 1, stride: 1,
            output_height: shape.side, output_width: shape.side, input_row: shape.side * shape.channels,
            output_row: shape.side * shape.filters)
        let name = "pointwise_\(shape.side)x\(shape.channels)_\(shape.filters)"
        return (name, convolution, .operations(2 * shape.side * shape.side * shape.channels * shape.filters))
    }

    private static func profileGradients(
        _ shape: (side: Int, channels: Int, filters: Int), _ kernels: Kernels, _ profiler: inout Profiler
    ) {
        let (name, s, work) = convolution(shape)
        let (x, y) = (ones(s.output_height * s.input_row), ones(s.output_height * s.output_row))
        let weights = ones(s.channels * s.filters)
        profiler.note("\(name).weight_gradient", work) {
            kernels.addWeightGradient(s, x, dOutput: y, to: weights)
        }
        profiler.note("\(name).input_gradient", work) {
            kernels.addInputGradient(s, dOutput: y, turned: weights, to: x)
        }
    }

    /// On values that are rounded already.
    private static func profileTraining(
        _ shape: (side: Int, channels: Int, filters: Int), _ kernels: BF16Kernels, _ profiler: inout Profiler
    ) {
        let (name, s, work) = convolution(shape)
        let pairs = (s.output_height + 1) / 2
        func halves(_ count: Int) -> Buffer<UInt16> { Buffer(count: count) }
        let (x, y) = (halves(s.output_height * s.input_row), halves(s.output_height * s.output_row))
        let weights = halves((s.channels + 1) / 2 * 2 * s.filters)
        let (output, dx) = (Buffer<Float>(count: y.count), Buffer<Float>(count: x.count))
        let (bias, dWeights) = (Buffer<Float>(count: s.filters), Buffer<Float>(count: s.channels * s.filters))
        profiler.note("\(name).forward", work) {
            kernels.convolve(s, x, weights: weights, bias: bias, clamp: .relu6, into: output)
        }
        var paired = s
        (paired.input_row, paired.output_row) = (2 * s.input_row, 2 * s.output_row)
        let xPairs = halves(2 * pairs * paired.input_row)
        let yPairs = halves(pairs * paired.output_row)
        profiler.note("\(name).weight_gradient", work) {
            kernels.addWeightGradient(paired, xPairs, dOutput: yPairs, to: dWeights)
        }
        profiler.note("\(name).input_gradient", work) {
            kernels.addInputGradient(s, dOutput: y, turned: weights, to: dx)
        }
    }

    private static func windows(_ shape: (side: Int, channels: Int, size: Int, stride: Int)) -> (
        name: String, windows: bagq_windows, work: Work
    ) {
        let output = (shape.side + shape.stride - 1) / shape.stride
        let padding = ((output - 1) * shape.stride + shape.size - shape.side) / 2
        let windows = bagq_windows(
            input: Shape(height: shape.side, width: shape.side, channels: shape.channels),
            output: Shape(height: output, width: output, channels: shape.channels), size: shape.size,
            stride: shape.stride, top: padding, left: padding)
        let name = "depthwise_\(shape.side)x\(shape.channels)_\(shape.size)s\(shape.stride)"
        return (name, windows, .operations(2 * outputs(windows) * shape.size * shape.size))
    }

    private static func outputs(_ s: bagq_windows) -> Int { s.output_height * s.output_width * s.channels }

    private static func ones(_ count: Int) -> Buffer<Float> {
        let buffer = Buffer<Float>(count: count)
        buffer.fill(with: 1)
        return buffer
    }

    private static func bytes(_ count: Int) -> Buffer<UInt8> {
        let buffer = Buffer<UInt8>(count: count + Int8Kernels.slack)
        buffer.fill(with: 99)
        return buffer
    }

    private static func profile(
        _ shape: (side: Int, channels: Int, size: Int, stride: Int), _ kernels: Kernels, _ profiler: inout Profiler
    ) {
        let (name, s, work) = windows(shape)
        let (x, y) = (ones(s.input_height * s.input_width * s.channels), ones(outputs(s)))
        let (weights, bias) = (ones(s.size * s.size * s.channels), ones(s.channels))
        profiler.note(name, work) {
            kernels.depthwise(s, x, weights: weights, bias: bias, clamp: .relu6, into: y)
        }
    }

    private static func profile(
        _ shape: (side: Int, channels: Int, size: Int, stride: Int), _ kernels: Int8Kernels, _ profiler: inout Profiler
    ) {
        let (name, s, work) = windows(shape)
        guard
            let weights = Int8DepthwiseWeights(
                kernel: ones(s.size * s.size * s.channels), bias: ones(s.channels), size: s.size, stride: s.stride,
                input: Int8Scale(step: 0.02), output: Int8Scale(step: 0.1))
        else { return }
        let (x, y) = (bytes(s.input_height * s.input_width * s.channels), Buffer<UInt8>(count: outputs(s)))
        profiler.note(name, work) { kernels.depthwise(s, x, by: weights, into: y) }
    }

    private static func profile(
        _ shape: (side: Int, channels: Int, filters: Int), _ kernels: Kernels, _ profiler: inout Profiler
    ) {
        let (rows, channels, filters) = (shape.side * shape.side, shape.channels, shape.filters)
        let (x, y) = (ones(rows * channels), ones(rows * filters))
        let (weights, bias) = (ones(channels * filters), ones(filters))
        let clamp: bagq_clamp = filters > channels ? .relu6 : .none
        profiler.note("pointwise_\(shape.side)x\(channels)_\(filters)", .operations(2 * rows * channels * filters)) {
            kernels.multiply(
                rows, channels, filters, a: x, .init(row: channels), b: weights, bRow: filters, into: y,
                cRow: filters, bias: bias, clamp: clamp)
        }
    }

    private static func profile(
        _ shape: (side: Int, channels: Int, filters: Int), _ kernels: Int8Kernels, _ profiler: inout Profiler
    ) {
        let (rows, channels, filters) = (shape.side * shape.side, shape.channels, shape.filters)
        let zero: UInt8 = filters > channels ? 0 : 128
        guard
            let weights = Int8Weights(
                kernel: ones(channels * filters), bias: ones(filters), segments: 1, columns: channels,
                input: Int8Scale(step: 0.02, zero: 128 - zero), output: Int8Scale(step: 0.1, zero: zero))
        else { return }
        let (x, y) = (bytes(rows * channels), Buffer<UInt8>(count: rows * filters))
        profiler.note("pointwise_\(shape.side)x\(channels)_\(filters)", .operations(2 * rows * channels * filters)) {
            kernels.multiply(
                .init(count: rows, stride: channels), of: x, by: weights, into: y, targetRow: filters)
        }
    }
}
