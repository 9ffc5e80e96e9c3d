import Testing

@testable import CNN

/// What `bagq-bench kernels` prints: every layer with its kernels, and as many operations as the shapes say.
struct ProfileTests {
    private static let batch = 4

    /// The second convolution is padded, and its pooling leaves out a row and a column of the 7 x 9.
    private static func model() throws -> Model {
        let layers: [LayerDescription] = [
            .convolution(filters: 5, kernel: 3, stride: 1, padding: 0), .relu,
            .convolution(filters: 4, kernel: 3, stride: 1, padding: 1), .relu, .maxPool(size: 2, stride: 2),
            .convolution(filters: 3, kernel: 1, stride: 1, padding: 0), .relu, .maxPool(size: 3, stride: 3),
            .flatten, .dense(units: 6), .relu, .dense(units: 2),
        ]
        let pixels = Noises()
        var model = try Model(
            untrained: Architecture(input: Shape(height: 9, width: 11, channels: 3), layers: layers), seed: 1,
            classes: ["a", "b"], preprocessing: Preprocessing(width: 11, height: 9))
        try model.quantize(calibration: pixels, choice: pixels, comparison: pixels, level: .portable, threads: 1)
        return model
    }

    private struct Noises: PixelPictures {
        let count = 2

        func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) {
            for i in pixels.indices { pixels[i] = UInt8(truncatingIfNeeded: i * 37 + index) }
        }
    }

    /// Multiply-adds of a picture.
    private static let first = 7 * 9 * 27 * 5
    private static let second = 6 * 8 * 45 * 4
    private static let third = 3 * 3 * 4 * 3

    /// Runs each kernel once.
    private static func once(_ run: () -> Void) -> Double {
        run()
        return 1
    }

    private static func works(_ profiles: [LayerProfile]) -> [String: LayerProfile.Work] {
        Dictionary(profiles.map { ($0.name, $0.work) }) { first, _ in first }
    }

    @Test(arguments: KernelLevel.allCases)
    func predictionHasEveryLayer(_ level: KernelLevel) throws {
        _ = try kernels(level)
        let model = try Self.model()
        let layers: [String: LayerProfile.Work] = [
            "conv2d_1": .operations(2 * Self.first), "conv2d_2": .operations(2 * Self.second),
            "conv2d_3": .operations(2 * Self.third), "dense_1": .operations(2 * 3 * 6),
            "dense_2": .operations(2 * 6 * 2),
        ]
        var fp32 = layers
        fp32["max_pooling2d_1"] = .bytes(3 * 2 * 9 * 4 * 4)
        fp32["max_pooling2d_2"] = .bytes(1 * 3 * 4 * 3 * 4)
        var int8 = layers
        int8["max_pooling2d_2"] = .bytes(1 * 3 * 4 * 3)
        #expect(Self.works(try model.profile(.fp32, level: level, clock: Self.once)) == fp32)
        #expect(Self.works(try model.profile(.int8, level: level, clock: Self.once)) == int8)
        for precision in PredictionPrecision.allCases {
            #expect(Model.multiplyAdds(precision, level: level, repeats: 10) > 0)
        }
    }

    /// Each kernel of the backbone's shapes, with the multiply-adds that they have: EfficientNet-Lite0's 12 kinds of
    /// depthwise and 19 of 1 x 1 convolutions.
    @Test func aBackboneHasEveryKernel() throws {
        let level = try KernelLevel.chosen(nil)
        for precision in PredictionPrecision.allCases {
            let works = Self.works(try LayerProfile.backbone(precision, level: level, clock: Self.once))
            #expect(works.count == 31)
            #expect(works["depthwise_56x144_5s2"] == .operations(2 * 28 * 28 * 144 * 25))
            #expect(works["pointwise_7x1152_320"] == .operations(2 * 49 * 1_152 * 320))
        }
        for precision in TrainingPrecision.supported(at: level) {
            let works = Self.works(try LayerProfile.backboneGradients(precision, level: level, clock: Self.once))
            #expect(works.count == (precision == .fp32 ? 2 * 31 : 3 * 19))
            #expect(works["pointwise_7x1152_320.weight_gradient"] == .operations(2 * 49 * 1_152 * 320))
        }
    }

    @Test(arguments: KernelLevel.allCases, TrainingPrecision.allCases)
    func trainingHasEveryGradient(_ level: KernelLevel, _ precision: TrainingPrecision) throws {
        try require(precision, at: level)
        let model = try Self.model()
        let profiles = try model.profile(training: precision, batch: Self.batch, level: level, clock: Self.once)
        var works = Self.works(profiles)
        for (number, count) in [Self.first, Self.second, Self.third].enumerated() {
            for kernel in ["forward", "weight_gradient", "input_gradient"] {
                let work = works.removeValue(forKey: "conv2d_\(number + 1).\(kernel)")
                // Nothing is before the first layer that could want its input's gradient.
                let isWanted = number > 0 || kernel != "input_gradient"
                #expect(work == (isWanted ? .operations(2 * count) : nil), "conv2d_\(number + 1).\(kernel)")
            }
        }
        let (hidden, last) = (2 * Self.batch * 3 * 6, 2 * Self.batch * 6 * 2)
        let rest: [String: LayerProfile.Work] =
            switch precision {
            case .fp32:
                [
                    "max_pooling2d_1.forward": .bytes(864), "max_pooling2d_1.backward": .bytes(864),
                    "max_pooling2d_2.forward": .bytes(144), "max_pooling2d_2.backward": .bytes(144),
                    "dense_1.forward": .operations(hidden), "dense_1.backward": .operations(2 * hidden),
                    "dense_2.forward": .operations(last), "dense_2.backward": .operations(2 * last),
                ]
            case .bf16: ["round": .bytes(316 * 4), "interleave": .bytes(316 * 4)]
            }
        #expect(works == rest)
        #expect(Model.multiplyAdds(training: precision, level: level, repeats: 10) > 0)
    }
}
