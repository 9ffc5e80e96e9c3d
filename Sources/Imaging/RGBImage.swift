/// A picture in memory: height x width x RGB, rows packed.
package struct RGBImage: Hashable, Sendable {
    package let width: Int
    package let height: Int
    package var pixels: [UInt8]

    /// `pixels` holds width * height * 3 bytes.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// This picture at another size, its proportions not kept.
    package func resized(width newWidth: Int, height newHeight: Int) -> RGBImage {
        var result = RGBImage(
            width: newWidth, height: newHeight, pixels: [UInt8](repeating: 0, count: newWidth * newHeight * 3))
        var resizer = Resizer()
        var target = result.pixels.mutableSpan
        resizer.resize(pixels, width: width, height: height, to: newWidth, newHeight, .up, into: &target)
        return result
    }
}
