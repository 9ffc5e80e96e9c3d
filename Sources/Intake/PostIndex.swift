/// Where the records of a file are that speak of a picture, by what they call it. 16 bytes a name, sorted; the records
/// stay in the file.
struct PostIndex {
    /// What a record may call a picture.
    enum Name {
        /// A path from the folder of the manifest.
        case path(ArraySlice<UInt8>)
        /// The last two parts of a path that begins nobody knows where.
        case tail(ArraySlice<UInt8>)
        /// A name without its extension, of a kind that no two pictures share: an id.
        case stem(ArraySlice<UInt8>)
    }

    /// A record, by where it begins, and which of its pictures.
    struct Place: Hashable {
        var offset: Int
        var picture: Int
    }

    private struct Entry {
        var hash: UInt64
        /// 48 bits of offset, 16 of the picture's number.
        var place: UInt64
    }

    private var entries: [Entry] = []
    private var matched: [Bool] = []
    /// Those that name pictures.
    private(set) var recordCount = 0
    private var lastOffset = -1

    /// Of two records that name the same, the first counts; the other's picture is found all the same.
    mutating func insert(_ name: Name, at place: Place) {
        guard place.offset < 1 << 48, place.picture < 1 << 16 else { return }
        if place.offset != lastOffset { recordCount += 1 }
        lastOffset = place.offset
        entries.append(
            Entry(hash: Self.hash(name), place: UInt64(place.offset) << 16 | UInt64(place.picture)))
    }

    /// After the last insertion.
    mutating func sort() {
        entries.sort { ($0.hash, $0.place) < ($1.hash, $1.place) }
        matched = [Bool](repeating: false, count: entries.count)
    }

    /// What is said of a picture whose path is from the folder of the manifest.
    mutating func place(of picture: PictureName) -> Place? {
        let path = picture.path
        let tail = path.split(separator: Path.separator).suffix(2)
        let start = tail.count == 2 ? tail.first?.startIndex ?? 0 : 0
        for name in [Name.path(path[...]), .tail(path[start...]), .stem(picture.stem)] {
            if let found = find(Self.hash(name)) { return found }
        }
        return nil
    }

    /// Records of which no picture was asked for.
    var unmatchedRecordCount: Int {
        var found = entries.indices.filter { matched[$0] }.map { entries[$0].place >> 16 }
        found.sort()
        return recordCount
            - (found.isEmpty ? 0 : zip(found, found.dropFirst()).reduce(1) { $0 + ($1.0 == $1.1 ? 0 : 1) })
    }

    private mutating func find(_ hash: UInt64) -> Place? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].hash == hash else { return nil }
        for index in low..<entries.count {
            guard entries[index].hash == hash else { break }
            if matched[index] { break }
            matched[index] = true
        }
        return Place(offset: Int(entries[low].place >> 16), picture: Int(entries[low].place & 0xFFFF))
    }

    /// The hasher's seed differs from process to process: nobody can make names that collide.
    private static func hash(_ name: Name) -> UInt64 {
        var hasher = Hasher()
        let bytes: ArraySlice<UInt8>
        switch name {
        case .path(let path): (bytes, _) = (path, hasher.combine(1))
        case .tail(let tail): (bytes, _) = (tail, hasher.combine(2))
        case .stem(let stem): (bytes, _) = (stem, hasher.combine(3))
        }
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension PostIndex {
    /// What `Name.tail` means; nothing but the name where the path has no folder.
    static func tail(of path: [UInt8]) -> ArraySlice<UInt8> {
        let parts = path.split(separator: Path.separator).suffix(2)
        return path[(parts.first?.startIndex ?? 0)...]
    }
}
