import CKernels

/// The 8-bit kernels of one level, with the sizes checked: CKernels/include/int8.h says what each does. The C border.
@safe struct Int8Kernels: @unchecked Sendable {
    /// How far behind its last byte an input must be readable: products take activations by fours, depthwise
    /// convolutions by 64.
    static let slack = 63

    private let table: bagq_int8_kernels

    /// Nil where this machine lacks the level.
    init?(_ level: bagq_int8_level) {
        guard let table = unsafe bagq_int8_kernels(level) else { return nil }
        unsafe self.table = table.pointee
    }

    /// The fastest that belong to a level: within AVX-512, those of VNNI where the machine has it. Nil where it lacks
    /// the level.
    init?(_ level: KernelLevel) {
        let candidates =
            switch level {
            case .portable: [bagq_int8_level_portable]
            case .avx2: [bagq_int8_level_avx2]
            case .avx512: [bagq_int8_level_vnni, bagq_int8_level_avx512]
            }
        guard let kernels = candidates.lazy.compactMap({ Int8Kernels($0) }).first else { return nil }
        self = kernels
    }

    /// Where the rows of a product's left side lie, in bytes.
    struct Rows {
        var count: Int
        /// From one row to the next.
        var stride: Int
        /// From one segment of a row to the next.
        var segment = 0
        /// From one line of pixels to the next where the largest of 2 x 2 rows is wanted, else 0.
        var pooledLine = 0
    }

    /// target[m] = requantised(rows[m] x weights + bias), `weights.outputs` bytes each `targetRow` apart.
    /// - source: From the first row on, with `slack` bytes behind the last.
    func multiply(
        _ rows: Rows, of source: Buffer<UInt8>, by weights: Int8Weights, into target: Buffer<UInt8>, targetRow: Int
    ) {
        check(rows, source, weights)
        precondition((rows.count - 1) * targetRow + weights.outputs <= target.count)
        var product = unsafe product(rows, source, weights)
        unsafe product.c = target.pointer
        unsafe product.c_row = targetRow
        unsafe table.product(&product)
    }

    /// target[m] = rows[m] x weights + bias, as 32-bit sums.
    func sum(_ rows: Rows, of source: Buffer<UInt8>, by weights: Int8Weights, into target: Buffer<Int32>) {
        check(rows, source, weights)
        precondition(rows.count * weights.outputs <= target.count && rows.pooledLine == 0)
        var product = unsafe product(rows, source, weights)
        unsafe table.sums(&product, target.pointer, weights.outputs)
    }

    /// Operations of a loop of independent multiply-adds: the most that a core can make.
    func multiplyAdds(repeats: Int) -> Int {
        let values = Buffer<Int32>(count: 16)
        return withExtendedLifetime(values) { unsafe table.multiply_adds(repeats, values.pointer) }
    }

    /// - input: With `slack` bytes behind the last.
    func depthwise(
        _ s: bagq_windows, _ input: Buffer<UInt8>, by weights: Int8DepthwiseWeights, into output: Buffer<UInt8>
    ) {
        s.check(input: input.count - Self.slack, output: output.count)
        precondition(s.size == weights.size && s.stride == weights.stride && s.channels == weights.channels)
        var depthwise = unsafe bagq_int8_depthwise(
            windows: s, weights: weights.values.pointer, bias: weights.biases.pointer,
            multipliers: weights.multipliers.pointer, zero: weights.zero)
        unsafe table.depthwise(&depthwise, input.pointer, output.pointer)
    }

    /// Output may be one of them.
    func add(_ a: Buffer<UInt8>, _ b: Buffer<UInt8>, _ addition: Int8Addition, into output: Buffer<UInt8>) {
        precondition(a.count == output.count && b.count == output.count)
        var integers = addition.integers
        unsafe table.add(&integers, output.count, a.pointer, b.pointer, output.pointer)
    }

    /// - input: pixels x channels.
    func average(_ input: Buffer<UInt8>, _ average: Int8Average, into output: Buffer<UInt8>) {
        precondition(input.count == average.pixels * output.count)
        unsafe table.average(
            average.pixels, output.count, input.pointer, average.bias, average.multiplier, output.pointer)
    }

    func maxPool(_ s: bagq_windows, _ input: Buffer<UInt8>, into output: Buffer<UInt8>) {
        s.check(input: input.count, output: output.count)
        var s = s
        unsafe table.max_pool(&s, input.pointer, output.pointer)
    }

    func maxPool(_ shape: bagq_pooling, _ input: Buffer<UInt8>, into output: Buffer<UInt8>) {
        maxPool(bagq_windows(shape), input, into: output)
    }

    private func check(_ rows: Rows, _ source: Buffer<UInt8>, _ weights: Int8Weights) {
        let last = (rows.pooledLine == 0 ? rows.count : 2 * rows.count) - 1
        let end = last * rows.stride + rows.pooledLine + (weights.segments - 1) * rows.segment + weights.groups * 4
        precondition(rows.count > 0 && end <= source.count)
    }

    private func product(_ rows: Rows, _ source: Buffer<UInt8>, _ weights: Int8Weights) -> bagq_int8_product {
        unsafe bagq_int8_product(
            rows: rows.count, segments: weights.segments, groups: weights.groups, outputs: weights.outputs,
            a: source.pointer, a_row: rows.stride, a_segment: rows.segment, b: weights.values.pointer,
            bias: weights.biases.pointer,
            multipliers: weights.multipliers.pointer, pooled_line: rows.pooledLine, c: source.pointer, c_row: 0)
    }
}
