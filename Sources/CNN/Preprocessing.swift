/// How a model wants its pictures: training, evaluation and prediction all prepare them by this.
package struct Preprocessing: Codable, Hashable, Sendable {
    package enum Resize: Hashable, Sendable {
        /// To the model's size, whatever the picture's proportions.
        case squash
        /// This fraction, 0.1 to 1, of the largest part in the picture's middle that has the model's proportions.
        case crop(Double)
        /// The whole picture between grey bars.
        case letterbox

        /// Without the fraction: what a user chooses among.
        package enum Kind: String, CaseIterable, Codable, Sendable { case squash, crop, letterbox }

        package var kind: Kind {
            switch self {
            case .squash: .squash
            case .crop: .crop
            case .letterbox: .letterbox
            }
        }

        static let fractions = 0.1...1.0
    }

    /// How pixels in between are made out: as timm names it.
    package enum Interpolation: String, CaseIterable, Codable, Sendable { case bilinear, bicubic }

    /// Of the network's input, in pixels, 2 to 4096.
    package let width: Int
    package let height: Int
    package let resize: Resize
    package let interpolation: Interpolation

    package init(width: Int, height: Int, resize: Resize = .squash, interpolation: Interpolation = .bilinear) {
        precondition(Self.sizes.contains(width) && Self.sizes.contains(height))
        self.width = width
        self.height = height
        self.resize = resize
        self.interpolation = interpolation
    }

    private enum CodingKeys: String, CodingKey { case width, height, resize, fraction, interpolation }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        // Models of before it was a choice do not say it.
        interpolation = try container.decodeIfPresent(Interpolation.self, forKey: .interpolation) ?? .bilinear
        let fraction = try container.decodeIfPresent(Double.self, forKey: .fraction)
        switch (try container.decode(Resize.Kind.self, forKey: .resize), fraction) {
        case (.squash, nil): resize = .squash
        case (.letterbox, nil): resize = .letterbox
        case (.crop, let fraction?) where Resize.fractions.contains(fraction): resize = .crop(fraction)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .fraction, in: container,
                debugDescription: "the crop's fraction is not within \(Resize.fractions)")
        }
        guard Self.sizes.contains(width), Self.sizes.contains(height) else {
            throw DecodingError.dataCorruptedError(
                forKey: .width, in: container, debugDescription: "the input's size is not within \(Self.sizes)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(width, forKey: .width)
        try container.encode(height, forKey: .height)
        try container.encode(resize.kind, forKey: .resize)
        if case .crop(let fraction) = resize { try container.encode(fraction, forKey: .fraction) }
        try container.encode(interpolation, forKey: .interpolation)
    }

    /// Bytes of a prepared picture: height x width x RGB.
    package var byteCount: Int { width * height * 3 }

    private static let sizes = 2...4096
}
