/// All subcommands, in the order of the help.
let commands: [any Command.Type] = [
    SubmitCommand.self, InspectCommand.self, TrainCommand.self, WorkerCommand.self, StatusCommand.self,
    WaitCommand.self,
    CancelCommand.self, PauseCommand.self, ResumeCommand.self, RetryCommand.self, ForgetCommand.self,
    ResultsCommand.self, FailuresCommand.self, TrendsCommand.self, SeasonsCommand.self, ShowCommand.self,
    ReportCommand.self, ReviewSampleCommand.self, ReclassifyCommand.self, ModelsCommand.self, EvaluateCommand.self,
    ClassifyCommand.self, DoctorCommand.self, BackupCommand.self, RestoreCommand.self, MigrateCommand.self,
    ConfigCommand.self, CompletionsCommand.self, DemoCommand.self, HelpCommand.self,
]

var commandNames: [String] { commands.map { $0.spec.name } }

/// The subcommand of that name.
func command(named name: String) throws(UsageError) -> any Command.Type {
    if let command = commands.first(where: { $0.spec.name == name }) { return command }
    throw UsageError("unknown command \(name)\(didYouMean(name, among: commandNames))", command: nil)
}
