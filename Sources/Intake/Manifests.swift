/// A format that keeps what it says of many pictures in files of its own, which lie in a folder above the pictures or
/// beside them. One file per format in `Formats`; a new one is a file and a line in `Manifests.formats`.
protocol ManifestFormat: Sendable {
    /// For people: "X archive".
    static var name: String { get }
    /// Those of its files that lie in a folder, or at places below that it knows; empty where nothing there is of this
    /// format.
    static func manifests(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [any Manifest]
}

/// A format whose files are known by their records, wherever they lie and whatever they are called. One file per format
/// in `Formats`; a new one is a file and a line in `Manifests.recordFormats`. A file belongs to the first that takes
/// it.
protocol RecordFileFormat: Sendable {
    /// For people: "Hugging Face imagefolder".
    static var name: String { get }
    /// How its records are read; nil where the file is not of this format.
    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any RecordFormat)?
}

/// A file, open, that says something of pictures in and below the folder where it was found.
protocol Manifest: AnyObject {
    /// Where it was read from; nil for what no file says.
    var file: Path? { get }
    /// What it says of a picture.
    /// - picture: Its path is from that folder.
    func post(of picture: PictureName) throws(SystemError) -> Post?
    /// How many of its records name pictures, and how many of these records no picture was found for.
    var records: (count: Int, unmatched: Int) { get }
}

enum Manifests {
    /// Known by where their files lie.
    static let formats: [any ManifestFormat.Type] = [XArchive.self, MetaExport.self, MastodonExport.self]
    /// The ones that take least first.
    static let recordFormats: [any RecordFileFormat.Type] = [YFCC.self, Imagefolder.self, Table.self]

    /// What lies in a folder, of all formats.
    static func all(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [(format: String, manifest: any Manifest)] {
        var found = try placed(in: folder, context, &problems)
        let taken = Set(found.compactMap(\.manifest.file))
        for name in RecordFile.names(in: folder) where !taken.contains(folder.path.appending(Path(bytes: name))) {
            do throws(SystemError) {
                guard let file = try RecordFile(name, in: folder),
                    let (format, records) = try records(of: file, in: folder, context, &problems)
                else { continue }
                found.append(
                    (format, try RecordManifest(file.reader, of: file.path, format: records, context, &problems)))
            } catch {
                if error.saysNothingOfTheFile { throw error }
                let path = folder.path.appending(Path(bytes: name))
                problems.append(MetadataProblem(file: path, line: nil, what: "cannot be read (\(error))"))
            }
        }
        return found
    }

    /// What lies in a folder, of the formats that are known by where their files lie.
    static func placed(
        in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> [(format: String, manifest: any Manifest)] {
        var found: [(String, any Manifest)] = []
        for format in formats {
            for manifest in try format.manifests(in: folder, context, &problems) {
                found.append((format.name, manifest))
            }
        }
        return found + (try RecordFiles.manifests(in: folder, context, &problems))
    }

    /// Whose a file of records is; nil where it is nobody's.
    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (format: String, records: any RecordFormat)? {
        for format in recordFormats {
            if let records = try format.records(of: file, in: folder, context, &problems) {
                return (format.name, records)
            }
        }
        return nil
    }
}
