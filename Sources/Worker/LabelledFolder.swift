import Foundation
import Queue
package import Intake

/// A folder of labelled pictures: `DATA/train`, `DATA/validation` (or `val`, `valid`) and `DATA/test` with a folder for
/// each brand, or plain `DATA/BRAND`, which is split 70/15/15 by the file names, whatever the seed.
package struct LabelledFolder: Sendable {
    package enum Part: String, CaseIterable, Sendable { case training, validation, test }

    package struct Picture: Hashable, Sendable {
        /// Absolute.
        package var path: Path
        /// Index in `classes`.
        package var label: Int
    }

    /// The sorted names of the brands' folders.
    package let classes: [String]
    package private(set) var parts: [Part: [Picture]]
    /// False where the parts were cut from one folder by the file names.
    package let hasOwnParts: Bool

    package func pictures(_ part: Part) -> [Picture] { parts[part] ?? [] }

    /// Reads the folder's names; opens no picture.
    package init(_ root: Path) throws {
        let folders = try Self.folders(in: root)
        let named = Part.allCases.compactMap { part in
            part.folderNames.first(where: folders.contains).map { (part, $0) }
        }
        hasOwnParts = named.contains { $0.0 == .training }
        if hasOwnParts {
            classes = try Self.checked(
                Self.folders(in: root.appending(Path("train"))), in: root.appending(Path("train")))
            parts = [:]
            for (part, name) in named {
                parts[part] = try Self.pictures(
                    in: root.appending(Path(name)), classes: classes, requiringAll: part == .training)
            }
        } else {
            classes = try Self.checked(folders, in: root)
            parts = Self.split(try Self.pictures(in: root, classes: classes, requiringAll: true))
        }
    }

    /// All of a folder with a sub-folder for each of a model's classes, or the part of it that is to be quoted: `test`,
    /// else `validation`.
    package static func held(_ root: Path, classes: [String]) throws -> (part: Part?, pictures: [Picture]) {
        let folders = try folders(in: root)
        for part in [Part.test, .validation] {
            if let name = part.folderNames.first(where: folders.contains), !classes.contains(name) {
                let folder = root.appending(Path(name))
                return (part, try pictures(in: folder, classes: classes, requiringAll: false))
            }
        }
        return (nil, try pictures(in: root, classes: classes, requiringAll: false))
    }

    // MARK: Reading

    private static func folders(in root: Path) throws -> [String] {
        let path = String(decoding: root.bytes, as: UTF8.self)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw DataFolderError(path, "cannot be read; give a folder with one folder of pictures for each brand")
        }
        return names.filter { name in
            var isFolder: ObjCBool = false
            let exists = unsafe FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            // A name that is not UTF-8 arrives mended, so that nothing is there: kept, to be complained of.
            let isLost = !exists && name.unicodeScalars.contains("\u{FFFD}")
            return (exists && isFolder.boolValue || isLost) && !name.hasPrefix(".")
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func checked(_ names: [String], in root: Path) throws -> [String] {
        let path = String(decoding: root.bytes, as: UTF8.self)
        guard names.count >= 2 else {
            throw DataFolderError(
                path,
                "has \(names.isEmpty ? "no folder" : "only the folder \(names[0])"); two brands are needed at least")
        }
        var seen: [String: String] = [:]
        for name in names {
            guard !name.unicodeScalars.contains("\u{FFFD}") else {
                throw DataFolderError(path, "has a folder whose name is not UTF-8; rename it")
            }
            if let other = seen.updateValue(name, forKey: name.lowercased()) {
                throw DataFolderError(path, "has both \(other) and \(name), which differ only in case; rename one")
            }
        }
        return names
    }

    private static func pictures(in root: Path, classes: [String], requiringAll: Bool) throws -> [Picture] {
        let path = String(decoding: root.bytes, as: UTF8.self)
        let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        if let stranger = try folders(in: root).first(where: { labels[$0] == nil }) {
            throw DataFolderError(
                path, "has a folder \(stranger) that is no class; the classes are \(classes.joined(separator: ", "))")
        }
        var found: [Picture] = []
        var lister = try SourceLister(source: root, cursor: nil, leftOut: [:])
        while let batch = try lister.next(limit: 8192) {
            for reference in batch.references {
                let parts = reference.path.bytes.split(separator: UInt8(ascii: "/"), maxSplits: 1)
                guard parts.count == 2, let label = labels[String(decoding: parts[0], as: UTF8.self)] else { continue }
                found.append(Picture(path: root.appending(reference.path), label: label))
            }
        }
        let counts = found.reduce(into: [:]) { $0[$1.label, default: 0] += 1 }
        if requiringAll, let empty = classes.indices.first(where: { counts[$0] == nil }) {
            throw DataFolderError(path, "has no picture in \(classes[empty]); add some or remove the folder")
        }
        guard !found.isEmpty else { throw DataFolderError(path, "has no picture in any class's folder") }
        return found
    }

    /// By the hash of each file's name, class by class: the same names always fall into the same parts.
    private static func split(_ pictures: [Picture]) -> [Part: [Picture]] {
        var parts: [Part: [Picture]] = [:]
        for (_, members) in Dictionary(grouping: pictures, by: \.label).sorted(by: { $0.key < $1.key }) {
            let shuffled = members.map { picture in
                let name = picture.path.bytes.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
                return (picture: picture, hash: Fingerprint(of: name.span).bytes + picture.path.bytes)
            }.sorted { $0.hash.lexicographicallyPrecedes($1.hash) }.map(\.picture)
            let held = members.count < 3 ? 0 : max(1, (members.count * 15 + 50) / 100)
            parts[.test, default: []] += shuffled[..<held]
            parts[.validation, default: []] += shuffled[held..<2 * held]
            parts[.training, default: []] += shuffled[(2 * held)...]
        }
        return parts.mapValues { $0.sorted { $0.path < $1.path } }
    }
}

extension LabelledFolder.Part {
    fileprivate var folderNames: [String] {
        switch self {
        case .training: ["train"]
        case .validation: ["validation", "val", "valid"]
        case .test: ["test"]
        }
    }
}

/// What is wrong with a folder of labelled pictures.
package struct DataFolderError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ path: String, _ trouble: String) {
        description = "\(path) \(trouble)"
    }
}
