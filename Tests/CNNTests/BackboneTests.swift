import Foundation
import Testing

@testable import CNN

/// Networks and files of timm's, against what timm makes of them: vectors/README.md.
struct BackboneTests {
    private struct Vectors: Decodable {
        let size: Int
        let networks: [String: Expected]

        struct Expected: Decodable {
            let mean: [Double]
            let std: [Double]
            let logits: [Float]
        }

        static func read() throws -> Vectors {
            let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors/backbones.json")
            return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        }
    }

    /// Two small ones; the smallest of each family and of each padding in the slow run; all in the exhaustive one.
    private static let names: [String] = {
        let environment = ProcessInfo.processInfo.environment
        if environment["BAGQ_EXHAUSTIVE_TESTS"] != nil { return Backbone.all.map(\.name) }
        let quick = ["tf_efficientnet_lite0", "mobilenetv1_100"]
        return environment["BAGQ_SLOW_TESTS"] == nil ? quick : quick + ["efficientnet_lite0", "resnet18"]
    }()

    @Test(arguments: names)
    func agreesWithTimm(_ name: String) throws {
        let vectors = try Vectors.read()
        let expected = try #require(vectors.networks[name])
        let weights = try PretrainedWeights(
            file: Self.file(name), config: Self.config(name, expected))
        #expect(weights.backbone.name == name && weights.configuration.license == "apache-2.0")
        let architecture = try weights.backbone.architecture(
            height: vectors.size, width: vectors.size, classes: expected.logits.count, mean: expected.mean)
        let network = Network(architecture)
        let parameters = try weights.parameters(of: network, seed: 0)
        let pixels = PatternNoise.bits("picture", count: architecture.input.count).map { UInt8($0 >> 24) }
        for level in KernelLevel.supported {
            let kernels = try #require(Kernels(level))
            let derived = DerivedWeights(network.convolutions, parameters, kernels: kernels, for: .prediction)
            let forward = ForwardPass(network, derived, capacity: 1)
            kernels.rescale(pixels.span, into: forward.input)
            let logits = forward.run(count: 1).array
            let scale = expected.logits.reduce(0) { max($0, abs($1)) }
            let worst = zip(logits, expected.logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-3 * scale && scale > 0.1, "\(level): \(worst) of \(scale)")
        }
    }

    @Test func knowsTimmsNetworks() throws {
        #expect(try Set(Backbone.all.map(\.name)) == Set(Vectors.read().networks.keys))
        // Of 1,000 classes, as timm counts them, without the batch normalisations' two for each channel that one bias
        // replaces.
        let counts = ["tf_efficientnet_lite0": 4_652_008, "mobilenetv1_100": 4_231_976, "resnet50": 25_557_032]
        for (name, count) in counts {
            let backbone = try Self.backbone(name)
            let channels = backbone.convolutions.reduce(0) { $0 + $1.shape[0] }
            let architecture = try backbone.architecture(height: 224, width: 224, classes: 1_000, mean: [0, 0, 0])
            #expect(architecture.parameterCount == count - channels, "\(name)")
        }
    }

    @Test func theConfigurationSaysHowPicturesWereMade() throws {
        func weights(_ entry: String) throws -> PretrainedWeights {
            let config = #"{"architecture":"mobilenetv1_100","pretrained_cfg":{\#(entry)}}"#
            return try PretrainedWeights(file: Self.file("mobilenetv1_100"), config: Data(config.utf8))
        }
        #expect(try weights("").configuration.crop == 0.875)
        #expect(try weights(#""crop_pct":0.95"#).configuration.crop == 0.95)
        Self.refuses("has a crop_pct of 1.5") { _ = try weights(#""crop_pct":1.5"#) }
        #expect(try weights("").configuration.interpolation == .bicubic)
        #expect(try weights(#""interpolation":"bilinear""#).configuration.interpolation == .bilinear)
        Self.refuses("has the interpolation \"lanczos\"; bagq has bilinear and bicubic") {
            _ = try weights(#""interpolation":"lanczos""#)
        }
    }

    @Test func withoutAConfigurationTheTensorsTellTheNetwork() throws {
        let mobile = try PretrainedWeights(file: Self.file("mobilenetv1_100"), config: nil)
        #expect(mobile.backbone.name == "mobilenetv1_100")
        Self.refuses(
            "tf_efficientnet_lite0 or efficientnet_lite0, which differ in padding; put its config.json beside it"
        ) {
            _ = try PretrainedWeights(
                file: Self.file("tf_efficientnet_lite0"), config: nil)
        }
        Self.refuses("none of the networks that bagq knows") {
            _ = try PretrainedWeights(weights: Safetensors(tensors: [], metadata: [:]).serialized(), config: nil)
        }
    }

    @Test func saysWhatIsWrongWithAFile() throws {
        let name = "mobilenetv1_100"
        let (backbone, vectors) = (try Self.backbone(name), try Vectors.read())
        let whole = try Self.file(name)
        let expected = try #require(vectors.networks[name])
        func load(_ change: (inout Safetensors) -> Void) throws {
            var file = whole
            change(&file)
            let weights = try PretrainedWeights(file: file, config: Self.config(name, expected))
            let architecture = try backbone.architecture(height: 32, width: 32, classes: 3, mean: expected.mean)
            _ = try weights.parameters(of: Network(architecture), seed: 0)
        }
        try load { _ in }
        let tensor = "blocks.2.1.bn2.running_var"
        Self.refuses("tensor \"\(tensor)\" is missing") {
            try load { $0.tensors.removeAll { $0.name == tensor } }
        }
        Self.refuses("tensor \"extra\" is none of mobilenetv1_100's") {
            try load { $0.tensors.append(.init(name: "extra", shape: [1], values: [1])) }
        }
        Self.refuses("tensor \"conv_stem.weight\" has shape [1], not [32, 3, 3, 3]") {
            try load { $0.tensors[0] = .init(name: "conv_stem.weight", shape: [1], values: [1]) }
        }
        Self.refuses("has values that are not finite") { try load { $0.tensors[0].values[5] = .nan } }
        Self.refuses("its network is \"vgg11\"; bagq knows tf_efficientnet_lite0") {
            _ = try PretrainedWeights(file: whole, config: Self.config("vgg11", expected))
        }
        Self.refuses("config.json beside it is not one of timm's") {
            _ = try PretrainedWeights(file: whole, config: Data("[]".utf8))
        }
        for config in [
            #"{"architecture":"resnet18","pretrained_cfg":{"std":[0,1,1]}}"#,
            #"{"architecture":"resnet18","pretrained_cfg":{"input_size":[3,1e9,7]}}"#,
            #"{"architecture":"resnet18","pretrained_cfg":{"input_size":[3,224,256]}}"#,
        ] {
            Self.refuses("config.json beside it") {
                _ = try PretrainedWeights(file: whole, config: Data(config.utf8))
            }
        }
    }

    /// Halves as floats, the odd ones too: the last of each pair is what IEEE 754 says it is.
    @Test func readsShortFloats() throws {
        let halves: [(UInt16, Float)] = [
            (0x3C00, 1), (0xC000, -2), (0x0001, 0x1p-24), (0x03FF, 1023 * 0x1p-24), (0x7BFF, 65_504), (0x8000, 0),
            (0x7C00, .infinity),
        ]
        let brains: [(UInt16, Float)] = [(0x3F80, 1), (0xC0A0, -5), (0x7F80, .infinity)]
        for (type, pairs) in [("F16", halves), ("BF16", brains)] {
            let header = #"{"a":{"dtype":"\#(type)","shape":[\#(pairs.count)],"data_offsets":[0,\#(2 * pairs.count)]}}"#
            var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
            for (bits, _) in pairs { bytes += [UInt8(bits & 255), UInt8(bits >> 8)] }
            #expect(try Safetensors(parsing: bytes).tensors[0].values == pairs.map(\.1))
        }
    }

    private static func backbone(_ name: String) throws -> Backbone {
        try #require(Backbone.all.first { $0.name == name })
    }

    /// Of the default run, made once.
    private static let mobile = Result { try makeFile(backbone("mobilenetv1_100")) }
    private static let lite = Result { try makeFile(backbone("tf_efficientnet_lite0")) }

    private static func file(_ name: String) throws -> Safetensors {
        switch name {
        case "mobilenetv1_100": try mobile.get()
        case "tf_efficientnet_lite0": try lite.get()
        default: try makeFile(backbone(name))
        }
    }

    private static func refuses(_ text: String, _ body: () throws -> Void) {
        do {
            try body()
            Issue.record("taken, though \(text)")
        } catch {
            #expect("\(error)".contains(text), "\(error)")
        }
    }

    private static func config(_ name: String, _ expected: Vectors.Expected) -> Data {
        Data(
            #"""
            {"architecture":"\#(name)","num_classes":10,"pretrained_cfg":{"mean":\#(expected.mean),"std":\#(expected.std),
            "input_size":[3,224,224],"license":"apache-2.0","crop_pct":0.875}}
            """#.utf8)
    }

    /// The file that timm would write of the network with the weights of vectors/backbones.py.
    private static func makeFile(_ backbone: Backbone) -> Safetensors {
        var tensors = [
            PatternNoise.tensor("\(backbone.head).weight", [10, backbone.featureCount]),
            PatternNoise.tensor("\(backbone.head).bias", [10]),
        ]
        for convolution in backbone.convolutions {
            tensors.insert(PatternNoise.tensor("\(convolution.name).weight", convolution.shape), at: tensors.count - 2)
            for part in ["weight", "bias", "running_mean", "running_var"] {
                tensors.append(PatternNoise.tensor("\(convolution.norm).\(part)", [convolution.shape[0]]))
            }
        }
        return Safetensors(tensors: tensors, metadata: ["format": "pt"])
    }
}

/// The numbers of vectors/backbones.py.
enum PatternNoise {
    static func bits(_ name: String, count: Int) -> [UInt32] {
        let seed = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return (0..<UInt32(count)).map { index in
            var x = seed ^ (index &* 2_654_435_761)
            x = (x ^ x >> 15) &* 0x2C1B_3C6D
            return x ^ x >> 12
        }
    }

    static func tensor(_ name: String, _ shape: [Int]) -> Safetensors.Tensor {
        let limit = (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
        let values = bits(name, count: shape.reduce(1, *)).map { bits -> Float in
            let u = Double(bits) / 0x1p31 - 1
            if name.hasSuffix("running_var") { return Float(1 + 0.9 * u) }
            if name.hasSuffix("running_mean") || name.hasSuffix("bias") { return Float(0.1 * u) }
            return Float(shape.count == 1 ? 1 + 0.2 * u : u * limit)
        }
        return .init(name: name, shape: shape, values: values)
    }
}
