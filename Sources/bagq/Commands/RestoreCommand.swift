import Intake
import SQLiteStore

enum RestoreCommand: Command {
    static let spec = CommandSpec(
        "restore", "FILE", 1...1, summary: "Puts a backup into the place of the database.",
        details: """
            Stop the workers first: it refuses while any process has the database open. The backup is checked;
            the database that was there is kept beside it, and its owner and mode hold for the new one.
            """,
        example: "systemctl stop bagq.target && bagq restore /backup/bagq-2026-11-01.db")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let path = Path(argument: Session.database(arguments, try Settings()).text)
        let source = try Path(existing: arguments.operands[0])
        try path.folder.makeFolder()
        let restoration = try SQLiteStore.restore(source, to: path)
        Terminal.note("\(path) is now what \(source) holds")
        if let kept = restoration.kept {
            Terminal.note("what was there before is kept as \(kept); remove it once all is well")
        }
        if restoration.schema < SQLiteStore.schemaVersion {
            Terminal.note(
                "it has schema \(restoration.schema): `bagq migrate --db \(path)` brings it to "
                    + "\(SQLiteStore.schemaVersion)")
        }
        return .done
    }
}
