/// A layer that takes one picture at a time, so a thread can take a picture through several with its values still in the cache.
/// Each kind is a file with its forward and backward side by side. `x` is what comes in, `y` what goes out, `dx` and `dy` the loss's gradients.
protocol PictureLayer: Sendable {
    var input: Shape { get }
    var output: Shape { get }
    /// Bytes per picture that forward leaves for backward (in `places`) besides `y`.
    var placeCount: Int { get }
    /// Floats that a thread needs while it runs the layer.
    var scratchCount: Int { get }
    /// The same for numbers of bf16.
    var bf16ScratchCount: Int { get }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass)

    /// Overwrites `dx`, where it is asked for; adds to `gradients`, laid out as the parameters are; may use up `dy`.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass)

    /// Writes the layer's weights in the order that backward wants, once a step, at the same place; for bf16 also what forward wants.
    func turn(_ pass: LayerPass)

    /// Writes the weights as Winograd's convolution wants them into `pass.transformed`, where the layer is to use it.
    func transform(_ pass: LayerPass)
}

extension PictureLayer {
    var placeCount: Int { 0 }
    var scratchCount: Int { 0 }
    var bf16ScratchCount: Int { 0 }
    func turn(_ pass: LayerPass) {}
    func transform(_ pass: LayerPass) {}
}

/// What a layer needs besides its values, for one picture on one thread.
struct LayerPass {
    var kernels: Kernels
    /// Of the whole network, flat: `Network.tensors` says where what lies.
    var parameters: Buffer<Float>
    /// The weights as `turn` left them; used by backward.
    var turned: Buffer<Float>
    var scratch: Buffer<Float>
    /// For dropout, by picture and step; nil when predicting.
    var randomKey: UInt64?
    /// Where convolutions are to multiply numbers of bf16.
    var bf16: BF16Pass?
    /// The weights as `transform` left them, at twice the place they have in `parameters`; nil where convolutions are to sum in
    /// the order that their gradients follow.
    var transformed: Buffer<Float>?
}

extension LayerPass {
    /// To predict with parameters that will not change, with memory for one picture.
    init(predicting network: Network, parameters: Buffer<Float>, kernels: Kernels) {
        let layers = network.pictureLayers
        self.init(
            kernels: kernels, parameters: parameters, turned: Buffer(count: 0),
            scratch: Buffer(count: layers.map(\.scratchCount).max() ?? 0),
            transformed: Buffer(count: 2 * network.pictureParameterCount))
        for layer in layers { layer.transform(self) }
    }
}

/// What a layer needs for bf16: weights rounded and in pairs as the kernels want them, at twice the place they have as floats.
struct BF16Pass {
    var kernels: BF16Kernels
    var weights: Buffer<UInt16>
    var turned: Buffer<UInt16>
    var scratch: Buffer<UInt16>
}
