import Imaging

/// A PNG file, written without compressing (PNG, third edition).
struct PNGFile {
    enum Colour: UInt8 {
        case grey = 0
        case rgb = 2
        case palette = 3
        case greyAlpha = 4
        case rgba = 6

        var sampleCount: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .rgb: 3
            case .rgba: 4
            }
        }
    }

    var width: Int
    var height: Int
    var colour = Colour.rgb
    var bitDepth = 8
    var isInterlaced = false
    /// Chunks between the header and the pixels, and between these and the end.
    var before: [(name: String, data: [UInt8])] = []
    var behind: [(name: String, data: [UInt8])] = []

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - samples: of the pixel in column x and row y, each below 1 << bitDepth.
    func bytes(_ samples: (_ x: Int, _ y: Int) -> [Int]) -> [UInt8] {
        var rows: [UInt8] = []
        // First column and row, and steps between them (8.1).
        let passes =
            isInterlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)]
        for (left, top, across, down) in passes where left < width {
            for y in stride(from: top, to: height, by: down) {
                rows.append(0)
                var (bits, count) = (0, 0)
                for sample in stride(from: left, to: width, by: across).flatMap({ samples($0, y) }) {
                    bits = bits << bitDepth | sample
                    count += bitDepth
                    while count >= 8 {
                        count -= 8
                        rows.append(UInt8(bits >> count))
                        bits &= 1 << count - 1
                    }
                }
                if count > 0 { rows.append(UInt8(bits << (8 - count))) }
            }
        }
        let header =
            Self.bigEndian(width) + Self.bigEndian(height)
            + [UInt8(bitDepth), colour.rawValue, 0, 0, isInterlaced ? 1 : 0]
        let chunks = [("IHDR", header)] + before + [("IDAT", Self.zlib(rows))] + behind + [("IEND", [])]
        return Self.signature + chunks.flatMap { Self.chunk($0, $1) }
    }

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(name.utf8) + data
        var crc = ~UInt32(0)
        for byte in content {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return bigEndian(data.count) + content + bigEndian(Int(~crc))
    }

    /// Stored blocks (RFC 1950 and 1951).
    private static func zlib(_ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: data.count, by: 65535) {
            let block = data[start..<min(start + 65535, data.count)]
            let (low, high) = (UInt8(block.count & 0xFF), UInt8(block.count >> 8))
            bytes += [block.endIndex == data.count ? 1 : 0, low, high, ~low, ~high] + block
        }
        var (a, b) = (1, 0)
        for byte in data {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        return bytes + bigEndian(b << 16 | a)
    }

    static func bigEndian(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 0xFF) } }
}

extension RGBImage {
    /// As a PNG file.
    func png(_ file: PNGFile? = nil) -> [UInt8] {
        var file = file ?? PNGFile(width: width, height: height)
        (file.width, file.height) = (width, height)
        return file.bytes { x, y in (0..<3).map { Int(pixels[(y * width + x) * 3 + $0]) } }
    }
}
