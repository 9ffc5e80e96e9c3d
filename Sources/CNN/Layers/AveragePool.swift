import CKernels

/// y = the mean of each window, channel by channel.
///
/// - x: H x W x C.
/// - y: H' x W' x C. A window over all of the picture is global average pooling.
struct AveragePool: PictureLayer {
    let input: Shape
    let output: Shape
    let windows: bagq_windows

    /// What does not fill a window is left out.
    init(input: Shape, output: Shape, size: Int, stride: Int) {
        (self.input, self.output) = (input, output)
        windows = bagq_windows(input: input, output: output, size: size, stride: stride)
    }

    /// One window over all of the picture.
    init(over input: Shape) {
        (self.input, output) = (input, Shape(height: 1, width: 1, channels: input.channels))
        windows = bagq_windows(over: input)
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        pass.kernels.averagePool(windows, x, into: y)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        dx.fill(with: 0)
        pass.kernels.addAveragePoolGradient(windows, dOutput: dy, to: dx)
    }
}
