import Queue
import Report

enum SeasonsCommand: Command {
    static let spec = CommandSpec(
        "seasons", summary: "Says which brands each season of the last two years was about.",
        options: [
            TrendOptions.seasonStart,
            .init("--brand", "B", "only this brand; may be given several times"),
            .init("--model", "M", "the model whose sightings are counted (the active one)"),
            .init("--dates", "WHICH", "strong, or any: also dates known from files' mtimes only (strong)"),
            TrendOptions.threshold,
            .init("--json", nil, "as JSON"),
            .init("--csv", nil, "as CSV, a row for each season and brand"),
        ],
        details: """
            Each season is compared with the same one a year before, as far as it has gone. A brand leads where
            its lead over the next is clear, not merely counted.
            """,
        example: "bagq seasons\nbagq seasons --season-start fashion")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let dates = try arguments.choice("--dates", TrendDates.self) ?? .strong
        if arguments.has("--json"), arguments.has("--csv") {
            throw UsageError("--json and --csv exclude each other", command: spec.name)
        }
        let chosen = try arguments.threshold()
        let calendar = try arguments.seasonCalendar()
        let session = try Session(arguments)
        let store = session.store
        let model = try session.model(arguments.value("--model"), command: spec.name)
        let seasons = try SeenBrands(
            store: store, model: model, threshold: chosen ?? model.threshold, dates: dates,
            brands: arguments.values("--brand")
        ).seasons(of: calendar, timeZone: store.timeZone)
        if arguments.has("--json") {
            Terminal.print(seasons.json.text)
        } else if arguments.has("--csv") {
            Terminal.print(rows: seasons.csv)
        } else {
            let repeated = ["--model", "--dates", "--threshold"].flatMap { name in
                arguments.value(name).map { [name, $0] } ?? []
            }
            Terminal.print(seasons.text(width: Terminal.width, options: repeated), terminator: "")
        }
        return .done
    }
}
