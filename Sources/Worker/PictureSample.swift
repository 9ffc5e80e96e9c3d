import CNN

/// Pictures from all over a set, at most so many.
struct PictureSample: PixelPictures {
    private let set: PictureSet
    private let most: Int

    init(_ set: PictureSet, most: Int) {
        (self.set, self.most) = (set, most)
    }

    var count: Int { min(set.count, most) }

    func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws {
        try set.load(index * set.count / count, into: &pixels)
    }
}
