import Foundation
import Intake
import Report

/// The process's standard streams. Data goes to stdout, everything else to stderr.
enum Terminal {
    static let isInput = isatty(STDIN_FILENO) == 1
    static let isOutput = isatty(STDOUT_FILENO) == 1
    static let isError = isatty(STDERR_FILENO) == 1

    /// Columns of the terminal; nil when output is piped.
    static var width: Int? { isOutput ? columns(of: STDOUT_FILENO) : nil }
    /// Columns of the terminal that stderr goes to.
    static var errorWidth: Int { columns(of: STDERR_FILENO) }

    private static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes data. A reader that has gone away (`| head`) ends the process quietly.
    static func print(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: STDOUT_FILENO)
    }

    /// Says something that is not data, made harmless here whatever stands in it.
    static func note(_ text: String, terminator: String = "\n") {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        write(lines.map { Escaping.terminal(String($0)) }.joined(separator: "\n") + terminator, to: STDERR_FILENO)
    }

    /// Writes a line over the one before.
    /// - isLast: Nothing is written over this one.
    static func rewrite(_ line: String, isLast: Bool = false) {
        write("\r\u{1B}[K" + Escaping.terminal(line) + (isLast ? "\n" : ""), to: STDERR_FILENO)
    }

    /// Says what went wrong. The text may hold what a user typed or what a dump contains.
    static func complain(_ text: String) {
        note("bagq: \(Path(argument: text))")
    }

    /// Writes rows, each with its line end: as they are into files and pipes, harmless to a terminal.
    static func print(rows: [String]) {
        print(
            isOutput ? rows.map { Escaping.terminal(String($0.dropLast())) + "\n" }.joined() : rows.joined(),
            terminator: "")
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                if descriptor == STDERR_FILENO { return }
                if errno == EPIPE { exit(ExitStatus.done.rawValue) }
                unsafe complain("the output cannot be written: \(String(cString: strerror(errno)))")
                exit(ExitStatus.failed.rawValue)
            }
            bytes = bytes.dropFirst(written)
        }
    }
}
