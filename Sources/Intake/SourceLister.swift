/// Lists the pictures of a source in batches, in an order that never changes, with flat memory. A lister made with the
/// cursor of a batch goes on after that batch, also in another process.
///
///     var lister = try SourceLister(source: source, cursor: work.cursor, leftOut: work.leftOut)
///     while let batch = try lister.next(limit: 4096) { record(batch) }
///     finish(leftOut: lister.leftOut)
package struct SourceLister {
    private let kind: SourceKind.Code
    private var reader: any SourceReader
    /// What has been left out so far, by reason, what `init` was given included.
    package private(set) var leftOut: [String: Int]

    /// - source: a folder, a picture, a text file with a picture's path in each line, or a file of records that name
    ///   pictures or posts.
    /// - context: Nil where pictures are wanted whatever was said of them.
    /// - cursor: of the last batch that was kept; nil at the start.
    /// - leftOut: of that same batch.
    package init(source: Path, cursor: [UInt8]?, leftOut: [String: Int], context: IntakeContext? = nil)
        throws(IntakeError)
    {
        let found = try SourceKind(of: source, context)
        kind = found.code
        if let cursor, cursor.first != SourceLister.cursorVersion { throw .unknownCursor(source) }
        if let cursor, cursor.dropFirst().first != kind.rawValue {
            throw .changed(source, why: "it is another kind of source now")
        }
        let place = cursor?.dropFirst(2)
        reader =
            switch found {
            case .folder: try FolderReader(root: source, cursor: place, context: context)
            case .list: try ListReader(list: source, cursor: place)
            case .picture: PictureReader(picture: source, cursor: place)
            case .manifest(let manifest): try ManifestReader(manifest, cursor: place, context)
            }
        self.leftOut = leftOut
    }

    /// Refuses what cannot be a source, as far as its first bytes tell.
    package static func check(_ source: Path) throws(IntakeError) {
        _ = try SourceLister(source: source, cursor: nil, leftOut: [:])
    }

    /// The folder that references are relative to.
    package static func root(of source: Path) throws(IntakeError) -> Path {
        switch try SourceKind(of: source, nil) {
        case .folder: source
        case .list, .picture: source.folder
        case .manifest(let manifest): manifest.root
        }
    }

    /// What dumps' formats found so far.
    package var findings: DumpFindings { reader.findings }

    /// Why nothing below the root of a listed source can be found just now: it is gone, or as empty as a place where
    /// nothing is mounted. Nil where it is there.
    package static func absence(of root: Path) -> String? {
        var isEmpty = true
        do throws(SystemError) {
            try Directory(at: root).forEach { _, _ in isEmpty = false }
        } catch {
            return error.saysMissing ? "\(root): there is no such folder any more; is the disk mounted?" : nil
        }
        return isEmpty ? "\(root): nothing is in this folder any more; is the disk mounted?" : nil
    }

    /// The next pictures, at most `limit`; nil at the end. A batch may be empty: its cursor is worth keeping all the
    /// same, for it comes after long stretches without pictures.
    package mutating func next(limit: Int) throws(IntakeError) -> ListingBatch? {
        let references = try reader.read(limit: limit, leftOut: &leftOut)
        if references.isEmpty && reader.isAtEnd { return nil }
        return ListingBatch(
            references: references, cursor: [SourceLister.cursorVersion, kind.rawValue] + reader.cursor,
            leftOut: leftOut)
    }

    private static let cursorVersion: UInt8 = 1
}

/// A stretch of a listing.
package struct ListingBatch: Hashable, Sendable {
    package var references: [PictureReference]
    /// Where the listing stands after this batch, in the lister's own encoding.
    package var cursor: [UInt8]
    /// What has been left out since the start of the source, by reason.
    package var leftOut: [String: Int]
}

/// How a source is read.
private enum SourceKind {
    case folder, list, picture
    case manifest(NamedManifest)

    /// Stands in cursors.
    enum Code: UInt8 {
        case folder = 1
        case list, picture, manifest
    }

    var code: Code {
        switch self {
        case .folder: .folder
        case .list: .list
        case .picture: .picture
        case .manifest: .manifest
        }
    }

    init(of source: Path, _ context: IntakeContext?) throws(IntakeError) {
        let kind: Directory.EntryKind
        do { kind = try source.kind(followingLinks: true) } catch { throw IntakeError(error, at: source) }
        switch kind {
        case .folder: self = .folder
        case .file where FileName(visible: source.name.bytes.span) == .picture: self = .picture
        case .file: self = try NamedManifest(source, context).map { .manifest($0) } ?? .list
        case .pipe: throw .pipe(source)
        case .link, .special: throw .notASource(source)
        }
    }
}
