import Foundation

/// Models as safetensors files: the network's tensors under their names, everything else as JSON strings in
/// `__metadata__`.
extension Model {
    private static let format = "bagq-model"
    /// Version 1 named its quantisation's ranges by their order; up to version 2 no model told what is unfamiliar to
    /// it, up to version 3 none took label smoothing back.
    private static let version = 4
    /// For whoever reads the file with something else.
    private static let layout = """
        Activations are NHWC and flattened row by row, channels together (HWC). conv2d kernels are [row, column, input channel, \
        output channel] (PyTorch: permute(3, 2, 0, 1)), dense kernels [input, output] (PyTorch: transpose). Pixels are RGB / 255. \
        With q the softmax of the last dense layer's outputs over K `classes`, in order, and e = label_smoothing, their \
        probabilities are proportional to max(q - e / K, e / K / 10) ^ (1 / temperature).
        """

    package func safetensors() -> [UInt8] {
        var metadata = [
            "format": Self.format, "version": "\(Self.version)", "layout": Self.layout,
            "architecture": metadataJSON(network.architecture), "classes": metadataJSON(classes),
            "preprocessing": metadataJSON(preprocessing), "temperature": metadataJSON(calibration.temperature),
            "label_smoothing": metadataJSON(calibration.labelSmoothing), "threshold": metadataJSON(threshold),
        ]
        if let quantization { metadata["quantization"] = metadataJSON(quantization) }
        if let heldOut { metadata["held_out"] = metadataJSON(heldOut) }
        if let validation { metadata["validation"] = metadataJSON(validation) }
        if let seen { metadata["seen"] = metadataJSON(seen) }
        if let data { metadata["data"] = metadataJSON(data) }
        if let training { metadata["training"] = metadataJSON(training) }
        if let familiarity { metadata["familiarity"] = metadataJSON(familiarity.numbers) }
        return Safetensors(
            tensors: network.tensors.map {
                .init(name: $0.name, shape: $0.shape, values: parameters.values[$0.range].array)
            } + (familiarity?.tensors ?? []), metadata: metadata
        ).serialized()
    }

    /// Whether a file claims to be one of these.
    package static func isModel(_ bytes: [UInt8]) -> Bool {
        (try? Safetensors(metadataOf: bytes))?.metadata["format"] == format
    }

    /// Reads a file of unknown origin.
    package init(safetensors bytes: [UInt8]) throws(ModelFileError) {
        let file = try Safetensors(parsing: bytes)
        guard file.metadata["format"] == Self.format else { throw .invalid("it was not made by bagq") }
        let version = file.metadata["version"] ?? "none"
        guard (1...Self.version).map(String.init).contains(version) else {
            throw .invalid("it has version \(version), this bagq knows 1 to \(Self.version); install a newer bagq")
        }
        let network = Network(try file.decode("architecture", as: Architecture.self))
        let hasFamiliarity = file.metadata["familiarity"] != nil
        let needed = network.tensors.count + (hasFamiliarity ? Familiarity.tensorCount : 0)
        guard file.tensors.count == needed else {
            throw .invalid("it has \(file.tensors.count) tensors, its network needs \(needed)")
        }
        // Each tensor is compared with the file before the flat buffer is allocated, so a small file cannot ask for a
        // large one.
        var values: [[Float]] = []
        for tensor in network.tensors {
            let found = try file.values(of: tensor.name, shape: tensor.shape)
            guard found.allSatisfy(\.isFinite) else { throw .tensor(tensor.name, "has values that are not finite") }
            values.append(found)
        }
        let parameters = Buffer<Float>(count: network.parameterCount)
        for (tensor, values) in zip(network.tensors, values) { parameters[tensor.range].copy(from: values) }
        try self.init(
            network: network, parameters: Parameters(parameters), classes: file.decode("classes"),
            preprocessing: file.decode("preprocessing"))

        if file.metadata["temperature"] != nil { calibration.temperature = try file.decode("temperature") }
        guard (0.001...1_000).contains(calibration.temperature) else {
            throw .invalid("its temperature is out of range")
        }
        if file.metadata["label_smoothing"] != nil {
            calibration.labelSmoothing = try file.decode("label_smoothing")
        }
        guard (0..<1).contains(calibration.labelSmoothing) else {
            throw .invalid("its label smoothing is not within 0 and 1")
        }
        threshold = try file.decode("threshold")
        guard (0...1).contains(threshold) else { throw .invalid("its threshold is not within 0 and 1") }
        guard abs(threshold * 20 - (threshold * 20).rounded()) < 1e-6 else {
            throw .invalid(
                "its threshold of \(threshold) is no multiple of 0.05; confidences are counted in such steps")
        }
        if file.metadata["quantization"] != nil {
            let quantization: Quantization =
                try version == "1"
                ? Quantization(file.decode("quantization", as: Quantization.Ordered.self), network)
                : file.decode("quantization")
            do throws(QuantizationError) { try adopt(quantization) } catch {
                throw .invalid("its quantization does not fit its network: \(error)")
            }
        }
        if hasFamiliarity {
            familiarity = try Familiarity(file.decode("familiarity"), in: file, features: network.featureCount)
        }
        heldOut = try file.counts("held_out", classes: classes.count)
        validation = try file.counts("validation", classes: classes.count)
        if file.metadata["seen"] != nil { seen = try file.decode("seen", as: SeenPictures.self) }
        if file.metadata["data"] != nil {
            let data = try file.decode("data", as: DataRecord.self)
            guard data.training.count == classes.count, data.training.allSatisfy((0...1 << 32).contains) else {
                throw .invalid("its data do not fit its classes")
            }
            self.data = data
        }
        if file.metadata["training"] != nil { training = try file.decode("training", as: TrainingRecord.self) }
    }
}

extension HeldOut {
    /// What a model's file keeps, read without its weights; nil where it keeps none.
    package init?(safetensors bytes: [UInt8]) throws(ModelFileError) {
        let file = try Safetensors(metadataOf: bytes)
        guard let counts = try file.counts("held_out", classes: file.decode("classes", as: [String].self).count)
        else { return nil }
        self = counts
    }
}

extension Safetensors {
    /// Nil where there are none.
    fileprivate func counts(_ key: String, classes: Int) throws(ModelFileError) -> HeldOut? {
        guard metadata[key] != nil else { return nil }
        let counts = try decode(key, as: HeldOut.self)
        guard counts.fits(classes: classes) else { throw .invalid("its \(key) counts do not fit its classes") }
        return counts.total > 0 ? counts : nil
    }

    fileprivate func decode<Value: Decodable>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(ModelFileError) -> Value {
        guard let text = metadata[key] else { throw .invalid("its metadata lack \(key)") }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch let error as ArchitectureError {
            throw .invalid("its \(key) is an \(error)")
        } catch {
            throw .invalid("its metadata's \(key) cannot be read")
        }
    }
}
