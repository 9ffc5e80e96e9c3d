import Foundation

/// Which pictures a model was made from: the first 8 bytes of the fingerprint of each one's file. No accuracy is quoted
/// on these unmarked.
package struct SeenPictures: Hashable, Sendable {
    package enum Use: String, CaseIterable, Sendable {
        /// Learnt from.
        case training
        /// Chose the epoch, the precision, the ranges, the temperature and the threshold.
        case validation
    }

    private let byUse: [Use: Set<UInt64>]

    package init(training: [UInt64], validation: [UInt64]) {
        byUse = [.training: Set(training), .validation: Set(validation)]
    }

    /// What the model was made from this picture for; nil where it has not seen it.
    package func use(of fingerprint: UInt64) -> Use? {
        Use.allCases.first { byUse[$0]?.contains(fingerprint) == true }
    }
}

/// As `{"training": "…", "validation": "…"}`: 8 bytes each, big-endian, sorted, in base64.
extension SeenPictures: Codable {
    private enum CodingKeys: String, CodingKey { case training, validation }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read(_ key: CodingKeys) throws -> [UInt64] {
            guard let data = Data(base64Encoded: try container.decode(String.self, forKey: key)),
                data.count.isMultiple(of: 8)
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "not 8 bytes for each picture, in base64")
            }
            let bytes = [UInt8](data)
            return stride(from: 0, to: bytes.count, by: 8).map { start in
                bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
            }
        }
        self.init(training: try read(.training), validation: try read(.validation))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func written(_ use: Use) -> String {
            let bytes = (byUse[use] ?? []).sorted().flatMap { value in
                stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
            }
            return Data(bytes).base64EncodedString()
        }
        try container.encode(written(.training), forKey: .training)
        try container.encode(written(.validation), forKey: .validation)
    }
}
