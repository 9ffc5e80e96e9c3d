import Foundation

/// A trainer's state as bytes: a safetensors file of flat tensors, with the rest as JSON in its metadata.
struct TrainingCheckpoint {
    /// What a checkpoint belongs to. Another trainer's is refused.
    struct Header: Codable, Equatable {
        var version = 2
        var options: TrainingOptions
        var architecture: Architecture
        var level: KernelLevel
        var precision: TrainingPrecision
        /// Which pictures: of their labels and identities.
        var trainingCount: Int
        var validationCount: Int
        var pictureHash: UInt64

        init(
            options: TrainingOptions, architecture: Architecture, level: KernelLevel, precision: TrainingPrecision,
            training: any TrainingPictures, validation: any TrainingPictures
        ) {
            (self.options, self.architecture) = (options, architecture)
            (self.level, self.precision) = (level, precision)
            let labels = training.labels + validation.labels
            trainingCount = training.labels.count
            validationCount = labels.count - trainingCount
            // FNV-1a.
            let words = labels.map { UInt64(truncatingIfNeeded: $0) } + training.identities + validation.identities
            pictureHash = words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
        }
    }

    var header: Header
    var progress: TrainingProgress
    var parameters: [Float]
    var m: [Float]
    var v: [Float]
    var best: [Float]?
    /// Where the options ask for one.
    var average: [Float]?
}

extension TrainingCheckpoint {
    func serialized() -> [UInt8] {
        var tensors = [("parameters", parameters), ("adam_m", m), ("adam_v", v)]
        if let best { tensors.append(("best", best)) }
        if let average { tensors.append(("average", average)) }
        return Safetensors(
            tensors: tensors.map { .init(name: $0.0, shape: [$0.1.count], values: $0.1) },
            metadata: ["header": metadataJSON(header), "progress": metadataJSON(progress)]
        ).serialized()
    }

    init(parsing bytes: [UInt8]) throws(TrainingError) {
        do {
            let file = try Safetensors(parsing: bytes)
            func decode<Value: Decodable>(_ key: String) throws -> Value {
                guard let text = file.metadata[key] else { throw TrainingError.checkpoint("it has no \(key)") }
                return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
            }
            func values(_ name: String) -> [Float]? { file.tensors.first { $0.name == name }?.values }
            guard let parameters = values("parameters"), let m = values("adam_m"), let v = values("adam_v") else {
                throw TrainingError.checkpoint("it lacks a tensor")
            }
            (header, progress) = (try decode("header"), try decode("progress"))
            (self.parameters, self.m, self.v) = (parameters, m, v)
            (best, average) = (values("best"), values("average"))
        } catch let error as TrainingError {
            throw error
        } catch let error as ModelFileError {
            throw .checkpoint("\(error)")
        } catch {
            throw .checkpoint("its metadata is damaged")
        }
    }

    /// Throws unless it was made by a trainer with this header, and is in itself possible.
    func validate(against expected: Header, parameterCount: Int) throws(TrainingError) {
        guard header.version == expected.version else {
            throw .checkpoint("it has version \(header.version), this bagq knows \(expected.version)")
        }
        guard header.level == expected.level else {
            throw .checkpoint("it was made with \(header.level.rawValue) kernels, these are \(expected.level.rawValue)")
        }
        guard header.precision == expected.precision else {
            throw .checkpoint("it was made in \(header.precision.rawValue), this is \(expected.precision.rawValue)")
        }
        guard header == expected else { throw .checkpoint("it belongs to other pictures or other options") }
        let tensors = [parameters, m, v] + [best, average].compactMap(\.self)
        guard tensors.allSatisfy({ $0.count == parameterCount && $0.allSatisfy(\.isFinite) }) else {
            throw .checkpoint("its weights are damaged")
        }
        let p = progress
        guard (0...header.options.epochs).contains(p.epochs), p.history.count == p.epochs,
            (0...header.trainingCount).contains(p.position), p.training.count == p.position, p.steps >= 0,
            p.best.map(p.history.indices.contains) ?? true, (p.best == nil) == (best == nil),
            (header.options.weightAveraging == nil) == (average == nil)
        else { throw .checkpoint("its progress is damaged") }
    }
}

/// As JSON with sorted keys, so equal values give equal bytes.
func metadataJSON(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding fails for infinite numbers alone, and nothing that is kept has any.
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
}
