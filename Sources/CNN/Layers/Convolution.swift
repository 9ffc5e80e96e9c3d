import CKernels

/// y = pool(relu(x * kernel + bias)), ReLU and max-pooling where they follow in the network.
///
/// - x: H x W x C. - kernel: S x S x C x K. - bias: K. - y: H' x W' x K, H' = (H + 2 padding - S) / stride + 1, then pooled.
///
/// With pooling, the convolution's own output never exists whole: it is made in bands of a few rows that stay in the cache,
/// forward and backward, and only as far as the pooling windows reach.
struct Convolution: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    let padding: Int
    let relu: Bool
    let pool: MaxPool?
    let kernel: Range<Int>
    let bias: Range<Int>
    /// How many output values backward takes at a time: they and the input rows below them stay in the second-level cache.
    private let bandCount: Int
    /// Rows and columns of the convolution that are used.
    let height: Int
    let width: Int

    /// - pool: The max-pooling that follows. Its windows must not overlap.
    init(
        input: Shape, output: Shape, size: Int, stride: Int, padding: Int, relu: Bool, pool: MaxPool?,
        kernel: Range<Int>, bias: Range<Int>, bandCount: Int = 65_536
    ) {
        (self.input, self.output) = (input, pool?.output ?? output)
        (self.size, self.stride, self.padding) = (size, stride, padding)
        (self.relu, self.pool) = (relu, pool)
        (self.kernel, self.bias, self.bandCount) = (kernel, bias, bandCount)
        height = pool.map { ($0.output.height - 1) * $0.stride + $0.size } ?? output.height
        width = pool.map { ($0.output.width - 1) * $0.stride + $0.size } ?? output.width
    }

    private var filters: Int { output.channels }
    var padded: Shape {
        Shape(height: input.height + 2 * padding, width: input.width + 2 * padding, channels: input.channels)
    }
    private var paddedCount: Int { padding > 0 ? padded.count : 0 }
    /// Rows of a band, whole pooling windows.
    private var bandHeight: Int { max(1, bandCount / (width * filters) / rowStep) * rowStep }
    private var rowStep: Int { pool?.stride ?? 1 }

    var placeCount: Int { pool == nil ? 0 : output.count }
    var scratchCount: Int {
        2 * paddedCount + (pool.map { max(bandHeight, $0.size) * width * filters } ?? 0)
    }

    private func shape(rows: Int) -> bagq_convolution {
        bagq_convolution(
            channels: input.channels, filters: filters, kernel_height: size, kernel_width: size, stride: stride,
            output_height: rows, output_width: width, input_row: padded.width * input.channels,
            output_row: width * filters)
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        let source = padding > 0 ? pad(x, into: pass.scratch[..<paddedCount]) : x
        let inputStep = stride * padded.width * input.channels
        let (weights, bias) = (pass.parameters[kernel], pass.parameters[bias])
        guard let pool else {
            pass.kernels.convolve(shape(rows: height), source, weights: weights, bias: bias, relu: relu, into: y)
            return
        }
        let rows = pass.scratch[paddedCount...][..<(pool.size * width * filters)]
        let rowCount = output.width * filters
        for row in 0..<output.height {
            pass.kernels.convolve(
                shape(rows: pool.size), source[(row * pool.stride * inputStep)...], weights: weights, bias: bias,
                relu: relu, into: rows)
            pass.kernels.maxPool(
                pool.shape(rows: 1, inputWidth: width), rows, into: y.slice(row, of: rowCount),
                places: places?.slice(row, of: rowCount))
        }
    }

    /// dkernel[ky, kx, c, k] += sum over y, x of x[y stride + ky, x stride + kx, c] * dy[y, x, k], dbias = sum of dy, and
    /// dx[y stride + ky, x stride + kx, c] += sum over k of dy[y, x, k] * kernel[ky, kx, c, k], band by band.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        // Where the largest of a window was cut to 0, so was the whole window: masking after the pooling is masking before it.
        if relu { pass.kernels.maskGradient(dy, whereZero: y) }
        let source = padding > 0 ? pad(x, into: pass.scratch[..<paddedCount]) : x
        let target = dx.map { padding > 0 ? pass.scratch[paddedCount..<2 * paddedCount] : $0 }
        target?.fill(with: 0)
        let inputStep = stride * padded.width * input.channels
        let rowCount = width * filters
        for first in Swift.stride(from: 0, to: height, by: bandHeight) {
            let rows = min(bandHeight, height - first)
            var band = dy
            if let pool {
                band = pass.scratch[(2 * paddedCount)...][..<(rows * rowCount)]
                band.fill(with: 0)
                let pooledRow = output.width * filters
                let pooled =
                    first / pool.stride * pooledRow..<(first + rows - pool.size + pool.stride) / pool.stride * pooledRow
                pass.kernels.addMaxPoolGradient(
                    pool.shape(rows: pooled.count / pooledRow, inputWidth: width), dOutput: dy[pooled],
                    places: places[pooled], to: band)
            } else {
                band = dy[first * rowCount..<(first + rows) * rowCount]
            }
            let above = first * inputStep
            pass.kernels.addRows(rows * width, stride: filters, of: band, to: gradients[bias])
            pass.kernels.addWeightGradient(shape(rows: rows), source[above...], dOutput: band, to: gradients[kernel])
            if let target {
                pass.kernels.addInputGradient(
                    shape(rows: rows), dOutput: band, turned: pass.turned[kernel], to: target[above...])
            }
        }
        if let dx, let target, padding > 0 { crop(target, into: dx) }
    }

    /// [ky, kx, c, k] to [kx, ky, k, c].
    func turn(_ parameters: Buffer<Float>, into turned: Buffer<Float>, _ kernels: Kernels) {
        let square = input.channels * filters
        for ky in 0..<size {
            for kx in 0..<size {
                kernels.transpose(
                    rows: input.channels, columns: filters, parameters[kernel].slice(ky * size + kx, of: square),
                    into: turned[kernel].slice(kx * size + ky, of: square))
            }
        }
    }

    /// The picture with its border of zeros, at the start of `padded`.
    func pad<Value: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ x: Buffer<Value>, into padded: Buffer<Value>
    ) -> Buffer<Value> {
        padded.fill(with: 0)
        let row = input.width * input.channels
        for y in 0..<input.height { padded[paddedStart(ofRow: y)...][..<row].copy(from: x.slice(y, of: row)) }
        return padded
    }

    private func crop(_ padded: Buffer<Float>, into x: Buffer<Float>) {
        let row = input.width * input.channels
        for y in 0..<input.height { x.slice(y, of: row).copy(from: padded[paddedStart(ofRow: y)...][..<row]) }
    }

    private func paddedStart(ofRow y: Int) -> Int { ((y + padding) * padded.width + padding) * input.channels }
}
