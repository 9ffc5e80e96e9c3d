import CKernels

extension bagq_windows {
    /// Windows of a whole picture. What the last ones have beyond it, below and to the right, is padding too:
    /// TensorFlow's "SAME" differs from symmetric padding in `top` and `left` alone.
    init(input: Shape, output: Shape, size: Int, stride: Int, top: Int = 0, left: Int = 0) {
        self.init(
            channels: input.channels, size: size, stride: stride, input_height: input.height, input_width: input.width,
            top: top, left: left, output_height: output.height, output_width: output.width)
    }

    /// One window over all of a picture.
    init(over input: Shape) {
        self.init(
            input: input, output: Shape(height: 1, width: 1, channels: input.channels),
            size: max(input.height, input.width), stride: 1)
    }

    /// Without padding, by the rows that the windows take.
    init(_ pooling: bagq_pooling) {
        precondition(pooling.channels > 0 && pooling.input_row % pooling.channels == 0)
        self.init(
            channels: pooling.channels, size: pooling.size, stride: pooling.stride,
            input_height: (pooling.output_height - 1) * pooling.stride + pooling.size,
            input_width: pooling.input_row / pooling.channels, top: 0, left: 0, output_height: pooling.output_height,
            output_width: pooling.output_width)
        precondition((output_width - 1) * stride + size <= input_width)
    }

    /// - input, output, places: How many values they have; none may be left over of the output.
    func check(input: Int, output: Int, places: Int? = nil) {
        precondition(channels > 0 && size > 0 && stride > 0 && (places == nil || size <= 16))
        precondition(input_height > 0 && input_width > 0 && output_height > 0 && output_width > 0)
        precondition(0..<size ~= top && 0..<size ~= left)
        precondition((output_height - 1) * stride - top < input_height)
        precondition((output_width - 1) * stride - left < input_width)
        precondition(input_height * input_width * channels <= input)
        precondition(output_height * output_width * channels == output && (places ?? output) == output)
    }
}

/// Activations as the kernels take them.
extension bagq_clamp {
    static var none: bagq_clamp { bagq_clamp(low: -.infinity, high: .infinity) }
    static var relu: bagq_clamp { bagq_clamp(low: 0, high: .infinity) }
    static var relu6: bagq_clamp { bagq_clamp(low: 0, high: 6) }
}
