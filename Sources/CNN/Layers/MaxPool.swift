import CKernels

/// y = the largest value of each window, channel by channel; the first of equals gets the gradient.
///
/// - x: H x W x C. - y: H' x W' x C, H' = (padded H - size) / stride + 1. What does not fill a window is left out.
struct MaxPool: PictureLayer {
    let input: Shape
    let output: Shape
    let size: Int
    let stride: Int
    var padding = ResolvedLayer.Edges()

    var placeCount: Int { output.count }
    var scratchCount: ScratchCount { ScratchCount(floats: padding.isNone ? 0 : padded.count) }

    /// Whether a row of windows needs none of another's rows.
    var canFollowInBands: Bool { stride >= size && padding.isNone }

    private var padded: Shape {
        Shape(
            height: input.height + padding.top + padding.bottom, width: input.width + padding.left + padding.right,
            channels: input.channels)
    }

    /// For a band of output rows of a picture that is `inputWidth` wide.
    func shape(rows: Int, inputWidth: Int) -> bagq_pooling {
        bagq_pooling(
            channels: input.channels, size: size, stride: stride, output_height: rows, output_width: output.width,
            input_row: inputWidth * input.channels)
    }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        var source = x
        if !padding.isNone {
            source = pass.scratch.floats[..<padded.count]
            source.fill(with: -.infinity)
            forEachRow { source[$1].copy(from: x[$0]) }
        }
        pass.kernels.maxPool(shape(rows: output.height, inputWidth: padded.width), source, into: y, places: places)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        guard let dx else { return }
        let target = padding.isNone ? dx : pass.scratch.floats[..<padded.count]
        target.fill(with: 0)
        pass.kernels.addMaxPoolGradient(
            shape(rows: output.height, inputWidth: padded.width), dOutput: dy, places: places, to: target)
        if !padding.isNone { forEachRow { dx[$0].copy(from: target[$1]) } }
    }

    /// Where a row's values lie in the picture, and where in the padded one.
    private func forEachRow(_ body: (_ plain: Range<Int>, _ padded: Range<Int>) -> Void) {
        let count = input.width * input.channels
        for row in 0..<input.height {
            let start = ((row + padding.top) * padded.width + padding.left) * input.channels
            body(row * count..<(row + 1) * count, start..<start + count)
        }
    }
}
