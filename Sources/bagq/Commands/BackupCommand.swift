import Intake
import Queue

enum BackupCommand: Command {
    static let spec = CommandSpec(
        "backup", "FILE", 1...1, summary: "Copies the whole database, as of one moment, into a new file.",
        details: "Workers may go on meanwhile. Jobs, results, sightings and models are all in the copy.",
        example: "bagq backup /backup/bagq-$(date +%F).db")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try Session(arguments).store.backup(to: Path(argument: arguments.operands[0]))
        return .done
    }
}
