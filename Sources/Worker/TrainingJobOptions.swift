package import CNN

/// What a training job carries as JSON: the trainer's options, and beside them what changes nothing about the model.
package struct TrainingJobOptions: Codable, Hashable, Sendable {
    package var training: TrainingOptions
    /// Memory for decoded pictures in MiB; nil for what the worker has been given.
    package var cacheMegabytes: Int?

    package init(training: TrainingOptions, cacheMegabytes: Int? = nil) {
        (self.training, self.cacheMegabytes) = (training, cacheMegabytes)
    }

    private enum CodingKeys: String, CodingKey { case cacheMegabytes }

    package init(from decoder: any Decoder) throws {
        training = try TrainingOptions(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cacheMegabytes = try container.decodeIfPresent(Int.self, forKey: .cacheMegabytes)
    }

    /// All in one object, for the trainer's options were once alone in it.
    package func encode(to encoder: any Encoder) throws {
        try training.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(cacheMegabytes, forKey: .cacheMegabytes)
    }
}
