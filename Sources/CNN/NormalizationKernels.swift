import CKernels

/// What the kernels of batch normalisation need of each channel: see `bagq_normalization`.
struct ChannelMap {
    var mean: Buffer<Float>
    var factor: Buffer<Float>
    var shift: Buffer<Float>

    fileprivate func check(_ values: Buffer<Float>...) {
        precondition(mean.count > 0 && factor.count == mean.count && shift.count == mean.count)
        precondition(values[0].count % mean.count == 0 && values.allSatisfy { $0.count == values[0].count })
    }

    fileprivate func shape(_ values: Buffer<Float>) -> bagq_normalization {
        unsafe bagq_normalization(
            rows: values.count / mean.count, columns: mean.count, mean: mean.pointer, factor: factor.pointer,
            shift: shift.pointer)
    }
}

/// The kernels of batch normalisation, on one picture's values, with the sizes checked: the C border.
extension Kernels {
    /// Each channel's mean, and its sum of squared distances from that mean.
    func moments(of values: Buffer<Float>, mean: Buffer<Float>, squares: Buffer<Float>) {
        precondition(mean.count > 0 && squares.count == mean.count && values.count % mean.count == 0)
        unsafe table.moments(
            values.count / mean.count, mean.count, values.pointer, mean.pointer, squares.pointer)
    }

    /// output = clamp((input - mean) * factor + shift + skip)
    func normalize(
        _ input: Buffer<Float>, by map: ChannelMap, skip: Buffer<Float>?, clamp: bagq_clamp, into output: Buffer<Float>
    ) {
        map.check(input, output, skip ?? output)
        var shape = unsafe map.shape(input)
        unsafe table.normalize(&shape, input.pointer, skip?.pointer, clamp, output.pointer)
    }

    /// Masks the gradient where the output was clamped, and leaves its sums, and those of gradient * (input - mean).
    func normalizationSums(
        _ dOutput: Buffer<Float>, input: Buffer<Float>, output: Buffer<Float>, by map: ChannelMap, clamp: bagq_clamp,
        sums: Buffer<Float>, products: Buffer<Float>
    ) {
        map.check(input, output, dOutput)
        precondition(sums.count == map.mean.count && products.count == sums.count)
        var shape = unsafe map.shape(input)
        unsafe table.normalization_sums(
            &shape, input.pointer, output.pointer, clamp, dOutput.pointer, sums.pointer, products.pointer)
    }

    /// dInput = dOutput * factor + (input - mean) * slope + shift
    func normalizationGradient(
        _ dOutput: Buffer<Float>, input: Buffer<Float>, by map: ChannelMap, slope: Buffer<Float>,
        into dInput: Buffer<Float>
    ) {
        map.check(input, dOutput, dInput)
        precondition(slope.count == map.mean.count)
        var shape = unsafe map.shape(input)
        unsafe table.normalization_gradient(&shape, slope.pointer, input.pointer, dOutput.pointer, dInput.pointer)
    }
}
