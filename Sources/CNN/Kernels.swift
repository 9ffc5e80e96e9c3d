import CKernels

/// The kernels of one level, with the sizes checked: CKernels/include/kernels.h says what each does. The C border.
@safe struct Kernels: @unchecked Sendable {
    private let table: bagq_kernels

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

    /// c = a x b, plus a bias per column, then ReLU, where asked for.
    /// - a: M x K by `aStrides`. - b: K x N, rows `bRow` apart. - c: M x N, rows `cRow` apart. - bias: N.
    func multiply(
        _ m: Int, _ k: Int, _ n: Int, a: Buffer<Float>, _ aStrides: Strides, b: Buffer<Float>, bRow: Int,
        into c: Buffer<Float>, cRow: Int, bias: Buffer<Float>? = nil, relu: Bool = false
    ) {
        guard m > 0, n > 0 else { return }
        precondition(k == 0 || a.count > (m - 1) * aStrides.row + (k - 1) * aStrides.column)
        precondition(b.count >= (k - 1) * bRow + n && c.count >= (m - 1) * cRow + n && (bias?.count ?? n) >= n)
        var product = unsafe bagq_product(
            rows: m, columns: k, segments: 1, outputs: n, a: a.pointer, a_row: aStrides.row, a_column: aStrides.column,
            a_segment: 0, b: b.pointer, b_row: bRow, b_segment: 0, c: c.pointer, c_row: cRow, initial: bias?.pointer,
            initial_row: 0, relu: relu)
        unsafe table.product(&product)
    }

    func convolve(
        _ shape: bagq_convolution, _ input: Buffer<Float>, weights: Buffer<Float>, bias: Buffer<Float>, relu: Bool,
        into output: Buffer<Float>
    ) {
        check(shape, input: input, weights: weights, output: output)
        precondition(bias.count == shape.filters)
        var shape = shape
        unsafe table.convolve(&shape, input.pointer, weights.pointer, bias.pointer, relu, output.pointer)
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
    func convolveByWinograd(
        _ shape: bagq_convolution, _ input: Buffer<Float>, transformed: Buffer<Float>, bias: Buffer<Float>, relu: Bool,
        scratch: Buffer<Float>, into output: Buffer<Float>
    ) {
        precondition(shape.kernel_height == 3 && shape.kernel_width == 3 && shape.stride == 1)
        check(shape, input: input, output: output)
        precondition(transformed.count == 16 * shape.channels * shape.filters && bias.count == shape.filters)
        precondition(
            scratch.count >= Self.winogradScratchCount(channels: shape.channels, filters: shape.filters))
        var shape = shape
        unsafe table.convolve_winograd(
            &shape, input.pointer, transformed.pointer, bias.pointer, relu, scratch.pointer, output.pointer)
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

    func maxPool(
        _ shape: bagq_pooling, _ input: Buffer<Float>, into output: Buffer<Float>, places: Buffer<UInt8>?
    ) {
        check(shape, input: input, output: output.count, places: places)
        var shape = shape
        unsafe table.max_pool(&shape, input.pointer, output.pointer, places?.pointer)
    }

    func addMaxPoolGradient(
        _ shape: bagq_pooling, dOutput: Buffer<Float>, places: Buffer<UInt8>, to dInput: Buffer<Float>
    ) {
        check(shape, input: dInput, output: dOutput.count, places: places)
        var shape = shape
        unsafe table.max_pool_gradient(&shape, dOutput.pointer, places.pointer, dInput.pointer)
    }

    private func check(_ s: bagq_pooling, input: Buffer<Float>, output: Int, places: Buffer<UInt8>?) {
        precondition(s.output_height > 0 && s.output_width > 0 && s.size * s.size <= 256)
        let lastRow = (s.output_height - 1) * s.stride + s.size - 1
        let width = ((s.output_width - 1) * s.stride + s.size) * s.channels
        precondition(width <= s.input_row && lastRow * s.input_row + width <= input.count)
        precondition(output == s.output_height * s.output_width * s.channels && (places?.count ?? output) == output)
    }

    /// min(max(x, 0), cap); a NaN stays one.
    func clamp(_ values: Buffer<Float>, cap: Float) {
        unsafe table.clamp(values.count, cap, values.pointer)
    }

    /// Sets the gradient to 0 where `clamp`, whose output this is, has cut.
    func maskGradient(_ gradient: Buffer<Float>, whereCut output: Buffer<Float>, cap: Float) {
        precondition(output.count == gradient.count)
        unsafe table.clamp_gradient(output.count, cap, output.pointer, gradient.pointer)
    }

    /// sums += values
    func add(_ values: Buffer<Float>, to sums: Buffer<Float>) {
        precondition(values.count == sums.count)
        addRows(1, stride: sums.count, of: values, to: sums)
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
