/// A layer that takes one picture at a time, so a thread can take a picture through several with its values still in
/// the cache. Each kind is a file with its forward and backward side by side. `x` is what comes in, `y` what goes out,
/// `dx` and `dy` the loss's gradients.
protocol PictureLayer: Sendable {
    var input: Shape { get }
    var output: Shape { get }
    /// Bytes per picture that forward leaves for backward (in `places`) besides `y`.
    var placeCount: Int { get }
    /// What a thread needs while it runs the layer.
    var scratchCount: ScratchCount { get }

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass)

    /// How its rows hang together, where it can be done in bands of rows; else nil.
    var link: Chain.Link? { get }

    /// Makes rows of the output, of a layer with a link.
    /// - x: From the first row on that they see.
    func forward(rows: Range<Int>, of x: Buffer<Float>, into y: Buffer<Float>, _ pass: LayerPass)

    /// Overwrites `dx`, where it is asked for; adds to `gradients`, laid out as the parameters are; may use up `dy`.
    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass)
}

extension PictureLayer {
    var placeCount: Int { 0 }
    var scratchCount: ScratchCount { ScratchCount() }
    var link: Chain.Link? { nil }

    func forward(rows: Range<Int>, of x: Buffer<Float>, into y: Buffer<Float>, _ pass: LayerPass) {
        preconditionFailure("this layer is not done in bands")
    }
}

/// What a layer needs besides its values, for one picture on one thread.
struct LayerPass {
    var kernels: Kernels
    var weights: CurrentWeights
    var scratch: LayerScratch
    /// For dropout, by picture and step; nil when predicting.
    var randomKey: UInt64?
}

/// Numbers of elements: plain floats, and numbers of bf16 where these are multiplied.
struct ScratchCount: Equatable {
    var floats = 0
    var bf16 = 0

    /// Enough for any of the layers.
    static func most(of layers: [any PictureLayer]) -> ScratchCount {
        let counts = layers.map(\.scratchCount)
        return ScratchCount(floats: counts.map(\.floats).max() ?? 0, bf16: counts.map(\.bf16).max() ?? 0)
    }
}

/// A thread's memory for whichever layer it runs.
struct LayerScratch: Sendable {
    let floats: Buffer<Float>
    let bf16: Buffer<UInt16>

    init(_ count: ScratchCount, for use: DerivedWeights.Use) {
        floats = Buffer(count: count.floats)
        bf16 = Buffer(count: use.multipliesBF16 ? count.bf16 : 0)
    }
}

extension DerivedWeights.Use {
    var multipliesBF16: Bool { if case .training(.some) = self { true } else { false } }
}
