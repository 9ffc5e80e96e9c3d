import Foundation

/// A manifest that is a source itself: `bagq submit posts.csv`.
struct NamedManifest {
    enum Content {
        /// Whose records name files: they are listed in its order.
        case records(RecordReader, any RecordFormat)
        /// Those pictures in and below the root of which it says something.
        case posts(any Manifest)
    }

    let file: Path
    /// The folder from which its names lead.
    let root: Path
    let format: String
    let content: Content
    let context: IntakeContext
    let problems: [MetadataProblem]

    /// An export's lists lie no deeper below its root.
    private static let deepestPlace = 3

    /// Nil for what holds no records, as a list of paths. Throws for records that name no picture.
    init?(_ file: Path, _ given: IntakeContext?) throws(IntakeError) {
        guard FileName(visible: file.name.bytes.span) == .metadata else { return nil }
        let context = given ?? IntakeContext(zone: .gmt)
        do {
            let view = try FolderView(of: file, in: file.folder)
            guard let records = try RecordFile(file.name.bytes, in: view), !records.isListOfPaths else { return nil }
            var problems: [MetadataProblem] = []
            for root in Self.roots(of: file) {
                guard let view = try? FolderView(of: file, in: root) else { continue }
                let found = try Manifests.placed(in: view, context, &problems).first {
                    $0.manifest.file?.isSame(as: file) == true
                }
                if let found {
                    (self.file, self.root, format, content) = (file, root, found.format, .posts(found.manifest))
                    (self.context, self.problems) = (context, problems)
                    return
                }
            }
            problems = []
            guard let found = try Manifests.records(of: records, in: view, context, &problems) else {
                throw IntakeError.namesNoPicture(file, why: Self.why(records))
            }
            (self.file, self.context, root, format) = (file, context, file.folder, found.format)
            content =
                found.records.namesFiles
                ? .records(records.reader, found.records)
                : .posts(try RecordManifest(records.reader, of: file, format: found.records, context, &problems))
            self.problems = problems
        } catch let error as IntakeError {
            throw error
        } catch let error as SystemError {
            throw IntakeError(error, at: file)
        } catch {
            return nil
        }
    }

    /// From the highest folder that may be the root of an export down to the file's own.
    private static func roots(of file: Path) -> [Path] {
        var roots = [file.folder]
        for _ in 0..<deepestPlace {
            let folder = roots[roots.count - 1]
            if folder == Path(".") || folder == Path("/") { break }
            roots.append(folder.folder)
        }
        return roots.reversed()
    }

    private static func why(_ file: RecordFile) -> String {
        let columns = RecordAliases(file.head).paths.filter { $0.count == 1 }.map { $0[0] }
        let shown = columns.prefix(20).map { Escaping.terminal(String($0.prefix(40))) }.joined(separator: ", ")
        return "looked for a column \(TableColumns.wanted); its columns are \(shown)\(columns.count > 20 ? ", …" : "")"
    }
}

extension RecordFile {
    /// A list that is called CSV has one column and no header.
    fileprivate var isListOfPaths: Bool {
        let columns = RecordAliases(head).paths
        return columns.count == 1 && columns[0].count == 1
            && FileName(visible: Array(columns[0][0].utf8).span) == .picture
    }
}

extension FolderView {
    /// A folder as though one of its files were all that says something of pictures.
    fileprivate init(of file: Path, in folder: Path) throws(SystemError) {
        var metadata = NameList(limit: 2, after: nil)
        if file.folder == folder { metadata.insert(file.name.bytes.span) }
        metadata.sort()
        self.init(path: folder, directory: try Directory(at: folder), metadata: metadata)
        isSource = true
    }
}

extension Path {
    fileprivate func isSame(as other: Path) -> Bool {
        func parts(_ path: Path) -> [ArraySlice<UInt8>] {
            path.bytes.split(separator: Path.separator).filter { !$0.elementsEqual(".".utf8) }
        }
        return isAbsolute == other.isAbsolute && parts(self) == parts(other)
    }
}
