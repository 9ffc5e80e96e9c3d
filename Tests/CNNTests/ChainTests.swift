import Testing

@testable import CNN

/// Layers done in bands of rows against the same layers done one after the other.
struct ChainTests {
    private static func link(_ side: Int, size: Int, stride: Int, top: Int, channels: Int) -> Chain.Link {
        let output = (side + stride - 1) / stride
        return Chain.Link(
            input: Shape(height: side, width: side, channels: 3),
            output: Shape(height: output, width: output, channels: channels), size: size, stride: stride, top: top)
    }

    /// From bands of one row, where elements are huge, to one band of all rows.
    @Test(arguments: [1 << 20, 1 << 12, 1 << 8, 1])
    func everyRowIsMadeOnceOfRowsInHand(_ elementSize: Int) {
        let links = [
            Self.link(29, size: 3, stride: 2, top: 0, channels: 4),
            Self.link(15, size: 1, stride: 1, top: 0, channels: 5),
            Self.link(15, size: 5, stride: 1, top: 2, channels: 5),
            Self.link(15, size: 1, stride: 2, top: 0, channels: 2),
            Self.link(8, size: 3, stride: 1, top: 1, channels: 2),
        ]
        let chain = Chain(links, elementSize: elementSize)
        #expect(elementSize > 1 ? chain.heights[2] < 15 : chain.heights == [15, 15, 15, 8])
        // Which row each place of a value's memory holds.
        var inHand = chain.heights.map { [Int?](repeating: nil, count: $0) }
        var last: [Int] = []
        for step in chain.steps {
            let (link, isLast) = (links[step.link], step.link == links.count - 1)
            if step.kept > 0 {
                let kept = inHand[step.link][step.shift..<step.shift + step.kept]
                inHand[step.link].replaceSubrange(..<step.kept, with: kept)
            }
            for row in step.rows {
                let seen = link.inputRows(of: row..<row + 1)
                for input in seen where step.link > 0 {
                    #expect(inHand[step.link - 1][input - step.inputStart] == input)
                }
                #expect(step.firstInput <= seen.lowerBound)
                if isLast { last.append(row) } else { inHand[step.link][row - step.outputStart] = row }
            }
        }
        #expect(last == Array(0..<8))
    }

    /// A stem and a block whose values are too large to exist whole.
    private static func network() throws -> Network {
        func node(_ name: String, _ layer: LayerDescription, _ input: String) -> Architecture.Node {
            .init(name, layer, of: [input])
        }
        return Network(
            try Architecture(
                input: Shape(height: 224, width: 199, channels: 3),
                nodes: [
                    node("stem", .convolution(filters: 24, kernel: 3, stride: 2, padding: .same), "input"),
                    node("cut", .relu6, "stem"),
                    node("wide", .convolution(filters: 96, kernel: 1, stride: 1, padding: 0), "cut"),
                    node("wide_cut", .relu6, "wide"),
                    node("depth", .depthwiseConvolution(kernel: 5, stride: 2, padding: .same), "wide_cut"),
                    node("depth_cut", .relu6, "depth"),
                    node("narrow", .convolution(filters: 7, kernel: 1, stride: 1, padding: 0), "depth_cut"),
                    node("pool", .globalAveragePool, "narrow"), node("head", .dense(units: 3), "pool"),
                ], border: [0.25, 0.5, 0.75]))
    }

    private static func picture(_ network: Network) -> [UInt8] {
        var noise = Noise(3)
        return (0..<network.architecture.input.count).map { _ in UInt8(noise.integer(0...255)) }
    }

    @Test(arguments: KernelLevel.allCases)
    func bandsGiveTheSameFloats(_ level: KernelLevel) throws {
        guard let kernels = Kernels(level) else { try Test.cancel("this machine lacks \(level.rawValue)") }
        let network = try Self.network()
        let weights = DerivedWeights(
            network.convolutions, network.initialParameters(seed: 1), kernels: kernels, for: .prediction)
        let units = PictureUnit.units(of: network.stages[0].steps, held: network.crossingValues, elementSize: 4)
        #expect(units.contains { $0.chain.map { $0.steps.count > 3 * $0.links.count } ?? false })
        func logits(isObserved: Bool) -> [Float] {
            let forward = ForwardPass(network, weights, capacity: 1, isObserved: isObserved)
            kernels.rescale(Self.picture(network).span, into: forward.input)
            return forward.run(count: 1).array
        }
        let whole = logits(isObserved: true)
        #expect(logits(isObserved: false) == whole && whole.contains { abs($0) > 1e-3 })
    }

    @Test(arguments: Int8Tests.Level.allCases)
    func bandsGiveTheSameBytes(_ level: Int8Tests.Level) throws {
        let (kernels, network) = (try level.kernels(), try Self.network())
        let parameters = network.initialParameters(seed: 1)
        let ranges = Dictionary(
            uniqueKeysWithValues: network.architecture.resolved.map { layer in
                (layer.name, ActivationRange(low: layer.name == "narrow" || layer.name == "pool" ? -3 : 0, high: 3))
            })
        let int8 = try Int8Network(network, parameters: parameters.values, ranges: ranges)
        let picture = Self.picture(network)
        let units = PictureUnit.units(of: int8.stages[0].steps, held: [0, int8.lastSource], elementSize: 1)
        #expect(units.contains { $0.chain.map { $0.steps.count > 2 * $0.links.count } ?? false })
        let logits = Int8ForwardPass(int8, kernels: kernels, capacity: 1).run(picture.span, count: 1).array

        var values = [0: Buffer<UInt8>(count: picture.count + Int8Kernels.slack)]
        values[0]?[..<picture.count].copy(from: picture)
        for step in int8.stages[0].steps {
            let count = int8.valueCounts[step.target]
            let (x, y) = (try #require(values[step.sources[0]]), Buffer<UInt8>(count: count + Int8Kernels.slack))
            switch step.operation {
            case .convolution(let layer, _):
                layer.forward(x, into: y[..<count], scratch: Buffer(count: layer.scratchCount), kernels)
            case .depthwise(let layer, let weights, _):
                kernels.depthwise(layer.windows, x, by: weights, into: y[..<count])
            case .average(let average, _):
                kernels.average(x[..<int8.valueCounts[step.sources[0]]], average, into: y[..<count])
            case .maxPool, .add: Issue.record("the network has none")
            }
            values[step.target] = y
        }
        let sums = Buffer<Int32>(count: 3)
        kernels.sum(.init(count: 1, stride: 0), of: try #require(values[int8.lastSource]), by: int8.last, into: sums)
        #expect(logits == zip(sums.array, int8.last.sumScales).map { Float(Double($0) * $1) })
        #expect(Set(logits).count == 3)
    }
}
