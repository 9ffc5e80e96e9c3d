import Intake
import SQLiteStore

enum MigrateCommand: Command {
    static let spec = CommandSpec(
        "migrate", summary: "Makes the database, or brings it up to this version of bagq.",
        details: "Workers of an older version notice, give their work back and end with 75.",
        example: "bagq migrate")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        let path = Path(argument: Session.database(arguments, settings).text)
        if try SQLiteStore.isThere(path) {
            let (from, to) = try SQLiteStore.migrate(path: path) { from, to in
                Terminal.note(
                    "\(path) goes from schema \(from) to \(to): a minute or two for every ten million sightings")
            }
            Terminal.note(from == to ? "\(path) is up to date" : "\(path) went from schema \(from) to \(to)")
        } else {
            _ = try Session(arguments, creating: true)
        }
        return .done
    }
}
