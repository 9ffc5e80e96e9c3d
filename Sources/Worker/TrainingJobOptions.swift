package import CNN

/// What a training job carries as JSON: the trainer's options, and beside them what it starts from and what changes
/// nothing about the model.
package struct TrainingJobOptions: Codable, Hashable, Sendable {
    package var training: TrainingOptions
    /// Memory for decoded pictures in MiB; nil for what the worker has been given.
    package var cacheMegabytes: Int?
    /// Nil for training from scratch.
    package var origin: TrainingOrigin?
    /// Nil for what the recipe does.
    package var resize: Preprocessing.Resize.Kind?

    package init(
        training: TrainingOptions, cacheMegabytes: Int? = nil, origin: TrainingOrigin? = nil,
        resize: Preprocessing.Resize.Kind? = nil
    ) {
        (self.training, self.cacheMegabytes) = (training, cacheMegabytes)
        (self.origin, self.resize) = (origin, resize)
    }

    private enum CodingKeys: String, CodingKey { case cacheMegabytes, origin, resize }

    package init(from decoder: any Decoder) throws {
        training = try TrainingOptions(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cacheMegabytes = try container.decodeIfPresent(Int.self, forKey: .cacheMegabytes)
        origin = try container.decodeIfPresent(TrainingOrigin.self, forKey: .origin)
        resize = try container.decodeIfPresent(Preprocessing.Resize.Kind.self, forKey: .resize)
    }

    /// All in one object, for the trainer's options were once alone in it.
    package func encode(to encoder: any Encoder) throws {
        try training.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(cacheMegabytes, forKey: .cacheMegabytes)
        try container.encodeIfPresent(origin, forKey: .origin)
        try container.encodeIfPresent(resize, forKey: .resize)
    }
}
