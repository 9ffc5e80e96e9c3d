import Foundation
import Intake
import Queue

enum BackupCommand: Command {
    static let spec = CommandSpec(
        "backup", "FILE", 1...1, summary: "Copies the whole database, as of one moment, into a new file.",
        details: "Workers may go on meanwhile. Jobs, results, sightings and models are all in the copy.",
        example: "bagq backup /backup/bagq-$(date +%F).db")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let file = URL(filePath: arguments.operands[0]).path(percentEncoded: false)
        try Session(arguments).store.backup(to: PicturePath(file))
        return .done
    }
}
