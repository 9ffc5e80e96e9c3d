/// y = max(x, 0), or min(max(x, 0), 6), where it does not follow a layer that does it on the way out.
struct ReLU: PictureLayer {
    let input: Shape
    let activation: Activation
    var output: Shape { input }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        y.copy(from: x)
        pass.kernels.clamp(y, to: activation.clamp)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        dx.copy(from: dy)
        activation.maskGradient(dx, of: y, pass.kernels)
    }
}
