/// The names of the pictures in a folder and in its sub-folders, one level down: what a table's values may mean.
struct NearbyPictures {
    fileprivate struct Entry {
        var hash: Int
        /// Of the path in `paths`.
        var index: UInt32
    }

    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var byPath: [Entry] = []
    private var byStem: [Entry] = []

    /// Of more pictures only the first are known here; the others are found by their whole paths.
    private static let most = 1_000_000

    /// Folders that cannot be read hold nothing.
    init(in folder: FolderView) throws(SystemError) {
        var subfolders: [[UInt8]] = []
        try add(folder.directory, prefix: [], &subfolders)
        subfolders.sort { $0.lexicographicallyPrecedes($1) }
        for name in subfolders where ends.count < Self.most {
            var none: [[UInt8]] = []
            do throws(SystemError) {
                try add(Directory(named: name, in: folder.directory), prefix: name + [Path.separator], &none)
            } catch {
                if error.saysNothingOfTheFile { throw error }
            }
        }
        byPath.sort { $0.hash < $1.hash }
        byStem.sort { $0.hash < $1.hash }
    }

    private mutating func add(_ directory: Directory, prefix: [UInt8], _ subfolders: inout [[UInt8]])
        throws(SystemError)
    {
        var names: [[UInt8]] = []
        var folders: [[UInt8]] = []
        let room = Self.most - ends.count
        try directory.forEach { name, kind in
            let isPicture = kind == .file && FileName(name) == .picture
            if isPicture && names.count < room {
                names.append(unsafe name.withUnsafeBufferPointer { unsafe Array($0) })
            } else if kind == .folder && !FileName.isHidden(name) && prefix.isEmpty {
                folders.append(unsafe name.withUnsafeBufferPointer { unsafe Array($0) })
            }
        }
        subfolders = folders
        for name in names {
            let index = UInt32(ends.count)
            bytes += prefix
            bytes += name
            ends.append(bytes.count)
            byPath.append(Entry(hash: Self.hash(self[index]), index: index))
            byStem.append(Entry(hash: Self.hash(PictureName(name).stem), index: index))
        }
    }

    private subscript(index: UInt32) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[Int(index) - 1])..<ends[Int(index)]]
    }

    /// The picture that a value means, by its path from the folder, by the end of a path that begins elsewhere, or by
    /// its name with or without extension, where no two pictures have it.
    func path(of value: [UInt8]) -> [UInt8]? {
        let path = Self.cleaned(value)
        if path.isEmpty { return nil }
        var rest = path
        while true {
            if let index = Self.find(rest, in: byPath).only { return Array(self[index]) }
            guard let slash = rest.firstIndex(of: Path.separator) else { break }
            rest = rest[(slash + 1)...]
        }
        return Self.find(Self.stem(of: path), in: byStem).only.map { Array(self[$0]) }
    }

    /// Whether several pictures have the name.
    func isAmbiguous(_ path: ArraySlice<UInt8>) -> Bool { Self.find(Self.stem(of: path), in: byStem).count > 1 }

    /// A path from the folder, whether it was written with `./`, with backslashes, or as an address.
    static func cleaned(_ value: [UInt8]) -> ArraySlice<UInt8> {
        var path = value[...]
        while path.first == 0x20 { path.removeFirst() }
        while path.last == 0x20 { path.removeLast() }
        if path.first == UInt8(ascii: "h"), path.starts(with: "http".utf8), path.prefix(9).contains(UInt8(ascii: ":")) {
            let end = path.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? path.endIndex
            path = path[..<end]
            return path[(path.lastIndex(of: Path.separator).map { $0 + 1 } ?? path.startIndex)...]
        }
        if path.contains(UInt8(ascii: "\\")) {
            path = path.map { $0 == UInt8(ascii: "\\") ? Path.separator : $0 }[...]
        }
        while path.first == UInt8(ascii: "."), path.starts(with: "./".utf8) { path = path.dropFirst(2) }
        return path
    }

    /// The last part of a path without a picture's extension: an id may have dots.
    static func stem(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let name = path[(path.lastIndex(of: Path.separator).map { $0 + 1 } ?? path.startIndex)...]
        guard FileName(visible: name.span) == .picture, let dot = name.lastIndex(of: UInt8(ascii: ".")),
            dot > name.startIndex
        else { return name }
        return name[..<dot]
    }

    private static func find(_ name: ArraySlice<UInt8>, in entries: [Entry]) -> ArraySlice<Entry> {
        if name.isEmpty { return [] }
        let hash = hash(name)
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        var end = low
        // One more tells that it is not the only one.
        while end < entries.count, end < low + 2, entries[end].hash == hash { end += 1 }
        return entries[low..<end]
    }

    /// The seed differs from process to process: nobody can make names that collide.
    private static func hash(_ name: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        unsafe name.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

extension ArraySlice<NearbyPictures.Entry> {
    fileprivate var only: UInt32? { count == 1 ? first?.index : nil }
}

/// Read once for all tables of a folder.
final class LazyNearbyPictures {
    private var known: NearbyPictures?

    func callAsFunction(in folder: FolderView) throws(SystemError) -> NearbyPictures {
        if let known { return known }
        let pictures = try NearbyPictures(in: folder)
        known = pictures
        return pictures
    }
}
