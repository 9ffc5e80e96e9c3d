import Queue

/// A subcommand that does one thing to each job it is given, whatever becomes of the others.
protocol JobCommand: Command {
    /// Returns what to say once it is done.
    static func apply(to id: JobID, in store: any JobStore, _ arguments: Arguments) throws(StoreError) -> String
}

extension JobCommand {
    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let jobs = try Session.jobs(arguments)
        let store = try Session(arguments).store
        // What a killed `forget` left; workers do it too.
        _ = try store.finishForgetting()
        return try applyToEach(of: jobs, in: store, arguments)
    }

    static func applyToEach(
        of jobs: [JobID], in store: any JobStore, _ arguments: Arguments
    ) throws(StoreError) -> ExitStatus {
        var status = ExitStatus.done
        for id in jobs {
            do {
                Terminal.note(try apply(to: id, in: store, arguments))
            } catch {
                switch error {
                case .notFound, .refused: Terminal.complain("\(error)")
                case .busy, .newer, .unavailable, .outOfMemory, .damaged, .defect: throw error
                }
                status = .failed
            }
        }
        return status
    }
}
