/// One thread's way from pixels to logits in 8-bit integers, with its own memory, allocated once. See `ForwardPass`.
final class Int8ForwardPass {
    private let network: Int8Network
    private let kernels: Int8Kernels
    private let capacity: Int
    private let inputCount: Int
    /// capacity x the network's input, and the slack that the kernels want behind what they read.
    private let input: Buffer<UInt8>
    /// What comes out of each stage, capacity x its values.
    private let outputs: [Buffer<UInt8>]
    /// What comes out of a stage's inner layers, for one picture; two take turns.
    private let inner: [Buffer<UInt8>]
    private let scratch: Buffer<UInt8>
    private let sums: Buffer<Int32>
    private let logits: Buffer<Float>

    init(_ network: Int8Network, inputCount: Int, kernels: Int8Kernels, capacity: Int) {
        func bytes(_ count: Int) -> Buffer<UInt8> { Buffer(count: count + Int8Kernels.slack) }
        (self.network, self.kernels, self.capacity, self.inputCount) = (network, kernels, capacity, inputCount)
        input = bytes(capacity * inputCount)
        outputs = network.stages.map { bytes(capacity * $0.outputCount) }
        let layers = network.stages.flatMap(\.pictureLayers)
        inner = (0..<2).map { _ in bytes(layers.map(\.output.count).max() ?? 0) }
        scratch = Buffer(count: layers.map(\.scratchCount).max() ?? 0)
        sums = Buffer(count: capacity * network.last.outputs)
        logits = Buffer(count: capacity * network.last.outputs)
    }

    /// The logits, count x classes. Valid until the next run.
    /// - pixels: count x H x W x 3.
    func run(_ pixels: Span<UInt8>, count: Int) -> Buffer<Float> {
        precondition(count <= capacity && pixels.count == count * inputCount)
        input[..<pixels.count].copy(from: pixels)
        var (x, size) = (input, inputCount)
        for (stage, y) in zip(network.stages, outputs) {
            switch stage {
            case .pictures(let layers):
                for picture in 0..<count {
                    run(layers, x.slack(picture, of: size), y.slice(picture, of: stage.outputCount))
                }
            case .dense(let weights):
                kernels.multiply(
                    .init(count: count, stride: size), of: x, by: weights, into: y, targetRow: weights.outputs)
            }
            (x, size) = (y, stage.outputCount)
        }
        kernels.sum(.init(count: count, stride: size), of: x, by: network.last, into: sums)
        let classes = network.last.outputs
        let buffer = sums
        logits.withMutableSpan { logits in
            let sums = buffer.span
            for index in 0..<count * classes {
                logits[index] = Float(Double(sums[index]) * network.last.sumScales[index % classes])
            }
        }
        return logits[..<(count * classes)]
    }

    private func run(_ layers: [Int8Network.PictureLayer], _ x: Buffer<UInt8>, _ y: Buffer<UInt8>) {
        var value = x
        for (index, layer) in layers.enumerated() {
            let size = layer.output.count
            let next = index == layers.count - 1 ? y : inner[index % 2][..<(size + Int8Kernels.slack)]
            switch layer {
            case .convolution(let convolution):
                convolution.forward(value, into: next[..<size], scratch: scratch, kernels)
            case .pool(let pool):
                kernels.maxPool(
                    pool.shape(rows: pool.output.height, inputWidth: pool.input.width), value, into: next[..<size])
            }
            value = next
        }
    }
}

extension Buffer<UInt8> {
    /// The `index`th of equal slices of `size` elements, and the slack behind it.
    fileprivate func slack(_ index: Int, of size: Int) -> Buffer {
        self[index * size..<(index + 1) * size + Int8Kernels.slack]
    }
}

extension Int8Network.PictureLayer {
    var output: Shape {
        switch self {
        case .convolution(let layer): layer.convolution.output
        case .pool(let pool): pool.output
        }
    }

    var scratchCount: Int {
        switch self {
        case .convolution(let layer): layer.scratchCount
        case .pool: 0
        }
    }
}

extension Int8Network.Stage {
    /// Values per picture that come out.
    var outputCount: Int {
        switch self {
        case .pictures(let layers): layers.last?.output.count ?? 0
        case .dense(let weights): weights.outputs
        }
    }

    var pictureLayers: [Int8Network.PictureLayer] { if case .pictures(let layers) = self { layers } else { [] } }
}
