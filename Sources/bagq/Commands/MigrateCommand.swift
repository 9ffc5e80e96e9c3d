import SQLiteStore

enum MigrateCommand: Command {
    static let spec = CommandSpec(
        "migrate", summary: "Makes the database, or brings it up to this version of bagq.",
        details: "Workers of an older version notice, give their work back and end with 75.",
        example: "bagq migrate")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        let path = Session.databasePath(arguments, settings)
        if path.exists {
            let (from, to) = try SQLiteStore.migrate(path: path)
            Terminal.note(from == to ? "\(path) is up to date" : "\(path) went from schema \(from) to \(to)")
        } else {
            _ = try Session(arguments, creating: true)
            Terminal.note("made \(path)")
        }
        return .done
    }
}
