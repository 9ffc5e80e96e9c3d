import Foundation
import Intake

/// Words of the command line as strings that lose nothing: a byte that is not UTF-8 becomes a private-use scalar, which
/// `Path(argument:)` turns back.
enum ArgumentBytes {
    private static let base: UInt32 = 0x10_FF00

    static func words() -> [String] {
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { index in
            guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
            return unsafe decode(
                Array(UnsafeBufferPointer(start: word, count: strlen(word))).map(UInt8.init(bitPattern:)))
        }
    }

    static func decode(_ bytes: [UInt8]) -> String {
        // Text that holds such a scalar itself is taken byte by byte too.
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isByte) {
            return text
        }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let scalar = byte < 0x80 ? Unicode.Scalar(byte) : Unicode.Scalar(base + UInt32(byte))
            if let scalar { text.append(scalar) }
        }
        return String(text)
    }

    static func encode(_ text: String) -> [UInt8] {
        guard text.unicodeScalars.contains(where: isByte) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            isByte(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    private static func isByte(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= base + 0x80 }
}

extension Path {
    /// A path as typed.
    init(argument: String) {
        self.init(bytes: ArgumentBytes.encode(argument))
    }

    /// A path as typed, made absolute, links in it resolved. Throws where nothing is there.
    init(existing argument: String) throws(CommandError) {
        let path = Path(argument: argument)
        guard let resolved = unsafe realpath(path.cString, nil) else {
            throw CommandError(systemErrorAt: path)
        }
        defer { unsafe free(resolved) }
        unsafe self.init(
            bytes: Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved))).map(UInt8.init(bitPattern:)))
    }

    /// Whether anything is there, as far as can be told: where rights are lacking, something may be.
    var exists: Bool { unsafe access(cString, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR) }

    /// The last component as text, with `\xFF` for what is not UTF-8: for names that are kept.
    var label: String { name.string ?? name.description }

    /// All of a file's bytes.
    func contents() throws(CommandError) -> [UInt8] {
        let file = try open(O_RDONLY)
        do { return [UInt8](try file.readToEnd() ?? Data()) } catch {
            throw CommandError("\(self) cannot be read; is it a file?")
        }
    }

    /// Makes the file or replaces what it holds.
    func write(_ bytes: [UInt8]) throws(CommandError) {
        let file = try open(O_WRONLY | O_CREAT | O_TRUNC)
        do {
            try file.write(contentsOf: Data(bytes))
        } catch {
            throw CommandError("\(self) cannot be written whole; is the disk full?")
        }
    }

    private func open(_ flags: Int32) throws(CommandError) -> FileHandle {
        let descriptor = unsafe Foundation.open(cString, flags | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CommandError(systemErrorAt: self) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Makes this folder and those above it, where they are missing.
    func makeFolder() throws(CommandError) {
        if exists { return }
        try folder.makeFolder()
        guard unsafe mkdir(cString, 0o777) == 0 || errno == EEXIST else { throw CommandError(systemErrorAt: self) }
    }
}

extension Arguments {
    /// The file that `--chart` names. Throws where the name says that it holds something else.
    func chart(_ command: String) throws(UsageError) -> Path? {
        guard let argument = value("--chart") else { return nil }
        guard argument.lowercased().hasSuffix(".svg") else {
            throw UsageError("--chart: charts are SVG drawings; give a name that ends in .svg", command: command)
        }
        return Path(argument: argument)
    }
}

/// Why a subcommand could not do it: what, where, and what to do next. Exit status 2.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Of the system call that has just failed.
    init(systemErrorAt path: Path) {
        description = unsafe "\(path): \(String(cString: strerror(errno)))"
    }
}
