import Glibc

/// Unpacks `.xz` files with the system's `xz`, one process a file.
enum XZ {
    enum Failure: Error, CustomStringConvertible {
        case notInstalled
        case damaged
        /// What it holds is longer than the limit.
        case tooLong
        case tooSlow

        var description: String {
            switch self {
            case .notInstalled: "needs the program xz: install xz-utils, or unpack with unxz -k *.json.xz"
            case .damaged: "is damaged: xz cannot unpack it; download it again"
            case .tooLong: "is longer than metadata of a post can be"
            case .tooSlow: "was not unpacked in \(seconds) seconds"
            }
        }
    }

    /// Of a file of kilobytes.
    private static let seconds = 10
    /// The file says how much xz needs.
    private static let options = ["--decompress", "--stdout", "--quiet", "--format=xz", "--memlimit-decompress=128MiB"]

    /// All that a file holds. xz sees it as its standard input and never its name, and gets no environment, so that
    /// nothing in a dump, nor `XZ_OPT`, steers it.
    /// - program: Looked for in `PATH`.
    /// - Throws: `Failure`, or `SystemError` where there can be no process.
    static func unpack(_ file: ReadableFile, with program: String, into buffer: inout [UInt8], limit: Int) throws {
        buffer.removeAll(keepingCapacity: true)
        var output = try Channel()
        let process = try start(program, reading: file, writing: output)
        output.closeWriting()
        var status: CInt = 0
        func reap() { while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {} }
        do {
            try read(output, into: &buffer, limit: limit)
        } catch {
            kill(process, SIGKILL)
            reap()
            throw error
        }
        reap()
        if status != 0 { throw Failure.damaged }
    }

    private static func start(
        _ program: String, reading file: ReadableFile, writing output: borrowing Channel
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, file.descriptor, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.writing, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let words = unsafe ([program] + options).map { unsafe strdup($0) }
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        let error = unsafe posix_spawnp(&process, program, &actions, nil, words + [nil], environment)
        switch error {
        case 0: return process
        case ENOENT, EACCES, ENOTDIR: throw Failure.notInstalled
        default: throw SystemError(code: error)
        }
    }

    private static func read(_ output: borrowing Channel, into buffer: inout [UInt8], limit: Int) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            var wanted = pollfd(fd: output.reading, events: Int16(POLLIN), revents: 0)
            let answer = left > 0 ? unsafe poll(&wanted, 1, CInt(left.rounded(.up))) : 0
            if answer == 0 { throw Failure.tooSlow }
            if answer < 0 {
                let error = SystemError.last
                if error.code == EINTR { continue }
                throw error
            }
            let start = buffer.count
            let step = 1 << 16
            buffer.append(contentsOf: repeatElement(0, count: step))
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(output.reading, $0.baseAddress?.advanced(by: start), step)
            }
            let error = SystemError.last
            buffer.removeLast(step - max(count, 0))
            if count == 0 { return }
            if count < 0, error.code != EINTR { throw error }
            if buffer.count > limit { throw Failure.tooLong }
        }
    }

    private struct Channel: ~Copyable {
        let reading: CInt
        private(set) var writing: CInt

        init() throws(SystemError) {
            var ends: [CInt] = [-1, -1]
            // A pipe of which no other child can get an end: Swift's Glibc has no `pipe2`.
            let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last }
            (reading, writing) = (ends[0], ends[1])
        }

        /// There is an end to read only when nobody can write any more.
        mutating func closeWriting() {
            if writing >= 0 { close(writing) }
            writing = -1
        }

        deinit {
            close(reading)
            if writing >= 0 { close(writing) }
        }
    }
}
