import CKernels

/// Resizes RGB pictures: byte for byte what `resize` of Pillow 13 gives with the same interpolation, whose arithmetic
/// (Resample.c) it follows. The same on every machine and with every kernel level. Keeps its scratch memory.
struct Resizer {
    private let kernels: ResampleKernels
    private var columns = Taps()
    private var rows = Taps()
    /// One side resampled, in the first bytes.
    private var halfway: [UInt8] = []
    /// The target before it is turned upright.
    private var lying: [UInt8] = []
    /// What goes between a letterbox's bars.
    private var inner: [UInt8] = []

    init(_ kernels: ResampleKernels = ResampleKernels()) { self.kernels = kernels }

    /// Brings a stored picture to a size, upright.
    /// - source: height x width x 3 in front.
    /// - target: targetHeight x targetWidth x 3, of the upright picture.
    mutating func resize(
        _ source: [UInt8], width: Int, height: Int, to targetWidth: Int, _ targetHeight: Int,
        _ orientation: Orientation, by framing: Framing = .squash, _ interpolation: Interpolation = .bilinear,
        into target: inout MutableSpan<UInt8>
    ) {
        precondition(source.count >= width * height * 3 && target.count == targetWidth * targetHeight * 3)
        let upright =
            orientation.swapsSides
            ? PictureSize(width: height, height: width) : PictureSize(width: width, height: height)
        let frame = framing.frame(of: upright, to: PictureSize(width: targetWidth, height: targetHeight))
        if frame.width == targetWidth && frame.height == targetHeight {
            return fill(source, width, height, orientation, frame, interpolation, &target)
        }
        var inner: [UInt8] = []
        swap(&inner, &self.inner)
        defer { swap(&inner, &self.inner) }
        let count = frame.width * frame.height * 3
        if inner.count != count { inner = [UInt8](repeating: 0, count: count) }
        var span = inner.mutableSpan
        fill(source, width, height, orientation, frame, interpolation, &span)
        for index in target.indices { target[index] = Framing.barLevel }
        for row in 0..<frame.height {
            let start = ((frame.top + row) * targetWidth + frame.left) * 3
            for index in 0..<frame.width * 3 { target[start + index] = span[row * frame.width * 3 + index] }
        }
    }

    /// - target: frame.height x frame.width x 3.
    private mutating func fill(
        _ source: [UInt8], _ width: Int, _ height: Int, _ orientation: Orientation, _ frame: Framing.Frame,
        _ interpolation: Interpolation, _ target: inout MutableSpan<UInt8>
    ) {
        // Crops are in the middle, so that they are the same part however the picture lies.
        let swaps = orientation.swapsSides
        let (storedWidth, storedHeight) = swaps ? (frame.height, frame.width) : (frame.width, frame.height)
        columns.set(from: width, swaps ? frame.rows : frame.columns, to: storedWidth, by: interpolation)
        rows.set(from: height, swaps ? frame.columns : frame.rows, to: storedHeight, by: interpolation)
        var first = ResamplePass.columns(columns, height: height)
        var second = ResamplePass.rows(rows, width: storedWidth)
        // Pillow 13's choice; before it, columns always came first. The order shows in how the first pass rounds.
        if height > storedHeight && height - storedHeight > 2 * (width - storedWidth) {
            first = .rows(rows, width: width)
            second = .columns(columns, height: storedHeight)
        }
        let byteCount = first.targetCount
        // Room is kept from picture to picture, but a giant's not for ever.
        if halfway.count < byteCount || halfway.count > max(1 << 24, 8 * byteCount) {
            halfway = [UInt8](repeating: 0, count: byteCount)
        }
        kernels.run(first, source, intoArray: &halfway)
        if orientation == .up {
            kernels.run(second, halfway, into: &target)
        } else {
            if lying.count != target.count { lying = [UInt8](repeating: 0, count: target.count) }
            kernels.run(second, halfway, intoArray: &lying)
            orientation.copyUpright(lying.span, width: storedWidth, height: storedHeight, into: &target)
        }
    }
}

/// Which source pixels make up each target pixel along one side, and by how much.
struct Taps {
    private(set) var source = 0
    private(set) var target = 0
    private var part = 0.0...0.0
    private var interpolation = Interpolation.bilinear
    /// Source pixels that make up a target pixel: of all as many, some with weight 0, to spare the kernels short ones.
    private(set) var count = 0
    /// The first source pixel of each target pixel; `count` from there on are within the source.
    private(set) var starts: [Int] = []
    /// Of 1 / `unit`, `count` of each target pixel.
    private(set) var weights: [Int32] = []
    private static let unit = 0x1p22

    /// Double's plain operations are exactly specified and Swift never fuses them, so the weights are the same
    /// everywhere.
    /// - part: Of the source, in pixels from its start; nil for all of it.
    mutating func set(
        from source: Int, _ part: ClosedRange<Double>? = nil, to target: Int,
        by interpolation: Interpolation = .bilinear
    ) {
        let part = part ?? 0...Double(source)
        if (self.source, self.target, self.part, self.interpolation) == (source, target, part, interpolation) { return }
        precondition(source > 0 && target > 0 && part.lowerBound >= 0 && part.upperBound <= Double(source))
        (self.source, self.target, self.part, self.interpolation) = (source, target, part, interpolation)
        let scale = (part.upperBound - part.lowerBound) / Double(target)
        let stretch = max(scale, 1)
        let support = interpolation.support * stretch
        func centre(_ index: Int) -> Double { part.lowerBound + (Double(index) + 0.5) * scale }
        func pixels(_ index: Int) -> Range<Int> {
            max(0, Int(centre(index) - support + 0.5))..<min(source, Int(centre(index) + support + 0.5))
        }
        count = (0..<target).reduce(0) { max($0, pixels($1).count) }
        starts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        for index in 0..<target {
            let centre = centre(index)
            let pixels = pixels(index)
            // Pillow multiplies by the inverse, which a division would not give to the bit.
            let inverse = 1 / stretch
            func weight(_ pixel: Int) -> Double { interpolation.weight((Double(pixel) - centre + 0.5) * inverse) }
            var total = 0.0
            for pixel in pixels { total += weight(pixel) }
            let start = min(pixels.lowerBound, source - count)
            starts.append(start)
            for pixel in start..<start + count {
                let share = pixels.contains(pixel) ? weight(pixel) / total : 0
                weights.append(Int32(share * Self.unit + (share < 0 ? -0.5 : 0.5)))
            }
        }
    }
}

/// Resampling one side of a picture; the other one's length stays.
enum ResamplePass {
    case columns(Taps, height: Int)
    case rows(Taps, width: Int)

    /// Bytes of the picture before.
    var sourceCount: Int {
        switch self {
        case .columns(let taps, let height): taps.source * height * 3
        case .rows(let taps, let width): width * taps.source * 3
        }
    }

    /// Bytes of the picture after.
    var targetCount: Int {
        switch self {
        case .columns(let taps, let height): taps.target * height * 3
        case .rows(let taps, let width): width * taps.target * 3
        }
    }
}

/// The resampling kernels of one level, with the sizes checked. The C border.
@safe struct ResampleKernels: Sendable {
    private let table: bagq_kernels

    /// Of the fastest level that this machine runs: all give the same bytes.
    init() { unsafe table = bagq_fastest_kernels().pointee }

    /// Nil where this machine lacks the level.
    init?(_ level: bagq_level) {
        guard let table = unsafe bagq_kernels(level) else { return nil }
        unsafe self.table = table.pointee
    }

    /// - source: `pass.sourceCount` bytes in front.
    /// - target: `pass.targetCount` bytes in front.
    func run(_ pass: ResamplePass, _ source: [UInt8], into target: inout MutableSpan<UInt8>) {
        precondition(source.count >= pass.sourceCount && target.count >= pass.targetCount && pass.targetCount > 0)
        unsafe source.withUnsafeBufferPointer { source in
            unsafe target.withUnsafeMutableBufferPointer { target in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                switch pass {
                case .columns(let taps, let height):
                    unsafe taps.withSide { unsafe table.resample_columns($0, taps.source, height, source, target) }
                case .rows(let taps, let width):
                    unsafe taps.withSide { unsafe table.resample_rows($0, width * 3, source, target) }
                }
            }
        }
    }

    func run(_ pass: ResamplePass, _ source: [UInt8], intoArray target: inout [UInt8]) {
        var target = target.mutableSpan
        run(pass, source, into: &target)
    }
}

extension Taps {
    fileprivate func withSide(_ body: (UnsafePointer<bagq_side>) -> Void) {
        unsafe starts.withUnsafeBufferPointer { starts in
            unsafe weights.withUnsafeBufferPointer { weights in
                guard let starts = starts.baseAddress, let weights = weights.baseAddress else { return }
                var side = unsafe bagq_side(count: target, taps: count, starts: starts, weights: weights)
                unsafe body(&side)
            }
        }
    }
}
