/// How a model wants its pictures: training, evaluation and prediction all prepare them by this.
package struct Preprocessing: Codable, Hashable, Sendable {
    package enum Resize: String, Codable, Sendable {
        /// To the model's size, whatever the picture's proportions.
        case squash
    }

    /// Of the network's input, in pixels, 2 to 4096.
    package let width: Int
    package let height: Int
    package let resize: Resize

    package init(width: Int, height: Int, resize: Resize = .squash) {
        precondition(Self.sizes.contains(width) && Self.sizes.contains(height))
        self.width = width
        self.height = height
        self.resize = resize
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        resize = try container.decode(Resize.self, forKey: .resize)
        guard Self.sizes.contains(width), Self.sizes.contains(height) else {
            throw DecodingError.dataCorruptedError(
                forKey: .width, in: container, debugDescription: "the input's size is not within \(Self.sizes)")
        }
    }

    /// Bytes of a prepared picture: height x width x RGB.
    package var byteCount: Int { width * height * 3 }

    private static let sizes = 2...4096
}
