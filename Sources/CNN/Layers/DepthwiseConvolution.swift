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

    var multiplyAdds: Int { output.count * size * size }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        let parameters = pass.weights.values
        let weights = parameters[kernel]
        let c = input.channels
        let bias = parameters[bias]
        for row in 0..<output.height {
            for column in 0..<output.width {
                let target = y.slice(row * output.width + column, of: c)
                target.copy(from: bias)
                for ky in 0..<size {
                    for kx in 0..<size {
                        let (sy, sx) = (row * stride + ky - padding.top, column * stride + kx - padding.left)
                        guard (0..<input.height).contains(sy), (0..<input.width).contains(sx) else { continue }
                        let source = x.slice(sy * input.width + sx, of: c).span
                        let weight = weights.slice(ky * size + kx, of: c).span
                        target.withMutableSpan { for i in $0.indices { $0[i] += source[i] * weight[i] } }
                    }
                }
            }
        }
        activation.apply(to: y, pass.kernels)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        activation.maskGradient(dy, of: y, pass.kernels)
        let weights = pass.weights.values[kernel]
        let c = input.channels
        dx?.fill(with: 0)
        pass.kernels.addRows(output.height * output.width, stride: c, of: dy, to: gradients[bias])
        for row in 0..<output.height {
            for column in 0..<output.width {
                let d = dy.slice(row * output.width + column, of: c).span
                for ky in 0..<size {
                    for kx in 0..<size {
                        let (sy, sx) = (row * stride + ky - padding.top, column * stride + kx - padding.left)
                        guard (0..<input.height).contains(sy), (0..<input.width).contains(sx) else { continue }
                        let source = x.slice(sy * input.width + sx, of: c).span
                        gradients[kernel].slice(ky * size + kx, of: c).withMutableSpan {
                            for i in $0.indices { $0[i] += source[i] * d[i] }
                        }
                        guard let dx else { continue }
                        let weight = weights.slice(ky * size + kx, of: c).span
                        dx.slice(sy * input.width + sx, of: c).withMutableSpan {
                            for i in $0.indices { $0[i] += weight[i] * d[i] }
                        }
                    }
                }
            }
        }
    }
}
