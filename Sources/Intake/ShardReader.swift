/// Goes through a tar file (a WebDataset shard: github.com/webdataset/webdataset, "The WebDataset Format"): members
/// that follow each other and share a name up to its first dot belong together.
struct ShardReader {
    struct Group {
        var pictures: [TarShard.Member] = []
        /// Its JSON member, and its text.
        var document: (name: [UInt8], bytes: [UInt8])?
        var caption: [UInt8]?
    }

    /// From the source's root.
    let path: [UInt8]
    private var tar: TarShard
    /// Read, and of the next group.
    private var ahead: (member: TarShard.Member, offset: Int)?
    private var isBroken = false

    /// More members of one name are several groups.
    private static let largestGroup = 64

    init(path: [UInt8], _ file: ReadableFile, at offset: Int) {
        self.path = path
        tar = TarShard(file, offset: offset)
    }

    /// Where the next group begins: a reader made there goes on.
    var offset: Int { ahead?.offset ?? tar.offset }

    /// The next members with a name in common; nil at the end. A damaged tar file ends where it is.
    mutating func next(_ problems: inout [MetadataProblem]) throws(SystemError) -> Group? {
        var group = Group()
        var key: ArraySlice<UInt8>?
        var count = 0
        while count < Self.largestGroup, let (member, start) = try take(&problems) {
            let memberKey = Self.key(member.name)
            if let key, key != memberKey {
                ahead = (member, start)
                return group
            }
            key = memberKey
            count += 1
            let name = PictureName(member.name).name
            if FileName(name.span) == .picture {
                group.pictures.append(member)
            } else if name.suffix(5).elementsEqual(".json".utf8), member.size <= FolderView.longestDocument {
                var bytes: [UInt8] = []
                try tar.read(member, into: &bytes)
                group.document = (member.name, bytes)
            } else if name.suffix(4).elementsEqual(".txt".utf8), member.size <= CaptionText.longest {
                var bytes: [UInt8] = []
                try tar.read(member, into: &bytes)
                group.caption = bytes
            }
        }
        return key == nil ? nil : group
    }

    private mutating func take(
        _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (member: TarShard.Member, offset: Int)? {
        if let ahead {
            self.ahead = nil
            return ahead
        }
        while !isBroken {
            let start = tar.offset
            do {
                guard let member = try tar.next() else { return nil }
                if member.isFile { return (member, start) }
            } catch {
                if case .system(let error) = error { throw error }
                isBroken = true
                problems.append(MetadataProblem(file: Path(bytes: path), line: nil, what: "\(error)"))
            }
        }
        return nil
    }

    private static func key(_ name: [UInt8]) -> ArraySlice<UInt8> {
        let start = name.lastIndex(of: Path.separator).map { $0 + 1 } ?? 0
        return name[..<(name[start...].firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex)]
    }
}
