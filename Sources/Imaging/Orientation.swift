/// How a stored picture lies, by EXIF's numbers: where its first row and column belong.
package enum Orientation: Int, CaseIterable, Sendable {
    case up = 1
    case upMirrored
    case down
    case downMirrored
    case leftMirrored
    case right
    case rightMirrored
    case left

    /// Stored rows are upright columns.
    package var swapsSides: Bool { rawValue >= 5 }

    /// Copies a stored picture upright. RGB, rows packed.
    /// - stored: height x width x 3.
    /// - upright: as many bytes; width x height x 3 where sides are swapped.
    func copyUpright(_ stored: Span<UInt8>, width: Int, height: Int, into upright: inout MutableSpan<UInt8>) {
        precondition(stored.count == width * height * 3 && upright.count == stored.count)
        /// Pixels from one stored pixel to the one that belongs right of it, and below it.
        let right: Int
        let down: Int
        switch self {
        case .up: (right, down) = (1, width)
        case .upMirrored: (right, down) = (-1, width)
        case .down: (right, down) = (-1, -width)
        case .downMirrored: (right, down) = (1, -width)
        case .leftMirrored: (right, down) = (width, 1)
        case .right: (right, down) = (-width, 1)
        case .rightMirrored: (right, down) = (-width, -1)
        case .left: (right, down) = (width, -1)
        }
        let (columns, rows) = swapsSides ? (height, width) : (width, height)
        // Negative steps start at the far end of their side.
        var rowStart = (right < 0 ? -right * (columns - 1) : 0) + (down < 0 ? -down * (rows - 1) : 0)
        var target = 0
        for _ in 0..<rows {
            var source = rowStart
            for _ in 0..<columns {
                upright[target] = stored[3 * source]
                upright[target + 1] = stored[3 * source + 1]
                upright[target + 2] = stored[3 * source + 2]
                target += 3
                source += right
            }
            rowStart += down
        }
    }
}
