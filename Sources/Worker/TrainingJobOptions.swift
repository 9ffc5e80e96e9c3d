package import CNN

/// What a training job carries as JSON: the trainer's options, and beside them what it starts from and what changes nothing about the model.
package struct TrainingJobOptions: Codable, Hashable, Sendable {
    package var training: TrainingOptions
    /// Memory for decoded pictures in MiB; nil for what the worker has been given.
    package var cacheMegabytes: Int?
    /// Nil for training from scratch.
    package var origin: TrainingOrigin?

    package init(training: TrainingOptions, cacheMegabytes: Int? = nil, origin: TrainingOrigin? = nil) {
        (self.training, self.cacheMegabytes, self.origin) = (training, cacheMegabytes, origin)
    }

    private enum CodingKeys: String, CodingKey { case cacheMegabytes, origin }

    package init(from decoder: any Decoder) throws {
        training = try TrainingOptions(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cacheMegabytes = try container.decodeIfPresent(Int.self, forKey: .cacheMegabytes)
        origin = try container.decodeIfPresent(TrainingOrigin.self, forKey: .origin)
    }

    /// All in one object, for the trainer's options were once alone in it.
    package func encode(to encoder: any Encoder) throws {
        try training.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(cacheMegabytes, forKey: .cacheMegabytes)
        try container.encodeIfPresent(origin, forKey: .origin)
    }
}
