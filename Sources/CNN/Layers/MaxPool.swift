import CKernels

/// y = the largest value of each window, channel by channel; the first of equals gets the gradient.
///
/// - x: H x W x C.
/// - y: H' x W' x C, H' = (padded H - size) / stride + 1. What does not fill a window is left out; padding is never the
///   largest.
struct MaxPool: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    var padding = ResolvedLayer.Edges()

    var placeCount: Int { output.count }
    /// Whether a row of windows needs none of another's rows.
    var canFollowInBands: Bool { stride >= size && padding.isNone }

    var windows: bagq_windows {
        bagq_windows(
            input: input, output: output, size: size, stride: stride, top: padding.top, left: padding.left)
    }

    /// For a band of output rows of a picture that is `inputWidth` wide.
    func shape(rows: Int, inputWidth: Int) -> bagq_pooling {
        bagq_pooling(
            channels: input.channels, size: size, stride: stride, output_height: rows, output_width: output.width,
            input_row: inputWidth * input.channels)
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        pass.kernels.maxPool(windows, x, into: y, places: places)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        dx.fill(with: 0)
        pass.kernels.addMaxPoolGradient(windows, dOutput: dy, places: places, to: dx)
    }
}
