import Foundation
import Queue

func runCommandLine(_ words: [String]) throws -> ExitStatus {
    var words = words[...]
    if words.first == "--help" || words.first == "-h" { words = ["help"] }
    // A bare `bagq`, or options alone, is status.
    let name = words.first.map { $0.hasPrefix("-") } ?? true ? "status" : words.removeFirst()
    guard let command = commands.first(where: { $0.spec.name == name }) else {
        throw UsageError(
            "unknown command \(name)\(didYouMean(name, among: commands.map { $0.spec.name }))", command: nil)
    }
    let arguments = try Arguments(Array(words), for: command.spec)
    if arguments.wantsHelp {
        Terminal.print(command.spec.help, terminator: "")
        return .done
    }
    return try command.run(arguments)
}

signal(SIGPIPE, SIG_IGN)
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
    status = error.isTransient ? .tryAgain : .failed
} catch {
    Terminal.complain("\(error)")
    status = .failed
}
exit(status.rawValue)
