/// A safetensors file in memory: named float tensors and a string-to-string dictionary.
///
///     N: UInt64 LE │ header: N bytes of JSON, padded with spaces │ the tensors' values, little-endian, packed
///
/// After github.com/huggingface/safetensors. `F32` is written; `F16`, `BF16` and `I64`, the counters of others' files,
/// are read too, as floats.
package struct Safetensors: Equatable, Sendable {
    package struct Tensor: Equatable, Sendable {
        package var name: String
        package var shape: [Int]
        /// Row-major; as many as the product of `shape` (one for a scalar, whose shape is empty).
        package var values: [Float]

        package init(name: String, shape: [Int], values: [Float]) {
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// In the order of the file when parsed.
    package var tensors: [Tensor]
    package var metadata: [String: String]

    /// Names must differ from each other and from `__metadata__`.
    package init(tensors: [Tensor], metadata: [String: String]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Reads a file of unknown origin. What it allocates is bounded by the file's own size.
    package init(parsing bytes: [UInt8]) throws(ModelFileError) {
        let (header, dataStart) = try Self.header(of: bytes)
        var offset = 0
        tensors = []
        tensors.reserveCapacity(header.entries.count)
        for entry in header.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard let type = ElementType(rawValue: entry.type) else {
                throw .tensor(entry.name, "has type \(entry.type); only F32, F16, BF16 and I64 are read")
            }
            guard entry.begin == offset else { throw .tensor(entry.name, "does not start where the one before ends") }
            guard let count = Self.product(entry.shape), let size = Self.product([count, type.size]),
                entry.end >= entry.begin, entry.end - entry.begin == size
            else { throw .tensor(entry.name, "has a shape that does not fit its size") }
            guard entry.end <= bytes.count - dataStart else { throw .truncated(byteCount: bytes.count) }
            let raw = unsafe bytes.span.bytes.extracting(dataStart + entry.begin..<dataStart + entry.end)
            let values = (0..<count).map { type.value(at: $0, of: raw) }
            tensors.append(Tensor(name: entry.name, shape: entry.shape, values: values))
            offset = entry.end
        }
        guard offset == bytes.count - dataStart else {
            throw .trailing(byteCount: bytes.count - dataStart - offset)
        }
        metadata = header.metadata
    }

    /// The same file's metadata, without a look at its tensors.
    init(metadataOf bytes: [UInt8]) throws(ModelFileError) {
        self.init(tensors: [], metadata: try Self.header(of: bytes).header.metadata)
    }

    private static func header(
        of bytes: [UInt8]
    ) throws(ModelFileError) -> (header: (entries: [HeaderReader.Entry], metadata: [String: String]), dataStart: Int) {
        guard bytes.count >= 8 else { throw .truncated(byteCount: bytes.count) }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= longestHeader else { throw .header("it says that it is \(length) bytes long") }
        let dataStart = 8 + Int(length)
        guard dataStart <= bytes.count else { throw .truncated(byteCount: bytes.count) }
        var reader = HeaderReader(bytes: bytes[8..<dataStart])
        return (try reader.header(), dataStart)
    }

    /// The file, the same bytes for the same contents: names are sorted, and the values start at a multiple of 8.
    package func serialized() -> [UInt8] {
        let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var entries: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            entries.append(
                "\"__metadata__\":{" + pairs.map { quoted($0.key) + ":" + quoted($0.value) }.joined(separator: ",")
                    + "}")
        }
        var offset = 0
        for tensor in sorted {
            precondition(
                Self.product(tensor.shape) == tensor.values.count, "\(tensor.name): shape and values differ in size")
            let end = offset + 4 * tensor.values.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            entries.append(
                quoted(tensor.name) + ":{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array(("{" + entries.joined(separator: ",") + "}").utf8)
        header += repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8)

        var file: [UInt8] = []
        file.reserveCapacity(8 + header.count + offset)
        for shift in stride(from: 0, to: 64, by: 8) { file.append(UInt8(truncatingIfNeeded: header.count >> shift)) }
        file += header
        for tensor in sorted {
            for value in tensor.values {
                let bits = value.bitPattern
                for shift in stride(from: 0, to: 32, by: 8) {
                    file.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
                }
            }
        }
        return file
    }

    /// The values of a tensor that must be there, with this shape.
    package func values(of name: String, shape: [Int]) throws(ModelFileError) -> [Float] {
        guard let tensor = tensors.first(where: { $0.name == name }) else { throw .tensor(name, "is missing") }
        guard tensor.shape == shape else { throw .tensor(name, "has shape \(tensor.shape), not \(shape)") }
        return tensor.values
    }

    private static let longestHeader: UInt64 = 100_000_000

    /// Nil where it overflows.
    private static func product(_ factors: [Int]) -> Int? {
        var result = 1
        for factor in factors {
            let (product, overflow) = result.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            result = product
        }
        return result
    }
}

private enum ElementType: String {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"

    /// Bytes.
    var size: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .i64: 8
        }
    }

    func value(at index: Int, of raw: RawSpan) -> Float {
        func load<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits {
            Bits(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: size * index, as: type))
        }
        return switch self {
        case .f32: Float(bitPattern: load(UInt32.self))
        case .f16: float(half: load(UInt16.self))
        case .bf16: Float(bitPattern: UInt32(load(UInt16.self)) << 16)
        case .i64: Float(load(Int64.self))
        }
    }

    /// `Float16` is not there on every platform.
    private func float(half bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
        }
    }
}

/// Why a model file cannot be used.
package enum ModelFileError: Error, Equatable, CustomStringConvertible {
    case truncated(byteCount: Int)
    case trailing(byteCount: Int)
    /// The header is not what safetensors allows; says how.
    case header(String)
    /// A tensor's name, and what is wrong with it.
    case tensor(String, String)
    /// The file is sound, but not a model of ours; says how.
    case invalid(String)

    package var description: String {
        switch self {
        case .truncated(let count): "not a whole model file: it ends after \(count) bytes; copy it again"
        case .trailing(let count): "not a model file: \(count) bytes belong to no tensor"
        case .header(let problem): "not a model file: its header is no safetensors header: \(problem)"
        case .tensor(let name, let problem): "unusable model file: tensor \(name.debugDescription) \(problem)"
        case .invalid(let problem): "unusable model file: \(problem)"
        }
    }
}

/// Parses the header's small part of JSON strictly. It knows the nesting, so no input makes it recurse.
private struct HeaderReader {
    struct Entry {
        var name: String
        var type = ""
        var shape: [Int] = []
        var begin = 0
        var end = 0
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func header() throws(ModelFileError) -> (entries: [Entry], metadata: [String: String]) {
        guard bytes.first == UInt8(ascii: "{") else { throw .header("it does not start with {") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .header("it is not UTF-8") }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        try object { reader, key throws(ModelFileError) in
            if key == "__metadata__" {
                try reader.object { reader, key throws(ModelFileError) in metadata[key] = try reader.string() }
            } else {
                entries.append(try reader.entry(name: key))
            }
        }
        skipSpace()
        guard position == bytes.endIndex else { throw unexpected() }
        return (entries, metadata)
    }

    private mutating func entry(name: String) throws(ModelFileError) -> Entry {
        var entry = Entry(name: name)
        var fields = 0
        try object { reader, key throws(ModelFileError) in
            fields += 1
            switch key {
            case "dtype": entry.type = try reader.string()
            case "shape": entry.shape = try reader.numbers()
            case "data_offsets":
                let offsets = try reader.numbers()
                guard offsets.count == 2 else { throw .tensor(name, "needs two data_offsets") }
                (entry.begin, entry.end) = (offsets[0], offsets[1])
            default: throw .tensor(name, "has the unknown field \(key.debugDescription)")
            }
        }
        guard fields == 3 else { throw .tensor(name, "needs dtype, shape and data_offsets") }
        return entry
    }

    /// Hands each key to `value`, which reads what follows the colon. A key given twice is refused.
    private mutating func object(
        _ value: (inout HeaderReader, String) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        var keys: Set<String> = []
        try expect("{")
        if skip("}") { return }
        repeat {
            let key = try string()
            guard keys.insert(key).inserted else { throw .header("the key \(key.debugDescription) stands there twice") }
            try expect(":")
            try value(&self, key)
        } while skip(",")
        try expect("}")
    }

    private mutating func numbers() throws(ModelFileError) -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        if skip("]") { return numbers }
        repeat { numbers.append(try number()) } while skip(",")
        try expect("]")
        return numbers
    }

    private mutating func number() throws(ModelFileError) -> Int {
        skipSpace()
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { throw unexpected() }
        position = digits.endIndex
        return number
    }

    private mutating func string() throws(ModelFileError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw .header("control character in a string at byte \(position)")
            default: text.append(byte)
            }
        }
        throw unexpected()
    }

    private mutating func escape() throws(ModelFileError) -> [UInt8] {
        guard position < bytes.endIndex else { throw unexpected() }
        let kind = bytes[position]
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [kind]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var units = [try hexUnit()]
            if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: Array("\\u".utf8)) {
                position += 2
                units.append(try hexUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw unexpected() }
            return Array(text.utf8)
        default: throw unexpected()
        }
    }

    private mutating func hexUnit() throws(ModelFileError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected() }
        position += 4
        return unit
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ModelFileError) {
        guard skip(character) else { throw unexpected() }
    }

    private func unexpected() -> ModelFileError {
        .header(position < bytes.endIndex ? "unexpected byte \(position - bytes.startIndex)" : "it ends too early")
    }
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\u{0}"..<" ":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
