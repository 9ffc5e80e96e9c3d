import Foundation
import Testing

@testable import CNN

struct ModelTests {
    private static func architecture(classes: Int = 3) throws -> Architecture {
        try Architecture(
            input: Shape(height: 8, width: 10, channels: 3),
            layers: [
                .convolution(filters: 5, kernel: 3, stride: 1, padding: 0), .relu, .maxPool(size: 2, stride: 2),
                .flatten, .dense(units: 6), .relu, .dropout(rate: 0.5), .dense(units: classes),
            ])
    }

    private static func model(classes: [String] = ["Chanel", "Dior", "_other"], seed: UInt64 = 1) throws -> Model {
        try Model(
            untrained: architecture(), seed: seed, classes: classes,
            preprocessing: Preprocessing(width: 10, height: 8))
    }

    private static func predict(
        _ model: Model, _ pixels: [UInt8], count: Int, capacity: Int = 16, level: KernelLevel
    ) throws -> [Float] {
        let predictor = try Predictor(model: model, precision: .fp32, level: level, capacity: capacity)
        var result = [Float](repeating: 0, count: count * model.classes.count)
        var span = result.mutableSpan
        predictor.predict(pixels.span, count: count, into: &span)
        return result
    }

    private static func pixels(_ count: Int) -> [UInt8] {
        var noise = Noise(8)
        return (0..<count * 240).map { _ in UInt8(noise.integer(0...255)) }
    }

    @Test func comesBackFromItsFile() throws {
        var model = try Self.model()
        (model.calibration, model.threshold) = (Calibration(labelSmoothing: 0.1, temperature: 1.25), 0.55)
        var heldOut = HeldOut(part: .test)
        heldOut.add(label: 1, predicted: 1, step: 14)
        heldOut.add(label: 2, predicted: 1, step: 19)
        #expect(heldOut.total == 2 && heldOut.right == 1)
        #expect(heldOut.counts[HeldOut.Cell(label: 2, predicted: 1, step: 19)] == 1)
        heldOut.reliability = Reliability(probabilities: [[0.2, 0.7, 0.1], [0, 0.95, 0.05]], labels: [1, 2])
        model.heldOut = heldOut
        var validation = HeldOut(part: .validation)
        validation.add(label: 0, predicted: 0, step: 20)
        model.validation = validation
        model.data = Model.DataRecord(fingerprint: "00ff", training: [3, 0, 2])
        model.seen = SeenPictures(training: [.max, 7, 1 << 40], validation: [9])
        model.training = Model.TrainingRecord(
            options: TrainingOptions(),
            history: [
                EpochReport(
                    epoch: 1, trainingLoss: 1.0 / 3, trainingAccuracy: 0.5, validationLoss: nil,
                    validationAccuracy: nil, isBest: false)
            ], kernelLevel: .portable)
        let file = model.safetensors()
        let back = try Model(safetensors: file)
        #expect(back.classes == model.classes && back.preprocessing == model.preprocessing)
        #expect(back.calibration == model.calibration && back.threshold == 0.55)
        #expect(back.validation == validation && back.data == model.data)
        #expect(
            back.heldOut == heldOut && heldOut.reliability != nil && back.training == model.training
                && back.seen == model.seen)
        #expect([7, .max, 9, 8].map { back.seen?.use(of: $0) } == [.training, .training, .validation, nil])
        #expect(back.network.architecture == model.network.architecture)
        #expect(back.parameters.array == model.parameters.array)
        #expect(back.safetensors() == file)

        let tensors = try Safetensors(parsing: file).tensors
        #expect(tensors.first { $0.name == "conv2d_1.kernel" }?.shape == [3, 3, 3, 5])
        #expect(tensors.first { $0.name == "dense_2.bias" }?.shape == [3])
    }

    @Test(arguments: KernelLevel.allCases)
    func aPicturesAnswerIsItsOwn(_ level: KernelLevel) throws {
        _ = try kernels(level)
        let model = try Self.model()
        let pixels = Self.pixels(11)
        let together = try Self.predict(model, pixels, count: 11, level: level)
        for picture in 0..<11 {
            let own = Array(pixels[picture * 240..<(picture + 1) * 240])
            let alone = try Self.predict(model, own, count: 1, capacity: 1, level: level)
            #expect(alone == Array(together[picture * 3..<(picture + 1) * 3]))
            #expect(abs(alone.reduce(0, +) - 1) < 1e-6)
        }
        let reference = try Self.predict(model, pixels, count: 11, level: .portable)
        #expect(largestDifference(together, reference.map(Double.init)) < 1e-5)
    }

    @Test func answersAreCalibrated() throws {
        var model = try Self.model()
        let (smoothing, temperature) = (0.3, 0.8)
        model.calibration = Calibration(labelSmoothing: smoothing, temperature: temperature)
        let pixels = Self.pixels(5)
        let answers = try Self.predict(model, pixels, count: 5, level: .portable)
        let predictor = try Predictor(model: model, precision: .fp32, level: .portable, capacity: 5)
        let logits = predictor.logits(of: pixels.span, count: 5).array
        for picture in 0..<5 {
            let weights = logits[picture * 3..<(picture + 1) * 3].map { exp(Double($0)) }
            let powers = weights.map { weight in
                pow(max(weight / weights.reduce(0, +) - smoothing / 3, smoothing / 30), 1 / temperature)
            }
            for (answer, power) in zip(answers[(picture * 3)...], powers) {
                #expect(abs(Double(answer) - power / powers.reduce(0, +)) < 1e-6)
            }
        }
    }

    @Test func anOverflowingNetworkAnswersNothing() throws {
        let model = try Self.model()
        let huge = Buffer<Float>(count: model.parameters.count)
        huge.fill(with: 1e30)
        let overflowing = try Model(
            network: model.network, parameters: Parameters(huge), classes: model.classes,
            preprocessing: model.preprocessing)
        let answer = try Self.predict(overflowing, Self.pixels(1), count: 1, level: .chosen(nil))
        #expect(answer == [Float](repeating: 1 / 3, count: 3))
    }

    @Test func classesAndSizeMustFit() throws {
        let preprocessing = Preprocessing(width: 8, height: 8)
        #expect(throws: ModelFileError.self) { try Self.model(classes: ["a", "b"]) }
        #expect(throws: ModelFileError.self) { try Self.model(classes: ["a", "b", "a"]) }
        #expect(throws: ModelFileError.self) {
            try Model(
                untrained: Self.architecture(), seed: 0, classes: ["a", "b", "c"], preprocessing: preprocessing)
        }
    }

    /// What each change of a good file's metadata is answered with.
    private static let changes: [(key: String, value: String?, says: String)] = [
        ("format", nil, "not made by bagq"), ("version", "5", "install a newer bagq"),
        ("architecture", nil, "lack architecture"), ("architecture", "{}", "cannot be read"),
        ("architecture", #"{"input":{"height":8,"width":10,"channels":3},"layers":[]}"#, "must be a dense one"),
        (
            "architecture",
            #"{"input":{"height":9000000000,"width":10,"channels":3},"layers":[{"flatten":{}},{"dense":{"units":3}}]}"#,
            "out of range"
        ),
        (
            "architecture",
            #"{"input":{"height":65536,"width":4096,"channels":1},"layers":[{"flatten":{}},{"dense":{"units":65536}}]}"#,
            "units out of range"
        ),
        ("classes", #"["a","b","b"]"#, "different names"), ("classes", #"["a","b"]"#, "different names"),
        ("classes", "7", "cannot be read"), ("preprocessing", #"{"width":0}"#, "cannot be read"),
        ("preprocessing", #"{"width":8,"height":10,"resize":"squash"}"#, "its pictures are made"),
        ("temperature", "0", "temperature"), ("temperature", "-1", "temperature"),
        ("temperature", "1e999", "temperature"),
        ("label_smoothing", "1", "label smoothing"), ("label_smoothing", "-0.1", "label smoothing"),
        ("threshold", "1.5", "threshold"), ("threshold", "\"x\"", "cannot be read"),
        ("held_out", #"{"part":"test","counts":[[1]]}"#, "cannot be read"),
        ("held_out", #"{"part":"test","counts":[[3,0,0,1]]}"#, "held_out counts"),
        ("held_out", #"{"part":"test","counts":[[0,0,21,1]]}"#, "held_out counts"),
        ("held_out", #"{"part":"test","counts":[[0,0,0,9000000000000000000]]}"#, "held_out counts"),
        ("validation", #"{"part":"validation","counts":[[0,3,0,1]]}"#, "validation counts"),
        ("data", #"{"fingerprint":"0","training":[1,2]}"#, "data do not fit"),
        ("data", #"{"fingerprint":"0","training":[1,2,-1]}"#, "data do not fit"),
        ("training", "[]", "cannot be read"),
    ]

    @Test(arguments: changes)
    func aChangedFileIsRefused(_ change: (key: String, value: String?, says: String)) throws {
        var file = try Safetensors(parsing: Self.model().safetensors())
        file.metadata[change.key] = change.value
        do {
            _ = try Model(safetensors: file.serialized())
            Issue.record("\(change.key) = \(change.value ?? "none") was taken")
        } catch {
            #expect("\(error)".contains(change.says), "\(error)")
        }
    }

    /// As files have it that were made before there was either.
    @Test func withoutACalibrationAnswersStayAsTheyAre() throws {
        var file = try Safetensors(parsing: Self.model().safetensors())
        (file.metadata["temperature"], file.metadata["label_smoothing"]) = (nil, nil)
        file.metadata["version"] = "3"
        #expect(try Model(safetensors: file.serialized()).calibration == Calibration())
    }

    @Test func tensorsMustBeTheNetworks() throws {
        let good = try Safetensors(parsing: Self.model().safetensors())
        let changes: [(inout Safetensors) -> Void] = [
            { $0.tensors.removeLast() }, { $0.tensors.append(.init(name: "more", shape: [], values: [1])) },
            { $0.tensors[0].name = "other" }, { $0.tensors[0].values[0] = .nan },
            { $0.tensors[0].values[0] = .infinity },
            { $0.tensors[0].shape = $0.tensors[0].shape.reversed() + [1] },
        ]
        for change in changes {
            var file = good
            change(&file)
            #expect(throws: ModelFileError.self) { try Model(safetensors: file.serialized()) }
        }
        #expect(throws: ModelFileError.self) { try Model(safetensors: []) }
    }

    /// A file of another's metadata: its key's value is replaced.
    private static func changed(_ key: String, to value: String) throws -> [UInt8] {
        var file = try Safetensors(parsing: model().safetensors())
        file.metadata[key] = value
        return file.serialized()
    }

    /// Confidences are counted in steps of 5 %, so a threshold between two would be printed as one thing and applied as
    /// another.
    @Test(arguments: ["0.53", "0.049", "0.9999"])
    func aThresholdBetweenStepsIsRefused(threshold: String) throws {
        let error = #expect(throws: ModelFileError.self) {
            try Model(safetensors: Self.changed("threshold", to: threshold))
        }
        #expect(error?.description.contains("threshold of \(threshold) is no multiple of 0.05") == true)
    }

    @Test func everyStepIsAThreshold() throws {
        for step in 0...20 {
            let threshold = 0.05 * Double(step)
            #expect(try Model(safetensors: Self.changed("threshold", to: "\(threshold)")).threshold == threshold)
        }
    }

    /// A hundred bytes may describe a network whose values fill the memory: refused before anything is made of it.
    @Test(arguments: [
        #"{"input":{"height":4096,"width":4096,"channels":3},"layers":[{"flatten":{}},{"dense":{"units":2}}]}"#,
        #"{"input":{"height":600,"width":600,"channels":3},"layers":[{"convolution":{"filters":128,"kernel":1,"stride":1,"padding":0}},{"flatten":{}},{"dense":{"units":2}}]}"#,
    ])
    func aSmallFileCannotAskForGigabytes(architecture: String) throws {
        let error = #expect(throws: ModelFileError.self) {
            try Model(safetensors: Self.changed("architecture", to: architecture))
        }
        #expect(error?.description.contains("a batch would take gigabytes") == true)
    }

    @Test func noDamageTraps() throws {
        let file = try Self.model().safetensors()
        var noise = Noise(6)
        for _ in 0..<300 {
            var damaged = file
            for _ in 0..<noise.integer(1...3) {
                damaged[noise.integer(0...file.count / 2)] = UInt8(noise.integer(0...255))
            }
            // The header's digits are where sizes hide.
            if let model = try? Model(safetensors: damaged) {
                _ = try Self.predict(model, Self.pixels(1), count: 1, level: .portable)
            }
        }
    }
}
