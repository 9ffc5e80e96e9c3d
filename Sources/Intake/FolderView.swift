/// A folder as the formats of dumps look at it: what lies in it, and its files by name. Nothing is reached through a
/// link.
struct FolderView {
    /// For people.
    let path: Path
    /// Its own, or one below.
    let directory: Directory
    /// The names of the files that may say something of pictures, sorted.
    let metadata: NameList
    /// It is the source itself: what lies above is not looked at.
    var isSource = false

    /// What lies in it and one level below, read when a table asks for it.
    let pictures = LazyNearbyPictures()

    /// Longer metadata of one picture, or of one post, is none.
    static let longestDocument = 16 << 20

    /// Whether a file of that name is in it, as far as the listing of the folder told.
    func mayHave(_ name: [UInt8]) -> Bool { metadata.mayContain(name) }

    /// Nil where there is none.
    func file(_ relative: Path) throws(SystemError) -> ReadableFile? {
        do {
            return try ReadableFile(at: relative, in: directory)
        } catch  where error.saysMissing {
            return nil
        }
    }

    /// As above; what cannot be opened is a problem.
    func file(_ relative: Path, _ problems: inout [MetadataProblem]) throws(SystemError) -> ReadableFile? {
        do {
            return try file(relative)
        } catch  where !error.saysNothingOfTheFile {
            problems.append(
                MetadataProblem(file: path.appending(relative), line: nil, what: "cannot be read (\(error))"))
            return nil
        }
    }

    /// The names of files in a folder below, sorted; none where there is no such folder.
    func files(in relative: Path, where isWanted: (Span<UInt8>) -> Bool) throws(SystemError) -> [Path] {
        var names: [Path] = []
        do throws(SystemError) {
            var folder = directory
            for part in relative.bytes.split(separator: Path.separator) {
                folder = try Directory(named: Array(part), in: folder)
            }
            try folder.forEach { name, kind in
                guard kind == .file, isWanted(name) else { return }
                names.append(Path(bytes: unsafe name.withUnsafeBufferPointer { unsafe Array($0) }))
            }
        } catch  where !error.saysNothingOfTheFile {
            // The walk comes to the folder, and says what is wrong with it.
            return []
        }
        return names.sorted()
    }

    /// The document of a file that is small; nil where there is none that can be read.
    func document(_ relative: Path) throws(SystemError) -> JSONNode? {
        var buffer: [UInt8] = []
        do {
            guard try read(relative.bytes, into: &buffer) else { return nil }
        } catch  where !error.saysNothingOfTheFile {
            return nil
        }
        return try? JSONDocument().parse(buffer.span)
    }

    /// All of a file, or nil where there is none, or it is too long.
    func read(_ name: [UInt8], into buffer: inout [UInt8]) throws(SystemError) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        guard let file = try file(Path(bytes: name)), file.size <= Self.longestDocument else { return false }
        while buffer.count < file.size,
            try file.read(into: &buffer, at: buffer.count, count: file.size - buffer.count) > 0
        {}
        return true
    }
}
