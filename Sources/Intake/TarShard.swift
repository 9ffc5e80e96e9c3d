/// The members of a tar file, read in place: POSIX ustar with GNU's and pax's long names (pubs.opengroup.org, pax,
/// "ustar Interchange Format"). What a member is called is shown and compared, never opened.
struct TarShard {
    struct Member {
        var name: [UInt8]
        var offset: Int
        var size: Int
        var isFile: Bool
    }

    private let file: ReadableFile
    private var header: [UInt8] = []
    /// Where the next header begins.
    private(set) var offset: Int

    private static let block = 512
    /// Tar writes whole records of blocks, mostly twenty; what is empty further is so to the end.
    private static let mostBlanks = 4096
    /// Longer names are none.
    private static let longestName = 65_536

    init(_ file: ReadableFile, offset: Int = 0) {
        self.file = file
        self.offset = offset
    }

    /// What keeps the rest from being read.
    enum Damage: Error, CustomStringConvertible {
        case system(SystemError)
        case notTar
        /// The file ends before the member does.
        case truncated

        var description: String {
            switch self {
            case .system(let error): error.description
            case .notTar: "is no tar file from here on; download it again"
            case .truncated: "is cut off; its last member is left out; download it again"
            }
        }
    }

    /// The next member; nil at the end.
    mutating func next() throws(Damage) -> Member? {
        var name: [UInt8]?
        var size: Int?
        while true {
            guard let blanks = try readHeader() else { return nil }
            // What follows an archive's end is another archive, or is nothing.
            if blanks > 0, !isChecked {
                offset = file.size
                return nil
            }
            guard let ownSize = Self.number(header[124..<136]), ownSize >= 0, isChecked else { throw .notTar }
            let data = offset + Self.block
            let kind = header[156]
            let length = "xgLK".utf8.contains(kind) ? ownSize : size ?? ownSize
            guard length <= file.size - data else { throw .truncated }
            offset = data + (length + Self.block - 1) / Self.block * Self.block
            switch kind {
            case UInt8(ascii: "L"):
                name = try read(at: data, length)
            case UInt8(ascii: "x"):
                for (key, value) in Self.paxRecords(try read(at: data, length)) {
                    if key == "path" { name = value }
                    if key == "size" { size = Int(String(decoding: value, as: UTF8.self)) }
                }
                if let size, size < 0 { throw .notTar }
            case UInt8(ascii: "g"), UInt8(ascii: "K"): break
            default:
                return Member(
                    name: Array((name ?? ownName).prefix { $0 != 0 }), offset: data, size: length,
                    isFile: kind == UInt8(ascii: "0") || kind == 0 || kind == UInt8(ascii: "7"))
            }
        }
    }

    /// All of a member's bytes, or as many as there are.
    func read(_ member: Member, into buffer: inout [UInt8]) throws(SystemError) {
        buffer.removeAll(keepingCapacity: true)
        while buffer.count < member.size {
            if try file.read(into: &buffer, at: member.offset + buffer.count, count: member.size - buffer.count) == 0 {
                return
            }
        }
    }

    /// Skips blocks of zeros, which end an archive, and says how many; nil at the file's end.
    private mutating func readHeader() throws(Damage) -> Int? {
        for blanks in 0..<Self.mostBlanks {
            header.removeAll(keepingCapacity: true)
            do {
                while header.count < Self.block {
                    if try file.read(into: &header, at: offset + header.count, count: Self.block - header.count) == 0 {
                        break
                    }
                }
            } catch {
                throw .system(error)
            }
            guard header.contains(where: { $0 != 0 }) else {
                if header.count < Self.block { return nil }
                offset += Self.block
                continue
            }
            guard header.count == Self.block else {
                guard blanks > 0 else { throw .truncated }
                offset = file.size
                return nil
            }
            return blanks
        }
        offset = file.size
        return nil
    }

    private func read(at offset: Int, _ length: Int) throws(Damage) -> [UInt8] {
        guard length <= Self.longestName else { throw .notTar }
        var bytes: [UInt8] = []
        do {
            while bytes.count < length {
                if try file.read(into: &bytes, at: offset + bytes.count, count: length - bytes.count) == 0 { break }
            }
        } catch {
            throw .system(error)
        }
        return bytes
    }

    /// The header's sum, its own field taken for blanks.
    private var isChecked: Bool {
        let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(header[$1])) }
        return Self.number(header[148..<156]) == sum
    }

    private var ownName: [UInt8] {
        let name = header[0..<100].prefix { $0 != 0 }
        let isPosix = header[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = isPosix ? header[345..<500].prefix { $0 != 0 } : []
        return prefix.isEmpty ? Array(name) : prefix + [Path.separator] + name
    }

    /// Octal digits, or GNU's base 256 for what they cannot hold.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7F)
            for byte in field.dropFirst() {
                guard value < 1 << 54 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 }.prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// `LENGTH KEY=VALUE\n`, again and again.
    private static func paxRecords(_ bytes: [UInt8]) -> [(key: String, value: [UInt8])] {
        var found: [(String, [UInt8])] = []
        var rest = bytes[...]
        while let blank = rest.firstIndex(of: 0x20),
            let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length > blank - rest.startIndex + 1,
            length <= rest.count
        {
            let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                found.append(
                    (String(decoding: record[..<equals], as: UTF8.self), Array(record[(equals + 1)...])))
            }
            rest = rest.dropFirst(length)
        }
        return found
    }
}
