import CKernels

/// The kernels that multiply bf16 numbers, with the sizes checked: CKernels/include/bf16.h says what each does. The C
/// border. A value of bf16 is the upper half of a Float.
@safe struct BF16Kernels: @unchecked Sendable {
    private let table: bagq_bf16_kernels

    /// Nil where this machine lacks them.
    init?() {
        guard let table = unsafe bagq_bf16_kernels() else { return nil }
        unsafe self.table = table.pointee
    }

    func round(_ input: Buffer<Float>, into output: Buffer<UInt16>) {
        precondition(output.count == input.count)
        unsafe table.round(input.count, input.pointer, output.pointer)
    }

    /// pairs[i] = (first[i], second[i]); zeros where there is no second.
    func interleave(_ first: Buffer<Float>, _ second: Buffer<Float>?, into pairs: Buffer<UInt16>) {
        precondition(pairs.count == 2 * first.count && (second?.count ?? first.count) == first.count)
        unsafe table.interleave(first.count, first.pointer, second?.pointer, pairs.pointer)
    }

    /// Pairs of rows, `step` rows apart, from each `stride`th row on; what is behind the last row counts as zeros.
    func interleaveRows(
        of input: Buffer<Float>, rowCount: Int, step: Int = 1, stride: Int = 2, into pairs: Buffer<UInt16>
    ) {
        let rows = input.count / rowCount
        for pair in 0..<pairs.count / (2 * rowCount) {
            let (first, second) = (pair * stride, pair * stride + step)
            interleave(
                input.slice(first, of: rowCount), second < rows ? input.slice(second, of: rowCount) : nil,
                into: pairs.slice(pair, of: 2 * rowCount))
        }
    }

    /// - skip: See `Kernels`.
    func convolve(
        _ s: bagq_convolution, _ input: Buffer<UInt16>, weights: Buffer<UInt16>, bias: Buffer<Float>,
        clamp: bagq_clamp, skip: Buffer<Float>? = nil, into output: Buffer<Float>
    ) {
        let window = s.kernel_width * s.channels
        precondition(Self.inputCount(s, window: window + window % 2) <= input.count)
        precondition(Self.outputCount(s) <= output.count && bias.count == s.filters)
        precondition((skip?.count ?? output.count) >= output.count)
        precondition(weights.count >= s.kernel_height * (window + window % 2) * s.filters)
        var shape = s
        unsafe table.convolve(
            &shape, input.pointer, weights.pointer, bias.pointer, bagq_finish(clamp: clamp, skip: skip?.pointer),
            output.pointer)
    }

    /// - input, dOutput: Pairs of rows; the shape's row sizes count them.
    func addWeightGradient(
        _ s: bagq_convolution, _ input: Buffer<UInt16>, dOutput: Buffer<UInt16>, to dWeights: Buffer<Float>
    ) {
        precondition(s.output_height > 0 && s.output_width > 0)
        let lastRow = (s.output_height - 1) / 2 * 2 * s.stride + s.kernel_height - 1
        let width = 2 * ((s.output_width - 1) * s.stride + s.kernel_width) * s.channels
        precondition(width <= s.input_row && lastRow * s.input_row + width <= input.count)
        precondition((s.output_height - 1) / 2 * s.output_row + 2 * s.output_width * s.filters <= dOutput.count)
        precondition(dWeights.count == s.kernel_height * s.kernel_width * s.channels * s.filters)
        var shape = s
        unsafe table.convolve_weight_gradient(&shape, input.pointer, dOutput.pointer, dWeights.pointer)
    }

    func addInputGradient(
        _ s: bagq_convolution, dOutput: Buffer<UInt16>, turned: Buffer<UInt16>, to dInput: Buffer<Float>
    ) {
        let window = s.kernel_width * s.channels
        precondition(Self.inputCount(s, window: window) <= dInput.count)
        precondition(Self.outputCount(s) + s.filters % 2 <= dOutput.count)
        precondition(turned.count >= s.kernel_height * window * (s.filters + s.filters % 2))
        var shape = s
        unsafe table.convolve_input_gradient(&shape, dOutput.pointer, turned.pointer, dInput.pointer)
    }

    /// See `Kernels`.
    func multiplyAdds(repeats: Int) -> Int {
        let values = Buffer<Float>(count: 16)
        values.fill(with: 0.5)
        return withExtendedLifetime(values) { unsafe table.multiply_adds(repeats, values.pointer) }
    }

    /// - window: How many values are read of each row of a window.
    private static func inputCount(_ s: bagq_convolution, window: Int) -> Int {
        precondition(s.output_height > 0 && s.output_width > 0)
        let before = (s.output_width - 1) * s.stride * s.channels
        precondition(before + s.kernel_width * s.channels <= s.input_row)
        return ((s.output_height - 1) * s.stride + s.kernel_height - 1) * s.input_row + before + window
    }

    private static func outputCount(_ s: bagq_convolution) -> Int {
        (s.output_height - 1) * s.output_row + s.output_width * s.filters
    }
}
