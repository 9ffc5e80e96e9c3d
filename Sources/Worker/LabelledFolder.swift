import Foundation
package import Intake

/// A folder of labelled pictures: `DATA/train`, `DATA/validation` and `DATA/test` in their usual spellings with a
/// folder for each brand, or plain `DATA/BRAND`. What is missing of validation and test is cut from training: see
/// `DataSplit`.
package struct LabelledFolder: Sendable {
    package struct Picture: Hashable, Sendable {
        /// Absolute.
        package var path: Path
        /// Index in `classes`.
        package var label: Int
    }

    /// The sorted names of the brands' folders.
    package let classes: [String]
    /// By the folders they lie in; all of a plain folder is training.
    package let given: [DataPart: [Picture]]
    /// What is to be cut from training.
    package let missing: Set<DataPart>

    /// Reads the folder's names; opens no picture.
    package init(_ root: Path) throws(DataFolderError) {
        let folders = try Self.folders(in: root)
        let parts = try Self.parts(among: folders, in: root)
        if let training = parts[.training] {
            if let stranger = folders.first(where: { DataPart(folderName: $0) == nil }) {
                throw DataFolderError(
                    root,
                    "has \(stranger) beside \(training.name), which would be ignored; move it away, or into a part")
            }
            classes = try Self.checked(Self.folders(in: training), in: training)
            var given: [DataPart: [Picture]] = [:]
            for (part, folder) in parts {
                given[part] = try Self.pictures(in: folder, classes: classes, requiringAll: part == .training)
            }
            self.given = given
            missing = parts[.validation] == nil ? [.validation] : []
        } else {
            classes = try Self.checked(folders, in: root)
            given = [.training: try Self.pictures(in: root, classes: classes, requiringAll: true)]
            missing = [.validation, .test]
        }
    }

    /// All of a folder with a sub-folder for each of a model's classes, or the part of it that is to be quoted: test,
    /// else validation, else training.
    package static func held(
        _ root: Path, classes: [String]
    ) throws(DataFolderError) -> (part: DataPart?, pictures: [Picture]) {
        let parts = try parts(among: folders(in: root).filter { !classes.contains($0) }, in: root)
        for part in [DataPart.test, .validation, .training] {
            guard let folder = parts[part] else { continue }
            return (part, try pictures(in: folder, classes: classes, requiringAll: false))
        }
        return (nil, try pictures(in: root, classes: classes, requiringAll: false))
    }

    // MARK: Reading

    private static func subfolders(of folder: Path) throws(DataFolderError) -> Subfolders {
        do { return try Subfolders(of: folder) } catch {
            throw DataFolderError(folder, "cannot be read; give a folder with one folder of pictures for each brand")
        }
    }

    private static func folders(in root: Path) throws(DataFolderError) -> [String] {
        var names: [String] = []
        for name in try subfolders(of: root).names {
            guard let name = name.string else {
                throw DataFolderError(root, "has a folder whose name is not UTF-8: \(name); rename it")
            }
            names.append(name)
        }
        return names
    }

    private static func parts(
        among folders: [String], in root: Path
    ) throws(DataFolderError) -> [DataPart: Path] {
        var found: [DataPart: String] = [:]
        for name in folders {
            guard let part = DataPart(folderName: name) else { continue }
            if let other = found.updateValue(name, forKey: part) {
                throw DataFolderError(root, "has both \(other) and \(name) for \(part.rawValue); keep one of them")
            }
        }
        var parts: [DataPart: Path] = [:]
        for (part, name) in found {
            let folder = root.appending(Path(name))
            // As Kaggle packs them: seg_train/seg_train/BRAND.
            let inner = try Self.folders(in: folder)
            parts[part] =
                inner.count == 1 && DataPart(folderName: inner[0]) == part ? folder.appending(Path(inner[0])) : folder
        }
        return parts
    }

    private static func checked(_ names: [String], in root: Path) throws(DataFolderError) -> [String] {
        guard names.count >= 2 else {
            let links = linksNote(try subfolders(of: root).leftOut)
            throw DataFolderError(
                root,
                "has \(names.isEmpty ? "no folder" : "only the folder \(names[0])")\(links); two brands are needed at least"
            )
        }
        var seen: [String: String] = [:]
        for name in names {
            // Strings are equal however their accents are spelt.
            guard let other = seen.updateValue(name, forKey: name.lowercased()) else { continue }
            let isCase = other.lowercased().utf8.elementsEqual(name.lowercased().utf8)
            throw DataFolderError(
                root,
                isCase
                    ? "has both \(other) and \(name), which differ only in case; rename one"
                    : "has \(name) twice, in two Unicode spellings of one name; move the pictures into one folder")
        }
        return names
    }

    private static func pictures(
        in root: Path, classes: [String], requiringAll: Bool
    ) throws(DataFolderError) -> [Picture] {
        let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        if let stranger = try folders(in: root).first(where: { labels[$0] == nil }) {
            throw DataFolderError(
                root, "has a folder \(stranger) that is no class; the classes are \(classes.joined(separator: ", "))")
        }
        var found: [Picture] = []
        var isDeep = true
        do throws(IntakeError) {
            var lister = try SourceLister(source: root, cursor: nil, leftOut: [:])
            while let batch = try lister.next(limit: 8192) {
                for reference in batch.references {
                    let parts = reference.place.path.bytes.split(separator: UInt8(ascii: "/"))
                    guard parts.count > 1, let label = labels[String(decoding: parts[0], as: UTF8.self)] else {
                        continue
                    }
                    if parts.count == 2 { isDeep = false }
                    found.append(Picture(path: root.appending(reference.place.path), label: label))
                }
            }
        } catch {
            throw DataFolderError(root, "cannot be listed: \(error)")
        }
        if isDeep, !found.isEmpty { try refuseIfOneLevelTooDeep(root, classes) }
        let counts = found.reduce(into: [:]) { $0[$1.label, default: 0] += 1 }
        if requiringAll, let empty = classes.indices.first(where: { counts[$0] == nil }) {
            let name = classes[empty]
            let links = linksNote((try? Subfolders(of: root.appending(Path(name))).leftOut) ?? [:])
            throw DataFolderError(root, "has no picture in \(name)\(links); add some or remove the folder")
        }
        guard !found.isEmpty else { throw DataFolderError(root, "has no picture in any class's folder") }
        return found
    }

    /// Where all class folders hold only folders, and the same ones, these are the brands.
    private static func refuseIfOneLevelTooDeep(_ root: Path, _ classes: [String]) throws(DataFolderError) {
        var inner: Set<String>?
        for name in classes {
            let names = Set((try? folders(in: root.appending(Path(name)))) ?? [])
            if names.isEmpty || inner ?? names != names { return }
            inner = names
        }
        guard let inner else { return }
        throw DataFolderError(
            root,
            "has the same folders (\(inner.sorted().joined(separator: ", "))) in each of \(classes.joined(separator: ", ")): "
                + "these look like the brands, one level too deep; give a folder with one folder for each brand")
    }

    private static func linksNote(_ leftOut: [String: Int]) -> String {
        guard let links = leftOut["link"] else { return "" }
        return links == 1 ? " (1 link in it is not followed)" : " (\(links) links in it are not followed)"
    }
}

/// What is wrong with a folder of labelled pictures.
package struct DataFolderError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ path: Path, _ trouble: String) {
        description = "\(path) \(trouble)"
    }
}
