import Intake
import Queue
import Report

/// What `trends` is asked to count, and of whom.
struct TrendSelection {
    static let options: [CommandSpec.Option] = [
        .init("--unit", "UNIT", "sightings, posts (once a brand) or authors (once a brand, day) (sightings)"),
        .init("--platform", "P", "only posts on this platform; may be given several times"),
        .init("--hashtag", "H", "only posts with this hashtag, or another that is given so"),
        .init("--exclude-hashtag", "H", "leave out posts with this hashtag; may be given several times"),
        .init("--exclude-author", "A", "leave out this author's posts; may be given several times"),
        .init("--panel", "FILE.csv", "a table for each panel of authors, by the columns author and panel"),
        .init("--engagement", nil, "likes and comments of each brand's posts"),
    ]

    /// One of the tables to make.
    struct Part {
        /// The panel's; nil where there are none.
        var name: String?
        var query: TrendQuery
        /// A sentence each.
        var rules: [String]
    }

    let unit: CountingUnit
    let wantsEngagement: Bool
    private let job: JobID?
    private let filter: TrendFilter
    private let panels: AuthorPanels?
    /// As typed: what another window must be asked for with.
    let words: [String]

    init(_ arguments: Arguments, job: JobID?) throws {
        self.job = job
        unit = try arguments.choice("--unit", CountingUnit.self) ?? .sightings
        wantsEngagement = arguments.has("--engagement")
        filter = TrendFilter(
            excludedAuthors: arguments.values("--exclude-author"),
            platforms: arguments.values("--platform").map { $0.lowercased() },
            hashtags: try Self.hashtags("--hashtag", arguments),
            excludedHashtags: try Self.hashtags("--exclude-hashtag", arguments))
        panels = try arguments.value("--panel").map { try AuthorPanels(readingFrom: Path(argument: $0)) }
        words = Self.options.filter { $0.value != nil }.flatMap { option in
            arguments.values(option.name).flatMap { [option.name, $0] }
        }
        for (option, refused) in [("--panel", "--chart"), ("--engagement", "--csv")]
        where arguments.has(option) && arguments.has(refused) {
            throw UsageError("\(option) and \(refused) exclude each other", command: arguments.spec.name)
        }
    }

    private static func hashtags(_ option: String, _ arguments: Arguments) throws(UsageError) -> [String] {
        let words = arguments.values(option)
        let folded = Post.hashtags(words)
        if let empty = words.first(where: { Post.hashtags([$0]).isEmpty }) {
            throw UsageError("\(option): \(Escaping.terminal(empty)) is no hashtag", command: arguments.spec.name)
        }
        return folded
    }

    /// The tables, one for each panel; names that nobody has been seen under are told on the way.
    func parts(_ store: any JobStore) throws -> [Part] {
        for name in try store.unseenAuthors(among: filter.excludedAuthors) {
            Terminal.note("no post by \(Escaping.terminal(name)) has been seen: there is nothing to leave out")
        }
        let query = TrendQuery(
            days: CalendarDay(rawValue: 0)..<CalendarDay(rawValue: 0), unit: unit, job: job, filter: filter)
        guard let panels else { return [Part(name: nil, query: query, rules: query.rules)] }
        return try panels.panels.map { panel in
            var query = query
            query.filter.authors = panel.authors
            let unseen = try store.unseenAuthors(among: panel.authors).count
            let missing =
                unseen == 0 ? "" : "; \(Format.count(unseen)) of them \(unseen == 1 ? "has" : "have") not been seen"
            let rule =
                "Only posts by the \(Format.count(panel.authors.count, "author")) of panel \(Escaping.terminal(panel.name))\(missing)."
            return Part(name: panel.name, query: query, rules: [rule] + query.rules)
        }
    }
}

/// A report with what stands around it.
struct TrendTable {
    let part: TrendSelection.Part
    let trends: TrendReport
    let engagement: EngagementTable?

    func text(width: Int?, byPeriod: Bool, options: [String]) -> String {
        var text = part.name.map { "Panel \(Escaping.terminal($0))\n\n" } ?? ""
        text +=
            byPeriod
            ? trends.periodText(width: width, options: options, rules: part.rules)
            : trends.text(width: width, options: options, rules: part.rules)
        if let engagement { text += "\n" + engagement.text(width: width) }
        return text
    }

    /// The table's own object; with panels a list of them under `panels`.
    static func json(_ tables: [TrendTable]) -> JSONValue {
        let objects = tables.map { table -> JSONValue in
            guard case .object(var members) = table.trends.json else { return .null }
            if let name = table.part.name { members.insert(("panel", .string(name)), at: 0) }
            if let engagement = table.engagement { members.append(("engagement", engagement.json)) }
            return .object(members)
        }
        return tables.count == 1 && tables[0].part.name == nil ? objects[0] : .object([("panels", .array(objects))])
    }

    /// With a first column `panel` where there are panels.
    static func csv(_ tables: [TrendTable]) -> [String] {
        tables.enumerated().flatMap { index, table in
            let lines = table.trends.csv
            guard let name = table.part.name else { return lines }
            let header = index == 0 ? lines.prefix(1).map { "panel,\($0)" } : []
            return header + lines.dropFirst().map { "\(Escaping.csv(name)),\($0)" }
        }
    }
}
