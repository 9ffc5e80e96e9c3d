import Testing

@testable import CNN

/// A buffer at an unaligned place between guard values, to catch whoever writes beside it.
struct Guarded<Element: BitwiseCopyable & Equatable & Sendable> {
    let inside: Buffer<Element>
    private let before: Buffer<Element>
    private let after: Buffer<Element>
    private let guardValue: Element

    init(_ values: [Element], guardValue: Element) {
        let whole = Buffer<Element>(count: values.count + 19 + 37)
        whole.fill(with: guardValue)
        before = whole[..<19]
        inside = whole[19..<19 + values.count]
        after = whole[(19 + values.count)...]
        inside.copy(from: values)
        self.guardValue = guardValue
    }

    var isIntact: Bool { (before.array + after.array).allSatisfy { $0 == guardValue } }
}

extension Guarded<Float> {
    init(_ values: [Float]) { self.init(values, guardValue: -12345) }
    init(count: Int, _ value: Float = 99) { self.init([Float](repeating: value, count: count)) }
}

/// Numbers for tests, uniform within -1 and 1.
struct Noise {
    private var random: Random

    init(_ seed: UInt64) { random = Random(key: seed) }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }
    mutating func floats(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
        (0..<count).map { _ in range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform() }
    }
    mutating func integer(_ range: ClosedRange<Int>) -> Int { range.lowerBound + random.below(range.count) }
}

/// The kernels of a level; a level that this machine lacks is reported as cancelled.
func kernels(_ level: KernelLevel) throws -> Kernels {
    guard let kernels = Kernels(level) else { try Test.cancel("this machine does not run \(level.rawValue)") }
    return kernels
}

/// A precision that this machine lacks is reported as cancelled.
func require(_ precision: TrainingPrecision, at level: KernelLevel) throws {
    _ = try kernels(level)
    guard TrainingPrecision.supported(at: level).contains(precision) else {
        try Test.cancel("this machine does not train in \(precision.rawValue) with \(level.rawValue) kernels")
    }
}

/// Largest |a - b| / max(1, |a| + |b|).
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { worst, pair in
        let (a, b) = (Double(pair.0), pair.1)
        let difference = abs(a - b) / max(1, abs(a) + abs(b))
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}
