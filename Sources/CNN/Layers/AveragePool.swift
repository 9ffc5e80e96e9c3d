/// y = the mean of each window, channel by channel.
///
/// - x: H x W x C. - y: H' x W' x C, H' = (H - height) / stride + 1. What does not fill a window is left out.
struct AveragePool: PictureLayer {
    let input: Shape
    let output: Shape
    /// Of a window.
    let height: Int
    let width: Int
    let stride: Int

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        y.fill(with: 0)
        let channels = input.channels
        for (window, place) in windows.enumerated() {
            let mean = y.slice(window, of: channels)
            for row in 0..<height {
                pass.kernels.addRows(
                    width, stride: channels, of: x[(place + row * input.width * channels)...], to: mean)
            }
        }
        pass.kernels.scale(y, by: 1 / Float(height * width))
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        dx.fill(with: 0)
        pass.kernels.scale(dy, by: 1 / Float(height * width))
        let channels = input.channels
        for (window, place) in windows.enumerated() {
            for row in 0..<height {
                for column in 0..<width {
                    let pixel = dx[(place + (row * input.width + column) * channels)...][..<channels]
                    pass.kernels.add(dy.slice(window, of: channels), to: pixel)
                }
            }
        }
    }

    /// Where each window's first pixel lies.
    private var windows: some Sequence<Int> {
        (0..<output.height * output.width).lazy.map { window in
            let (row, column) = (window / output.width * stride, window % output.width * stride)
            return (row * input.width + column) * input.channels
        }
    }
}
