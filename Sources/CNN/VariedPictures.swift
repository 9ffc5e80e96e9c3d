/// Training pictures as each epoch sees them: augmented, and some with a box of another (see `CutMix`). The same for
/// the same seed.
package struct VariedPictures: Sendable {
    private let pictures: any TrainingPictures
    private let count: Int
    private let seed: UInt64
    private let mixedShare: Double
    private let shape: Shape

    /// - shape: Of each picture.
    package init(_ pictures: any TrainingPictures, _ options: TrainingOptions, shape: Shape) {
        (self.pictures, count, self.shape) = (pictures, pictures.labels.count, shape)
        (seed, mixedShare) = (options.seed, options.mixedShare)
    }

    /// A picture in an epoch, counted from 0: height x width x channels.
    package func picture(_ index: Int, epoch: Int) throws -> [Float] {
        let (picture, partner) = (Buffer<Float>(count: shape.count), Buffer<Float>(count: shape.count))
        try load(index, epoch: epoch, mix: mix(of: index, epoch: epoch), into: picture, partner: partner)
        return picture.array
    }

    /// What a picture gets of another one; nil for nothing.
    func mix(of index: Int, epoch: Int) -> CutMix? {
        if mixedShare == 0 { return nil }
        var random = Random(key: Random.key(seed, .mixing, epoch, index))
        guard Double(random.uniform()) < mixedShare else { return nil }
        return CutMix(pictures: count, shape: shape, using: &random)
    }

    /// - mix: As `mix(of:epoch:)` says.
    /// - partner: For the other picture, if there is one.
    func load(_ index: Int, epoch: Int, mix: CutMix?, into picture: Buffer<Float>, partner: Buffer<Float>) throws {
        func load(_ other: Int, _ purpose: Random.Purpose, into buffer: Buffer<Float>) throws {
            let augmentation = Random.key(seed, purpose, epoch, index)
            try buffer.withMutableSpan { try pictures.load(other, augmentation: augmentation, into: &$0) }
        }
        try load(index, .augmentation, into: picture)
        guard let mix else { return }
        try load(mix.partner, .partnerAugmentation, into: partner)
        picture.withMutableSpan { mix.paste(partner.span, into: &$0, shape: shape) }
    }
}
