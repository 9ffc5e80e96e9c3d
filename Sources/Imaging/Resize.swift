/// Resizes RGB pictures with a triangle filter that widens with the scale, so that nothing is skipped when shrinking
/// (Pillow's BILINEAR). All-integer, so the result is the same on every machine. Keeps its scratch memory.
struct Resizer {
    private var columns = Taps()
    private var rows = Taps()
    /// One row of the source's width at the target's height, as sums of weighted pixels and as pixels.
    private var sums: [Int32] = []
    private var row: [UInt8] = []
    /// The target before it is turned upright.
    private var lying: [UInt8] = []

    /// Squashes a stored picture to a size, upright.
    /// - source: height x width x 3 in front. - target: targetHeight x targetWidth x 3, of the upright picture.
    mutating func resize(
        _ source: [UInt8], width: Int, height: Int, to targetWidth: Int, _ targetHeight: Int,
        _ orientation: Orientation, into target: inout MutableSpan<UInt8>
    ) {
        precondition(source.count >= width * height * 3 && target.count == targetWidth * targetHeight * 3)
        let (storedWidth, storedHeight) =
            orientation.swapsSides ? (targetHeight, targetWidth) : (targetWidth, targetHeight)
        columns.set(from: width, to: storedWidth)
        rows.set(from: height, to: storedHeight)
        if row.count != width * 3 {
            row = [UInt8](repeating: 0, count: width * 3)
            sums = [Int32](repeating: 0, count: width * 3)
        }
        if orientation == .up {
            Self.resize(source, columns, rows, &sums, &row, into: &target)
        } else {
            if lying.count != target.count { lying = [UInt8](repeating: 0, count: target.count) }
            Self.resize(source, columns, rows, &sums, &row, intoArray: &lying)
            orientation.copyUpright(lying.span, width: storedWidth, height: storedHeight, into: &target)
        }
    }

    private static func resize(
        _ source: [UInt8], _ columns: Taps, _ rows: Taps, _ sums: inout [Int32], _ row: inout [UInt8],
        intoArray target: inout [UInt8]
    ) {
        var span = target.mutableSpan
        resize(source, columns, rows, &sums, &row, into: &span)
    }

    private static func resize(
        _ source: [UInt8], _ columns: Taps, _ rows: Taps, _ sums: inout [Int32], _ row: inout [UInt8],
        into target: inout MutableSpan<UInt8>
    ) {
        for y in rows.starts.indices {
            let taps = rows.range(y)
            let first = rows.starts[y] * row.count
            mixRows(
                source.span.extracting(first..<first + taps.count * row.count), rows.weights.span.extracting(taps), &sums,
                &row)
            mixColumns(row.span, columns, into: &target, at: y * columns.starts.count * 3)
        }
    }

    /// The weighted sum of as many rows as there are weights.
    private static func mixRows(
        _ source: Span<UInt8>, _ weights: Span<Int16>, _ sums: inout [Int32], _ row: inout [UInt8]
    ) {
        let rowSize = row.count
        var sums = sums.mutableSpan
        var row = row.mutableSpan
        for index in 0..<rowSize { sums[index] = Taps.half }
        for tap in weights.indices {
            let weight = Int32(weights[tap])
            let pixels = source.extracting(tap * rowSize..<(tap + 1) * rowSize)
            for index in 0..<rowSize { sums[index] &+= Int32(pixels[index]) &* weight }
        }
        for index in 0..<rowSize { row[index] = UInt8(truncatingIfNeeded: sums[index] >> Taps.bits) }
    }

    private static func mixColumns(
        _ row: Span<UInt8>, _ columns: Taps, into target: inout MutableSpan<UInt8>, at start: Int
    ) {
        let weights = columns.weights.span
        var at = start
        for x in columns.starts.indices {
            var (red, green, blue) = (Taps.half, Taps.half, Taps.half)
            var pixel = columns.starts[x] * 3
            for tap in columns.range(x) {
                let weight = Int32(weights[tap])
                red &+= Int32(row[pixel]) &* weight
                green &+= Int32(row[pixel + 1]) &* weight
                blue &+= Int32(row[pixel + 2]) &* weight
                pixel += 3
            }
            target[at] = UInt8(truncatingIfNeeded: red >> Taps.bits)
            target[at + 1] = UInt8(truncatingIfNeeded: green >> Taps.bits)
            target[at + 2] = UInt8(truncatingIfNeeded: blue >> Taps.bits)
            at += 3
        }
    }
}

/// Which source pixels make up each target pixel along one side, and by how much.
private struct Taps {
    static let bits: Int32 = 14
    /// Rounds sums to nearest.
    static let half: Int32 = 1 << (bits - 1)

    /// The first source pixel of each target pixel.
    private(set) var starts: [Int] = []
    /// In units of 2^-14; those of one target pixel sum to exactly 1.
    private(set) var weights: [Int16] = []
    private var ends: [Int] = []
    private var source = 0

    /// Of one target pixel's weights.
    func range(_ target: Int) -> Range<Int> { (target == 0 ? 0 : ends[target - 1])..<ends[target] }

    mutating func set(from source: Int, to target: Int) {
        if self.source == source && starts.count == target { return }
        self.source = source
        starts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        // Positions are in units of 1 / (2 * target) source pixels, which keeps them integers.
        let support = 2 * max(source, target)
        for index in 0..<target {
            let centre = (2 * index + 1) * source
            func weight(_ pixel: Int) -> Int { max(0, support - abs((2 * pixel + 1) * target - centre)) }
            var first = max(0, (centre - support) / (2 * target))
            var last = min(source - 1, (centre + support) / (2 * target))
            while weight(first) == 0 { first += 1 }
            while weight(last) == 0 { last -= 1 }
            var total = 0
            for pixel in first...last { total += weight(pixel) }
            starts.append(first)
            // Rounding the running sum, not each weight, makes the weights sum to 1.
            var sum = 0
            var before = 0
            for pixel in first...last {
                sum += weight(pixel)
                let rounded = ((sum << (Int(Self.bits) + 1)) / total + 1) >> 1
                weights.append(Int16(rounded - before))
                before = rounded
            }
            ends.append(weights.count)
        }
    }
}
