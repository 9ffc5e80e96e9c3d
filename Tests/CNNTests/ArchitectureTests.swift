import Foundation
import Testing

@testable import CNN

struct ArchitectureTests {
    @Test func blogIsTheBlogsNetwork() throws {
        let blog = try Architecture.blog(classes: 5)
        #expect(blog.parameterCount == 2_200_421)
        #expect(blog.multiplyAdds == 523_645_056)
        #expect(blog.classCount == 5)
        #expect(
            blog.summary == """
                layer            output      parameters  multiply-adds
                input            150x150x3
                conv2d_1         148x148x32         896     18,925,056
                relu_1           148x148x32
                conv2d_2         146x146x32       9,248    196,448,256
                relu_2           146x146x32
                max_pooling2d_1  73x73x32
                conv2d_3         71x71x64        18,496     92,915,712
                relu_3           71x71x64
                conv2d_4         69x69x64        36,928    175,509,504
                relu_4           69x69x64
                max_pooling2d_2  34x34x64
                conv2d_5         32x32x64        36,928     37,748,736
                relu_5           32x32x64
                max_pooling2d_3  16x16x64
                flatten_1        16384
                dense_1          128          2,097,280      2,097,152
                relu_6           128
                dropout_1        128
                dense_2          5                  645            640
                total                         2,200,421    523,645,056
                """)
    }

    @Test func itsJSONIsStable() throws {
        let architecture = try Architecture(
            input: Shape(height: 4, width: 4, channels: 1),
            layers: [
                .convolution(filters: 2, kernel: 3, stride: 1, padding: 1), .relu, .maxPool(size: 2, stride: 2),
                .flatten,
                .dropout(rate: 0.5), .dense(units: 2),
            ])
        let json = #"""
            {"input":{"channels":1,"height":4,"width":4},"layers":[\#
            {"convolution":{"filters":2,"kernel":3,"padding":1,"stride":1}},{"relu":{}},\#
            {"maxPool":{"size":2,"stride":2}},{"flatten":{}},{"dropout":{"rate":0.5}},{"dense":{"units":2}}]}
            """#
        #expect(metadataJSON(architecture) == json)
        #expect(try JSONDecoder().decode(Architecture.self, from: Data(json.utf8)) == architecture)
    }

    private static let impossible: [(layers: [LayerDescription], says: String)] = [
        ([], "must be a dense one"), ([.flatten, .dense(units: 1)], "two classes"),
        ([.dense(units: 2)], "dense_1 needs a flatten"), ([.flatten, .dense(units: 2), .relu], "must be a dense one"),
        (
            [.convolution(filters: 1, kernel: 9, stride: 1, padding: 0), .flatten, .dense(units: 2)],
            "larger than its input"
        ),
        ([.convolution(filters: 0, kernel: 1, stride: 1, padding: 0)], "out of range"),
        ([.convolution(filters: 1, kernel: 0, stride: 1, padding: 0)], "out of range"),
        ([.convolution(filters: 1, kernel: 1, stride: 0, padding: 0)], "out of range"),
        ([.convolution(filters: 1, kernel: 1, stride: 1, padding: -1)], "out of range"),
        ([.convolution(filters: 1, kernel: .max, stride: .max, padding: .zeros(.max))], "out of range"),
        ([.convolution(filters: .min, kernel: .min, stride: .min, padding: .zeros(.min))], "out of range"),
        ([.maxPool(size: 0, stride: 1)], "out of range"), ([.maxPool(size: 17, stride: 1)], "out of range"),
        ([.maxPool(size: 9, stride: 1)], "larger than its input"), ([.dropout(rate: 1)], "rate"),
        ([.dropout(rate: .nan)], "rate"), ([.flatten, .dense(units: .max)], "units out of range"),
        ([.flatten, .dense(units: 65_536), .dense(units: 65_536)], "units out of range"),
        ([LayerDescription](repeating: .relu, count: 2_000), "more than 1000 layers"),
        (
            [LayerDescription](repeating: .convolution(filters: 65_536, kernel: 1, stride: 1, padding: 0), count: 3),
            "too large"
        ),
    ]

    @Test(arguments: impossible)
    func saysWhatIsImpossible(_ test: (layers: [LayerDescription], says: String)) {
        do {
            _ = try Architecture(input: Shape(height: 8, width: 8, channels: 3), layers: test.layers)
            Issue.record("\(test.layers) was taken")
        } catch {
            #expect(error.description.contains(test.says), "\(error)")
        }
    }

    @Test func hostileInputsAreRefused() {
        for size in [0, -1, .max, .min, 65_537] {
            for shape in [Shape(height: size, width: 8, channels: 3), Shape(height: 8, width: 8, channels: size)] {
                #expect(throws: ArchitectureError.self) {
                    try Architecture(input: shape, layers: [.flatten, .dense(units: 2)])
                }
            }
        }
        #expect(throws: ArchitectureError.self) {
            try Architecture(
                input: Shape(height: 65_536, width: 65_536, channels: 65_536), layers: [.flatten, .dense(units: 2)])
        }
    }

    private static func node(_ name: String, _ layer: LayerDescription, _ inputs: String...) -> Architecture.Node {
        Architecture.Node(name, layer, of: inputs)
    }

    @Test func aGraphSaysWhereEachInputComesFrom() throws {
        let nodes = [
            Self.node("stem", .convolution(filters: 4, kernel: 3, stride: 2, padding: .same), "input"),
            Self.node("deep", .depthwiseConvolution(kernel: 3, stride: 1, padding: 1), "stem"),
            Self.node("sum", .add, "stem", "deep"), Self.node("cut", .relu6, "sum"),
            Self.node("pool", .maxPool(size: 3, stride: 2, padding: 1), "cut"),
            Self.node("mean", .averagePool(size: 2, stride: 1), "pool"),
            Self.node("all", .globalAveragePool, "mean"), Self.node("classes", .dense(units: 2), "all"),
        ]
        let architecture = try Architecture(
            input: Shape(height: 7, width: 8, channels: 3), nodes: nodes, border: [0.5, 0.25, 0])
        let shapes = ["4x4x4", "4x4x4", "4x4x4", "4x4x4", "2x2x4", "4", "4", "2"]
        #expect(architecture.resolved.map(\.output.description) == shapes)
        #expect(architecture.resolved[0].padding == .init(top: 1, left: 0, bottom: 1, right: 1))
        #expect(architecture.resolved[2].sources == [1, 2])
        #expect(architecture.parameterCount == 9 * 3 * 4 + 4 + 9 * 4 + 4 + 4 * 2 + 2)
        let json = metadataJSON(architecture)
        #expect(
            json.hasPrefix(
                #"{"border":[0.5,0.25,0],"input":{"channels":3,"height":7,"width":8},"nodes":[{"inputs":["input"],"layer":"#
                    + #"{"convolution":{"filters":4,"kernel":3,"padding":"same","stride":2}},"name":"stem"},"#))
        #expect(try JSONDecoder().decode(Architecture.self, from: Data(json.utf8)) == architecture)
    }

    private static let impossibleGraphs: [(nodes: [Architecture.Node], says: String)] = [
        ([node("a", .flatten, "b"), node("c", .dense(units: 2), "a")], "layer a takes b, which is no layer before it"),
        ([node("a", .relu, "input", "input")], "layer a has 2 inputs"), ([node("a", .add, "input")], "has 1 inputs"),
        ([node("a", .relu, "input"), node("a", .relu, "a")], "has the name of another"),
        ([node("input", .relu, "input")], "has the name of another"),
        (
            [
                node("a", .flatten, "input"), node("b", .relu, "a"), node("c", .dense(units: 2), "a"),
            ], "nothing takes what b gives"
        ),
        (
            [node("a", .maxPool(size: 2, stride: 2), "input"), node("b", .add, "a", "input")],
            "layer b adds 4x4x3 and 8x8x3"
        ),
    ]

    @Test(arguments: impossibleGraphs)
    func saysWhatIsImpossibleInAGraph(_ test: (nodes: [Architecture.Node], says: String)) {
        do {
            _ = try Architecture(input: Shape(height: 8, width: 8, channels: 3), nodes: test.nodes)
            Issue.record("\(test.nodes) was taken")
        } catch {
            #expect(error.description.contains(test.says), "\(error)")
        }
    }

    @Test func aBorderHasAValueForEachChannel() {
        for border in [[0.5], [0, 0, 2], [0, 0, .nan]] {
            #expect(throws: ArchitectureError.self) {
                try Architecture(
                    input: Shape(height: 8, width: 8, channels: 3),
                    nodes: [Self.node("a", .flatten, "input"), Self.node("b", .dense(units: 2), "a")], border: border)
            }
        }
    }

    @Test func weightsStartGlorotUniform() throws {
        let network = Network(try Architecture.blog(classes: 5))
        let parameters = network.initialParameters(seed: 3)
        #expect(parameters.array == network.initialParameters(seed: 3).array)
        #expect(parameters.array != network.initialParameters(seed: 4).array)
        for tensor in network.tensors {
            let values = parameters.values[tensor.range].array
            let fans = tensor.shape.suffix(2).reduce(0, +) * tensor.shape.dropLast(2).reduce(1, *)
            let limit = tensor.shape.count == 1 ? 0 : Float((6 / Double(fans)).squareRoot())
            let largest = values.reduce(0) { max($0, abs($1)) }
            #expect(largest <= limit && largest >= limit * 0.95, "\(tensor.name)")
        }
    }
}
