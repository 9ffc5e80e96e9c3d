/// A format that keeps what it says of a picture, or of its post, in a JSON document beside it. One file per format in
/// `Formats`; a new one is a file and a line in `Sidecars.formats`.
protocol SidecarFormat: Sendable {
    /// For people: "gallery-dl".
    static var name: String { get }
    /// The names that the document of a picture may have, likeliest first; one that ends in `.xz` is unpacked. All
    /// formats look at what is found, in their order.
    static func names(for picture: PictureName) -> [[UInt8]]
    /// What is in it; nil where the document is not of this format.
    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post?
}

/// Reads the documents beside pictures, whatever their format. The document of the picture before is kept: those of one
/// post often share it.
struct Sidecars {
    /// The last takes whatever the others do not know.
    static let formats: [any SidecarFormat.Type] = [
        GalleryDL.self, Instaloader.self, YtDlp.self, Img2Dataset.self, GoogleTakeout.self, GenericSidecar.self,
    ]

    /// The program that unpacks `.xz` files.
    private let xz: String
    private let document = JSONDocument()
    private var buffer: [UInt8] = []
    /// The file that `root` is of.
    private var name: [UInt8] = []
    private var root: JSONNode?
    /// Said once: it is the same for all of a listing's files.
    private var saidThatThereIsNoXZ = false

    init(xz: String = "xz") {
        self.xz = xz
    }

    /// What lies beside a picture says of it; nil where nothing does.
    /// - problems: Gets what is wrong with a document that cannot be read.
    mutating func post(
        of picture: PictureName, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (format: String, post: Post)? {
        guard folder.metadata.count > 0 else { return nil }
        var tried: [[UInt8]] = []
        for format in Self.formats {
            for candidate in format.names(for: picture)
            where folder.mayHave(candidate) && !tried.contains(candidate) {
                if candidate != name { try read(candidate, in: folder, &problems) }
                if let root, let found = Self.post(of: picture, in: root, context) { return found }
                tried.append(candidate)
            }
        }
        return nil
    }

    /// What a document that was found in another way says of pictures, each by its place here.
    /// - file: For people.
    mutating func posts(
        of pictures: [PictureName], inDocument bytes: [UInt8], of file: Path, _ context: IntakeContext,
        _ problems: inout [MetadataProblem]
    ) -> [(format: String, post: Post)?] {
        forget()
        do throws(JSONError) {
            let root = try document.parse(bytes.span)
            return pictures.map { Self.post(of: $0, in: root, context) }
        } catch {
            problems.append(MetadataProblem(file: file, line: nil, what: "\(error)"))
            return pictures.map { _ in nil }
        }
    }

    /// What the text beside a picture says of it, where nothing else does.
    mutating func caption(
        of picture: PictureName, in folder: FolderView, _ context: IntakeContext
    ) throws(SystemError) -> (format: String, post: Post)? {
        guard folder.metadata.count > 0 else { return nil }
        for candidate in CaptionText.names(for: picture) where folder.mayHave(candidate) {
            do {
                guard try folder.read(candidate, into: &buffer) else { continue }
            } catch  where !error.saysNothingOfTheFile {
                continue
            }
            if let post = CaptionText.post(buffer, context) { return (CaptionText.name, post) }
        }
        return nil
    }

    /// The folder is another one now.
    mutating func forget() {
        name = []
        root = nil
    }

    private static func post(
        of picture: PictureName, in root: JSONNode, _ context: IntakeContext
    ) -> (format: String, post: Post)? {
        for format in formats {
            if let post = format.post(of: picture, in: root, context) { return (format.name, post) }
        }
        return nil
    }

    private mutating func read(
        _ candidate: [UInt8], in folder: FolderView, _ problems: inout [MetadataProblem]
    ) throws(SystemError) {
        name = candidate
        root = nil
        let what: String
        do {
            if candidate.suffix(3).elementsEqual(".xz".utf8) {
                guard let file = try folder.file(Path(bytes: candidate)) else { return }
                try XZ.unpack(file, with: xz, into: &buffer, limit: FolderView.longestDocument)
            } else {
                guard try folder.read(candidate, into: &buffer) else { return }
            }
            root = try document.parse(buffer.span)
            return
        } catch let error as SystemError {
            if error.saysNothingOfTheFile { throw error }
            what = "cannot be read (\(error))"
        } catch XZ.Failure.notInstalled {
            if saidThatThereIsNoXZ { return }
            saidThatThereIsNoXZ = true
            what = "\(XZ.Failure.notInstalled)"
        } catch {
            what = "\(error)"
        }
        problems.append(MetadataProblem(file: folder.path.appending(Path(bytes: candidate)), line: nil, what: what))
    }
}

/// Something in a dump that says nothing because it cannot be read.
package struct MetadataProblem: Hashable, Sendable, CustomStringConvertible {
    package var file: Path
    /// From 1; nil where the file has no lines that matter.
    package var line: Int?
    package var what: String

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(what)" }
}
