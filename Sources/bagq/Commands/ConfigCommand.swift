import Queue
import Report

enum ConfigCommand: Command {
    static let spec = CommandSpec(
        "config", summary: "Shows every setting, its value and where that comes from.",
        options: [.init("--json", nil, "as JSON")],
        details: """
            Flags go before the environment, that before your file ($XDG_CONFIG_HOME/bagq/bagq.env, else
            ~/.config/bagq/bagq.env), that before the machine's (/etc/bagq/bagq.env), that before the default.
            The time zone is the database's, once there is one: it was fixed when that was made.
            """,
        example: "bagq config")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        var fixed: Settings.Value?
        var problem: StoreError?
        do { fixed = try fixedTimeZone(arguments) } catch let error as StoreError { problem = error }
        let rows = try Setting.allCases.map { setting in
            (
                setting.rawValue,
                setting == .timeZone ? try fixed ?? settings.shown(setting) : try settings.shown(setting)
            )
        }
        if arguments.has("--json") {
            let objects = rows.map { name, value in
                JSONValue.object([
                    ("setting", .string(name)), ("value", .string(value.text)), ("origin", .string(value.origin)),
                ])
            }
            Terminal.print(JSONValue.array(objects).text)
        } else {
            var table = Table([.left("SETTING"), .flexible("VALUE"), .flexible("ORIGIN")])
            for (name, value) in rows { table.add([name, value.text, value.origin]) }
            Terminal.print(table.text(width: Terminal.width), terminator: "")
        }
        if let fixed, let set = settings.set(.timeZone), set.text != fixed.text {
            Terminal.complain(
                "\(Setting.timeZone.rawValue)=\(set.text) (\(set.origin)) changes nothing: this database counts days in "
                    + "\(fixed.text) since it was made")
        }
        for name in settings.unknown {
            let near = didYouMean(name, among: Setting.allCases.map(\.rawValue))
            Terminal.complain("the environment's \(name) is no setting and changes nothing\(near)")
        }
        // The rest is shown all the same.
        if let problem { throw problem }
        return .done
    }

    /// The time zone of the database, which was chosen when it was made; nil where there is none yet.
    private static func fixedTimeZone(_ arguments: Arguments) throws -> Settings.Value? {
        do {
            return Settings.Value(
                text: try Session(arguments).store.timeZone, origin: "this database (fixed)")
        } catch is NoDatabase {
            return nil
        }
    }
}
