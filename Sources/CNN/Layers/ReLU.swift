/// y = max(x, 0), where it does not follow a layer that does it on the way out. A NaN stays one.
struct ReLU: PictureLayer {
    let input: Shape
    var output: Shape { input }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        y.copy(from: x)
        pass.kernels.relu(y)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        dx.copy(from: dy)
        pass.kernels.maskGradient(dx, whereZero: y)
    }
}
