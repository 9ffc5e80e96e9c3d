import Queue

/// A subcommand that does one thing to each job it is given, whatever becomes of the others.
protocol JobCommand: Command {
    /// Returns what to say once it is done.
    static func apply(to id: JobID, in store: any JobStore) throws(StoreError) -> String
}

extension JobCommand {
    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try JobCommands.applyToEach(of: Session.jobs(arguments), in: Session(arguments).store) {
            store, id throws(StoreError) in try apply(to: id, in: store)
        }
    }
}

enum JobCommands {
    /// - apply: Returns what to say once it is done.
    static func applyToEach(
        of jobs: [JobID], in store: any JobStore, _ apply: (any JobStore, JobID) throws(StoreError) -> String
    ) throws(StoreError) -> ExitStatus {
        var status = ExitStatus.done
        for id in jobs {
            do {
                Terminal.note(try apply(store, id))
            } catch {
                switch error {
                case .notFound, .refused: Terminal.complain("\(error)")
                case .busy, .newer, .broken: throw error
                }
                status = .failed
            }
        }
        return status
    }
}
