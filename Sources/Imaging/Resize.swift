/// Resizes RGB pictures with a triangle filter that widens with the scale, so that nothing is skipped when shrinking
/// (Pillow's BILINEAR). All-integer, so the result is the same on every machine. Keeps its scratch memory.
struct Resizer {
    private var columns = Taps()
    private var rows = Taps()
    /// One row of the source's width at the target's height, and one byte more.
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
        if row.count != width * 3 + 1 { row = [UInt8](repeating: 0, count: width * 3 + 1) }
        if orientation == .up {
            Self.resize(source, columns, rows, &row, into: &target)
        } else {
            if lying.count != target.count { lying = [UInt8](repeating: 0, count: target.count) }
            Self.resize(source, columns, rows, &row, intoArray: &lying)
            orientation.copyUpright(lying.span, width: storedWidth, height: storedHeight, into: &target)
        }
    }

    private static func resize(
        _ source: [UInt8], _ columns: Taps, _ rows: Taps, _ row: inout [UInt8],
        intoArray target: inout [UInt8]
    ) {
        var span = target.mutableSpan
        resize(source, columns, rows, &row, into: &span)
    }

    private static func resize(
        _ source: [UInt8], _ columns: Taps, _ rows: Taps, _ row: inout [UInt8],
        into target: inout MutableSpan<UInt8>
    ) {
        for y in rows.starts.indices {
            let taps = rows.range(y)
            let rowSize = row.count - 1
            let first = rows.starts[y] * rowSize
            mixRows(
                source.span.extracting(first..<first + taps.count * rowSize), rows.weights.span.extracting(taps), &row)
            mixColumns(row.span, columns, into: &target, at: y * columns.starts.count * 3)
        }
    }

    /// The weighted sum of as many rows as there are weights.
    private static func mixRows(_ source: Span<UInt8>, _ weights: Span<Int16>, _ row: inout [UInt8]) {
        let rowSize = source.count / weights.count
        let pixels = unsafe source.bytes
        var row = row.mutableSpan
        var at = 0
        // The weight is read in the innermost loop so that the compiler sees its 16 bits and multiplies by pmaddwd.
        while at + 16 <= rowSize {
            var sum = SIMD16<Int32>(repeating: Taps.half)
            for tap in weights.indices {
                let some = unsafe pixels.unsafeLoadUnaligned(fromByteOffset: tap * rowSize + at, as: SIMD16<UInt8>.self)
                sum &+= SIMD16<Int32>(truncatingIfNeeded: some) &* SIMD16<Int32>(repeating: Int32(weights[tap]))
            }
            let mixed = SIMD16<UInt8>(truncatingIfNeeded: sum &>> Taps.bits)
            for lane in mixed.indices { row[at + lane] = mixed[lane] }
            at += 16
        }
        while at < rowSize {
            var sum = Taps.half
            for tap in weights.indices { sum &+= Int32(source[tap * rowSize + at]) &* Int32(weights[tap]) }
            row[at] = UInt8(truncatingIfNeeded: sum >> Taps.bits)
            at += 1
        }
    }

    private static func mixColumns(
        _ row: Span<UInt8>, _ columns: Taps, into target: inout MutableSpan<UInt8>, at start: Int
    ) {
        let weights = columns.weights.span
        let pixels = unsafe row.bytes
        var at = start
        for x in columns.starts.indices {
            var sum = SIMD4<Int32>(repeating: Taps.half)
            var pixel = columns.starts[x] * 3
            for tap in columns.range(x) {
                // The fourth lane is the next pixel's red, which is thrown away.
                let some = unsafe pixels.unsafeLoadUnaligned(fromByteOffset: pixel, as: SIMD4<UInt8>.self)
                sum &+= SIMD4<Int32>(truncatingIfNeeded: some) &* SIMD4<Int32>(repeating: Int32(weights[tap]))
                pixel += 3
            }
            let mixed = SIMD4<UInt8>(truncatingIfNeeded: sum &>> Taps.bits)
            target[at] = mixed[0]
            target[at + 1] = mixed[1]
            target[at + 2] = mixed[2]
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
