import Foundation
import Queue

func runCommandLine(_ words: [String]) throws -> ExitStatus {
    var words = words[...]
    if words.first == "--help" || words.first == "-h" { words = ["help"] }
    if words.first == "--version" {
        Terminal.print("bagq \(version)")
        return .done
    }
    if let first = words.first, first.hasPrefix("-"), let name = words.first(where: commandNames.contains) {
        throw UsageError("the command goes first: bagq \(name) \(first) …", command: name)
    }
    // A bare `bagq`, or options alone, is status.
    let name = words.first.map { $0.hasPrefix("-") } ?? true ? "status" : words.removeFirst()
    let command = try command(named: name)
    let arguments = try Arguments(Array(words), for: command.spec)
    if arguments.wantsHelp {
        Terminal.print(command.spec.help, terminator: "")
        return .done
    }
    return try command.run(arguments)
}

signal(SIGPIPE, SIG_IGN)
// Workers catch these themselves, to finish their batch. Whoever started this process may have blocked them.
var stops = sigset_t()
unsafe sigemptyset(&stops)
for number in [SIGINT, SIGTERM] { unsafe sigaddset(&stops, number) }
unsafe pthread_sigmask(SIG_UNBLOCK, &stops, nil)
signal(SIGINT) { _ in
    // Ends the progress line; only calls that a signal handler may make.
    if isatty(STDERR_FILENO) == 1 { _ = unsafe write(STDERR_FILENO, "\n", 1) }
    _exit(ExitStatus.interrupted.rawValue)
}
let status: ExitStatus
do {
    status = try runCommandLine(ArgumentBytes.words())
} catch let error as UsageError {
    Terminal.complain("\(error)")
    status = .usage
} catch let error as ConfigurationError {
    Terminal.complain("\(error)")
    status = .configuration
} catch let error as StoreError {
    Terminal.complain("\(error)")
    status =
        switch error {
        case .busy, .newer, .outOfMemory: .tryAgain
        case .notFound, .refused, .unavailable, .damaged, .defect: .failed
        }
} catch {
    Terminal.complain("\(error)")
    status = .failed
}
exit(status.rawValue)
