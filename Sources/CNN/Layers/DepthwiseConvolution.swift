import CKernels

/// y = activation(x * kernel + bias), each channel with a kernel of its own.
///
/// - x: H x W x C. - kernel: S x S x C. - bias: C. - y: H' x W' x C, H' = (padded H - S) / stride + 1.
struct DepthwiseConvolution: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    let padding: ResolvedLayer.Edges
    let activation: Activation
    let kernel: Range<Int>
    let bias: Range<Int>

    var windows: bagq_windows {
        bagq_windows(
            input: input, output: output, size: size, stride: stride, top: padding.top, left: padding.left)
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        let parameters = pass.weights.values
        pass.kernels.depthwise(
            windows, x, weights: parameters[kernel], bias: parameters[bias], clamp: activation.clamp, into: y)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        activation.maskGradient(dy, of: y, pass.kernels)
        pass.kernels.addRows(output.height * output.width, stride: input.channels, of: dy, to: gradients[bias])
        pass.kernels.addDepthwiseWeightGradient(windows, x, dOutput: dy, to: gradients[kernel])
        if let dx {
            pass.kernels.depthwiseInputGradient(
                windows, dOutput: dy, weights: pass.weights.values[kernel], into: dx)
        }
    }
}
