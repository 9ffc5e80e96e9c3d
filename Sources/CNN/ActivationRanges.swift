import Threads

/// How large the activations of each layer with a ReLU get on some pictures.
///
/// Counted by the upper half of their bits: steps of less than 1 % over the whole range of a Float.
struct ActivationRanges {
    private var layers: [Histogram] = []

    private typealias Histogram = [Int]
    private static let binCount = 1 << 15
    private static let lowBits = 16

    init(of model: Model, on pictures: any PixelPictures, level: KernelLevel, pool: ThreadPool) throws {
        guard let kernels = Kernels(level) else { throw KernelLevelError.unsupported(level) }
        let network = model.network
        let weights = DerivedWeights(network.convolutions, model.parameters, kernels: kernels, for: .prediction)
            .current()
        let counters = (0..<pool.threads).map { _ in Counter(network, weights, kernels) }
        try pool.forEach(pictures.count) { worker, index in
            let counter = counters[worker]
            try counter.pixels.withMutableSpan { try pictures.load(index, into: &$0) }
            counter.count()
        }
        // A thread that no picture came to has no histograms.
        for counter in counters {
            for (layer, histogram) in counter.histograms.enumerated() {
                if layers.count == layer { layers.append(Histogram(repeating: 0, count: Self.binCount)) }
                for (bin, count) in histogram.enumerated() { layers[layer][bin] += count }
            }
        }
    }

    /// The least range of each layer that holds so many percent of the positive activations; 1 where there was none.
    func holding(_ percent: Double) -> [Double] {
        layers.map { histogram in
            let needed = Int((Double(histogram.reduce(0, +)) * percent / 100).rounded(.up))
            var held = 0
            for (bin, count) in histogram.enumerated() where count > 0 {
                held += count
                // The bin's upper end.
                if held >= needed { return Double(Float(bitPattern: UInt32(bin + 1) << UInt32(Self.lowBits))) }
            }
            return 1
        }
    }

    /// One thread's counts. Used by the one thread of a pool that has its number.
    private final class Counter: @unchecked Sendable {
        let pixels: Buffer<UInt8>
        private(set) var histograms: [Histogram] = []
        private let network: Network
        private let input: Buffer<Float>
        private let outputs: [Buffer<Float>]
        private let pass: LayerPass

        init(_ network: Network, _ weights: CurrentWeights, _ kernels: Kernels) {
            self.network = network
            let layers = network.pictureLayers
            pixels = Buffer(count: network.architecture.input.count)
            input = Buffer(count: pixels.count)
            let largest = max(layers.map(\.output.count).max() ?? 0, network.stages.map(\.outputCount).max() ?? 0)
            outputs = (0..<2).map { _ in Buffer(count: largest) }
            pass = LayerPass(
                kernels: kernels, weights: weights, scratch: LayerScratch(.most(of: layers), for: .prediction))
        }

        /// Takes one picture through all layers but the last.
        func count() {
            let picture = pixels
            pass.kernels.rescale(picture.span, into: input)
            var x = input
            var next = 0
            var histogram = 0
            func target(_ count: Int) -> Buffer<Float> {
                next = 1 - next
                return outputs[next][..<count]
            }
            func add(_ values: Buffer<Float>) {
                if histograms.count == histogram { histograms.append(Histogram(repeating: 0, count: binCount)) }
                let span = values.span
                for index in span.indices where span[index] > 0 && span[index].isFinite {
                    histograms[histogram][Int(span[index].bitPattern >> UInt32(lowBits))] += 1
                }
                histogram += 1
            }
            for stage in network.stages.dropLast() {
                switch stage {
                case .pictures(let layers):
                    for layer in layers {
                        let y = target(layer.output.count)
                        layer.forward(x, into: y, places: nil, pass)
                        if layer is Convolution { add(y) }
                        x = y
                    }
                case .dense(let dense):
                    let y = target(dense.outputs)
                    for unit in 0..<dense.forwardUnits {
                        dense.forward(x, count: 1, into: y, unit: unit, parameters: pass.weights.values, pass.kernels)
                    }
                    add(y)
                    x = y
                }
            }
        }
    }
}
