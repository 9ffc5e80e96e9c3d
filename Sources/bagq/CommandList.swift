/// All subcommands, in the order of the help.
let commands: [any Command.Type] = [
    SubmitCommand.self, TrainCommand.self, WorkerCommand.self, StatusCommand.self, WaitCommand.self,
    CancelCommand.self, PauseCommand.self, ResumeCommand.self, RetryCommand.self, ForgetCommand.self,
    ResultsCommand.self, FailuresCommand.self, TrendsCommand.self, ModelsCommand.self, EvaluateCommand.self,
    ClassifyCommand.self, DoctorCommand.self, BackupCommand.self, MigrateCommand.self, ConfigCommand.self,
    CompletionsCommand.self, DemoCommand.self, HelpCommand.self,
]
