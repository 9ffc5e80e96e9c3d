import Glibc

/// Why a source cannot be listed at all. What is wrong with single entries is counted, not thrown.
package enum IntakeError: Error, Hashable, CustomStringConvertible {
    case missing(Path)
    case unreadable(Path, SystemError)
    /// Neither a folder nor a regular file.
    case notASource(Path)
    /// A pipe or a socket: what comes out of it is gone before a worker reads it.
    case pipe(Path)
    /// One file that holds others, with its article: "a ZIP archive".
    case archive(Path, what: String)
    case notAList(Path, why: String)
    /// A file of records none of which names a picture.
    case namesNoPicture(Path, why: String)
    /// The source is not what it was when the listing began.
    case changed(Path, why: String)
    /// The cursor is damaged, or a newer bagq made it.
    case unknownCursor(Path)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such file or folder; is the disk mounted?"
        case .unreadable(let path, let error): "\(path): cannot be read (\(error)); check its permissions and the disk"
        case .notASource(let path):
            "\(path): is neither a folder nor a file; give a folder, a picture or a list of pictures"
        case .pipe(let path): "\(path): a pipe cannot be read later by a worker; write the list to a file"
        case .archive(let path, let what): "\(path): this is \(what); unpack it and submit the folder"
        case .notAList(let path, let why):
            "\(path): is no list of pictures (\(why)); give a folder, a picture or a text file with a picture's path in each line"
        case .namesNoPicture(let path, let why):
            "\(path): names no picture that is there (\(why)); put it beside its pictures, or give the folder that holds both"
        case .changed(let path, let why): "\(path): changed while it was being listed (\(why)); submit it again"
        case .unknownCursor(let path): "\(path): the listing cannot go on from where it stood; submit it again"
        }
    }

    /// It says nothing about the source, which may be listed later.
    package var mayPass: Bool {
        if case .unreadable(_, let error) = self { error.saysNothingOfTheFile } else { false }
    }

    init(_ error: SystemError, at path: Path) {
        self = error.saysMissing ? .missing(path) : .unreadable(path, error)
    }
}

/// What the system answered to a call.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    package var code: Int32

    package init(code: Int32) {
        self.code = code
    }

    static var last: SystemError { SystemError(code: errno) }

    package var description: String { unsafe String(cString: strerror(code)) }

    /// The thing is gone, or is no longer a folder.
    package var saysMissing: Bool { [ENOENT, ENOTDIR, ELOOP].contains(code) }

    /// This process or machine is short of something, or the disk or the network does not answer: it says nothing about
    /// the file, and may pass.
    package var saysNothingOfTheFile: Bool {
        [
            EMFILE, ENFILE, ENOMEM, EIO, ESTALE, ENODEV, ENXIO, ENOTCONN, ETIMEDOUT, ECONNRESET, ECONNABORTED,
            EHOSTDOWN,
            EHOSTUNREACH, ENETDOWN, ENETUNREACH, EREMOTEIO,
        ].contains(code)
    }
}
