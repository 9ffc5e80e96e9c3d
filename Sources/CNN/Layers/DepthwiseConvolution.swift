import CKernels

/// y = activation(x * kernel + bias), each channel with a kernel of its own.
///
/// - x: H x W x C.
/// - kernel: S x S x C.
/// - bias: C.
/// - y: H' x W' x C, H' = (padded H - S) / stride + 1.
struct DepthwiseConvolution: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    let padding: ResolvedLayer.Edges
    let activation: Activation
    let kernel: Range<Int>
    let bias: Range<Int>

    /// How many output values backward takes at a time: they and the input below them stay in the second-level cache.
    private static let bandCount = 32_768

    var windows: bagq_windows {
        bagq_windows(
            input: input, output: output, size: size, stride: stride, top: padding.top, left: padding.left)
    }

    var link: Chain.Link? { Chain.Link(input: input, output: output, size: size, stride: stride, top: padding.top) }

    /// Of rows of the output, over the rows of the input that they see.
    func windows(of rows: Range<Int>) -> bagq_windows {
        var windows = windows
        windows.output_height = rows.count
        windows.top = max(padding.top - rows.lowerBound * stride, 0)
        windows.input_height = link?.inputRows(of: rows).count ?? 0
        return windows
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        forward(rows: 0..<output.height, of: x, into: y, pass)
    }

    func forward(rows: Range<Int>, of x: Buffer<Float>, into y: Buffer<Float>, _ pass: LayerPass) {
        let parameters = pass.weights.values
        pass.kernels.depthwise(
            windows(of: rows), x, weights: parameters[kernel], bias: parameters[bias], clamp: activation.clamp, into: y)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        let rowCount = output.width * output.channels
        for first in Swift.stride(from: 0, to: output.height, by: max(1, Self.bandCount / rowCount)) {
            let rows = first..<min(first + max(1, Self.bandCount / rowCount), output.height)
            let band = rows.lowerBound * rowCount..<rows.upperBound * rowCount
            activation.maskGradient(dy[band], of: y[band], pass.kernels)
            pass.kernels.addRows(rows.count * output.width, stride: output.channels, of: dy[band], to: gradients[bias])
            let seen = link?.inputRows(of: rows).lowerBound ?? 0
            pass.kernels.addDepthwiseWeightGradient(
                windows(of: rows), x[(seen * input.width * input.channels)...], dOutput: dy[band], to: gradients[kernel]
            )
        }
        if let dx {
            pass.kernels.depthwiseInputGradient(
                windows, dOutput: dy, weights: pass.weights.values[kernel], into: dx)
        }
    }
}
