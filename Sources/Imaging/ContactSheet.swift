/// Many small pictures on one, in rows from the upper left, each in the middle of its cell, on white.
package func contactSheet(of images: [RGBImage], columns: Int, gap: Int = 4) -> RGBImage {
    precondition(!images.isEmpty && columns > 0 && gap >= 0)
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let cellWidth = images.reduce(0) { max($0, $1.width) }
    let cellHeight = images.reduce(0) { max($0, $1.height) }
    let width = columns * (cellWidth + gap) + gap
    let height = rows * (cellHeight + gap) + gap
    var sheet = [UInt8](repeating: 255, count: width * height * 3)
    for (index, image) in images.enumerated() {
        let left = gap + index % columns * (cellWidth + gap) + (cellWidth - image.width) / 2
        let top = gap + index / columns * (cellHeight + gap) + (cellHeight - image.height) / 2
        for y in 0..<image.height {
            let target = ((top + y) * width + left) * 3
            let source = y * image.width * 3
            sheet.replaceSubrange(
                target..<target + image.width * 3, with: image.pixels[source..<source + image.width * 3])
        }
    }
    return RGBImage(width: width, height: height, pixels: sheet)
}
