/// A source that is one picture.
struct PictureReader: SourceReader {
    private let picture: Path
    private(set) var isAtEnd: Bool

    init(picture: Path, cursor: ArraySlice<UInt8>?) {
        self.picture = picture
        isAtEnd = cursor?.first == 1
    }

    var findings: DumpFindings { DumpFindings() }

    var cursor: [UInt8] { [isAtEnd ? 1 : 0] }

    mutating func read(limit: Int, leftOut: inout [String: Int]) -> [PictureReference] {
        if isAtEnd { return [] }
        isAtEnd = true
        return [PictureReference(path: picture.name)]
    }
}
