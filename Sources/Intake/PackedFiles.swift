/// Files that must be unpacked before bagq sees what is in them: those of a folder, by kind.
struct PackedFiles {
    private enum Kind: CaseIterable {
        case zip, tar, zstandard, gzip, xz, bzip2, sevenZip, rar, parquet, car, warc

        /// In lower case.
        var endings: [StaticString] {
            switch self {
            case .zip: [".zip"]
            case .tar: [".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar.bz2"]
            case .zstandard: [".zst"]
            case .gzip: [".gz"]
            case .xz: [".xz"]
            case .bzip2: [".bz2"]
            case .sevenZip: [".7z"]
            case .rar: [".rar"]
            case .parquet: [".parquet"]
            case .car: [".car"]
            case .warc: [".warc", ".warc.gz"]
            }
        }

        var article: String {
            switch self {
            case .zip: "a ZIP archive"
            case .tar: "a compressed tar file"
            case .zstandard: "a file compressed with zstd"
            case .gzip: "a file compressed with gzip"
            case .xz: "a file compressed with xz"
            case .bzip2: "a file compressed with bzip2"
            case .sevenZip: "a 7-Zip archive"
            case .rar: "a RAR archive"
            case .parquet: "a Parquet table"
            case .car: "a Bluesky repository (CAR)"
            case .warc: "a web archive (WARC)"
            }
        }

        var advice: String {
            switch self {
            case .zip: "unpack it first: unzip FILE"
            case .tar: "unpack it first: tar -xf FILE"
            case .zstandard: "unpack it first: zstd -d --long=31 FILE"
            case .gzip: "unpack it first: gunzip -k FILE"
            case .xz: "unpack it first: xz -dk FILE"
            case .bzip2: "unpack it first: bunzip2 -k FILE"
            case .sevenZip: "unpack it first: 7z x FILE"
            case .rar: "unpack it first: unrar x FILE"
            case .parquet:
                "write it as JSONL first: in pandas, read_parquet(FILE).to_json(NEW, orient=\"records\", lines=True)"
            case .car: "unpack it first: goat repo unpack FILE"
            case .warc: "unpack it first: warcat extract FILE"
            }
        }
    }

    /// The first of each kind, and how many there are.
    private var found: [Kind: (first: Path, count: Int)] = [:]

    /// Counts a file, if its name is that of one.
    mutating func insert(_ name: Span<UInt8>) {
        guard name.lastIndex(of: UInt8(ascii: ".")).map({ (2...8).contains(name.count - $0) }) == true else { return }
        var kinds: [Kind] = []
        for kind in Kind.allCases {
            for ending in kind.endings where name.hasEnding(ending) { kinds.append(kind) }
        }
        // Of `a.tar.gz` and `a.warc.gz` the last part alone says less.
        guard let kind = kinds.first(where: { $0 == .tar || $0 == .warc }) ?? kinds.first else { return }
        let path = Path(bytes: unsafe name.withUnsafeBufferPointer { unsafe Array($0) })
        var (first, count) = found[kind] ?? (path, 0)
        if path < first { first = path }
        count += 1
        found[kind] = (first, count)
    }

    /// A line each kind.
    func problems(in folder: Path) -> [MetadataProblem] {
        Kind.allCases.compactMap { kind in
            guard let (first, count) = found[kind] else { return nil }
            let more = count > 1 ? ", and \(count - 1) more here," : ""
            return MetadataProblem(
                file: folder.appending(first), line: nil, what: "\(kind.article)\(more) is not read; \(kind.advice)")
        }
    }
}
