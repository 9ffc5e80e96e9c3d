/// In training y = x / (1 - rate) with each value's chance `rate` of being 0 instead; in prediction y = x.
///
/// The mask is drawn from the picture's random key, forward and backward alike, and never stored.
struct Dropout: PictureLayer {
    let input: Shape
    var output: Shape { input }
    let rate: Double
    /// Keeps the masks of two dropout layers apart.
    let number: Int

    func forward(_ x: Buffer<Float>, into y: Buffer<Float>, places: Buffer<UInt8>?, _ pass: LayerPass) {
        mask(x, into: y, pass.randomKey)
    }

    func backward(
        _ dy: Buffer<Float>, x: Buffer<Float>, y: Buffer<Float>, places: Buffer<UInt8>, gradients: Buffer<Float>,
        into dx: Buffer<Float>?, _ pass: LayerPass
    ) {
        if let dx { mask(dy, into: dx, pass.randomKey) }
    }

    private func mask(_ values: Buffer<Float>, into result: Buffer<Float>, _ key: UInt64?) {
        guard let key else { return result.copy(from: values) }
        var random = Random(key: Random.key(key, .dropout, number))
        let (rate, scale) = (Float(rate), Float(1 / (1 - rate)))
        let values = values.span
        result.withMutableSpan { result in
            for i in result.indices { result[i] = random.uniform() < rate ? 0 : values[i] * scale }
        }
    }
}
