import CKernels

/// y = pool(activation(x * kernel + bias)), activation and max-pooling where they follow in the network.
///
/// - x: H x W x C.
/// - kernel: S x S x C x K.
/// - bias: K.
/// - y: H' x W' x K, H' = (padded H - S) / stride + 1, then pooled.
///
/// With pooling, the convolution's own output never exists whole: it is made in bands of a few rows that stay in the
/// cache, forward and backward, and only as far as the pooling windows reach.
struct Convolution: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    let padding: ResolvedLayer.Edges
    /// What is padded with, channel by channel; nil for zeros.
    let border: [Float]?
    let activation: Activation
    let pool: MaxPool?
    let kernel: Range<Int>
    let bias: Range<Int>
    /// Among the network's convolutions.
    let number: Int
    /// With few channels, transforming them costs more than it saves.
    let usesWinograd: Bool
    /// Whether the input's gradient is made so, too, of the whole output's gradient at once.
    let usesWinogradBackward: Bool
    /// How many output values backward takes at a time: they and the input rows below them stay in the second-level
    /// cache.
    private let bandCount: Int
    /// Rows and columns of the convolution that are used.
    let height: Int
    let width: Int

    /// - pool: The max-pooling that follows. Its windows must not overlap.
    /// - maySaveMultiplications: By Winograd's way.
    init(
        input: Shape, output: Shape, size: Int, stride: Int, padding: ResolvedLayer.Edges = .init(),
        border: [Float]? = nil, activation: Activation, pool: MaxPool?, kernel: Range<Int>, bias: Range<Int>,
        number: Int = 0, bandCount: Int = 65_536,
        maySaveMultiplications: Bool = true
    ) {
        (self.input, self.output) = (input, pool?.output ?? output)
        (self.size, self.stride, self.padding, self.border) = (size, stride, padding, border)
        (self.activation, self.pool) = (activation, pool)
        (self.kernel, self.bias, self.number, self.bandCount) = (kernel, bias, number, bandCount)
        usesWinograd =
            maySaveMultiplications && size == 3 && stride == 1 && min(input.channels, output.channels) >= 16
        usesWinogradBackward =
            usesWinograd && pool == nil
            && max(padding.top, padding.left, padding.bottom, padding.right) < size
        height = pool.map { ($0.output.height - 1) * $0.stride + $0.size } ?? output.height
        width = pool.map { ($0.output.width - 1) * $0.stride + $0.size } ?? output.width
    }

    /// A dense layer in other words. Rounding would save nothing.
    var isOfOnePixel: Bool { input.height * input.width == 1 }
    private var filters: Int { output.channels }
    var padded: Shape {
        Shape(
            height: input.height + padding.top + padding.bottom, width: input.width + padding.left + padding.right,
            channels: input.channels)
    }
    private var paddedRow: Int { padded.width * input.channels }
    private var paddedCount: Int { padding.isNone ? 0 : padded.count }
    /// Rows of a band, whole pooling windows.
    private var bandHeight: Int { max(1, bandCount / (width * filters) / rowStep) * rowStep }
    private var rowStep: Int { pool?.stride ?? 1 }
    /// The rows that backward takes at a time.
    var bands: some Sequence<Range<Int>> {
        Swift.stride(from: 0, to: height, by: bandHeight).lazy.map { $0..<min($0 + bandHeight, height) }
    }
    /// That are made: rows and columns that pooling leaves out are not.
    var multiplyAdds: Int { height * width * kernel.count }

    var placeCount: Int { pool == nil ? 0 : output.count }
    var scratchCount: ScratchCount {
        let winograd = usesWinograd ? Kernels.winogradScratchCount(channels: input.channels, filters: filters) : 0
        let backward =
            usesWinogradBackward
            ? paddedCount + turnedAround.paddedCount + winograd
            : 2 * paddedCount + (pool == nil ? 0 : bandHeight * width * filters)
        let (inputRow, outputRow) = (padded.width * input.channels, width * filters)
        return ScratchCount(
            floats: max(backward, paddedCount + poolingCount + winograd),
            bf16: max(
                padded.count + 1, bandHeight * outputRow + 1,
                2 * inputRow * pairRows(bandHeight) + 2 * outputRow * ((bandHeight + 1) / 2)))
    }
    /// Of the convolution's values, what a row of pooling windows takes.
    private var poolingCount: Int { pool.map { $0.size * width * filters } ?? 0 }

    private var inputStep: Int { stride * paddedRow }

    private func shape(rows: Int) -> bagq_convolution {
        bagq_convolution(
            channels: input.channels, filters: filters, kernel_height: size, kernel_width: size, stride: stride,
            output_height: rows, output_width: width, input_row: padded.width * input.channels,
            output_row: width * filters)
    }

    /// Winograd's way takes rows two by two.
    var link: Chain.Link? { usesWinograd ? nil : directLink }
    /// Pooling has its own bands.
    var directLink: Chain.Link? {
        pool == nil ? Chain.Link(input: input, output: output, size: size, stride: stride, top: padding.top) : nil
    }
    /// Whether it is a product of all pixels' channels with the kernel.
    var isPointwise: Bool { size == 1 && stride == 1 && padding.isNone && pool == nil }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        guard let pool else { return forward(rows: 0..<height, of: x, into: y, pass) }
        let source = padding.isNone ? x : pad(x, with: border, into: pass.scratch.floats[..<paddedCount])
        let rounded = pass.weights[self].bf16.map { round(source, $0, pass) }
        let rows = pass.scratch.floats[paddedCount...][..<poolingCount]
        let rowCount = output.width * filters
        for row in 0..<output.height {
            convolve(pool.size, from: row * pool.stride, of: source, rounded, into: rows, pass)
            pass.kernels.maxPool(
                pool.shape(rows: 1, inputWidth: width), rows, into: y.slice(row, of: rowCount),
                places: places?.slice(row, of: rowCount))
        }
    }

    func forward(rows: Range<Int>, of x: Buffer<Float>, into y: Buffer<Float>, _ pass: LayerPass) {
        let seen = paddedRows(of: rows)
        let source =
            padding.isNone
            ? x : pad(x, rows: seen, with: border, into: pass.scratch.floats[..<(seen.count * paddedRow)])
        convolve(
            rows.count, from: 0, of: source, pass.weights[self].bf16.map { round(source, $0, pass) }, into: y, pass)
    }

    /// Rows of the convolution without pooling, of rows of the padded input from `first` on.
    private func convolve(
        _ rows: Int, from first: Int, of source: Buffer<Float>, _ rounded: Buffer<UInt16>?, into y: Buffer<Float>,
        _ pass: LayerPass
    ) {
        let (weights, parameters) = (pass.weights[self], pass.weights.values)
        let (shape, above, bias) = (shape(rows: rows), first * inputStep, parameters[bias])
        if let bf16 = weights.bf16, let rounded {
            bf16.kernels.convolve(
                shape, rounded[above...], weights: bf16.weights, bias: bias, clamp: activation.clamp, into: y)
        } else if let transformed = weights.transformed {
            pass.kernels.convolveByWinograd(
                shape, source[above...], transformed: transformed, bias: bias, clamp: activation.clamp,
                scratch: pass.scratch.floats[(paddedCount + poolingCount)...], into: y)
        } else {
            pass.kernels.convolve(
                shape, source[above...], weights: parameters[kernel], bias: bias, clamp: activation.clamp, into: y)
        }
    }

    /// dkernel[ky, kx, c, k] += sum over y, x of x[y stride + ky, x stride + kx, c] * dy[y, x, k], dbias = sum of dy,
    /// and dx[y stride + ky, x stride + kx, c] += sum over k of dy[y, x, k] * kernel[ky, kx, c, k], band by band.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        let source = padding.isNone ? x : pad(x, with: border, into: pass.scratch.floats[..<paddedCount])
        let transformed = pass.weights[self].turnedTransformed
        let target =
            transformed == nil
            ? dx.map { padding.isNone ? $0 : pass.scratch.floats[paddedCount..<2 * paddedCount] } : nil
        // A pointwise one makes each value once.
        let product = isPointwise && pass.weights[self].bf16 == nil ? pass.weights[self].turned : nil
        if product == nil { target?.fill(with: 0) }
        let rowCount = width * filters
        // Where the largest of a window was cut, the gradient is 0 wherever it would go: masking after the pooling is
        // masking before it.
        if pool != nil { activation.maskGradient(dy, of: y, pass.kernels) }
        for rows in bands {
            var band = dy
            if let pool {
                band = pass.scratch.floats[(2 * paddedCount)...][..<(rows.count * rowCount)]
                band.fill(with: 0)
                let pooledRow = output.width * filters
                let end = (rows.upperBound - pool.size + pool.stride) / pool.stride
                let pooled = rows.lowerBound / pool.stride * pooledRow..<end * pooledRow
                pass.kernels.addMaxPoolGradient(
                    pool.shape(rows: pooled.count / pooledRow, inputWidth: width), dOutput: dy[pooled],
                    places: places[pooled], to: band)
            } else {
                let range = rows.lowerBound * rowCount..<rows.upperBound * rowCount
                band = dy[range]
                activation.maskGradient(band, of: y[range], pass.kernels)
            }
            pass.kernels.addRows(rows.count * width, stride: filters, of: band, to: gradients[bias])
            addWeightGradient(rows, source, dOutput: band, to: gradients[kernel], pass)
            guard let target else { continue }
            if let product {
                pass.kernels.multiply(
                    rows.count * width, filters, input.channels, a: band, .init(row: filters), b: product,
                    bRow: input.channels, into: target[(rows.lowerBound * inputStep)...], cRow: input.channels)
            } else {
                addInputGradient(rows, dOutput: band, to: target, pass)
            }
        }
        if let dx, let target, !padding.isNone { crop(target, into: dx) }
        if let dx, let transformed { makeInputGradient(dOutput: dy, transformed, into: dx, pass) }
    }

    /// Of stride 1 and without pooling: what makes the input's gradient of the output's is a convolution with the
    /// kernel turned around.
    private var turnedAround: Convolution {
        let reach = size - 1
        return Convolution(
            input: output, output: input, size: size, stride: 1,
            padding: .init(
                top: reach - padding.top, left: reach - padding.left, bottom: reach - padding.bottom,
                right: reach - padding.right), activation: .none, pool: nil, kernel: kernel, bias: 0..<0)
    }

    /// By Winograd's way.
    func makeInputGradient(
        dOutput: Buffer<Float>, _ transformed: Buffer<Float>, into dx: Buffer<Float>, _ pass: LayerPass
    ) {
        let (other, scratch) = (turnedAround, pass.scratch.floats[paddedCount...])
        let source =
            other.padding.isNone ? dOutput : other.pad(dOutput, with: nil, into: scratch[..<other.paddedCount])
        pass.kernels.convolveByWinograd(
            other.shape(rows: other.height), source, transformed: transformed, bias: nil, clamp: .none,
            scratch: scratch[other.paddedCount...], into: dx)
    }

    /// Adds a band's share.
    /// - x: The whole padded picture.
    /// - dOutput: Of the band alone.
    func addWeightGradient(
        _ band: Range<Int>, _ x: Buffer<Float>, dOutput: Buffer<Float>, to dKernel: Buffer<Float>, _ pass: LayerPass
    ) {
        let x = x[(band.lowerBound * inputStep)...]
        var shape = shape(rows: band.count)
        guard let bf16 = pass.weights[self].bf16 else {
            return pass.kernels.addWeightGradient(shape, x, dOutput: dOutput, to: dKernel)
        }
        let (inputRow, outputRow) = (shape.input_row, shape.output_row)
        let xPairs = pass.scratch.bf16[..<(2 * inputRow * pairRows(band.count))]
        let dyPairs = pass.scratch.bf16[xPairs.count...][..<(2 * outputRow * ((band.count + 1) / 2))]
        bf16.kernels.interleaveRows(of: x, rowCount: inputRow, step: stride, stride: 1, into: xPairs)
        bf16.kernels.interleaveRows(of: dOutput, rowCount: outputRow, into: dyPairs)
        (shape.input_row, shape.output_row) = (2 * inputRow, 2 * outputRow)
        bf16.kernels.addWeightGradient(shape, xPairs, dOutput: dyPairs, to: dKernel)
    }

    /// Adds a band's share.
    /// - dOutput: Of the band alone.
    /// - dx: The whole padded picture's.
    func addInputGradient(
        _ band: Range<Int>, dOutput: Buffer<Float>, to dx: Buffer<Float>, _ pass: LayerPass
    ) {
        let (shape, dx) = (shape(rows: band.count), dx[(band.lowerBound * inputStep)...])
        let weights = pass.weights[self]
        if let bf16 = weights.bf16 {
            bf16.kernels.addInputGradient(
                shape, dOutput: round(dOutput, bf16, pass), turned: bf16.turned, to: dx)
        } else if let turned = weights.turned {
            pass.kernels.addInputGradient(shape, dOutput: dOutput, turned: turned, to: dx)
        }
    }

    /// Pairs of input rows, as many as a band's pairs of output rows reach.
    private func pairRows(_ rows: Int) -> Int { (rows - 1) / 2 * 2 * stride + size }

    /// At the start of the scratch memory, with a zero behind.
    private func round(
        _ values: Buffer<Float>, _ bf16: ConvolutionWeights.BF16, _ pass: LayerPass
    ) -> Buffer<UInt16> {
        let rounded = pass.scratch.bf16[..<(values.count + 1)]
        rounded[values.count...].fill(with: 0)
        bf16.kernels.round(values, into: rounded[..<values.count])
        return rounded
    }

    /// The rows of the padded picture that rows of the convolution see.
    func paddedRows(of rows: Range<Int>) -> Range<Int> {
        rows.lowerBound * stride..<(rows.upperBound - 1) * stride + size
    }

    /// The picture with its border, of zeros where none is given, at the start of `padded`.
    /// - rows: Of the padded picture; nil for all.
    /// - x: From the first row on that these have of it.
    func pad<Value: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ x: Buffer<Value>, rows: Range<Int>? = nil, with border: [Value]?, into padded: Buffer<Value>
    ) -> Buffer<Value> {
        if let border {
            let pattern = padded[..<paddedRow]
            pattern.withMutableSpan { pattern in
                for index in pattern.indices { pattern[index] = border[index % border.count] }
            }
            for row in 1..<padded.count / paddedRow { padded.slice(row, of: paddedRow).copy(from: pattern) }
        } else {
            padded.fill(with: 0)
        }
        let (rows, row) = (rows ?? 0..<self.padded.height, input.width * input.channels)
        let inside = rows.clamped(to: padding.top..<padding.top + input.height)
        for y in inside {
            let start = (y - rows.lowerBound) * paddedRow + padding.left * input.channels
            padded[start..<start + row].copy(from: x.slice(y - inside.lowerBound, of: row))
        }
        return padded
    }

    private func crop(_ padded: Buffer<Float>, into x: Buffer<Float>) {
        let row = input.width * input.channels
        for y in 0..<input.height { x.slice(y, of: row).copy(from: padded[paddedStart(ofRow: y)...][..<row]) }
    }

    private func paddedStart(ofRow y: Int) -> Int { ((y + padding.top) * padded.width + padding.left) * input.channels }
}
