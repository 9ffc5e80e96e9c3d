import CKernels

/// The kernels of one level, with the sizes checked: CKernels/include/kernels.h says what each does. The C border.
@safe struct Kernels: @unchecked Sendable {
    let table: bagq_kernels

    /// Nil where this machine lacks the level.
    init?(_ level: KernelLevel) {
        guard let table = unsafe bagq_kernels(level.identifier) else { return nil }
        unsafe self.table = table.pointee
    }

    /// Elements from one row of a matrix to the next, and from one column to the next.
    struct Strides {
        var row: Int
        var column = 1
    }

    /// c = clamp(a x b + bias + skip): with pixels as rows, a 1 x 1 convolution.
    /// - a: M x K by `aStrides`.
    /// - b: K x N, rows `bRow` apart.
    /// - c: M x N, rows `cRow` apart.
    /// - bias: N.
    /// - skip: As `c` lies, or `c` itself.
    func multiply(
        _ m: Int, _ k: Int, _ n: Int, a: Buffer<Float>, _ aStrides: Strides, b: Buffer<Float>, bRow: Int,
        into c: Buffer<Float>, cRow: Int, bias: Buffer<Float>? = nil, clamp: bagq_clamp = .none,
        skip: Buffer<Float>? = nil
    ) {
        guard m > 0, n > 0 else { return }
        precondition(k == 0 || a.count > (m - 1) * aStrides.row + (k - 1) * aStrides.column)
        precondition(b.count >= (k - 1) * bRow + n && c.count >= (m - 1) * cRow + n && (bias?.count ?? n) >= n)
        precondition((skip?.count ?? c.count) >= (m - 1) * cRow + n)
        var product = unsafe bagq_product(
            rows: m, columns: k, segments: 1, outputs: n, a: a.pointer, a_row: aStrides.row, a_column: aStrides.column,
            a_segment: 0, b: b.pointer, b_row: bRow, b_segment: 0, c: c.pointer, c_row: cRow, initial: bias?.pointer,
            initial_row: 0, finish: bagq_finish(clamp: clamp, skip: skip?.pointer))
        unsafe table.product(&product)
    }

    /// - skip: Is added before the clamp; as the output lies, or the output itself.
    func convolve(
        _ shape: bagq_convolution, _ input: Buffer<Float>, weights: Buffer<Float>, bias: Buffer<Float>,
        clamp: bagq_clamp, skip: Buffer<Float>? = nil, into output: Buffer<Float>
    ) {
        check(shape, input: input, weights: weights, output: output)
        precondition(bias.count == shape.filters && (skip?.count ?? output.count) >= output.count)
        var shape = shape
        unsafe table.convolve(
            &shape, input.pointer, weights.pointer, bias.pointer, bagq_finish(clamp: clamp, skip: skip?.pointer),
            output.pointer)
    }

    /// Floats that `convolveByWinograd` needs besides.
    static func winogradScratchCount(channels: Int, filters: Int) -> Int {
        16 * Int(bagq_winograd_tiles) * (channels + filters)
    }

    /// [3, 3, c, k] to [16, c, k].
    func transformForWinograd(channels: Int, filters: Int, _ weights: Buffer<Float>, into transformed: Buffer<Float>) {
        precondition(weights.count == 9 * channels * filters && transformed.count == 16 * channels * filters)
        unsafe table.winograd_weights(channels, filters, weights.pointer, transformed.pointer)
    }

    /// - transformed: As `transformForWinograd` leaves the weights.
    /// - skip: See `convolve`.
    func convolveByWinograd(
        _ shape: bagq_convolution, _ input: Buffer<Float>, transformed: Buffer<Float>, bias: Buffer<Float>?,
        clamp: bagq_clamp, skip: Buffer<Float>? = nil, scratch: Buffer<Float>, into output: Buffer<Float>
    ) {
        precondition(shape.kernel_height == 3 && shape.kernel_width == 3 && shape.stride == 1)
        check(shape, input: input, output: output)
        precondition(transformed.count == 16 * shape.channels * shape.filters)
        precondition((bias?.count ?? shape.filters) == shape.filters)
        precondition((skip?.count ?? output.count) >= output.count)
        precondition(
            scratch.count >= Self.winogradScratchCount(channels: shape.channels, filters: shape.filters))
        var shape = shape
        unsafe table.convolve_winograd(
            &shape, input.pointer, transformed.pointer, bias?.pointer,
            bagq_finish(clamp: clamp, skip: skip?.pointer), scratch.pointer, output.pointer)
    }

    func addWeightGradient(
        _ shape: bagq_convolution, _ input: Buffer<Float>, dOutput: Buffer<Float>, to dWeights: Buffer<Float>
    ) {
        check(shape, input: input, weights: dWeights, output: dOutput)
        var shape = shape
        unsafe table.convolve_weight_gradient(&shape, input.pointer, dOutput.pointer, dWeights.pointer)
    }

    func addInputGradient(
        _ shape: bagq_convolution, dOutput: Buffer<Float>, turned: Buffer<Float>, to dInput: Buffer<Float>
    ) {
        check(shape, input: dInput, weights: turned, output: dOutput)
        var shape = shape
        unsafe table.convolve_input_gradient(&shape, dOutput.pointer, turned.pointer, dInput.pointer)
    }

    private func check(
        _ s: bagq_convolution, input: Buffer<Float>, weights: Buffer<Float>, output: Buffer<Float>
    ) {
        check(s, input: input, output: output)
        precondition(s.kernel_height * s.kernel_width * s.channels * s.filters == weights.count)
    }

    private func check(_ s: bagq_convolution, input: Buffer<Float>, output: Buffer<Float>) {
        precondition(s.output_height > 0 && s.output_width > 0)
        let lastRow = (s.output_height - 1) * s.stride + s.kernel_height - 1
        let width = ((s.output_width - 1) * s.stride + s.kernel_width) * s.channels
        precondition(width <= s.input_row && lastRow * s.input_row + width <= input.count)
        precondition((s.output_height - 1) * s.output_row + s.output_width * s.filters <= output.count)
    }

    /// output = clamp(input * weights + bias), each channel with its own kernel.
    /// - weights: S x S x C.
    /// - bias: C.
    func depthwise(
        _ s: bagq_windows, _ input: Buffer<Float>, weights: Buffer<Float>, bias: Buffer<Float>, clamp: bagq_clamp,
        into output: Buffer<Float>
    ) {
        s.check(input: input.count, output: output.count)
        precondition(weights.count == s.size * s.size * s.channels && bias.count == s.channels)
        var s = s
        unsafe table.depthwise(&s, input.pointer, weights.pointer, bias.pointer, clamp, output.pointer)
    }

    /// dInput = the gradient, whatever was there.
    func depthwiseInputGradient(
        _ s: bagq_windows, dOutput: Buffer<Float>, weights: Buffer<Float>, into dInput: Buffer<Float>
    ) {
        s.check(input: dInput.count, output: dOutput.count)
        precondition(weights.count == s.size * s.size * s.channels)
        var s = s
        unsafe table.depthwise_input_gradient(&s, dOutput.pointer, weights.pointer, dInput.pointer)
    }

    func addDepthwiseWeightGradient(
        _ s: bagq_windows, _ input: Buffer<Float>, dOutput: Buffer<Float>, to dWeights: Buffer<Float>
    ) {
        s.check(input: input.count, output: dOutput.count)
        precondition(dWeights.count == s.size * s.size * s.channels)
        var s = s
        unsafe table.depthwise_weight_gradient(&s, input.pointer, dOutput.pointer, dWeights.pointer)
    }

    func maxPool(
        _ s: bagq_windows, _ input: Buffer<Float>, into output: Buffer<Float>, places: Buffer<UInt8>?
    ) {
        s.check(input: input.count, output: output.count, places: places?.count)
        var s = s
        unsafe table.max_pool(&s, input.pointer, output.pointer, places?.pointer)
    }

    func addMaxPoolGradient(
        _ s: bagq_windows, dOutput: Buffer<Float>, places: Buffer<UInt8>, to dInput: Buffer<Float>
    ) {
        s.check(input: dInput.count, output: dOutput.count, places: places.count)
        var s = s
        unsafe table.max_pool_gradient(&s, dOutput.pointer, places.pointer, dInput.pointer)
    }

    func maxPool(
        _ shape: bagq_pooling, _ input: Buffer<Float>, into output: Buffer<Float>, places: Buffer<UInt8>?
    ) {
        maxPool(bagq_windows(shape), input, into: output, places: places)
    }

    func addMaxPoolGradient(
        _ shape: bagq_pooling, dOutput: Buffer<Float>, places: Buffer<UInt8>, to dInput: Buffer<Float>
    ) {
        addMaxPoolGradient(bagq_windows(shape), dOutput: dOutput, places: places, to: dInput)
    }

    /// Means over what a window has of the input.
    func averagePool(_ s: bagq_windows, _ input: Buffer<Float>, into output: Buffer<Float>) {
        s.check(input: input.count, output: output.count)
        var s = s
        unsafe table.average_pool(&s, input.pointer, output.pointer)
    }

    func addAveragePoolGradient(_ s: bagq_windows, dOutput: Buffer<Float>, to dInput: Buffer<Float>) {
        s.check(input: dInput.count, output: dOutput.count)
        var s = s
        unsafe table.average_pool_gradient(&s, dOutput.pointer, dInput.pointer)
    }

    /// output = clamp(a + b). Output may be one of them.
    func add(_ a: Buffer<Float>, _ b: Buffer<Float>, clamp: bagq_clamp = .none, into output: Buffer<Float>) {
        precondition(a.count == output.count && b.count == output.count)
        unsafe table.add(output.count, a.pointer, b.pointer, clamp, output.pointer)
    }

    func clamp(_ values: Buffer<Float>, to clamp: bagq_clamp) {
        unsafe table.clamp(values.count, clamp, values.pointer)
    }

    /// Sets the gradient to 0 where the output has been clamped.
    func maskGradient(_ gradient: Buffer<Float>, of clamp: bagq_clamp, output: Buffer<Float>) {
        precondition(output.count == gradient.count)
        unsafe table.clamp_gradient(output.count, clamp, output.pointer, gradient.pointer)
    }

    func scale(_ values: Buffer<Float>, by factor: Float) {
        values.withMutableSpan { values in
            for index in values.indices { values[index] *= factor }
        }
    }

    /// Adds `rows` rows, `stride` apart, of the first `sums.count` columns.
    func addRows(_ rows: Int, stride: Int, of values: Buffer<Float>, to sums: Buffer<Float>) {
        precondition(rows == 0 || (rows - 1) * stride + sums.count <= values.count)
        unsafe table.sum_rows(rows, sums.count, stride, values.pointer, sums.pointer)
    }

    func transpose(rows: Int, columns: Int, _ input: Buffer<Float>, into output: Buffer<Float>) {
        precondition(rows * columns == input.count && input.count == output.count)
        unsafe table.transpose(rows, columns, input.pointer, output.pointer)
    }

    func adam(
        _ step: bagq_adam, gradients: Buffer<Float>, m: Buffer<Float>, v: Buffer<Float>, parameters: Buffer<Float>
    ) {
        let count = parameters.count
        precondition(gradients.count == count && m.count == count && v.count == count)
        var step = step
        unsafe table.adam(&step, count, gradients.pointer, m.pointer, v.pointer, parameters.pointer)
    }

    /// Operations of a loop of independent multiply-adds: the most that a core can make.
    func multiplyAdds(repeats: Int) -> Int {
        let values = Buffer<Float>(count: 16)
        values.fill(with: 0.5)
        return withExtendedLifetime(values) { unsafe table.multiply_adds(repeats, values.pointer) }
    }

    func rescale(_ pixels: Span<UInt8>, into output: Buffer<Float>) {
        precondition(pixels.count == output.count)
        unsafe pixels.withUnsafeBufferPointer { pixels in
            if let start = pixels.baseAddress { unsafe table.rescale(pixels.count, start, output.pointer) }
        }
    }
}
