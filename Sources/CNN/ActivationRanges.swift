import Threads

/// The smallest and the largest activation that 8 bits must tell of a value within a network.
package struct ActivationRange: Codable, Hashable, Sendable {
    /// At most 0: 0 where nothing negative comes out.
    package var low: Double
    /// At least 0.
    package var high: Double
}

/// How large the activations of each value within a network get on some pictures.
///
/// Counted by the upper half of their bits: steps of less than 1 % over the whole range of a Float.
struct ActivationRanges {
    /// By value; nil where there is none of the number.
    private var histograms: [Histogram?]
    private let names: [String]

    private typealias Histogram = [Int]
    /// Of positive values first, then of negative ones by their size.
    private static let binCount = 1 << 16
    private static let lowBits = 16

    init(of model: Model, on pictures: any PixelPictures, level: KernelLevel, pool: ThreadPool) throws {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let network = model.network
        let weights = DerivedWeights(network.convolutions, model.parameters, kernels: kernels, for: .prediction)
        let counters = (0..<pool.threads).map { _ in
            Counter(ForwardPass(network, weights, capacity: 1, isObserved: true), network)
        }
        try pool.forEach(pictures.count) { worker, index in
            let counter = counters[worker]
            try counter.pixels.withMutableSpan { try pictures.load(index, into: &$0) }
            counter.count(kernels)
        }
        names = network.architecture.resolved.map(\.name)
        histograms = [Histogram?](repeating: nil, count: names.count + 1)
        let scaled = network.scaledValues
        for counter in counters {
            for (value, counted) in counter.histograms.enumerated() {
                guard let counted, scaled.contains(value) else { continue }
                guard let sum = histograms[value] else {
                    histograms[value] = counted
                    continue
                }
                histograms[value] = zip(sum, counted).map { $0 + $1 }
            }
        }
    }

    /// By the name of the node that gives them: the least ranges that hold so many percent of the positive activations,
    /// and of the negative ones; up to 1 where there was none.
    func holding(_ percent: Double) -> [String: ActivationRange] {
        var ranges: [String: ActivationRange] = [:]
        for (name, histogram) in zip(names, histograms.dropFirst()) {
            guard let histogram else { continue }
            let half = Self.binCount / 2
            let (high, low) = (
                Self.bound(histogram[..<half], percent), Self.bound(histogram[half...], percent)
            )
            ranges[name] = ActivationRange(low: low.map { -$0 } ?? 0, high: high ?? (low == nil ? 1 : 0))
        }
        return ranges
    }

    private static func bound(_ bins: ArraySlice<Int>, _ percent: Double) -> Double? {
        let needed = Int((Double(bins.reduce(0, +)) * percent / 100).rounded(.up))
        var held = 0
        for (bin, count) in bins.enumerated() where count > 0 {
            held += count
            // The bin's upper end.
            if held >= needed { return Double(Float(bitPattern: UInt32(bin + 1) << UInt32(lowBits))) }
        }
        return nil
    }

    /// One thread's counts. Used by the one thread of a pool that has its number.
    private final class Counter: @unchecked Sendable {
        let pixels: Buffer<UInt8>
        private(set) var histograms: [Histogram?]
        private let forward: ForwardPass

        init(_ forward: ForwardPass, _ network: Network) {
            self.forward = forward
            pixels = Buffer(count: network.architecture.input.count)
            histograms = [Histogram?](repeating: nil, count: network.valueCounts.count)
        }

        func count(_ kernels: Kernels) {
            let picture = pixels
            kernels.rescale(picture.span, into: forward.input)
            _ = forward.run(count: 1) { [self] value, activations in
                var histogram = histograms[value] ?? Histogram(repeating: 0, count: binCount)
                histograms[value] = nil
                let span = activations.span
                for index in span.indices where span[index] != 0 && span[index].isFinite {
                    histogram[Int(span[index].bitPattern >> UInt32(lowBits))] += 1
                }
                histograms[value] = histogram
            }
        }
    }
}

extension Network {
    /// Values whose bytes have a scale of their own: what comes out of sums. Others keep that of what comes in.
    var scaledValues: Set<Int> {
        var scaled: Set<Int> = []
        for stage in stages {
            switch stage {
            case .pictures(let steps):
                for step in steps {
                    switch step.operation {
                    case .layer(let layer, _):
                        if layer is Convolution || layer is DepthwiseConvolution { scaled.insert(step.target) }
                    case .add, .normalize: scaled.insert(step.target)
                    }
                }
            case .dense(_, _, let target): scaled.insert(target)
            }
        }
        return scaled.subtracting([lastValue])
    }
}
